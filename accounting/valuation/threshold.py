"""Exact Shapley values of points under threshold-KNN utility: everyone within a radius counts.

Game: the players are the N training points; for one test point `v(S)` is the mean weight of
the points of S at most `radius` away, averaged over test points; values add up to
v(all) - v(∅).

Convention: distance ≤ radius, decided in float64; no point in the ball: v = b₀. A point
outside the ball gets nothing for that test point. With m points in the ball, H the harmonic
number: `a_i·H_m/m - (H_m - 1)/(m(m - 1)) · Σ_{j≠i} a_j - b₀/m`.

An owner's value here is the sum over its points, not the value of a game of owners.

Cost per test point: O(N·d + N), no sorting. Memory: O(N) per thread.

Source: Wang et al. 2023, *Threshold KNN-Shapley*, with the soft mean and v(∅) = b₀; checked
against enumeration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import (
    Rows,
    Tile,
    error_bound,
    error_scale,
    fill_distances,
    fill_weights,
    squared_distance,
)
from accounting.valuation.ordering import Query
from accounting.valuation.points import FloatArray, TrainingPoints
from accounting.valuation.sums import LaneSums, add_values, add_whole, sum_by_owner
from accounting.valuation.utility import Utility


class ThresholdRule(NamedTuple):
    """The numbers of the closed form.

    Attributes:
        radius_squared: The largest squared distance that counts.
        harmonics: (N + 1,) H_0 … H_N.
        baseline: b₀.
    """

    radius_squared: float
    harmonics: FloatArray
    baseline: float


class ThresholdScratch(NamedTuple):
    """Working memory of one thread: weights and values (N,), owners (M,)."""

    weights: FloatArray
    values: FloatArray
    owners: FloatArray


@dataclass(frozen=True, slots=True)
class ThresholdShapley:
    """Values points, and owners as the sum of their points."""

    rule: ThresholdRule

    @property
    def values_points(self) -> bool:
        """Points get values of their own."""
        return True

    def new_scratch(self, rows: Rows, owner_count: int) -> ThresholdScratch:
        """Working memory for one thread: 16 bytes a point."""
        count = len(rows.targets)
        return ThresholdScratch(np.empty(count), np.empty(count), np.empty(owner_count))

    def add_tests(self, rows: Rows, tile: Tile, scratch: ThresholdScratch, sums: LaneSums) -> None:
        """Add the values of every point for each test point."""
        _add_tests(rows, tile, self.rule, scratch, sums)


def threshold_shapley(*, training: TrainingPoints, utility: Utility) -> ThresholdShapley:
    """Prepare the exact point level of the threshold utility."""
    harmonics = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, training.count + 1))])
    radius = utility.neighbourhood.radius
    return ThresholdShapley(ThresholdRule(radius * radius, harmonics, utility.baseline))


@compiled
def _add_tests(
    rows: Rows, tile: Tile, rule: ThresholdRule, scratch: ThresholdScratch, sums: LaneSums
) -> None:
    for t in range(tile.norms.shape[0]):
        distances = tile.products[t]
        fill_distances(distances, rows.norms, tile.norms[t])
        fill_weights(rows, tile.targets[t], scratch.weights)
        query = Query(tile.features[t], tile.norms[t], distances, scratch.weights)
        add_whole(_value_ball(rows, query, rule, scratch), sums.whole)
        add_values(scratch.values, sums.points)
        sum_by_owner(scratch.values, rows.owners, scratch.owners)
        add_values(scratch.owners, sums.owners)


@compiled
def _value_ball(rows: Rows, query: Query, rule: ThresholdRule, scratch: ThresholdScratch) -> float:
    """Write every point's value for one test point; return v(all)."""
    inside = 0
    total = 0.0
    values, weights = scratch.values, scratch.weights
    scale = error_scale(rows.features.shape[1])
    for p in range(values.shape[0]):
        # One for a point in the ball, for now.
        values[p] = 1.0 if _reaches(rows, query, p, rule.radius_squared, scale) else 0.0
        if values[p]:
            inside += 1
            total += weights[p]
    if not inside:
        return rule.baseline
    own = rule.harmonics[inside] / inside
    other = (rule.harmonics[inside] - 1.0) / (inside * max(inside - 1, 1))
    presence = rule.baseline / inside
    for p in range(values.shape[0]):
        if values[p]:
            values[p] = own * weights[p] - other * (total - weights[p]) - presence
    return total / inside


@compiled
def _reaches(rows: Rows, query: Query, p: int, limit: float, scale: float) -> bool:
    """Whether a point's squared distance is at most the limit, exactly so near the edge."""
    distance = query.distances[p]
    if abs(distance - limit) <= 1.001 * error_bound(max(distance, limit), query.norm, scale):
        distance = squared_distance(rows.features[p], query.features)
    return bool(distance <= limit)
