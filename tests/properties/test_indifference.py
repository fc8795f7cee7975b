"""What must not matter: the order of rows, the names of things, strangers, the second run."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given

from tests.oracle.world import Contribution, Product, TaskType, World
from tests.properties.effort import effort
from tests.properties.runs import content_by_id, lines_by_id, plain, run
from tests.properties.strategies import randoms, worlds

TABLES = (
    "products",
    "contributions",
    "licences",
    "valuations",
    "workers",
    "edges",
    "revenue",
    "usage",
    "costs",
    "benchmarks",
    "scores",
    "index_inputs",
    "facts",
)


@effort(100)
@given(worlds(), randoms)
def test_order_of_rows_changes_nothing(world: World, rng: Random) -> None:
    """Shuffles every table; those with a key are sorted again, the others stay as they fall."""

    def shuffled(rows: Any) -> Any:
        if isinstance(rows, dict):
            return {key: rows[key] for key in rng.sample(sorted(rows), len(rows))}
        return rng.sample(rows, len(rows))

    tables = {name: getattr(world, name) for name in TABLES}
    mixed = replace(world, **{name: shuffled(rows) for name, rows in tables.items()})
    assert plain(run(world)) == plain(run(mixed))


@effort(100)
@given(worlds())
def test_same_inputs_give_the_same_allocation_again(world: World) -> None:
    assert plain(run(world)) == plain(run(world))


@effort(100)
@given(worlds())
def test_names_change_nothing_as_long_as_they_keep_their_order(world: World) -> None:
    found, renamed = plain(run(world)), plain(run(_renamed(world)))
    for row in found["norms"] + renamed["norms"]:
        del row["scope"]
    assert found == renamed


def _renamed(world: World) -> World:
    """Return a world with other ids of products, people and rows, in the same order."""

    def new(key: str | None) -> Any:
        return None if key is None else f"n-{key}-é"

    def moved(rows: dict[str, Any], **names: str) -> dict[str, Any]:
        return {new(key): named(row, id=key, **names) for key, row in rows.items()}

    def named(row: Any, **names: str | None) -> Any:
        return replace(row, **{name: new(key) for name, key in names.items()})

    return replace(
        world,
        products=moved(world.products),
        workers=[new(key) for key in world.workers],
        contributions={
            new(key): named(row, id=key, worker=row.worker, product=row.product)
            for key, row in world.contributions.items()
        },
        edges=[named(row, upstream=row.upstream, downstream=row.downstream) for row in world.edges],
        revenue=[named(row, product=row.product) for row in world.revenue],
        usage=[named(row, product=row.product) for row in world.usage],
        licences={key: named(row, product=row.product) for key, row in world.licences.items()},
        benchmarks=[named(row, worker=row.worker) for row in world.benchmarks],
        scores=[named(row, contribution=row.contribution) for row in world.scores],
        valuations={key: named(row, product=row.product) for key, row in world.valuations.items()},
        index_inputs=[named(row, product=row.product) for row in world.index_inputs],
        facts=[named(row, product=row.product) for row in world.facts],
    )


@effort(100)
@given(worlds(), randoms)
def test_nobody_gets_more_than_the_odd_unit_from_a_lower_id(world: World, rng: Random) -> None:
    """Ids in another order leave norms and content alone; money moves by the units left over."""
    old = sorted(world.contributions)
    new = dict(zip(old, rng.sample(old, len(old)), strict=True))
    rows = {new[key]: replace(world.contributions[key], id=new[key]) for key in old}
    scores = [replace(row, contribution=new[row.contribution]) for row in world.scores]
    mixed = replace(world, contributions=rows, scores=scores)
    first, second = run(world), run(mixed)
    assert first.norms == second.norms
    assert first.price == second.price
    contents = content_by_id(mixed, second)
    assert content_by_id(world, first) == {key: contents[new[key]] for key in old}
    for pool, other in zip(first.pools, second.pools, strict=True):
        if pool.kind in ("profit_share", "licence") and pool.funded_micro == other.funded_micro:
            lines = lines_by_id(mixed, other)
            for key, amount in lines_by_id(world, pool).items():
                # A blended weight may differ by a micro-hour itself and moves more than a unit.
                assert world.scores or abs(amount - lines.get(new[key], 0)) <= 2


@effort(120)
@given(worlds())
def test_unconnected_product_changes_nobodys_lineage_pay(world: World) -> None:
    """Its labour is of a kind of its own, so that it moves no norm either."""
    pools: Any = world.policy["pools"]
    pools = [dict(pool, solidarity_ppm=0) for pool in pools]
    world = replace(world, policy=world.policy | {"pools": pools})
    stranger = Contribution(
        id="c000-stranger",
        worker=world.workers[0],
        product="p0-stranger",
        task_type="t9",
        occurred_on=world.end,
        seconds=7200,
        units=40,
        quality_ppm=None,
    )
    joined = replace(
        world,
        products=world.products | {"p0-stranger": Product("p0-stranger", "op0", public=False)},
        task_types=world.task_types | {"t9": TaskType("t9", "DATA", "item")},
        contributions=world.contributions | {stranger.id: stranger},
    )
    for alone, beside in zip(run(world).pools, run(joined).pools, strict=True):
        if alone.flow == "lineage":
            assert lines_by_id(world, alone) == lines_by_id(joined, beside)


@effort(100)
@given(worlds())
def test_refunds_mirror_what_was_earned(world: World) -> None:
    pools = [
        {
            "id": "d",
            "kind": "data_dividend",
            "rate_ppm": 30_000,
            "flow": "lineage",
            "key": "blend",
            "solidarity_ppm": 100_000,
        }
    ]
    free = {key: replace(row, wage_micro=0) for key, row in world.contributions.items()}
    earned = [replace(row, amount_micro=abs(row.amount_micro)) for row in world.revenue]
    refunded = [replace(row, amount_micro=-abs(row.amount_micro)) for row in world.revenue]
    policy = world.policy | {"pools": pools}
    gain = replace(world, policy=policy, contributions=free, costs=[], revenue=earned)
    loss = replace(gain, revenue=refunded)
    up, down = run(gain).pools[0], run(loss).pools[0]
    assert up.funded_micro == -down.funded_micro
    assert up.line_contribution.tolist() == down.line_contribution.tolist()
    assert up.line_micro.tolist() == (-down.line_micro).tolist()
