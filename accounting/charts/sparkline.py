"""A word-sized line that shows which way a number has gone."""

from collections.abc import Sequence

from accounting.charts.figure import Canvas, Figure, Frame, Piece, Row, drawn, nothing_drawn
from accounting.charts.geometry.scales import Scale
from accounting.charts.markup import element, join, number
from accounting.charts.palette import fill, stroke

WIDTH, HEIGHT, INSET = 120.0, 28.0, 4.0


def sparkline(*, frame: Frame, values: Sequence[tuple[str, int, str]], kind: str) -> Figure:
    """Draw values from left to right, the last one marked.

    Args:
        frame: Its columns head time and value; the description should say both ends.
        values: (time label, value, formatted value) in order.
        kind: Of `palette.COLOURS`.
    """
    rows = [Row((label, formatted)) for label, _, formatted in values]
    if not values:
        return nothing_drawn(frame, rows)
    low, high = min(it for _, it, _ in values), max(it for _, it, _ in values)
    scale = Scale(low, max(high, low + 1), HEIGHT - 2 * INSET)
    pitch = (WIDTH - 2 * INSET) / max(1, len(values) - 1)
    # Level values run through the middle: a line along the bottom would read as zero.
    lift = (HEIGHT - 2 * INSET) / 2 if low == high else 0.0
    points = [
        (INSET + pitch * place, HEIGHT - INSET - lift - scale(value))
        for place, (_, value, _) in enumerate(values)
    ]
    path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    x, y = points[-1]
    body = [
        element("polyline", {**stroke(kind), "stroke-width": 1.75, "points": path}),
        element("circle", {**fill(kind), "cx": x, "cy": y, "r": 3}),
    ]
    return drawn(frame, Canvas("spark", WIDTH, HEIGHT), [Piece(join(body))], rows)
