from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from accounting.valuation.methods import Method
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import Kind, freeze, within
from tests.accounting.valuation.games import (
    World,
    coalition_utilities,
    shapley_by_enumeration,
    small_worlds,
)


@settings(deadline=None, max_examples=120)
@given(small_worlds(kinds=(Kind.THRESHOLD,)))
def test_values_equal_enumeration_of_all_coalitions(world: World) -> None:
    valuation = world.value(Method.THRESHOLD_SHAPLEY)

    utilities = coalition_utilities(world, np.arange(world.training.count), world.training.count)
    ordered = valuation.points[world.training.places]
    assert ordered == pytest.approx(shapley_by_enumeration(utilities), abs=1e-12)
    assert abs(valuation.gap) <= 1e-12


def test_a_point_exactly_at_the_radius_counts() -> None:
    training = TrainingPoints.of(features=[[3.0, 4.0], [3.0, 4.1]], targets=[1, 1], owners=[0, 1])
    tests = TestPoints.of(features=[[0.0, 0.0]], targets=[1])
    utility = freeze(tests=tests, embedding="plane", neighbourhood=within(5.0), baseline=0.0)

    values = World(training, tests, utility).value(Method.THRESHOLD_SHAPLEY).points

    assert values.tolist() == [1.0, 0.0]
