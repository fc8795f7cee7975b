"""Random integers that are the same for a seed on every machine and with every numpy.

NumPy promises that the raw output of a bit generator never changes, but not what its
distributions make of it; so everything here is integer arithmetic on the raw output.

Source: NEP 19, "Random Number Generator Policy".
"""

from __future__ import annotations

import numpy as np
from numpy.random import PCG64, SeedSequence

from accounting.core.tables import Int


class Draws:
    """One stream of random integers; streams of one seed are independent of each other."""

    def __init__(self, seed: int, stream: int) -> None:
        self._source = PCG64(SeedSequence(entropy=seed, spawn_key=(stream,)))

    def below(self, bound: int | Int, count: int) -> Int:
        """Return `count` integers in [0, bound); `bound` in [1, 2^32], one or one a draw."""
        raw = self._source.random_raw(count) >> np.uint64(32)
        scaled = raw * np.asarray(bound).astype(np.uint64) >> np.uint64(32)
        return scaled.astype(np.int64)

    def between(self, low: int, high: int, count: int) -> Int:
        """Return `count` integers in [low, high]."""
        return low + self.below(high - low + 1, count)

    def one(self, low: int, high: int) -> int:
        """Return one integer in [low, high]."""
        return int(self.between(low, high, 1)[0])

    def by_weight(self, cumulative: Int, count: int) -> Int:
        """Return `count` positions, each as often as its weight says.

        Args:
            cumulative: Running sum of the weights, ascending; its last entry in [1, 2^32].
            count: How many positions to draw.
        """
        return np.searchsorted(cumulative, self.below(int(cumulative[-1]), count), side="right")


def skewed(count: int, flat_head: int) -> Int:
    """Return the running sum of Zipf-Mandelbrot weights 1 / (rank + flat_head).

    Few do much and many do little, as in every public record of crowd work; `flat_head` keeps
    the busiest from doing more than a person can.
    """
    weights = (flat_head << 26) // (np.arange(count, dtype=np.int64) + flat_head)
    # Scaled to a sum below 2^31, plus one a rank at most: within what `below` can draw from.
    scale = max(1, int(weights.sum()) >> 30)
    return np.cumsum(np.maximum(1, weights // scale))


def shuffled(draws: Draws, count: int) -> Int:
    """Return 0 .. count - 1 in random order."""
    # A stable sort by random keys; ties (one in 2^31) keep their order, the same everywhere.
    return np.argsort(draws.below(1 << 31, count), kind="stable").astype(np.int64)
