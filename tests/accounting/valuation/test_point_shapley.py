from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from accounting.valuation.methods import Method
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import freeze, hard
from tests.accounting.valuation.games import (
    World,
    coalition_utilities,
    shapley_by_enumeration,
    small_worlds,
)


@settings(deadline=None, max_examples=120)
@given(small_worlds())
def test_values_equal_enumeration_of_all_coalitions(world: World) -> None:
    valuation = world.value(Method.POINT_SHAPLEY)

    utilities = coalition_utilities(world, np.arange(world.training.count), world.training.count)
    ordered = valuation.points[world.training.places]
    assert ordered == pytest.approx(shapley_by_enumeration(utilities), abs=1e-12)
    assert valuation.whole == pytest.approx(utilities[-1], abs=1e-12)
    assert abs(valuation.gap) <= 1e-12


@settings(deadline=None, max_examples=30)
@given(small_worlds())
def test_an_owner_gets_the_sum_of_its_points(world: World) -> None:
    valuation = world.value(Method.POINT_SHAPLEY)

    sums = np.bincount(
        world.training.owners,
        weights=valuation.points[world.training.places],
        minlength=world.training.owner_count,
    )
    assert valuation.owners == pytest.approx(sums, abs=1e-14)


def test_the_nearest_right_point_earns_most_when_one_neighbour_decides() -> None:
    training = TrainingPoints.of(
        features=[[0.0], [1.0], [3.0]], targets=[1, 0, 1], owners=[0, 1, 2]
    )
    tests = TestPoints.of(features=[[0.1]], targets=[1])
    utility = freeze(tests=tests, embedding="line", neighbourhood=hard(1), baseline=0.0)

    values = World(training, tests, utility).value(Method.POINT_SHAPLEY).points

    # By hand: s₃ = 1/3, s₂ = 1/3 - 1/2, s₁ = s₂ + 1.
    assert values == pytest.approx([5 / 6, -1 / 6, 1 / 3], abs=1e-15)


def test_values_come_back_in_the_order_points_were_given_in() -> None:
    features, targets = np.array([[3.0], [0.0], [1.0]]), np.array([1, 1, 0])
    tests = TestPoints.of(features=[[0.1]], targets=[1])
    utility = freeze(tests=tests, embedding="line", neighbourhood=hard(1), baseline=0.0)
    training = TrainingPoints.of(
        features=features, targets=targets, owners=[2, 0, 1], ids=[30, 10, 20]
    )

    values = World(training, tests, utility).value(Method.POINT_SHAPLEY).points

    assert values == pytest.approx([1 / 3, 5 / 6, -1 / 6], abs=1e-15)


def test_standard_errors_are_those_of_a_mean_over_test_points() -> None:
    random = np.random.default_rng(5)
    training = TrainingPoints.of(
        features=random.normal(size=(30, 3)),
        targets=random.integers(0, 2, 30),
        owners=random.integers(0, 4, 30),
    )
    tests = TestPoints.of(features=random.normal(size=(40, 3)), targets=random.integers(0, 2, 40))
    utility = freeze(tests=tests, embedding="noise", neighbourhood=hard(3))
    each = []
    for t in range(tests.count):
        one = TestPoints.of(features=tests.features[t : t + 1], targets=tests.targets[t : t + 1])
        alone = freeze(
            tests=one, embedding="noise", neighbourhood=hard(3), baseline=utility.baseline
        )
        each.append(World(training, one, alone).value(Method.POINT_SHAPLEY))

    valuation = World(training, tests, utility).value(Method.POINT_SHAPLEY)

    points = np.array([value.points for value in each])
    owners = np.array([value.owners for value in each])
    assert valuation.points == pytest.approx(points.mean(axis=0), abs=1e-14)
    assert valuation.point_errors == pytest.approx(points.std(axis=0, ddof=1) / 40**0.5, abs=1e-13)
    assert valuation.owner_errors == pytest.approx(owners.std(axis=0, ddof=1) / 40**0.5, abs=1e-13)
    assert np.isnan(each[0].point_errors).all()
