from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given

from tests.oracle.agreement import assert_agreement
from tests.oracle.world import World
from tests.properties.effort import effort
from tests.properties.runs import run
from tests.properties.strategies import crowded_worlds, randoms, worlds


@effort(1200)
@given(worlds())
def test_engine_and_oracle_agree_at_every_level(world: World) -> None:
    assert_agreement(world, run(world))


@effort(40)
@given(crowded_worlds())
def test_engine_and_oracle_agree_on_crowded_worlds(world: World) -> None:
    assert_agreement(world, run(world))


@effort(60)
@given(crowded_worlds(), randoms)
def test_engine_and_oracle_agree_where_many_norms_tie(world: World, rng: Random) -> None:
    """Evenly spaced or few different rates: many windows of the mode are equally wide."""
    spaced = rng.choice((True, False))
    people = {worker: 60 * (i + 1) for i, worker in enumerate(world.workers)}
    tied = {
        key: replace(
            row,
            seconds=people[row.worker] if spaced else 60 * rng.randint(1, 9),
            units=7 if spaced else rng.choice((1, 2, 3, 10)),
            quality_ppm=None,
            task_type=rng.choice(("t0", "t1")),
        )
        for key, row in world.contributions.items()
    }
    policy = world.policy | {"norm": {"method": rng.choice(("median", "mode", "mode"))}}
    world = replace(world, contributions=tied, policy=policy)
    assert_agreement(world, run(world))


@effort(60)
@given(worlds())
def test_engine_and_oracle_agree_when_everybody_is_alike(world: World) -> None:
    """Equal rows tie everywhere, so the order of ids decides who gets the units left over."""
    alike = {
        key: replace(row, seconds=3600, units=7, quality_ppm=None, task_type="t0", frozen_ppm=0)
        for key, row in world.contributions.items()
    }
    world = replace(world, contributions=alike)
    assert_agreement(world, run(world))
