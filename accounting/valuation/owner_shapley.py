"""Exact Shapley values of owners under KNN utility, in polynomial time.

Game: the players are the M owners, a coalition brings all its owners' points, and v is the
utility of those points (`utility.Utility`), averaged over test points. People are paid, not
points: adding up Shapley values of points answers another question (`point_shapley`). Values
add up to v(all) - v(∅); an owner without points gets exactly nothing.

Convention: points ordered by (distance, id); hard label divides by K, soft label by
min(K, |S|); v(∅) = b₀ takes an equal part from every owner with points.

Method: for a point p of owner o let c_j be how many points of owner j are nearer, and
t = K - c_o. p is among a coalition's K nearest exactly when o is in it and the counts of the
others in it total less than t: a knapsack game, whose value follows from the number of
coalitions by size and total count (`coalition_counts`). By linearity the games of all points
add up. Owners with no nearer point are dummies there; owners with K block p alone; a point
with K nearer ones of its own owner never counts.

Cost per test point: O(N·d + N + MK·log MK + MK·K² + matches·K³); linear in the number of
owners. Memory: O(N + M·K) per thread.

Source: the polynomial count is Huisu's; checked against enumeration of all coalitions, exact
rationals, and the multilinear extension (Owen 1972) integrated by quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from accounting.valuation.coalition_counts import (
    add_owner,
    alternate,
    copy_without,
    fill_prefixes,
    remove_owner,
    shapley_weights,
    table_scale,
    weigh,
)
from accounting.valuation.compiled import compiled
from accounting.valuation.distances import Rows, Tile
from accounting.valuation.nearest_owned import OwnedScratch, new_owned_scratch, order_owned
from accounting.valuation.ordering import PLACE_MASK
from accounting.valuation.owner_banzhaf import banzhaf_weights
from accounting.valuation.points import FloatArray, IntArray, TrainingPoints
from accounting.valuation.soft_label import SoftOwners, add_soft_label, no_soft_label, soft_owners
from accounting.valuation.sums import LaneSums, add_values, add_whole
from accounting.valuation.utility import Kind, Utility

MANY_OWNERS: Final = 4
"""With so many owners per neighbour, taking one out of the counts is a short series; with
fewer, its terms would cancel, and the counts are worked out anew."""


class OwnerRule(NamedTuple):
    """The numbers of the game.

    Attributes:
        k: K.
        unit: 1/scale of the counting table.
        weights: (M, K + 1) of the semivalue, scaled.
        presence: (M,) what v(∅) takes from each owner.
        soft: What the soft label adds.
    """

    k: int
    unit: float
    weights: FloatArray
    presence: FloatArray
    soft: SoftOwners


class OwnerScratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        owned: For the points that matter, in order.
        held: (M,) c_j, nearer points of each owner so far, at most K.
        members: (K + 1,) owners by their c_j.
        losses: (K + 1,) what points so far took from an owner whose count stayed at c.
        joined: (M,) `losses` of an owner's count when it came to it.
        values: (M,) for one test point.
        table: (K, K) coalitions of all owners, scaled.
        without: (K, K) the same without one owner more, or prefixes of it.
    """

    owned: OwnedScratch
    held: IntArray
    members: IntArray
    losses: FloatArray
    joined: FloatArray
    values: FloatArray
    table: FloatArray
    without: FloatArray


@dataclass(frozen=True, slots=True)
class OwnerSemivalue:
    """Values owners, by Shapley's or Banzhaf's weights."""

    rule: OwnerRule

    @property
    def values_points(self) -> bool:
        """Owners only."""
        return False

    def new_scratch(self, rows: Rows, owner_count: int) -> OwnerScratch:
        """Working memory for one thread."""
        k = self.rule.k
        return OwnerScratch(
            owned=new_owned_scratch(rows, owner_count, k),
            held=np.zeros(owner_count, dtype=np.int64),
            members=np.zeros(k + 1, dtype=np.int64),
            losses=np.zeros(k + 1),
            joined=np.zeros(owner_count),
            values=np.zeros(owner_count),
            table=np.zeros((k, k)),
            without=np.zeros((k, k)),
        )

    def add_tests(self, rows: Rows, tile: Tile, scratch: OwnerScratch, sums: LaneSums) -> None:
        """Add the value of every owner for each test point."""
        _add_tests(rows, tile, self.rule, scratch, sums)


def owner_shapley(*, training: TrainingPoints, utility: Utility) -> OwnerSemivalue:
    """Prepare the exact owner level, hard or soft label.

    Raises:
        TooManyCoalitions: M and K leave the range of a float64.
    """
    weights = shapley_weights(training.owner_count, utility.neighbourhood.k)
    return _prepare(training, utility, weights)


def owner_banzhaf(*, training: TrainingPoints, utility: Utility) -> OwnerSemivalue:
    """Prepare exact Banzhaf values of owners, hard or soft label; see `owner_banzhaf`.

    Raises:
        TooManyCoalitions: M and K leave the range of a float64.
    """
    weights = banzhaf_weights(training.owner_count, utility.neighbourhood.k)
    return _prepare(training, utility, weights)


def _prepare(training: TrainingPoints, utility: Utility, weights: FloatArray) -> OwnerSemivalue:
    k = utility.neighbourhood.k
    unit = 1.0 / table_scale(training.owner_count, k)
    sizes = training.owned_counts()
    # Only a coalition without any point has the baseline, so dummies are no part of it.
    present = sizes > 0
    alone = float(weights[np.count_nonzero(present) - 1, 0])
    soft = no_soft_label()
    if utility.neighbourhood.kind is Kind.SOFT:
        soft = soft_owners(sizes, weights, unit)
    presence = np.where(present, utility.baseline * alone, 0.0)
    return OwnerSemivalue(OwnerRule(k, unit, weights, presence, soft))


@compiled
def _add_tests(
    rows: Rows, tile: Tile, rule: OwnerRule, scratch: OwnerScratch, sums: LaneSums
) -> None:
    for t in range(tile.norms.shape[0]):
        count = order_owned(rows, tile, t, scratch.owned)
        whole = _value_owners(rows, rule, scratch, count)
        whole += add_soft_label(rule.soft, rows.owners, scratch.owned.weights, scratch.values)
        add_whole(whole, sums.whole)
        for owner in range(rule.presence.shape[0]):
            scratch.values[owner] -= rule.presence[owner]
        add_values(scratch.values, sums.owners)


@compiled
def _value_owners(rows: Rows, rule: OwnerRule, scratch: OwnerScratch, count: int) -> float:
    """Write the hard-label values with v(∅) = 0 for one test point; return v(all)."""
    _start(scratch)
    packed, held = scratch.owned.sorter.packed, scratch.held
    active = 0
    whole = 0.0
    for i in range(count):
        place = packed[i] & PLACE_MASK
        owner = rows.owners[place]
        if held[owner] >= rule.k:
            continue
        weight = scratch.owned.sorter.ranked[i] / rule.k
        if i < rule.k:
            whole += weight
        if held[owner] == 0:
            active += 1
        else:
            _leave_class(owner, rule, scratch)
        if weight != 0.0:
            _play_point(owner, weight, rule.weights[active - 1], rule.unit, scratch)
        _join_class(owner, rule, scratch)
    for owner in range(held.shape[0]):
        if held[owner]:
            scratch.values[owner] -= scratch.losses[held[owner]] - scratch.joined[owner]
    return whole


@compiled
def _start(scratch: OwnerScratch) -> None:
    scratch.held[:] = 0
    scratch.members[:] = 0
    scratch.losses[:] = 0.0
    scratch.values[:] = 0.0
    scratch.table[:] = 0.0
    scratch.table[0, 0] = 1.0


@compiled
def _leave_class(owner: int, rule: OwnerRule, scratch: OwnerScratch) -> None:
    """Take an owner out of the table and settle what it lost at its count so far."""
    count = scratch.held[owner]
    scratch.members[count] -= 1
    scratch.values[owner] -= scratch.losses[count] - scratch.joined[owner]
    remove_owner(scratch.table, count, rule.unit)


@compiled
def _join_class(owner: int, rule: OwnerRule, scratch: OwnerScratch) -> None:
    """Count one point more for an owner and put it back into the table."""
    count = scratch.held[owner] + 1
    scratch.held[owner] = count
    scratch.members[count] += 1
    scratch.joined[owner] = scratch.losses[count]
    if count < rule.k:
        add_owner(scratch.table, count, rule.unit)


@compiled
def _play_point(
    owner: int, weight: float, weights: FloatArray, unit: float, scratch: OwnerScratch
) -> None:
    """Play one point's game: its owner gains, owners with nearer points lose.

    Args:
        owner: The point's owner, not in the table.
        weight: a_p/K.
        weights: (K + 1,) of the semivalue for this many other owners, scaled.
        unit: 1/scale of the counting table.
        scratch: `table` counts coalitions of the other owners.
    """
    k = scratch.table.shape[0]
    room = k - scratch.held[owner]
    scratch.values[owner] += weight * weigh(scratch.table, weights, 0, room)
    if scratch.members.sum() >= MANY_OWNERS * k:
        fill_prefixes(scratch.table, weights[1:], room, unit, scratch.without)
        for count in range(1, k + 1):
            if scratch.members[count]:
                pivotal = alternate(scratch.without, room, count)
                scratch.losses[count] += weight * unit * pivotal
        return
    for count in range(1, k + 1):
        if scratch.members[count]:
            # An owner with `room` nearer points or more blocks the point whoever else is there.
            copy_without(scratch.table, scratch.without, min(count, room), room, unit)
            pivotal = weigh(scratch.without, weights[1:], max(room - count, 0), room)
            scratch.losses[count] += weight * unit * pivotal
