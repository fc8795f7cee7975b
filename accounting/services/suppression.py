"""Cells too small to show: pure functions over counts.

A group is shown from so many workers on, and only if nobody has more than half of it. What is
left out is shown as one sum, which itself must be large enough: otherwise the total less the
groups shown would tell the group left out.

Source: pages-and-api.md, "Disclosure rule".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

FEWEST_FOR_GINI = 30

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Cell:
    """A group: how many workers, what they get together and the one who gets most, in µ."""

    workers: int
    amount_micro: int
    largest_micro: int

    def is_small(self, fewest: int) -> bool:
        """Return whether somebody could be recognised in the group."""
        return self.workers < fewest or 2 * self.largest_micro > self.amount_micro


def too_small(cells: Mapping[_Key, Cell], fewest: int) -> set[_Key]:
    """Return the keys of the cells that may be shown only together.

    Args:
        fewest: Workers a shown cell needs; 0 shows everything.

    >>> big, small = Cell(20, 2000, 200), Cell(2, 100, 50)
    >>> sorted(too_small({"a": big, "b": small, "c": big}, 10))
    ['a', 'b']
    """
    if fewest == 0:
        return set()
    small = {key for key, cell in cells.items() if cell.is_small(fewest)}
    if not small:
        return small
    # A worker may stand in several cells, so only the largest count is sure.
    together = max(cells[key].workers for key in small)
    others = sorted((key for key in cells if key not in small), key=lambda key: cells[key].workers)
    if together < fewest and others:
        small.add(others[0])
    return small


def is_hidden(cells: Mapping[_Key, Cell], fewest: int) -> bool:
    """Return whether all cells together are still too few people to show anything.

    >>> is_hidden({"a": Cell(8, 100, 20)}, 10), is_hidden({"a": Cell(8, 100, 20)}, 0)
    (True, False)
    """
    return fewest > 0 and max((cell.workers for cell in cells.values()), default=0) < fewest
