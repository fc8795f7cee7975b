"""Exact Shapley values of points under KNN utility.

Game: the players are the N training points; `v(S)` is the utility of the points in S for one
test point, averaged over test points (`utility.Utility`). Values add up to v(all) - v(∅).

Convention: points ordered by (distance, id); hard label divides by K, soft label by
min(K, |S|); v(∅) = b₀, which takes b₀/N from everyone. K may exceed N.

From the farthest point inward, with weights a_1 … a_N in order of distance:
`s_N = a_N·min(K, N)/(K·N)`, `s_j = s_{j+1} + (a_j - a_{j+1})/K · min(K, j)/j`.
Soft label adds `(H_K - 1)/N · (a_i - mean of the other weights)`, H the harmonic number; with
K ≥ N it equals the one with K = N.

The values of an owner's points added up are not the owner's Shapley value: see
`owner_shapley`. They are kept here too, with their own intervals, to show the difference.

Cost per test point: O(N·d + N). Memory: O(N) per thread.

Source: Jia et al. 2019, *Efficient task-specific data valuation for nearest neighbor
algorithms*, Theorem 1, extended to N < K and to v(∅) ≠ 0; soft label after Wang & Jia 2023,
*A note on "Efficient task-specific data valuation…"*; both checked against enumeration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import Rows, Tile, fill_distances, fill_weights
from accounting.valuation.ordering import PLACE_MASK, Query, Sorter, new_sorter, order_points
from accounting.valuation.points import FloatArray, IntArray, TrainingPoints
from accounting.valuation.soft_label import harmonic
from accounting.valuation.sums import LaneSums, add_values, add_whole, sum_by_owner
from accounting.valuation.utility import Kind, Utility


class PointScratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        sorter: For the order of the points.
        everyone: Empty: every row is to be ordered.
        weights, values: (N,) for one test point.
        owners: (M,) values of owners for one test point.
    """

    sorter: Sorter
    everyone: IntArray
    weights: FloatArray
    values: FloatArray
    owners: FloatArray


class PointRule(NamedTuple):
    """The numbers of the recursion.

    Attributes:
        k: K; the soft label's is at most N.
        steps: (N,) min(K, j)/(j·K) for j = 1 … N.
        soft_gain: (H_K - 1)/N for soft label, else 0.
        presence: b₀/N, what v(∅) takes from everyone.
    """

    k: int
    steps: FloatArray
    soft_gain: float
    presence: float


@dataclass(frozen=True, slots=True)
class PointShapley:
    """Values points, and owners as the sum of their points."""

    rule: PointRule

    @property
    def values_points(self) -> bool:
        """Points get values of their own."""
        return True

    def new_scratch(self, rows: Rows, owner_count: int) -> PointScratch:
        """Working memory for one thread: about 56 bytes a point."""
        count = len(rows.targets)
        return PointScratch(
            sorter=new_sorter(count),
            everyone=np.empty(0, dtype=np.int64),
            weights=np.empty(count),
            values=np.empty(count),
            owners=np.empty(owner_count),
        )

    def add_tests(self, rows: Rows, tile: Tile, scratch: PointScratch, sums: LaneSums) -> None:
        """Add the values of every point for each test point."""
        _add_tests(rows, tile, self.rule, scratch, sums)


def point_shapley(*, training: TrainingPoints, utility: Utility) -> PointShapley:
    """Prepare the exact point level, hard or soft label."""
    count = training.count
    k = utility.neighbourhood.k
    soft_gain = 0.0
    if utility.neighbourhood.kind is Kind.SOFT:
        k = min(k, count)
        soft_gain = (harmonic(k) - 1.0) / count
    ranks = np.arange(1, count + 1)
    steps = np.minimum(k, ranks) / (ranks * float(k))
    return PointShapley(PointRule(k, steps, soft_gain, utility.baseline / count))


@compiled
def _add_tests(
    rows: Rows, tile: Tile, rule: PointRule, scratch: PointScratch, sums: LaneSums
) -> None:
    for t in range(tile.norms.shape[0]):
        distances = tile.products[t]
        fill_distances(distances, rows.norms, tile.norms[t])
        fill_weights(rows, tile.targets[t], scratch.weights)
        query = Query(tile.features[t], tile.norms[t], distances, scratch.weights)
        order_points(rows, query, scratch.everyone, True, scratch.sorter)
        add_whole(_walk_inward(scratch, rule), sums.whole)
        if rule.soft_gain != 0.0:
            _add_soft_label(scratch, rule)
        add_values(scratch.values, sums.points)
        sum_by_owner(scratch.values, rows.owners, scratch.owners)
        add_values(scratch.owners, sums.owners)


@compiled
def _walk_inward(scratch: PointScratch, rule: PointRule) -> float:
    """Write the hard-label values from the farthest point inward; return v(all)."""
    packed, ranked, values = scratch.sorter.packed, scratch.sorter.ranked, scratch.values
    count = values.shape[0]
    later = ranked[count - 1]
    # What v(∅) takes from the farthest point is passed on to everyone by the recursion.
    value = later * rule.steps[count - 1] - rule.presence
    values[packed[count - 1] & PLACE_MASK] = value
    for j in range(count - 2, -1, -1):
        weight = ranked[j]
        if weight != later:
            value += (weight - later) * rule.steps[j]
            later = weight
        values[packed[j] & PLACE_MASK] = value
    whole = 0.0
    for j in range(min(rule.k, count)):
        whole += ranked[j]
    return whole / rule.k


@compiled
def _add_soft_label(scratch: PointScratch, rule: PointRule) -> None:
    """Add what the soft label changes."""
    weights, values = scratch.weights, scratch.values
    count = values.shape[0]
    total = 0.0
    for p in range(count):
        total += weights[p]
    for p in range(count):
        values[p] += rule.soft_gain * (weights[p] - (total - weights[p]) / (count - 1))
