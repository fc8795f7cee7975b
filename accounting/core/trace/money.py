"""From a run to a product: the steps that money takes before it reaches labour."""

from __future__ import annotations

from accounting.core.trace.facts import PoolFacts, ProductFacts, RunFacts, SplitFacts, TraceFacts
from accounting.core.trace.steps import Quantity, Step


def run_steps(run: RunFacts) -> tuple[Step, ...]:
    """Revenue less capital is surplus; what exceeds the average profit is rent."""
    revenue = _money("revenue", run.revenue_micro)
    constant = _money("constant_capital", run.constant_micro)
    variable = _money("variable_capital", run.variable_micro)
    surplus = surplus_of(run)
    capital = _money("capital_advanced", run.capital_micro)
    rate = Quantity("reference_profit", run.reference_profit_ppm, "ppm")
    average = run.capital_micro * run.reference_profit_ppm // 10**6
    average_profit = _money("average_profit", average)
    return (
        Step("difference", (revenue, constant, variable), surplus),
        Step("rate", (capital, rate), average_profit),
        Step("excess", (surplus, average_profit), excess_of(run)),
    )


def surplus_of(run: RunFacts) -> Quantity:
    """Surplus value: revenue less constant and variable capital."""
    return _money("surplus", run.revenue_micro - run.constant_micro - run.variable_micro)


def excess_of(run: RunFacts) -> Quantity:
    """Rent: what surplus value exceeds the average profit by."""
    average = run.capital_micro * run.reference_profit_ppm // 10**6
    return _money("excess_profit", max(0, surplus_of(run).value - average))


def pool_steps(run: RunFacts, pool: PoolFacts) -> tuple[Step, ...]:
    """How a pool's fund follows from its terms, scaling down and the wage floor."""
    funded = _fund(pool)
    if pool.kind == "licence" and pool.licence is not None:
        terms = pool.licence
        operands = (
            _money("licence_fee", terms.fee_micro, terms.id),
            _money("licence_price", terms.price_micro, terms.id),
            Quantity("licence_units", terms.units, "count", terms.id),
            _money("licence_base", terms.base_micro, terms.id),
            Quantity("licence_percentage", terms.percentage_ppm, "ppm", terms.id),
        )
        return (Step("licence", operands, funded),)
    if pool.kind == "wage_floor":
        available = _money("profit_share_available", pool.available_micro)
        gaps = _money("all_gaps", pool.gaps_micro)
        return (Step("smaller", (available, gaps), funded),)
    if pool.kind == "profit_share":
        return _profit_share(run, pool, funded)
    if pool.kind == "data_dividend" and pool.claims_micro and pool.unscaled_micro > 0:
        return (_scaling(run, pool, _money("claim", pool.unscaled_micro, pool.id), funded),)
    return ()


def product_steps(facts: TraceFacts, place: int) -> tuple[Step, ...]:
    """What arrives at a product on the path and where it goes from there."""
    product = facts.path[place]
    if facts.pool.flow == "direct":
        own = _own(facts.pool, product)
        operands = (_fund(facts.pool), _weight(facts.pool, product), _all_weights(facts))
        return (Step("share", operands, own),)
    inflow = _inflow(product)
    steps = [*_entering(facts, product), *_arriving(product, inflow)]
    rule = "mixed_share" if facts.mixed_signs else "share"
    embodied = {product.id: product.embodied_uh for product in facts.path[place:]}
    for split in product.splits:
        if split.upstream in embodied:
            steps += _passing_on(product, split, embodied[split.upstream], rule)
    if product == facts.path[-1]:
        labour = _weight(facts.pool, product)
        steps.append(Step(rule, (inflow, labour, _embodied(product)), _leaving(product, "")))
        steps += _own_money(facts, product)
    return tuple(steps)


def _passing_on(
    product: ProductFacts, split: SplitFacts, upstream_uh: int, rule: str
) -> list[Step]:
    """Money for the labour that an upstream product passed on to this one."""
    part = Quantity("embodied_part", split.weight, "uh", f"{split.upstream}>{product.id}")
    steps = []
    if split.transfer_ppm is not None:
        upstream = Quantity("embodied", upstream_uh, "uh", split.upstream)
        transfer = Quantity("transfer", split.transfer_ppm, "ppm", part.of)
        steps.append(Step("rate", (upstream, transfer), part))
    operands = (_inflow(product), part, _embodied(product))
    return [*steps, Step(rule, operands, _leaving(product, split.upstream))]


def _profit_share(run: RunFacts, pool: PoolFacts, funded: Quantity) -> tuple[Step, ...]:
    surplus = surplus_of(run)
    limit = _money("positive_surplus", max(0, surplus.value))
    rate = Quantity("pool_rate", pool.rate_ppm, "ppm", pool.id)
    claim = _money("claim", pool.unscaled_micro + pool.floor_micro, pool.id)
    steps = [Step("positive", (surplus,), limit), Step("rate", (limit, rate), claim)]
    granted = claim
    if pool.claims_micro:
        granted = _money("granted", pool.funded_micro + pool.floor_micro, pool.id)
        steps.append(_scaling(run, pool, claim, granted))
    floor = _money("taken_by_floor", pool.floor_micro, pool.id)
    return (*steps, Step("difference", (granted, floor), funded))


def _scaling(run: RunFacts, pool: PoolFacts, claim: Quantity, granted: Quantity) -> Step:
    limit = _money("positive_surplus", max(0, surplus_of(run).value))
    claims = _money("all_claims", pool.claims_micro)
    return Step("share", (limit, claim, claims), granted)


def _entering(facts: TraceFacts, product: ProductFacts) -> list[Step]:
    """The part of the pool that starts at a product with revenue, and its solidarity."""
    pool = facts.pool
    if product.fund_micro == 0 and product.revenue_micro == 0:
        return []
    revenue = _money("product_revenue", product.revenue_micro, product.id)
    rate = Quantity("pool_rate", pool.rate_ppm, "ppm", pool.id)
    fund = _money("product_fund", product.fund_micro, product.id)
    if not pool.claims_micro or pool.unscaled_micro <= 0:
        steps = [Step("rate", (revenue, rate), fund)]
    else:
        magnitude = abs(product.revenue_micro) * pool.rate_ppm // 10**6
        claimed = magnitude if product.revenue_micro >= 0 else -magnitude
        claim = _money("product_claim", claimed, product.id)
        steps = [Step("rate", (revenue, rate), claim)]
        rule = "mixed_share" if facts.mixed_signs else "share"
        total = _money("claim", pool.unscaled_micro, pool.id)
        steps.append(Step(rule, (_fund(pool), claim, total), fund))
    if product.solidarity_out_micro:
        solidarity = Quantity("solidarity_rate", pool.solidarity_ppm, "ppm", pool.id)
        out = _money("solidarity_out", product.solidarity_out_micro, product.id)
        steps.append(Step("rate", (fund, solidarity), out))
    return steps


def _arriving(product: ProductFacts, inflow: Quantity) -> list[Step]:
    operands = [
        _money("product_fund", product.fund_micro, product.id),
        _money("solidarity_kept_apart", -product.solidarity_out_micro, product.id),
        *(
            _money("passed_on", amount, f"{source}>{product.id}")
            for source, amount in product.arrived
        ),
    ]
    return [Step("sum", tuple(part for part in operands if part.value), inflow)]


def _own_money(facts: TraceFacts, product: ProductFacts) -> list[Step]:
    """Own labour gets its part along lineage and its part of what ignores lineage."""
    part = _leaving(product, "")
    own = _own(facts.pool, product)
    if not facts.solidarity_micro:
        return [Step("given", (part,), own)]
    everything = _money("solidarity", facts.solidarity_micro, facts.pool.id)
    shared = _money("solidarity_in", product.solidarity_in_micro, product.id)
    rule = "mixed_share" if facts.mixed_signs else "share"
    return [
        Step(rule, (everything, _weight(facts.pool, product), _all_weights(facts)), shared),
        Step("sum", (part, shared), own),
    ]


def _inflow(product: ProductFacts) -> Quantity:
    arrived = sum(amount for _, amount in product.arrived)
    inflow = product.fund_micro - product.solidarity_out_micro + arrived
    return _money("inflow", inflow, product.id)


def _leaving(product: ProductFacts, upstream: str) -> Quantity:
    split = next(split for split in product.splits if split.upstream == upstream)
    if upstream:
        return _money("passed_on", split.amount_micro, f"{product.id}>{upstream}")
    return _money("own_part", split.amount_micro, product.id)


def _own(pool: PoolFacts, product: ProductFacts) -> Quantity:
    part = next((split.amount_micro for split in product.splits if not split.upstream), 0)
    return _money("own_money", part + product.solidarity_in_micro, f"{pool.id}/{product.id}")


def _embodied(product: ProductFacts) -> Quantity:
    return Quantity("embodied", product.embodied_uh, "uh", product.id)


def _weight(pool: PoolFacts, product: ProductFacts) -> Quantity:
    return Quantity("product_weight", product.weight, pool.weight_unit, product.id)


def _all_weights(facts: TraceFacts) -> Quantity:
    return Quantity("all_weights", facts.weight_total, facts.pool.weight_unit, facts.pool.id)


def _fund(pool: PoolFacts) -> Quantity:
    return _money("fund", pool.funded_micro, pool.id)


def _money(name: str, amount: int, of: str = "") -> Quantity:
    return Quantity(name, amount, "micro", of)
