"""Shares every pool out: fund, products, contributions, what is held back (value-model.md f)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from accounting.core.policy import Policy
from tests.oracle.credited import Labour
from tests.oracle.floor import gaps_of, spread_gaps
from tests.oracle.funds import Fund, find_funds
from tests.oracle.lineage import Flow, embodied_labour, trace_back
from tests.oracle.price import Price, of_the_period, price_of, product_revenue
from tests.oracle.sharing import part_of, share
from tests.oracle.weights import by_product, entitled, weigh
from tests.oracle.world import Contribution, World

EscrowKey = tuple[str, str | None, str]
"""Pool, product (`None`: of no product) and reason."""


@dataclass
class PoolShare:
    """One pool shared out; every table by id."""

    id: str
    kind: str
    flow: str
    funded_micro: int
    scaled_from_micro: int
    weights: dict[str, int] = field(default_factory=dict)
    embodied_uh: dict[str, int] = field(default_factory=dict)
    flows: Counter[Flow] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, int] = field(default_factory=dict)
    escrow: Counter[EscrowKey] = field(default_factory=Counter)


@dataclass(frozen=True)
class Shares:
    """All pools of a run in the order of the policy, with what they were found from."""

    price: Price
    product_revenue: dict[str, int]
    pools: list[PoolShare]

    def escrow(self) -> dict[EscrowKey, int]:
        """Return all money that is nobody's yet."""
        total: Counter[EscrowKey] = Counter()
        for pool in self.pools:
            total.update(pool.escrow)
        return {key: amount for key, amount in total.items() if amount}

    def worker_amounts(self, world: World) -> dict[str, int]:
        """Return what each worker earns in the run."""
        return _worker_amounts(world, self.pools)


def share_out(world: World, policy: Policy, labour: dict[str, Labour]) -> Shares:
    """Share the period's money out, from the labour content of each contribution."""
    if policy.value.value_approach == "copies_are_rent":
        valorised = sum(
            labour[row.id].content_uh for row in world.rows() if row.occurred_on >= world.start
        )
    else:
        valorised = of_the_period(world, {key: row.content_uh for key, row in labour.items()})
    price = price_of(world, policy, valorised)
    revenue = product_revenue(world, policy)
    funds = find_funds(world, policy, price, revenue)
    done: list[PoolShare] = []
    for position, fund in enumerate(funds):
        if fund.pool.kind == "wage_floor":
            source = _profit_share_after(funds, position)
            before = _worker_amounts(world, done)
            floor, funds[source] = _take_floor(world, fund, funds[source], before)
            done.append(floor)
        elif fund.pool.kind == "commons":
            done.append(_commons(fund))
        else:
            done.append(_share_pool(world, policy, fund, labour))
        _hold_back(world, labour, done[-1])
    return Shares(price, revenue, done)


def _worker_amounts(world: World, pools: list[PoolShare]) -> dict[str, int]:
    earned = dict.fromkeys(sorted(world.workers), 0)
    for pool in pools:
        for key, amount in pool.lines.items():
            earned[world.contributions[key].worker] += amount
    return earned


def _start(fund: Fund) -> PoolShare:
    return PoolShare(
        id=fund.id,
        kind=fund.pool.kind,
        flow=fund.pool.flow,
        funded_micro=fund.amount_micro,
        scaled_from_micro=fund.original_micro,
    )


def _commons(fund: Fund) -> PoolShare:
    pool = _start(fund)
    pool.escrow[fund.id, None, "commons"] = fund.amount_micro
    return pool


def _share_pool(world: World, policy: Policy, fund: Fund, labour: dict[str, Labour]) -> PoolShare:
    pool = _start(fund)
    rows = entitled(world, policy, fund.pool)
    if fund.licence is not None:
        rows = [row for row in rows if row.product == fund.licence.product]
    pool.weights = weigh(world, policy, fund.pool, rows, labour)
    own = by_product(world, {row.id: labour[row.id].content_uh for row in rows})
    lineage = fund.pool.flow == "lineage"
    pool.embodied_uh = embodied_labour(world, own) if lineage else own
    # Along lineage refunds mirror what was earned, apart from it.
    for sign, funds in ((1, fund.gained), (-1, fund.lost)):
        flows, stranded = _to_products(world, fund, sign, funds, pool.weights)
        for flow, amount in flows.items():
            pool.flows[flow] += sign * amount
        for product, amount in stranded.items():
            reason = _reason(world, product, rows, labour)
            pool.escrow[pool.id, product, reason] += sign * amount
    pool.amounts = _to_contributions(world, pool.flows, pool.weights)
    return pool


def _to_products(
    world: World, fund: Fund, sign: int, funds: dict[str, int] | None, weights: dict[str, int]
) -> tuple[Counter[Flow], Counter[str | None]]:
    """Return money through each product, and money stranded there or nowhere (`None`)."""
    totals = by_product(world, weights)
    flows: Counter[Flow] = Counter()
    stranded: Counter[str | None] = Counter()
    if funds is None or fund.pool.flow == "direct":
        direct = fund.amount_micro if sign > 0 else 0
    else:
        # With nobody entitled anywhere there is nobody to be in solidarity with.
        solidarity_ppm = fund.pool.solidarity_ppm if sum(totals.values()) else 0
        solidarity = {key: part_of(each, solidarity_ppm) for key, each in funds.items()}
        direct = sum(solidarity.values())
        left = {key: each - solidarity[key] for key, each in funds.items()}
        traced, lost = trace_back(world, totals, left)
        flows.update(traced)
        stranded.update(lost)
    if sum(totals.values()):
        flows.update({(key, None): each for key, each in share(direct, totals).items()})
    else:
        stranded[None] += direct
    return flows, stranded


def _to_contributions(world: World, flows: Counter[Flow], weights: dict[str, int]) -> Counter[str]:
    """Share what reaches each product's own labour among that product's contributions."""
    amounts: Counter[str] = Counter()
    for product in world.products:
        if flows[product, None]:
            amounts.update(share(flows[product, None], _within(world, product, weights)))
    return amounts


def _within(world: World, product: str, weights: dict[str, int]) -> dict[str, int]:
    return {
        key: weight
        for key, weight in weights.items()
        if world.contributions[key].product == product
    }


def _reason(
    world: World, product: str | None, rows: list[Contribution], labour: dict[str, Labour]
) -> str:
    """Say why money at a product (or at none) has nobody to go to."""
    if product is not None and world.products[product].public:
        return "commons"
    here = [row for row in rows if product in (None, row.product)]
    if any(labour[row.id].basis == "escrow" for row in here):
        return "unmeasured"
    return "no_labour"


def _profit_share_after(funds: list[Fund], position: int) -> int:
    later = range(position + 1, len(funds))
    return next(each for each in later if funds[each].pool.kind == "profit_share")


def _take_floor(
    world: World, fund: Fund, source: Fund, earned: dict[str, int]
) -> tuple[PoolShare, Fund]:
    """Pay the gaps to the living wage out of the profit share, before the profit share."""
    gaps = gaps_of(world, earned)
    taken = min(source.amount_micro, sum(gaps.values()))
    floor = replace(_start(fund), funded_micro=taken, scaled_from_micro=taken)
    floor.weights = spread_gaps(world, gaps)
    if taken:
        totals = by_product(world, floor.weights)
        floor.flows.update({(key, None): each for key, each in share(taken, totals).items()})
        floor.amounts = _to_contributions(world, floor.flows, floor.weights)
    rest = replace(
        source,
        amount_micro=source.amount_micro - taken,
        original_micro=source.original_micro - taken,
    )
    return floor, rest


def _hold_back(world: World, labour: dict[str, Labour], pool: PoolShare) -> None:
    """Keep disputed and unmeasured money in escrow; the rest becomes lines."""
    for key, amount in pool.amounts.items():
        row = world.contributions[key]
        disputed = part_of(amount, row.frozen_ppm)
        left = amount - disputed
        pool.escrow[pool.id, row.product, "disputed"] += disputed
        if labour[key].basis == "escrow":
            pool.escrow[pool.id, row.product, "unmeasured"] += left
        elif left:
            pool.lines[key] = left
