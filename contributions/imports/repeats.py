"""Telling identical rows apart by counting them, over a file of any length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Repeats:
    """Counts how often each row has been seen, in eight bytes and a count a distinct row."""

    def __init__(self) -> None:
        self._seen = np.zeros(0, np.uint64)
        self._counts = np.zeros(0, np.int64)

    def number(self, digests: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Number the appearances of each row, from 0.

        Args:
            digests: One digest a row; its first eight bytes tell rows apart.

        Returns:
            For each row, how many equal rows came before it in the file.
        """
        keys = np.ascontiguousarray(digests[:, :8]).view(np.uint64).ravel()
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        first = np.ones(len(keys), np.bool_)
        first[1:] = ordered[1:] != ordered[:-1]
        begins = np.flatnonzero(first)
        sizes = np.diff(np.append(begins, len(keys)))
        before = self._count(ordered[first], sizes)
        numbers = np.empty(len(keys), np.int64)
        numbers[order] = np.arange(len(keys)) + np.repeat(before - begins, sizes)
        return numbers

    def _count(self, keys: NDArray[np.uint64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add distinct sorted keys to what was seen; give their counts so far."""
        places = np.searchsorted(self._seen, keys)
        known = np.zeros(len(keys), np.bool_)
        inside = places < len(self._seen)
        known[inside] = self._seen[places[inside]] == keys[inside]
        before = np.zeros(len(keys), np.int64)
        before[known] = self._counts[places[known]]
        self._counts[places[known]] += sizes[known]
        self._seen = np.insert(self._seen, places[~known], keys[~known])
        self._counts = np.insert(self._counts, places[~known], sizes[~known])
        return before
