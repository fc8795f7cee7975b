from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings

from accounting.valuation.blocks import value_block
from accounting.valuation.coalition_counts import TooManyCoalitions
from accounting.valuation.methods import Method, prepare
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import Neighbourhood, freeze, hard, soft
from tests.accounting.valuation.games import (
    World,
    coalition_utilities,
    shapley_by_enumeration,
    shapley_by_quadrature,
    small_world,
    small_worlds,
)


@settings(deadline=None, max_examples=200)
@given(small_worlds(most_points=16))
def test_values_equal_enumeration_of_all_coalitions(world: World) -> None:
    valuation = world.value(Method.OWNER_SHAPLEY)

    utilities = coalition_utilities(world, world.training.owners, world.training.owner_count)
    assert valuation.owners == pytest.approx(shapley_by_enumeration(utilities), abs=1e-12)
    assert valuation.whole == pytest.approx(utilities[-1], abs=1e-12)
    assert abs(valuation.gap) <= 1e-12


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("neighbourhood", [hard(7), soft(7)], ids=["hard", "soft"])
def test_twelve_owners_equal_enumeration(seed: int, neighbourhood: Neighbourhood) -> None:
    world = small_world(seed=seed, sizes=(40, 12, 3), neighbourhood=neighbourhood, baseline=0.1)

    valuation = world.value(Method.OWNER_SHAPLEY)

    utilities = coalition_utilities(world, world.training.owners, 12)
    assert valuation.owners == pytest.approx(shapley_by_enumeration(utilities), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_values_equal_the_multilinear_extension_integrated(seed: int) -> None:
    world = small_world(seed=seed, sizes=(50, 12, 2), neighbourhood=hard(6), baseline=0.0)

    valuation = world.value(Method.OWNER_SHAPLEY)

    assert valuation.owners == pytest.approx(shapley_by_quadrature(world), abs=1e-12)


def test_owners_of_one_point_each_get_what_their_points_get() -> None:
    random = np.random.default_rng(11)
    training = TrainingPoints.of(
        features=random.normal(size=(300, 4)),
        targets=random.integers(0, 3, 300),
        owners=np.arange(300),
    )
    tests = TestPoints.of(features=random.normal(size=(20, 4)), targets=random.integers(0, 3, 20))
    for neighbourhood in (hard(50), soft(50)):
        utility = freeze(tests=tests, embedding="noise", neighbourhood=neighbourhood)
        world = World(training, tests, utility)

        owners = world.value(Method.OWNER_SHAPLEY).owners

        # Two derivations that share no arithmetic: counting coalitions, and Jia's recursion.
        assert owners == pytest.approx(world.value(Method.POINT_SHAPLEY).points, abs=1e-12)


def test_many_owners_with_many_neighbours_stay_efficient() -> None:
    random = np.random.default_rng(12)
    training = TrainingPoints.of(
        features=random.normal(size=(6000, 8)),
        targets=random.integers(0, 2, 6000),
        owners=random.integers(0, 1500, 6000),
    )
    tests = TestPoints.of(features=random.normal(size=(3, 8)), targets=random.integers(0, 2, 3))
    utility = freeze(tests=tests, embedding="noise", neighbourhood=hard(40))

    valuation = World(training, tests, utility).value(Method.OWNER_SHAPLEY)

    assert abs(valuation.gap) <= 1e-12


def test_cost_is_linear_in_the_number_of_owners() -> None:
    random = np.random.default_rng(13)
    tests = TestPoints.of(features=random.normal(size=(8, 4)), targets=random.integers(0, 5, 8))
    utility = freeze(tests=tests, embedding="noise", neighbourhood=hard(10))
    seconds = []
    for owners in (500, 4000):
        training = TrainingPoints.of(
            features=random.normal(size=(10 * owners, 4)),
            targets=random.integers(0, 5, 10 * owners),
            owners=np.arange(10 * owners) % owners,
        )
        game = prepare(method=Method.OWNER_SHAPLEY, training=training, tests=tests, utility=utility)
        times = []
        for _ in range(4):
            started = time.process_time()
            value_block(game, 0, threads=1)
            times.append(time.process_time() - started)
        seconds.append(min(times))

    # Eight times the owners: quadratic cost would be 64 times.
    assert seconds[1] < 24 * seconds[0]


def test_owners_beyond_the_range_of_a_float_are_refused() -> None:
    training = TrainingPoints.of(features=[[0.0]], targets=[0], owners=[0], owner_count=1_000_000)
    tests = TestPoints.of(features=[[0.0]], targets=[0])
    utility = freeze(tests=tests, embedding="line", neighbourhood=hard(500))

    with pytest.raises(TooManyCoalitions) as refusal:
        prepare(method=Method.OWNER_SHAPLEY, training=training, tests=tests, utility=utility)

    assert refusal.value.code == "valuation_too_many_coalitions"
    assert refusal.value.facts == {"owners": 1_000_000, "k": 500}
