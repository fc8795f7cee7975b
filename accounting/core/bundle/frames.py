"""Frames: the rows of one file as columns, independent of how the file is written.

Text that repeats (ids of other tables, words) is held as codes into a list of words, so that a
frame of ten million rows stays small and can be written and compared in slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.core.tables import MISSING, Int, NumberedIds

SLICE = 65_536
"""Rows handled at a time wherever a frame is turned into text."""


Vocabulary = Sequence[str] | NDArray[np.str_] | NumberedIds


@dataclass(frozen=True, slots=True)
class Words:
    """A column of text: `words[code]` per row, and empty text where the code is `MISSING`."""

    codes: Int
    words: Vocabulary

    def __len__(self) -> int:
        return len(self.codes)

    def listed(self) -> list[str]:
        """Return the words themselves, in the order of their codes."""
        if isinstance(self.words, NumberedIds):
            return [str(word) for word in self.words.at(np.arange(len(self.words)))]
        return [str(word) for word in self.words]


Column = Int | Words
Frame = dict[str, Column]


def distinct(texts: Sequence[str]) -> Words:
    """Hold a list of texts as a column, every text for itself."""
    return Words(np.arange(len(texts), dtype=np.int64), texts)


def frame_length(frame: Frame) -> int:
    """Return how many rows a frame has."""
    return len(next(iter(frame.values())))


def slices(length: int) -> Iterator[slice]:
    """Cut rows into slices that fit in memory as text."""
    for start in range(0, length, SLICE):
        yield slice(start, min(start + SLICE, length))


def texts(column: Column, rows: slice, *, optional: bool = False) -> list[str]:
    """Write some rows of a column as text; optional integers leave unknown ones empty."""
    if isinstance(column, Words):
        words = column.words
        if isinstance(words, NumberedIds):
            ids: list[str] = words.at(column.codes[rows]).tolist()
            return ids
        return ["" if code == MISSING else str(words[code]) for code in column.codes[rows].tolist()]
    if optional:
        return ["" if value == MISSING else str(value) for value in column[rows].tolist()]
    return [str(value) for value in column[rows].tolist()]


def sorted_frame(frame: Frame, keys: Sequence[Sequence[str] | Sequence[int]]) -> Frame:
    """Put the rows of a small frame in ascending order of some keys, the first one first."""
    order = np.array(sorted(range(frame_length(frame)), key=lambda row: [k[row] for k in keys]))
    return take(frame, order.astype(np.int64))


def take(frame: Mapping[str, Column], rows: Int) -> Frame:
    """Pick rows of a frame."""
    return {
        name: Words(column.codes[rows], column.words) if isinstance(column, Words) else column[rows]
        for name, column in frame.items()
    }
