"""How the utility moves when the lowest or the highest valued leave: a test of any valuation.

If values mean anything, taking away the lowest hurts little or even helps, and taking away the
highest hurts most. Both curves start at v(all).

Cost: one ordering of the points per test point under KNN utility, one fit per step under a
utility by retraining.

Source: Ghorbani & Zou 2019, *Data Shapley*, §4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import (
    fill_distances,
    fill_weights,
    kernel_rows,
    measure_tile,
)
from accounting.valuation.neighbours import NeighbourRule, coalition_utility, neighbour_rule
from accounting.valuation.ordering import PLACE_MASK, Query, Sorter, new_sorter, order_points
from accounting.valuation.points import BoolArray, FloatArray, IntArray, TestPoints, TrainingPoints
from accounting.valuation.utility import Agreement, Utility

TESTS_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class RemovalCurves:
    """Utility against how many of the players have left.

    Attributes:
        removed: (S + 1,) players gone at each step, ascending from 0.
        lowest_first: (S + 1,) utility when the lowest valued leave first.
        highest_first: (S + 1,) utility when the highest valued leave first.
    """

    removed: IntArray
    lowest_first: FloatArray
    highest_first: FloatArray


def removal_steps(player_count: int, steps: int, most: float) -> IntArray:
    """How many players are gone at each step, evenly up to a part `most` of them, distinct."""
    return np.unique(np.round(np.linspace(0.0, most * player_count, steps + 1)).astype(np.int64))


def owner_curves(
    *,
    training: TrainingPoints,
    tests: TestPoints,
    utility: Utility,
    values: FloatArray,
    removed: IntArray,
) -> RemovalCurves:
    """Take owners away, each with all its points, under KNN utility.

    Args:
        training: The points.
        tests: The validation set.
        utility: Hard or soft label.
        values: (M,) values of owners, by any method.
        removed: (S + 1,) owners gone at each step, ascending, as by `removal_steps`.
    """
    lowest = _leaving_steps(values, removed)[training.owners]
    highest = _leaving_steps(-values, removed)[training.owners]
    return _knn_curves(training, tests, utility, np.stack([lowest, highest]), removed)


def point_curves(
    *,
    training: TrainingPoints,
    tests: TestPoints,
    utility: Utility,
    values: FloatArray,
    removed: IntArray,
) -> RemovalCurves:
    """Take points away, under KNN utility.

    Args:
        training: The points.
        tests: The validation set.
        utility: Hard or soft label.
        values: (N,) values in the order the points were given in.
        removed: (S + 1,) points gone at each step, ascending, as by `removal_steps`.
    """
    ordered = values[training.places]
    leaving = np.stack([_leaving_steps(ordered, removed), _leaving_steps(-ordered, removed)])
    return _knn_curves(training, tests, utility, leaving, removed)


def coalition_curves(
    *, measure: Callable[[BoolArray], float], values: FloatArray, removed: IntArray
) -> RemovalCurves:
    """Take owners away under any utility of coalitions, such as retraining a model.

    Args:
        measure: Utility of a coalition, (M,) true for who is in it.
        values: (M,) values of owners.
        removed: (S + 1,) owners gone at each step, ascending.
    """
    curves = []
    for key in (values, -values):
        leaving = _leaving_steps(key, removed)
        curves.append(np.array([measure(leaving > step) for step in range(len(removed))]))
    return RemovalCurves(removed, curves[0], curves[1])


def _leaving_steps(values: FloatArray, removed: IntArray) -> IntArray:
    """The first step at which each player is gone, the lowest first; past the end if never."""
    order = np.argsort(values, kind="stable")
    leaving = np.empty(len(values), dtype=np.int64)
    leaving[order] = np.searchsorted(removed, np.arange(1, len(values) + 1))
    return leaving


def _knn_curves(
    training: TrainingPoints,
    tests: TestPoints,
    utility: Utility,
    leaving: IntArray,
    removed: IntArray,
) -> RemovalCurves:
    """Average both curves over test points; `leaving` (2, N) says when each point is gone."""
    rows = kernel_rows(training, matches=utility.agreement is Agreement.LABEL)
    rule = neighbour_rule(utility)
    sorter, weights = new_sorter(training.count), np.empty(training.count)
    everyone = np.empty(0, dtype=np.int64)
    buffer = np.empty((min(TESTS_AT_ONCE, tests.count), training.count))
    totals = np.zeros((2, len(removed)))
    for start in range(0, tests.count, TESTS_AT_ONCE):
        tile = measure_tile(rows, tests, slice(start, start + TESTS_AT_ONCE), buffer)
        for t in range(len(tile.norms)):
            fill_distances(tile.products[t], rows.norms, tile.norms[t])
            fill_weights(rows, tile.targets[t], weights)
            query = Query(tile.features[t], tile.norms[t], tile.products[t], weights)
            # Points of one weight may leave at different steps, so they are not alike.
            order_points(rows, query, everyone, False, sorter)
            for turn in range(2):
                _add_steps(sorter, leaving[turn], rule, totals[turn])
    curves = totals / tests.count
    return RemovalCurves(removed, curves[0], curves[1])


@compiled
def _add_steps(sorter: Sorter, leaving: IntArray, rule: NeighbourRule, totals: FloatArray) -> None:
    """Add the utility of who is left at each step, for one test point."""
    for step in range(totals.shape[0]):
        total = 0.0
        found = 0
        for i in range(leaving.shape[0]):
            if leaving[sorter.packed[i] & PLACE_MASK] > step:
                total += sorter.ranked[i]
                found += 1
                if found == rule.k:
                    break
        # Fewer than K found means that all who are left were found.
        totals[step] += coalition_utility(total, found, rule)
