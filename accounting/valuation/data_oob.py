"""Data-OOB: how often models that never saw a point predict its label.

Game: none. Trees are grown on bootstrap samples of the points; the value of a point is the
part of the trees that did not sample it and predict its label. No validation set is needed,
and nothing is measured twice. An owner's value is the sum over its points divided by N, so
values of owners add up to the forest's mean out-of-bag accuracy.

Convention: a point that every tree sampled has no value yet (NaN).

Cost: one tree per draw, in blocks with their own seeds, merged in any order: the sums are
whole numbers.

Source: Kwon & Zou 2023, *Data-OOB*.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray, IntArray, TrainingPoints, whole_labels
from accounting.valuation.sums import total_by


class ForestEmpty(ValuationError):
    """There is no block of trees to merge."""

    code = "valuation_forest_empty"


@dataclass(frozen=True, slots=True)
class TreeSums:
    """What one block of trees adds: (N,) trees that did not sample a point, and hits of those."""

    index: int
    unseen: IntArray
    right: IntArray


@dataclass(frozen=True, slots=True)
class OobValues:
    """A Data-OOB valuation.

    Attributes:
        points: (N,) in the order the points were given in; NaN if every tree sampled it.
        point_errors: (N,) standard errors of those proportions.
        owners: (M,) sums of the points that have a value, divided by N.
        owner_errors: (M,) standard errors over blocks of trees; NaN for a single block.
    """

    points: FloatArray
    point_errors: FloatArray
    owners: FloatArray
    owner_errors: FloatArray


def grow_block(*, training: TrainingPoints, seed: int, index: int, trees: int = 50) -> TreeSums:
    """Grow one block of trees and see what each makes of the points it did not sample.

    Raises:
        LabelsNotWhole: A label is not a whole number.
    """
    labels = whole_labels(training.targets)
    random = np.random.default_rng([seed, index])
    unseen = np.zeros(training.count, dtype=np.int64)
    right = np.zeros(training.count, dtype=np.int64)
    for _ in range(trees):
        drawn = random.integers(0, training.count, training.count)
        tree = DecisionTreeClassifier(random_state=int(random.integers(0, 2**31)))
        tree.fit(training.features[drawn], labels[drawn])
        out = np.flatnonzero(np.bincount(drawn, minlength=training.count) == 0)
        if out.size:
            unseen[out] += 1
            right[out] += tree.predict(training.features[out]) == labels[out]
    return TreeSums(index, unseen, right)


def merge_trees(*, training: TrainingPoints, blocks: Iterable[TreeSums]) -> OobValues:
    """Add up blocks of trees.

    Raises:
        ForestEmpty: There is none.
    """
    grown = sorted(blocks, key=lambda block: block.index)
    if not grown:
        raise ForestEmpty("there is no tree to merge")
    unseen = np.sum([block.unseen for block in grown], axis=0)
    right = np.sum([block.right for block in grown], axis=0)
    points, owners = _values(training, unseen, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        point_errors = np.sqrt(points * (1.0 - points) / unseen)
    owner_errors = np.full(training.owner_count, np.nan)
    if len(grown) > 1:
        each = [_values(training, block.unseen, block.right)[1] for block in grown]
        owner_errors = np.std(each, axis=0, ddof=1) / np.sqrt(len(grown))
    return OobValues(
        points=training.in_given_order(points),
        point_errors=training.in_given_order(point_errors),
        owners=owners,
        owner_errors=owner_errors,
    )


def _values(
    training: TrainingPoints, unseen: IntArray, right: IntArray
) -> tuple[FloatArray, FloatArray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        points = right / unseen
    known = np.nan_to_num(points, nan=0.0) / training.count
    owners = total_by(training.owners, known, training.owner_count)
    return points, owners
