"""What the soft label adds to the hard label, for points and for owners.

The soft label divides by min(K, |S|) instead of K, so it differs only for coalitions with
fewer than K points, and there by `Σ_{p ∈ S} a_p · h(|S|)`, `h(n) = 1/n - 1/K` for
1 ≤ n < K: no distance matters. For points the difference has a closed form (`point_shapley`).

Game for owners: `Σ_o A_o · 1[o ∈ S] · h(points of S)`, A_o the summed weights of owner o's
points; zero if every owner has at least K points.

Method: the number of coalitions by size and number of points (`coalition_counts`) does not
depend on the test point, so neither do the coefficients: an owner of c points gets `own[c]`
for its own A and `others[c, c']` for the A of each other owner with c' points.

Cost: O(M·K² + K⁴) once, O(N + M·K) per test point. Only counts that occur are worked out.

Source: Jia et al. 2019 for the utility; the owner level is Huisu's, checked by enumeration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accounting.valuation.coalition_counts import add_owner, remove_owner
from accounting.valuation.compiled import compiled
from accounting.valuation.points import FloatArray, IntArray


class SoftOwners(NamedTuple):
    """Coefficients of the soft label's game, by number of points; all empty if hard.

    Attributes:
        sizes: (M,) points of each owner, at most K.
        own: (K + 1,) part of its own A that an owner of so many points gets.
        others: (K + 1, K + 1) part of A of an owner of c' points that one of c points gets.
    """

    sizes: IntArray
    own: FloatArray
    others: FloatArray


def harmonic(count: int) -> float:
    """H_n = 1 + 1/2 + … + 1/n, smallest parts first."""
    return float(np.sum(1.0 / np.arange(count, 0, -1)))


def no_soft_label() -> SoftOwners:
    """The coefficients of the hard label: nothing is added."""
    return SoftOwners(np.empty(0, dtype=np.int64), np.empty(0), np.empty((0, 0)))


def soft_owners(sizes: IntArray, weights: FloatArray, unit: float) -> SoftOwners:
    """Work out the coefficients for owners of these numbers of points.

    Args:
        sizes: (M,) points of each owner.
        weights: (M, K + 1) of the semivalue, scaled.
        unit: 1/scale of the counting table.
    """
    k = weights.shape[1] - 1
    capped = np.minimum(sizes, k)
    members = np.bincount(capped, minlength=k + 1)
    members[0] = 0
    table = np.zeros((k, k))
    table[0, 0] = 1.0
    for count in range(1, k):
        for _ in range(members[count]):
            add_owner(table, count, unit)
    own, others = np.zeros(k + 1), np.zeros((k + 1, k + 1))
    _fill_coefficients(table, weights[members.sum() - 1], members, (own, others), unit)
    return SoftOwners(capped, own, others)


@compiled
def _fill_coefficients(
    table: FloatArray,
    weights: FloatArray,
    members: IntArray,
    coefficients: tuple[FloatArray, FloatArray],
    unit: float,
) -> None:
    own, others = coefficients
    k = table.shape[0]
    for count in range(1, k + 1):
        if not members[count]:
            continue
        without = table.copy()
        if count < k:
            remove_owner(without, count, unit)
            own[count] = _expected(without, weights, count)
        members[count] -= 1
        for other in range(1, k):
            if members[other]:
                neither = without.copy()
                remove_owner(neither, other, unit)
                change = _expected(neither, weights[1:], other + count)
                change -= _expected(neither, weights[1:], other)
                others[count, other] = change * unit
        members[count] += 1


@compiled
def _expected(table: FloatArray, weights: FloatArray, points: int) -> float:
    """Weighted sum of h(points + w) over the coalitions of the table with w points."""
    k = table.shape[0]
    total = 0.0
    for s in range(k):
        for w in range(s, k - points):
            excess = 1.0 / (points + w) - 1.0 / k
            total += table[s, w] * weights[s] * excess
    return total


@compiled
def add_soft_label(
    soft: SoftOwners, owners: IntArray, weights: FloatArray, values: FloatArray
) -> float:
    """Add the soft label's game to the owners' values for one test point.

    Args:
        soft: The coefficients; nothing happens if they are empty.
        owners: (N,) owner of each point.
        weights: (N,) weights a_p for the test point.
        values: (M,) values so far.

    Returns:
        What it adds to v(all): something only if there are fewer than K points.
    """
    if not soft.sizes.shape[0]:
        return 0.0
    k = soft.own.shape[0] - 1
    totals = np.zeros(values.shape[0])
    for p in range(owners.shape[0]):
        totals[owners[p]] += weights[p]
    by_size = np.zeros(k + 1)
    for owner in range(values.shape[0]):
        by_size[soft.sizes[owner]] += totals[owner]
    count = owners.shape[0]
    for owner in range(values.shape[0]):
        size = soft.sizes[owner]
        if size:
            # Itself is one of its size, and no other of itself.
            value = (soft.own[size] - soft.others[size, size]) * totals[owner]
            for other in range(1, k):
                value += soft.others[size, other] * by_size[other]
            values[owner] += value
    return totals.sum() * (1.0 / count - 1.0 / k) if count < k else 0.0
