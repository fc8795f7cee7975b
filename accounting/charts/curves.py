"""Lines over steps: how one figure moves while something is taken away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounting.charts.figure import Canvas, Figure, Frame, Piece, Row, drawn, nothing_drawn
from accounting.charts.geometry.scales import Scale
from accounting.charts.markup import (
    LINE,
    SOFT,
    Svg,
    element,
    haloed,
    join,
    mark,
    number,
    text,
    touch,
)
from accounting.charts.palette import fill, stroke

__all__ = ["Curve", "curves"]

WIDTH, HEIGHT = 640.0, 300.0
LEFT, TOP, RIGHT, BOTTOM = 64.0, 44.0, 24.0, 48.0
TICKS = 4
# A second cue beside colour, in the order of the curves.
DASHES = ("none", "8 5", "2 4")


@dataclass(frozen=True, slots=True)
class Curve:
    """One line; its points are (step, value) in integers, steps ascending."""

    label: str
    points: tuple[tuple[int, int], ...]
    kind: str


def curves(
    *,
    frame: Frame,
    lines: Sequence[Curve],
    step_label: str,
    written: Callable[[int], str],
) -> Figure:
    """Draw up to three lines on common axes; the value axis need not start at zero.

    Args:
        frame: Its columns head line, step, value.
        lines: Drawn in this order, the last on top.
        step_label: Title of the horizontal axis.
        written: Writes a value.
    """
    rows = [
        Row((line.label, str(step), written(value)))
        for line in lines
        for step, value in line.points
    ]
    values = [value for line in lines for _step, value in line.points]
    steps = [step for line in lines for step, _value in line.points]
    if not values:
        return nothing_drawn(frame)
    across = Scale(min(steps), max(max(steps), min(steps) + 1), WIDTH - LEFT - RIGHT)
    up = Scale(min(values), max(max(values), min(values) + 1), HEIGHT - TOP - BOTTOM)
    body = [
        _axes(across, up, written, step_label),
        *(Piece(_path(line, dash, across, up)) for line, dash in zip(lines, DASHES, strict=False)),
        *(
            _key(line, dash, place)
            for place, (line, dash) in enumerate(zip(lines, DASHES, strict=False))
        ),
    ]
    return drawn(frame, Canvas("medium", WIDTH, HEIGHT), body, rows)


def _at(point: tuple[int, int], across: Scale, up: Scale) -> tuple[float, float]:
    return LEFT + across(point[0]), HEIGHT - BOTTOM - up(point[1])


def _path(line: Curve, dash: str, across: Scale, up: Scale) -> Svg:
    places = [_at(point, across, up) for point in line.points]
    drawing = "L".join(" ".join(map(number, place)) for place in places)
    thread = {**stroke(line.kind), "stroke-width": 2.5, "stroke-dasharray": dash, "fill": "none"}
    dots = [element("circle", {**fill(line.kind), "cx": x, "cy": y, "r": 3.0}) for x, y in places]
    return join([element("path", {**thread, "d": f"M{drawing}"}), *dots])


def _key(line: Curve, dash: str, place: int) -> Piece:
    x = LEFT + place * (WIDTH - LEFT) / 2
    thread = {**stroke(line.kind), "stroke-width": 2.5, "stroke-dasharray": dash}
    children = [
        touch(x=x, y=2, width=(WIDTH - LEFT) / 2, height=24),
        element("line", {**thread, "x1": x, "x2": x + 28, "y1": 14, "y2": 14}),
    ]
    return Piece(
        mark({}, label=line.label, href=None, children=children),
        haloed(line.label, x=x + 36, y=18.5),
    )


def _axes(across: Scale, up: Scale, written: Callable[[int], str], step_label: str) -> Piece:
    lines, words = [], []
    for tick in range(TICKS + 1):
        value = up.low + (up.high - up.low) * tick // TICKS
        _x, y = _at((across.low, value), across, up)
        rule = {"class": "rule", "stroke": LINE}
        lines.append(element("line", {**rule, "x1": LEFT, "x2": WIDTH - RIGHT, "y1": y, "y2": y}))
        end = {**SOFT, "text-anchor": "end"}
        words.append(text(written(value), x=LEFT - 8, y=y + 4.5, attributes=end))
        step = across.low + (across.high - across.low) * tick // TICKS
        x, _y = _at((step, up.low), across, up)
        middle = {**SOFT, "text-anchor": "middle"}
        words.append(text(str(step), x=x, y=HEIGHT - BOTTOM + 18, attributes=middle))
    centre = LEFT + (WIDTH - LEFT - RIGHT) / 2
    words.append(text(step_label, x=centre, y=HEIGHT - 8, attributes={"text-anchor": "middle"}))
    return Piece(join(lines), join(words))
