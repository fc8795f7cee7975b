"""Placing boxes of one column near where they would like to be, without overlap."""

from collections.abc import Sequence

from accounting.charts.geometry.layers import Routes, neighbours, weighted_mean

RELAXATIONS = 6


def stacked(
    wanted: Sequence[float], heights: Sequence[float], *, gap: float, span: float
) -> list[float]:
    """Tops of boxes in the given order, as near to the wanted tops as order and gaps allow.

    Minimises the sum of squared moves (isotonic regression by pooling neighbours), then keeps
    within 0..span. The boxes must fit: heights and gaps together at most the span.

    Args:
        wanted: Top of each box if it were alone, any numbers.
        heights: >= 0, same length.
        gap: Least distance between two boxes.
        span: Height of the column.

    Returns:
        Tops, ascending, each box at least `gap` below the one above.
    """
    offsets = [0.0]
    for height in heights:
        offsets.append(offsets[-1] + height + gap)
    slack = max(0.0, span - (offsets[-1] - gap))
    # Blocks of boxes that touch: the sum of their wanted places, and how many they are.
    blocks: list[tuple[float, int]] = []
    for top, offset in zip(wanted, offsets, strict=False):
        total, count = top - offset, 1
        while blocks and blocks[-1][0] * count > total * blocks[-1][1]:
            other_total, other_count = blocks.pop()
            total, count = total + other_total, count + other_count
        blocks.append((total, count))
    level = [min(slack, max(0.0, total / count)) for total, count in blocks for _ in range(count)]
    return [base + offset for base, offset in zip(level, offsets, strict=False)]


def relaxed(
    order: list[list[int]], routes: Routes, heights: Sequence[float], *, gap: float, span: float
) -> list[float]:
    """Top of every vertex, after pulling each towards its neighbours a few times.

    Args:
        order: Vertices of each column from top to bottom.
        routes: The graph they belong to.
        heights: Of each vertex, >= 0.
        gap: Least distance between two boxes of a column.
        span: Height that every column fits into.
    """
    tops = [0.0] * len(heights)
    for column in order:
        filled = sum(heights[vertex] for vertex in column) + gap * (len(column) - 1)
        top = (span - filled) / 2
        for vertex in column:
            tops[vertex] = top
            top += heights[vertex] + gap
    before, after = neighbours(routes)
    for turn in range(RELAXATIONS):
        ends = before if turn % 2 == 0 else after
        for column in order if turn % 2 == 0 else reversed(order):
            middles = {
                end: tops[end] + heights[end] / 2 for vertex in column for end, _ in ends[vertex]
            }
            wanted = []
            for vertex in column:
                middle = weighted_mean(ends[vertex], middles)
                wanted.append(tops[vertex] if middle is None else middle - heights[vertex] / 2)
            sizes = [heights[vertex] for vertex in column]
            placed = stacked(wanted, sizes, gap=gap, span=span)
            for vertex, top in zip(column, placed, strict=True):
                tops[vertex] = top
    return tops
