"""Horizontal bars, with an interval where a number is uncertain and a line to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.figure import (
    FONT_SIZE,
    Canvas,
    Figure,
    Frame,
    Piece,
    Row,
    drawn,
    nothing_drawn,
)
from accounting.charts.geometry.scales import Scale, scale_over
from accounting.charts.markup import (
    AXIS,
    INK,
    PAPER,
    SOFT,
    Svg,
    element,
    haloed,
    join,
    mark,
    text,
    touch,
)
from accounting.charts.palette import fill, glyph
from accounting.charts.textfit import shortened, text_width

WIDTH, ROW, THICKNESS = 760.0, 30.0, 18.0
LABELS = 220.0
HEAD = 26.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its name; `interval` is its uncertainty in the same unit, low then high."""

    label: str
    value: int
    value_label: str
    kind: str
    interval: tuple[int, int] | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A value all bars are compared with, such as a living wage."""

    value: int
    label: str


def bars(*, frame: Frame, items: Sequence[Bar], reference: Reference | None = None) -> Figure:
    """Draw one bar per item in the given order; negative values grow to the left.

    Args:
        frame: Its columns head name and value.
        items: Values and intervals in one integer unit.
        reference: Drawn as a line across all bars.
    """
    rows = [Row((item.label, item.value_label), item.href) for item in items]
    if not items:
        return nothing_drawn(frame, rows)
    values = max(text_width(item.value_label, size=FONT_SIZE) for item in items) + 10
    head = HEAD if reference else 0.0
    extremes = [value for item in items for value in (item.value, *(item.interval or ()))]
    if reference:
        extremes.append(reference.value)
    scale = scale_over(extremes, length=WIDTH - LABELS - values)
    body = [
        _bar(item, scale, top=head + ROW * place + (ROW - THICKNESS) / 2)
        for place, item in enumerate(items)
    ]
    bottom = head + ROW * len(items)
    zero = LABELS + scale(0)
    body.append(Piece(_upright(zero, head, bottom, {"class": "axis", "stroke": AXIS})))
    if reference:
        body.append(_reference(reference, LABELS + scale(reference.value), bottom))
    return drawn(frame, Canvas("medium", WIDTH, bottom + 4), body, rows)


def _upright(x: float, y1: float, y2: float, attributes: dict[str, str | float]) -> Svg:
    return element("line", {**attributes, "x1": x, "x2": x, "y1": y1, "y2": y2})


def _reference(reference: Reference, x: float, bottom: float) -> Piece:
    dashed: dict[str, str | float] = {
        "class": "line s-revenue",
        "stroke": INK,
        "stroke-width": 1.5,
        "stroke-dasharray": "5 4",
    }
    anchor = "end" if x > WIDTH / 2 else "start"
    label = text(reference.label, x=x, y=14, attributes={"text-anchor": anchor})
    return Piece(_upright(x, HEAD - 6, bottom, dashed), label)


def _bar(item: Bar, scale: Scale, *, top: float) -> Piece:
    middle = top + THICKNESS / 2
    start, end = sorted((LABELS + scale(0), LABELS + scale(item.value)))
    shape = glyph(item.kind, x=6, y=middle)
    indent = 16 if shape is not None else 0
    name = shortened(item.label, width=LABELS - indent - 12, size=FONT_SIZE)
    outer = LABELS + scale(max(item.value, *(item.interval or ()), 0))
    bar = {"x": start, "y": top, "width": max(1.0, end - start), "height": THICKNESS}
    children = [
        touch(x=0, y=middle - ROW / 2, width=WIDTH, height=ROW),
        element("rect", {**fill(item.kind), **bar}),
        *(_whisker(item.interval, scale, middle) if item.interval else []),
    ]
    words = [
        *([shape] if shape is not None else []),
        text(name, x=indent, y=middle + 4.5),
        haloed(item.value_label, x=outer + 6, y=middle + 4.5, attributes=SOFT),
    ]
    label = f"{item.label}: {item.value_label}"
    return Piece(mark({}, label=label, href=item.href, children=children), join(words))


def _whisker(interval: tuple[int, int], scale: Scale, middle: float) -> list[Svg]:
    low, high = (LABELS + scale(value) for value in sorted(interval))
    line: dict[str, str | float] = {
        "class": "line s-revenue",
        "stroke": INK,
        "stroke-width": 1.5,
    }
    # On a dark bar the dark line needs an edge of its own.
    edge: dict[str, str | float] = {"class": "halo", "stroke": PAPER, "stroke-width": 4}
    return [
        element("line", {**edge, "x1": low, "x2": high, "y1": middle, "y2": middle}),
        element("line", {**line, "x1": low, "x2": high, "y1": middle, "y2": middle}),
        _upright(low, middle - 5, middle + 5, line),
        _upright(high, middle - 5, middle + 5, line),
    ]
