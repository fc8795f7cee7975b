"""The indicators in exact fractions (value-model.md i); absent where nothing divides."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from accounting.core.policy import PPM, Policy
from tests.oracle.credited import Labour, is_productive
from tests.oracle.lineage import embodied_labour
from tests.oracle.pools import Shares
from tests.oracle.price import of_the_period
from tests.oracle.weights import by_product
from tests.oracle.world import Benchmark, World

LOGGED = ("active", "page_open", "held")
Ratio = tuple[Fraction | int, Fraction | int]


def indicators(
    world: World, policy: Policy, labour: dict[str, Labour], shares: Shares
) -> dict[str, Fraction]:
    """Return every indicator that has a denominator, but for `credited_beyond_worked`."""
    content = Fraction(
        of_the_period(world, {key: row.content_uh for key, row in labour.items()}), PPM
    )
    ratios = _of_income(world, shares)
    ratios |= _of_living_wage(world, shares)
    ratios |= _of_price(policy, shares, content)
    ratios |= _of_time(world, shares)
    ratios |= _of_declared_facts(world)
    ratios |= _unrealised(world, policy, labour)
    return {
        name: Fraction(above) / Fraction(below) for name, (above, below) in ratios.items() if below
    }


def credited_beyond_worked(
    world: World, policy: Policy, labour: dict[str, Labour], credited_uh: dict[str, int]
) -> Fraction | None:
    """Return hours credited beyond hours worked where counted output is metered."""
    rows = [
        row
        for row in world.counted(policy.norm.counted_outcomes)
        if labour[row.id].basis == "metered"
    ]
    if not rows:
        return None
    credited = Fraction(sum(credited_uh[row.id] for row in rows), PPM)
    return credited - Fraction(sum(row.seconds or 0 for row in rows), 3600)


def gini(amounts: list[Fraction]) -> Ratio:
    """Return the Gini coefficient as numerator and denominator."""
    ordered = sorted(amounts)
    n = len(ordered)
    above = sum(((2 * i - n - 1) * x for i, x in enumerate(ordered, start=1)), Fraction(0))
    return above, n * max(Fraction(0), sum(ordered, Fraction(0)))


def _seconds(world: World) -> dict[str, int]:
    seconds = dict.fromkeys(world.workers, 0)
    for row in world.rows():
        seconds[row.worker] += row.seconds or 0
    return seconds


def _wages(world: World) -> dict[str, int]:
    wages = dict.fromkeys(world.workers, 0)
    for row in world.rows():
        wages[row.worker] += row.wage_micro
    return wages


def _of_income(world: World, shares: Shares) -> dict[str, Ratio]:
    seconds, wages, earned = _seconds(world), _wages(world), shares.worker_amounts(world)
    income = {worker: wages[worker] + earned[worker] for worker in world.workers}
    people = [w for w in world.workers if seconds[w] or wages[w] or earned[w]]
    top = sorted((income[w] for w in people), reverse=True)[: -(-len(people) // 100)]
    hourly = [Fraction(income[w] * 3600, seconds[w]) for w in people if seconds[w]]
    revenue = [Fraction(r) for r in shares.product_revenue.values()]
    return {
        "gini_payout": gini([Fraction(earned[w]) for w in people]),
        "gini_income": gini([Fraction(income[w]) for w in people]),
        "gini_hourly": gini(hourly),
        "top1_income_share": (sum(top), sum(income[w] for w in people)),
        "HHI_revenue": (sum((r * r for r in revenue), Fraction(0)), sum(revenue) ** 2),
    }


def _of_living_wage(world: World, shares: Shares) -> dict[str, Ratio]:
    seconds, wages, earned = _seconds(world), _wages(world), shares.worker_amounts(world)
    known = [row for row in world.benchmarks if seconds[row.worker]]

    def covered(row: Benchmark, extra: int) -> bool:
        received = wages[row.worker] + row.received_micro + extra
        return received * 3600 >= row.living_wage_micro_per_hour * seconds[row.worker]

    before = [row for row in known if covered(row, 0)]
    after = [row for row in known if covered(row, earned[row.worker])]
    hours = sum(seconds[row.worker] for row in known)
    return {
        "lw_cov_workers_before": (len(before), len(known)),
        "lw_cov_workers_after": (len(after), len(known)),
        "lw_cov_hours_before": (sum(seconds[row.worker] for row in before), hours),
    }


def _of_price(policy: Policy, shares: Shares, content_hours: Fraction) -> dict[str, Ratio]:
    price = shares.price
    melt = policy.value.melt_micro_per_hour
    dead = Fraction(price.compute_micro, melt) if melt else Fraction(0)
    unpaid_value = price.new_value_micro - price.variable_capital_micro
    net = price.revenue_micro - price.constant_capital_micro
    return {
        "s_rate_price": (price.surplus_micro, price.variable_capital_micro),
        "s_rate_labour": (unpaid_value, price.variable_capital_micro),
        "occ": (price.constant_capital_micro, price.variable_capital_micro),
        "rent_share_R": (price.excess_profit_micro, price.revenue_micro),
        "rent_share_S": (price.excess_profit_micro, price.surplus_micro),
        "transfer_share_newvalue": (price.transfer_micro, net),
        "compute_substitution": (dead, dead + content_hours if melt else 0),
    }


def _of_time(world: World, shares: Shares) -> dict[str, Ratio]:
    rows = world.rows()
    worked = sum(row.seconds or 0 for row in rows)
    unpaid = sum(row.seconds or 0 for row in rows if row.wage_micro == 0)
    logged = sum(row.seconds or 0 for row in rows if row.time_basis in LOGGED)
    unlogged = sum(
        (Fraction(fact.value) for fact in world.facts if fact.name == "unlogged_hours"),
        Fraction(0),
    )
    waited, paid = 0, 0
    for pool in shares.pools:
        for key, amount in pool.lines.items():
            quarters = _quarter(world.end) - _quarter(world.contributions[key].occurred_on)
            waited += amount * max(0, quarters)
            paid += amount
    return {
        "unpaid_share": (unpaid, worked),
        "traceability_hours": (logged, worked + unlogged * 3600),
        "lag_quarters": (waited, paid),
    }


def _quarter(day: date) -> int:
    return 4 * day.year + (day.month - 1) // 3


def _of_declared_facts(world: World) -> dict[str, Ratio]:
    ratios: dict[str, Ratio] = {}
    items = [fact for fact in world.facts if fact.name == "portability"]
    weights = sum((Fraction(fact.weight) for fact in items), Fraction(0))
    kept = sum((Fraction(fact.weight) * Fraction(fact.value) for fact in items), Fraction(0))
    ratios["lockin"] = (weights - kept, weights)
    price, cost = _price_and_cost(world)
    ratios["lerner"] = (price - cost, price)
    return ratios


def _price_and_cost(world: World) -> tuple[Fraction, Fraction]:
    """Return the pair of no product, else that of the only product with both, else zeros.

    A price of nothing makes no pair.
    """
    pairs: dict[str | None, dict[str, Fraction]] = {}
    for fact in world.facts:
        if fact.name in ("price", "marginal_cost"):
            pairs.setdefault(fact.product, {})[fact.name] = Fraction(fact.value)
    whole = {key: pair for key, pair in pairs.items() if len(pair) == 2 and pair["price"]}
    if None in whole:
        whole = {None: whole[None]}
    if len(whole) != 1:
        return Fraction(0), Fraction(0)
    pair = next(iter(whole.values()))
    return pair["price"], pair["marginal_cost"]


def _unrealised(world: World, policy: Policy, labour: dict[str, Labour]) -> dict[str, Ratio]:
    facts = [fact for fact in world.facts if fact.name == "realised_share"]
    if not facts:
        return {}
    own = {
        row.id: labour[row.id].content_uh
        for row in world.rows()
        if is_productive(world, policy, row)
    }
    embodied = embodied_labour(world, by_product(world, own))
    total = sum(own.values())
    realised = sum(
        (Fraction(fact.value) * embodied[fact.product] for fact in facts if fact.product),
        Fraction(0),
    )
    return {"unrealised_share": (total - realised, total)}
