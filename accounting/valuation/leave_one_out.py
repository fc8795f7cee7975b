"""What the utility loses when one point, or one owner, is left out: exact under KNN utility.

Game: none; the value of a player is `v(all) - v(all without it)`, averaged over test points.
Points and owners are valued side by side, each at its own level: an owner is left out with all
its points. Values do not add up to anything, and of two copies each is worth nothing; it is
offered because it is the plainest question and the one an audit asks.

Convention: points ordered by (distance, id); hard label divides by K, soft label by
min(K, points left); v(∅) = b₀.

Cost per test point: O(N·d + N + MK·log MK + K·(K + own points nearby)). Memory: O(N) per
thread.

Source: Cook 1977 for the idea; for KNN only the K + 1 nearest decide, Jia et al. 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import Rows, Tile
from accounting.valuation.nearest_owned import OwnedScratch, new_owned_scratch, order_owned
from accounting.valuation.neighbours import NeighbourRule, coalition_utility, neighbour_rule
from accounting.valuation.ordering import PLACE_MASK
from accounting.valuation.points import FloatArray, IntArray
from accounting.valuation.sums import LaneSums, add_values, add_whole
from accounting.valuation.utility import Utility


class OmissionScratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        owned: For the points that matter, in order.
        sizes: (M,) points of each owner.
        points, owners: (N,) and (M,) values for one test point.
    """

    owned: OwnedScratch
    sizes: IntArray
    points: FloatArray
    owners: FloatArray


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Values points and owners, each by what is lost without it."""

    rule: NeighbourRule

    @property
    def values_points(self) -> bool:
        """Points get values of their own."""
        return True

    def new_scratch(self, rows: Rows, owner_count: int) -> OmissionScratch:
        """Working memory for one thread."""
        # One neighbour more than K steps in when a point leaves.
        owned = new_owned_scratch(rows, owner_count, self.rule.k + 1)
        sizes = np.bincount(rows.owners, minlength=owner_count)
        points = np.empty(len(rows.targets))
        return OmissionScratch(owned, sizes, points, np.empty(owner_count))

    def add_tests(self, rows: Rows, tile: Tile, scratch: OmissionScratch, sums: LaneSums) -> None:
        """Add the values of every point and owner for each test point."""
        _add_tests(rows, tile, self.rule, scratch, sums)


def leave_one_out(*, utility: Utility) -> LeaveOneOut:
    """Prepare leave-one-out for points and owners, hard or soft label."""
    return LeaveOneOut(neighbour_rule(utility))


@compiled
def _add_tests(
    rows: Rows, tile: Tile, rule: NeighbourRule, scratch: OmissionScratch, sums: LaneSums
) -> None:
    for t in range(tile.norms.shape[0]):
        count = order_owned(rows, tile, t, scratch.owned)
        order = scratch.owned.sorter.packed[:count]
        total = _nearest_total(rows, order, rule.k, -1, scratch.owned.weights)
        scratch.points[:] = 0.0
        scratch.owners[:] = 0.0
        for i in range(min(rule.k, count)):
            _leave_out(rows, order, i, total, (rule, scratch))
        add_whole(coalition_utility(total, rows.targets.shape[0], rule), sums.whole)
        add_values(scratch.points, sums.points)
        add_values(scratch.owners, sums.owners)


@compiled
def _leave_out(
    rows: Rows, order: IntArray, i: int, total: float, state: tuple[NeighbourRule, OmissionScratch]
) -> None:
    """Value the i-th nearest point, one of the K, and its owner.

    Args:
        rows: The training points.
        order: The points that matter, in order.
        i: Which of them, below K.
        total: Summed weight of the K nearest.
        state: The utility, and where values go.
    """
    rule, scratch = state
    weights, count = scratch.owned.weights, rows.targets.shape[0]
    whole = coalition_utility(total, count, rule)
    place = order[i] & PLACE_MASK
    left = total - weights[place]
    if count > rule.k:
        left += weights[order[rule.k] & PLACE_MASK]
    scratch.points[place] = whole - coalition_utility(left, count - 1, rule)
    owner = rows.owners[place]
    if scratch.owners[owner] == 0.0:
        left = _nearest_total(rows, order, rule.k, owner, weights)
        scratch.owners[owner] = whole - coalition_utility(left, count - scratch.sizes[owner], rule)


@compiled
def _nearest_total(rows: Rows, order: IntArray, k: int, absent: int, weights: FloatArray) -> float:
    """Summed weight of the k nearest points of everyone but one owner."""
    total = 0.0
    found = 0
    for i in range(order.shape[0]):
        place = order[i] & PLACE_MASK
        if rows.owners[place] != absent:
            total += weights[place]
            found += 1
            if found == k:
                break
    return total
