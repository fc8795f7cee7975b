"""How many coalitions there are of each size and total count, and undoing one owner.

The table `F[s, w]` is the coefficient of z^s x^w in `Π_j (1 + z·x^{c_j})` over owners j with
count c_j ≥ 1: the number of ways to choose s owners whose counts total w, for s ≤ w < K.
Entries are kept divided by scale^s, the scale a power of two, so that nothing overflows and scaling
rounds nothing; the weights of a semivalue are multiplied by scale^s to match. Kernels are given
`unit` = 1/scale.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray

LARGEST_EXPONENT: Final = 1000
"""Binary orders of magnitude that a scaled table may reach, of the 1023 a float64 has."""


class TooManyCoalitions(ValuationError):
    """So many owners and neighbours that the counts leave the range of a float64."""

    code = "valuation_too_many_coalitions"


def table_scale(owner_count: int, k: int) -> float:
    """The scale: the power of two near √M, which centres the table in the range of a float64.

    Raises:
        TooManyCoalitions: Even so, binomial(M, K) does not fit.
    """
    exponent = round(math.log2(max(owner_count, 1)) / 2)
    # binomial(M, s)/scale^s is largest where M/s falls to the scale, which is near √M.
    size = min(k, math.isqrt(owner_count))
    ways = math.lgamma(owner_count + 1) - math.lgamma(size + 1)
    width = (ways - math.lgamma(owner_count - size + 1)) / math.log(2.0)
    if width - size * exponent > LARGEST_EXPONENT or k * exponent > LARGEST_EXPONENT:
        raise TooManyCoalitions(
            f"coalitions of {owner_count} owners with {k} neighbours are too many to count",
            owners=owner_count,
            k=k,
        )
    return float(2**exponent)


def shapley_weights(owner_count: int, k: int) -> FloatArray:
    """Shapley's weight of a coalition of s others, scaled: `β(n + 1, s)·scale^s`.

    `β(m, s) = s!(m - 1 - s)!/m!`, by `β(m, 0) = 1/m` and
    `β(m, s + 1) = β(m, s)·(s + 1)/(m - 1 - s)`.

    Args:
        owner_count: M.
        k: K.

    Returns:
        (M, K + 1): row n for games of n other players, zero where s > n.
    """
    scale = table_scale(owner_count, k)
    others = np.arange(owner_count, dtype=np.float64)
    weights = np.zeros((owner_count, k + 1))
    weights[:, 0] = 1.0 / (others + 1.0)
    for s in range(min(k, owner_count - 1)):
        left = others - s
        weights[s + 1 :, s + 1] = weights[s + 1 :, s] * ((s + 1.0) * scale / left[s + 1 :])
    return weights


@compiled
def add_owner(table: FloatArray, count: int, unit: float) -> None:
    """Multiply by `1 + z·x^count`, in place."""
    k = table.shape[0]
    for s in range(k - count, 0, -1):
        # s - 1 others total s - 1 at least, so lower totals have no coalition to extend.
        least = s - 1 + count
        for i in range(k - least):
            table[s, least + i] += table[s - 1, s - 1 + i] * unit


@compiled
def remove_owner(table: FloatArray, count: int, unit: float) -> None:
    """Divide by `1 + z·x^count`, in place: `out[s, w] = F[s, w] - out[s - 1, w - count]`."""
    k = table.shape[0]
    for s in range(1, k - count + 1):
        least = s - 1 + count
        for i in range(k - least):
            table[s, least + i] -= table[s - 1, s - 1 + i] * unit


@compiled
def fill_prefixes(
    table: FloatArray, weights: FloatArray, room: int, unit: float, prefixes: FloatArray
) -> None:
    """Write what `alternate` adds up: row i weighs coalitions as if i more owners joined.

    Entry [i, w] is the total weight of coalitions of s owners whose counts total w or less, at
    the weight for s + i owners, for totals that leave room for i more.
    """
    shrink = 1.0
    for i in range(room):
        for w in range(room - i):
            prefixes[i, w] = 0.0
        for s in range(room - i):
            factor = weights[s + i] * shrink
            for w in range(s, room - i):
                prefixes[i, w] += table[s, w] * factor
        for w in range(1, room - i):
            prefixes[i, w] += prefixes[i, w - 1]
        shrink *= -unit


@compiled
def alternate(prefixes: FloatArray, room: int, count: int) -> float:
    """Weight of the coalitions for which one owner of this count is pivotal.

    Dividing by `1 + z·x^count` is multiplying by `1 - z·x^count + z²·x^{2·count} - …`; the
    totals that are pivotal, room - count … room - 1, then need an interval of each row, which
    is a difference of prefixes. Terms fall quickly when owners are many beside K.
    """
    total = 0.0
    i = 0
    high = room
    while high > 0:
        low = max(high - count, 0)
        total += prefixes[i, high - 1] - (prefixes[i, low - 1] if low else 0.0)
        high -= count
        i += 1
    return total


@compiled
def weigh(table: FloatArray, weights: FloatArray, low: int, high: int) -> float:
    """Total weight of the coalitions whose counts total low … high - 1."""
    total = 0.0
    for s in range(high):
        ways = 0.0
        for w in range(max(s, low), high):
            ways += table[s, w]
        total += ways * weights[s]
    return total


@compiled
def copy_without(
    table: FloatArray, without: FloatArray, count: int, room: int, unit: float
) -> None:
    """Write the table without one owner of this count into `without`, for totals below room."""
    for w in range(room):
        without[0, w] = table[0, w]
    for s in range(1, room):
        for w in range(s, room):
            without[s, w] = table[s, w]
        least = s - 1 + count
        for i in range(room - least):
            without[s, least + i] -= without[s - 1, s - 1 + i] * unit
