"""Rows that come again, told over a file of any length in a few bytes a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contributions.imports.normal_form import DIGEST_BYTES

Flags = NDArray[np.bool_]
Keys = NDArray[np.int64]


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


@dataclass(frozen=True, slots=True)
class Told:
    """What rows are beside those before them.

    Attributes:
        first: The first of their id.
        same: An earlier row has the same id and the same content.
    """

    first: Flags
    same: Flags


class Firsts:
    """Tells the first row of each id from later ones, in 24 bytes a row.

    An id is known by two hashes of 64 bits. Python keys them anew in every process, so no file
    can be made whose ids seem equal; by chance, two of twenty million do once in 10^24 files.
    """

    def __init__(self) -> None:
        self._ids: Keys = np.zeros(0, np.int64)
        self._checks: Keys = np.zeros(0, np.int64)
        self._contents: Keys = np.zeros(0, np.int64)

    def tell(self, ids: list[str], digests: pa.FixedSizeBinaryArray) -> Told:
        """Look at further rows: their ids, and the digests of their contents."""
        count = len(ids)
        keys = np.fromiter(map(hash, ids), np.int64, count)
        checks = np.fromiter((hash(f"{text}.") for text in ids), np.int64, count)
        contents = _beginnings(digests)
        first, same = np.ones(count, np.bool_), np.zeros(count, np.bool_)
        before: dict[int, tuple[int, int]] = {}
        for at in self._met(keys).tolist():
            key, check, content = int(keys[at]), int(checks[at]), int(contents[at])
            seen = before.get(key) or self._seen(key)
            if seen is None or seen[0] != check:
                before.setdefault(key, (check, content))
                continue
            first[at], same[at] = False, seen[1] == content
        self._remember(keys[first], checks[first], contents[first])
        return Told(first, same)

    def _met(self, keys: Keys) -> Keys:
        """Where keys stand that came before, in these rows or earlier."""
        _distinct, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        again = counts[inverse] > 1
        return np.flatnonzero(again | np.isin(keys, self._ids))

    def _seen(self, key: int) -> tuple[int, int] | None:
        at = int(np.searchsorted(self._ids, key))
        if at == len(self._ids) or self._ids[at] != key:
            return None
        return int(self._checks[at]), int(self._contents[at])

    def _remember(self, keys: Keys, checks: Keys, contents: Keys) -> None:
        order = np.argsort(keys, kind="stable")
        places = np.searchsorted(self._ids, keys[order])
        self._ids = np.insert(self._ids, places, keys[order])
        self._checks = np.insert(self._checks, places, checks[order])
        self._contents = np.insert(self._contents, places, contents[order])


def _beginnings(digests: pa.FixedSizeBinaryArray) -> Keys:
    """The first eight bytes of each digest, as a number."""
    content = np.frombuffer(digests.buffers()[1] or b"", np.uint8).reshape(-1, DIGEST_BYTES)
    rows = content[digests.offset : digests.offset + len(digests), :8]
    return np.ascontiguousarray(rows).view(np.int64).ravel()
