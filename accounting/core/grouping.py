"""Rows sorted into groups once, so that each group can be summed and shared in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.core.tables import Int

MANY_ROWS = 200_000
"""From here on loops are compiled: below, loading the compiler takes longer than it saves."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows in the order of their group; within a group in their own order.

    Attributes:
        label: The labels that occur, ascending.
        order: Row positions, group after group.
        starts: Where each group begins in `order`.
    """

    label: Int
    order: Int
    starts: Int

    @property
    def ends(self) -> Int:
        """Where each group ends in `order`."""
        return np.append(self.starts, len(self.order))[1:]

    def sums(self, column: Int) -> Int:
        """Add up a column (of any length the row positions reach) per group."""
        if len(self.starts) == 0:
            return np.zeros(0, dtype=np.int64)
        summed: Int = np.add.reduceat(column[self.order], self.starts)
        return summed


def group_rows(labels: Int, rows: Int | None = None) -> Groups:
    """Group rows by label.

    Args:
        labels: A label >= 0 per row of the table.
        rows: The rows to keep, ascending; all of them when left out.

    >>> group_rows(np.array([1, 0, 1])).order.tolist()
    [1, 0, 2]
    """
    kept = labels if rows is None else labels[rows]
    if len(kept) >= MANY_ROWS and kept.max() < len(kept):
        return _group_many(labels, rows, int(kept.max()) + 1)
    # Sorting 16-bit labels takes linear time; most tables have fewer groups than that.
    narrow = kept.astype(np.uint16) if len(kept) and kept.max() < 2**16 else kept
    order = np.argsort(narrow, kind="stable")
    ordered = kept[order]
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(first)
    return Groups(
        label=ordered[starts],
        order=order if rows is None else rows[order],
        starts=starts,
    )


def _group_many(labels: Int, rows: Int | None, size: int) -> Groups:
    from accounting.core import kernels

    kept = np.arange(len(labels), dtype=np.int64) if rows is None else rows
    order, ends = kernels.sort_by_label(labels, kept, size)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
    label = np.flatnonzero(ends > starts)
    return Groups(label=label, order=order, starts=starts[label])


def distinct_of(values: Int) -> tuple[Int, Int]:
    """Return the distinct values >= 0, ascending, and for each row which of them it has.

    >>> [column.tolist() for column in distinct_of(np.array([7, 3, 7]))]
    [[3, 7], [1, 0, 1]]
    """
    size = int(values.max()) + 1 if len(values) else 0
    if size > 8 * len(values):
        found, position = np.unique(values, return_inverse=True)
        return found.astype(np.int64), position
    # Few enough to mark on a list: no sorting, and the same answer.
    occurs = np.zeros(size, dtype=bool)
    occurs[values] = True
    found = np.flatnonzero(occurs)
    place = np.cumsum(occurs) - 1
    return found, place[values]


def sums_by(labels: Int, column: Int, size: int) -> Int:
    """Add up a column per label 0 … size - 1, exactly in 64-bit integers.

    >>> sums_by(np.array([2, 0, 2]), np.array([1, 5, 2]), 3).tolist()
    [5, 0, 3]
    """
    summed = np.zeros(size, dtype=np.int64)
    np.add.at(summed, labels, column)
    return summed
