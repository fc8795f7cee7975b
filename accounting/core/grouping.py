"""Rows sorted into groups once, so that each group can be summed and shared in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.core.tables import Int


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


def sums_by(labels: Int, column: Int, size: int) -> Int:
    """Add up a column per label 0 … size - 1, exactly in 64-bit integers.

    >>> sums_by(np.array([2, 0, 2]), np.array([1, 5, 2]), 3).tolist()
    [5, 0, 3]
    """
    summed = np.zeros(size, dtype=np.int64)
    np.add.at(summed, labels, column)
    return summed
