"""Flipped labels rank at the bottom, on scikit-learn's real sets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from accounting.valuation.blocks import value_all
from accounting.valuation.data_oob import grow_block, merge_trees
from accounting.valuation.methods import Method, prepare
from accounting.valuation.points import (
    BoolArray,
    FloatArray,
    IntArray,
    TestPoints,
    TrainingPoints,
)
from accounting.valuation.utility import Neighbourhood, freeze, hard, soft, within

Loader = Callable[..., tuple[FloatArray, IntArray]]
SETS: list[tuple[Loader, float]] = [
    (load_digits, 0.98),
    (load_breast_cancer, 0.95),
    (load_wine, 0.95),
]


def spoiled(load: Loader) -> tuple[TrainingPoints, TestPoints, BoolArray]:
    """Two thirds to train with a tenth of the labels flipped, one third to validate."""
    features, targets = load(return_X_y=True)
    features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)
    random = np.random.default_rng(7)
    order = random.permutation(len(targets))
    first, last = np.split(order, [2 * len(order) // 3])
    classes = targets.max() + 1
    flipped = np.zeros(len(first), dtype=np.bool_)
    flipped[random.choice(len(first), len(first) // 10, replace=False)] = True
    shifts = np.where(flipped, random.integers(1, classes, len(first)), 0)
    training = TrainingPoints.of(
        features=features[first],
        targets=(targets[first] + shifts) % classes,
        owners=np.arange(len(first)) % 20,
    )
    return training, TestPoints.of(features=features[last], targets=targets[last]), flipped


def chance_of_lower(values: FloatArray, flipped: BoolArray) -> float:
    """How often a flipped label is worth less than a right one (area under the ROC curve)."""
    ranks = rankdata(values)
    count = flipped.sum()
    above = ranks[flipped].sum() - count * (count + 1) / 2
    return float(1 - above / (count * (~flipped).sum()))


@pytest.mark.parametrize(("load", "least"), SETS, ids=["digits", "breast cancer", "wine"])
@pytest.mark.parametrize("neighbourhood", [hard(5), soft(5)], ids=["hard", "soft"])
def test_shapley_values_put_flipped_labels_last(
    load: Loader, least: float, neighbourhood: Neighbourhood
) -> None:
    training, tests, flipped = spoiled(load)
    utility = freeze(tests=tests, embedding="standardised", neighbourhood=neighbourhood)

    game = prepare(method=Method.POINT_SHAPLEY, training=training, tests=tests, utility=utility)

    assert chance_of_lower(value_all(game).points, flipped) > least


def test_threshold_values_put_flipped_labels_last() -> None:
    training, tests, flipped = spoiled(load_wine)
    utility = freeze(tests=tests, embedding="standardised", neighbourhood=within(2.5))

    game = prepare(method=Method.THRESHOLD_SHAPLEY, training=training, tests=tests, utility=utility)

    assert chance_of_lower(value_all(game).points, flipped) > 0.85


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["breast cancer", "wine"])
def test_out_of_bag_values_put_flipped_labels_last(load: Loader) -> None:
    training, _, flipped = spoiled(load)

    values = merge_trees(training=training, blocks=[grow_block(training=training, seed=1, index=0)])

    assert chance_of_lower(values.points, flipped) > 0.93
