"""Adding one test point's values to the running sums and sums of squares."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.points import FloatArray, IntArray


class LaneSums(NamedTuple):
    """Where a kernel adds up; row 0 holds sums, row 1 sums of squares.

    Attributes:
        points: (2, N), or (2, 0) if the method has no values of points.
        owners: (2, M).
        whole: (2, 1), v(all).
    """

    points: FloatArray
    owners: FloatArray
    whole: FloatArray


@compiled
def add_values(values: FloatArray, sums: FloatArray) -> None:
    """Add values, (P,), and their squares to (2, P) sums."""
    for i in range(values.shape[0]):
        sums[0, i] += values[i]
    for i in range(values.shape[0]):
        sums[1, i] += values[i] * values[i]


@compiled
def add_whole(value: float, sums: FloatArray) -> None:
    """Add v(all) and its square to (2, 1) sums."""
    sums[0, 0] += value
    sums[1, 0] += value * value


@compiled
def sum_by_owner(values: FloatArray, owners: IntArray, totals: FloatArray) -> None:
    """Write the sum of each owner's values of points, (N,), into `totals`, (M,)."""
    totals[:] = 0.0
    for p in range(values.shape[0]):
        totals[owners[p]] += values[p]


def mean_and_error(sums: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Mean and its standard error from (2, P) sums and sums of squares of `count` values."""
    mean = sums[0] / count
    if count < 2:
        return mean, np.full_like(mean, math.nan)
    # Rounding can make a variance of nothing slightly negative.
    spread = np.maximum(sums[1] - count * mean * mean, 0.0)
    return mean, np.sqrt(spread / (count - 1) / count)


def total_by(places: IntArray, values: FloatArray, count: int) -> FloatArray:
    """(count,) sum of the values, (E,), that belong to each place."""
    return np.bincount(places, weights=values, minlength=count).astype(np.float64, copy=False)
