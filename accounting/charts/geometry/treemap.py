"""Rectangles whose areas are amounts, as square as can be (Bruls, Huizing and van Wijk 2000)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Position and size."""

    x: float
    y: float
    width: float
    height: float


def squarified(amounts: Sequence[int], whole: Rectangle) -> list[Rectangle]:
    """Divide a rectangle in proportion to amounts.

    Args:
        amounts: > 0, any order; at least one.
        whole: What is divided.

    Returns:
        One rectangle per amount, in the order given; together they cover the whole.
    """
    total = sum(amounts)
    area = whole.width * whole.height
    by_size = sorted(range(len(amounts)), key=lambda place: (-amounts[place], place))
    areas = {place: amounts[place] / total * area for place in by_size}
    result: dict[int, Rectangle] = {}
    free = whole
    row: list[int] = []
    for place in by_size:
        side = min(free.width, free.height)
        grown = [*row, place]
        if row and _worst(grown, areas, side) > _worst(row, areas, side):
            free = _lay(row, areas, free, result)
            grown = [place]
        row = grown
    _lay(row, areas, free, result)
    return [result[place] for place in range(len(amounts))]


def _worst(row: Sequence[int], areas: dict[int, float], side: float) -> float:
    """The largest ratio of length to breadth in a row laid along a side."""
    total = sum(areas[place] for place in row)
    if side <= 0 or total <= 0:
        return float("inf")
    large, small = areas[row[0]], areas[row[-1]]
    return max(side * side * large / (total * total), total * total / (side * side * small))


def _lay(
    row: Sequence[int], areas: dict[int, float], free: Rectangle, result: dict[int, Rectangle]
) -> Rectangle:
    """Place a row along the shorter side of what is free, and return what stays free."""
    total = sum(areas[place] for place in row)
    upright = free.width >= free.height
    side = free.height if upright else free.width
    # Amounts that dwarf each other leave rounding errors that must not stick out.
    depth = min(total / side, free.width if upright else free.height) if side > 0 else 0.0
    along = 0.0
    for place in row:
        length = side * areas[place] / total
        result[place] = (
            Rectangle(free.x, free.y + along, depth, length)
            if upright
            else Rectangle(free.x + along, free.y, length, depth)
        )
        along += length
    if upright:
        return Rectangle(free.x + depth, free.y, max(0.0, free.width - depth), free.height)
    return Rectangle(free.x, free.y + depth, free.width, max(0.0, free.height - depth))
