"""Money is neither lost nor made at any level, and labour is neither lost nor counted twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given

from accounting.core.tables import MISSING, Allocation, PoolShare
from tests.oracle.agreement import escrow_rows, pool_rows
from tests.oracle.lineage import upstream_parts
from tests.oracle.sharing import part_of
from tests.oracle.world import World
from tests.properties.effort import effort
from tests.properties.runs import lines_by_id, run
from tests.properties.strategies import worlds

SOURCED = ("disputed", "unmeasured")


def escrow_of(world: World, allocation: Allocation, pool: str) -> Counter[tuple[str | None, str]]:
    rows = escrow_rows(world, allocation)
    return Counter(
        {(product, why): amount for (name, product, why), amount in rows.items() if name == pool}
    )


def own_flows(world: World, pool: PoolShare) -> dict[str, int]:
    products = sorted(world.products)
    table = zip(pool.flow_product, pool.flow_upstream, pool.flow_micro, strict=True)
    return {products[p]: int(amount) for p, up, amount in table if up == MISSING}


@effort(150)
@given(worlds())
def test_lines_and_escrow_add_up_to_every_pool(world: World) -> None:
    allocation = run(world)
    for pool in allocation.pools:
        held = escrow_of(world, allocation, pool.id).total()
        assert int(pool.line_micro.sum()) + held == pool.funded_micro
    assert {row.pool for row in allocation.escrow} <= {pool.id for pool in allocation.pools}


@effort(150)
@given(worlds())
def test_lines_of_a_product_add_up_to_its_own_flow(world: World) -> None:
    allocation = run(world)
    for pool in allocation.pools:
        escrow = escrow_of(world, allocation, pool.id)
        weighed = {world.contributions[key].product for key in _weighed(world, pool)}
        reached: Counter[str] = Counter()
        for key, amount in lines_by_id(world, pool).items():
            reached[world.contributions[key].product] += amount
        for product in weighed:
            reached[product] += sum(escrow[product, why] for why in SOURCED)
        assert {key: amount for key, amount in reached.items() if amount} == own_flows(world, pool)
        stranded = sum(
            amount
            for (product, why), amount in escrow.items()
            if why not in SOURCED or product not in weighed
        )
        assert sum(own_flows(world, pool).values()) + stranded == pool.funded_micro


def _weighed(world: World, pool: PoolShare) -> list[str]:
    keys = sorted(world.contributions)
    pairs = zip(pool.weighted.tolist(), pool.weight.tolist(), strict=True)
    return [keys[position] for position, weight in pairs if weight]


@effort(150)
@given(worlds())
def test_statements_add_up_to_the_lines_and_keep_every_fraction(world: World) -> None:
    allocation = run(world)
    statements = allocation.statements
    lines = sum(int(pool.line_micro.sum()) for pool in allocation.pools)
    assert int(statements.amount_micro.sum()) == lines
    unit = 10 ** (6 - world.minor_digits)
    due = statements.amount_micro + statements.carried_in_micro
    assert (due == statements.paid_minor * unit + statements.carried_out_micro).all()
    assert (statements.paid_minor >= 0).all()


@effort(150)
@given(worlds())
def test_money_is_conserved_at_every_product_on_its_way_back(world: World) -> None:
    pools = [{"id": "d", "kind": "data_dividend", "rate_ppm": 70_000, "flow": "lineage"}]
    world = replace(world, policy=world.policy | {"pools": pools})
    allocation = run(world)
    pool = allocation.pools[0]
    if pool.funded_micro != pool.scaled_from_micro:
        return
    flows = pool_rows(world, pool)["flows"]
    assert isinstance(flows, dict)
    stranded = escrow_of(world, allocation, "d")
    weighed = {world.contributions[key].product for key in _weighed(world, pool)}
    revenue = allocation.product_revenue_micro.tolist()
    for product, earned in zip(sorted(world.products), revenue, strict=True):
        arrived = part_of(earned, 70_000)
        arrived += sum(amount for (_, source), amount in flows.items() if source == product)
        left = sum(amount for (through, _), amount in flows.items() if through == product)
        left += sum(
            amount
            for (place, why), amount in stranded.items()
            if place == product and (why not in SOURCED or product not in weighed)
        )
        assert arrived == left


@effort(150)
@given(worlds())
def test_labour_is_neither_lost_nor_counted_twice_along_lineage(world: World) -> None:
    products = sorted(world.products)
    shares = world.edge_shares()
    for pool in run(world).pools:
        if pool.flow != "lineage":
            continue
        embodied = dict(zip(products, pool.embodied_uh.tolist(), strict=True))
        passed_on = sum(
            sum(upstream_parts(world, product, embodied).values()) for product in products
        )
        own = int(pool.weight.sum())
        assert sum(embodied.values()) - passed_on == own
        # In fractions: sum of embodied x (1 - its row of transfers) is all own labour.
        kept = sum(
            embodied[key] * (10**6 - sum(ppm for (up, _), ppm in shares.items() if up == key))
            for key in products
        )
        assert abs(kept - own * 10**6) <= len(shares) * 10**6
