from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.datasets import load_digits

from accounting.valuation.blocks import value_all
from accounting.valuation.curves import (
    coalition_curves,
    owner_curves,
    point_curves,
    removal_steps,
)
from accounting.valuation.methods import Method, prepare
from accounting.valuation.points import BoolArray, TestPoints, TrainingPoints
from accounting.valuation.utility import freeze, hard
from tests.accounting.valuation.games import World, coalition_utilities, small_worlds


@settings(deadline=None, max_examples=60)
@given(small_worlds())
def test_curves_equal_the_utility_of_who_is_left(world: World) -> None:
    training, count = world.training, world.training.owner_count
    values = np.random.default_rng(count).normal(size=count)
    removed = np.arange(count + 1)

    curves = owner_curves(
        training=training,
        tests=world.tests,
        utility=world.utility,
        values=values,
        removed=removed,
    )

    utilities = coalition_utilities(world, training.owners, count)
    order = np.argsort(values)
    gone = [2 ** order[:step] for step in removed]
    last = [2 ** order[::-1][:step] for step in removed]
    lowest = [utilities[2**count - 1 - int(part.sum())] for part in gone]
    highest = [utilities[2**count - 1 - int(part.sum())] for part in last]
    assert curves.lowest_first == pytest.approx(lowest, abs=1e-12)
    assert curves.highest_first == pytest.approx(highest, abs=1e-12)


def test_good_values_part_the_curves_on_digits() -> None:
    features, targets = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    labels = targets.copy()
    wrong = random.choice(800, 160, replace=False)
    labels[wrong] = (labels[wrong] + random.integers(1, 10, 160)) % 10
    training = TrainingPoints.of(
        features=features[:800],
        targets=labels[:800],
        owners=np.zeros(800),
        ids=random.permutation(800),
    )
    tests = TestPoints.of(features=features[800:1200], targets=targets[800:1200])
    utility = freeze(tests=tests, embedding="pixels", neighbourhood=hard(5))
    game = prepare(method=Method.POINT_SHAPLEY, training=training, tests=tests, utility=utility)
    values = value_all(game)

    curves = point_curves(
        training=training,
        tests=tests,
        utility=utility,
        values=values.points,
        removed=removal_steps(800, steps=8, most=0.4),
    )

    assert curves.removed.tolist() == list(range(0, 321, 40))
    assert curves.lowest_first[0] == curves.highest_first[0] == pytest.approx(values.whole)
    # Without the fifth that is mislabelled, and is valued lowest, neighbours agree more.
    assert curves.lowest_first[4] > values.whole + 0.1
    assert curves.highest_first[4] < values.whole - 0.05


def test_any_utility_of_coalitions_can_be_followed() -> None:
    worth = np.array([3.0, 1.0, 2.0])

    def measure(members: BoolArray) -> float:
        return float(members @ worth)

    curves = coalition_curves(
        measure=measure, values=worth, removed=removal_steps(3, steps=10, most=1.0)
    )

    assert curves.removed.tolist() == [0, 1, 2, 3]
    assert curves.lowest_first.tolist() == [6.0, 5.0, 3.0, 0.0]
    assert curves.highest_first.tolist() == [6.0, 3.0, 1.0, 0.0]
