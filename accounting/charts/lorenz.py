"""How evenly something is shared: the further a curve sags, the fewer have most."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.errors import ChartError
from accounting.charts.figure import Canvas, Figure, Frame, Piece, Row, drawn, nothing_drawn
from accounting.charts.geometry.lorenz import PPM, lorenz_points
from accounting.charts.markup import (
    AXIS,
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

__all__ = ["LorenzCurve", "PointsOutOfOrder", "lorenz", "lorenz_points"]

LEFT, TOP, SIDE = 52.0, 12.0, 400.0
WIDTH, HEIGHT = LEFT + SIDE + 20.0, TOP + SIDE + 52.0
# A second cue beside colour, in the order of the curves.
DASHES = ("none", "8 5", "2 4", "12 4 2 4")
TICKS = (0, 25, 50, 75, 100)


class PointsOutOfOrder(ChartError):
    """A curve goes back or leaves the unit square."""

    code = "chart_points_out_of_order"


@dataclass(frozen=True, slots=True)
class LorenzCurve:
    """One distribution.

    Attributes:
        label: What is shared.
        points: (share of people, share of the total) in ppm, ascending, from `lorenz_points` or
            from suppressed statistics such as deciles.
        value_label: Its Gini coefficient, formatted.
        kind: Of `palette.COLOURS`.
        href: Where the coefficient is explained.
    """

    label: str
    points: tuple[tuple[int, int], ...]
    value_label: str
    kind: str
    href: str | None = None


def lorenz(
    *, frame: Frame, curves: Sequence[LorenzCurve], people_label: str, share_label: str
) -> Figure:
    """Draw up to four curves below the line of equal shares.

    Args:
        frame: Its columns head curve, share of people, share of the total.
        curves: Of the same people.
        people_label: Title of the horizontal axis.
        share_label: Title of the vertical axis.

    Raises:
        PointsOutOfOrder: A curve goes back or leaves the square.
    """
    for curve in curves:
        _check(curve)
    if not curves:
        return nothing_drawn(frame)
    first = curves[0]
    body = [
        _axes(people_label, share_label),
        Piece(element("path", {**fill(first.kind), "fill-opacity": 0.1, "d": _path(first) + "Z"})),
        *(Piece(_curve(curve, dash)) for curve, dash in zip(curves, DASHES, strict=False)),
        *(
            _entry(curve, dash, place)
            for place, (curve, dash) in enumerate(zip(curves, DASHES, strict=False))
        ),
    ]
    rows = [
        Row((curve.label, _percent(people), _percent(share)), curve.href)
        for curve in curves
        for people, share in curve.points
    ]
    return drawn(frame, Canvas("square", WIDTH, HEIGHT), body, rows)


def _check(curve: LorenzCurve) -> None:
    ascending = all(
        x0 <= x1 and y0 <= y1
        for (x0, y0), (x1, y1) in zip(curve.points, curve.points[1:], strict=False)
    )
    inside = all(0 <= value <= PPM for point in curve.points for value in point)
    if not curve.points or not ascending or not inside:
        raise PointsOutOfOrder(curve.label)


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:.1f}%"


def _at(x_ppm: int, y_ppm: int) -> tuple[float, float]:
    return LEFT + SIDE * x_ppm / PPM, TOP + SIDE * (1 - y_ppm / PPM)


def _path(curve: LorenzCurve) -> str:
    steps = [" ".join(map(number, _at(*point))) for point in curve.points]
    return f"M{'L'.join(steps)}"


def _curve(curve: LorenzCurve, dash: str) -> Svg:
    line = {**stroke(curve.kind), "stroke-width": 2.5, "stroke-dasharray": dash}
    return element("path", {**line, "d": _path(curve)})


def _entry(curve: LorenzCurve, dash: str, place: int) -> Piece:
    """A line of the key, in the empty upper left half."""
    y = TOP + 22 + 38 * place
    x = LEFT + 14
    sample = {**stroke(curve.kind), "stroke-width": 2.5, "stroke-dasharray": dash}
    children = [
        touch(x=x, y=y - 14, width=SIDE / 2, height=38),
        element("line", {**sample, "x1": x, "x2": x + 28, "y1": y, "y2": y}),
    ]
    words = [
        haloed(curve.label, x=x + 36, y=y + 4.5, attributes={"font-weight": "600"}),
        haloed(curve.value_label, x=x + 36, y=y + 20.5, attributes=SOFT),
    ]
    label = f"{curve.label}: {curve.value_label}"
    return Piece(mark({}, label=label, href=curve.href, children=children), join(words))


def _axes(people_label: str, share_label: str) -> Piece:
    lines: list[Svg] = []
    words: list[Svg] = []
    for tick in TICKS:
        x, y = _at(tick * 10_000, tick * 10_000)
        grid = {"class": "rule", "stroke": LINE}
        lines += [
            element("line", {**grid, "x1": LEFT, "x2": LEFT + SIDE, "y1": y, "y2": y}),
            element("line", {**grid, "x1": x, "x2": x, "y1": TOP, "y2": TOP + SIDE}),
        ]
        words += [
            text(
                f"{tick}%",
                x=x,
                y=TOP + SIDE + 18,
                attributes={**SOFT, "text-anchor": "middle"},
            ),
            text(f"{tick}%", x=LEFT - 8, y=y + 4.5, attributes={**SOFT, "text-anchor": "end"}),
        ]
    diagonal = {"class": "axis", "stroke": AXIS, "stroke-dasharray": "3 3"}
    bottom = TOP + SIDE
    ends = {"x1": LEFT, "x2": LEFT + SIDE, "y1": bottom, "y2": TOP}
    lines.append(element("line", {**diagonal, **ends}))
    words += [
        text(
            people_label,
            x=LEFT + SIDE / 2,
            y=bottom + 42,
            attributes={"text-anchor": "middle"},
        ),
        text(
            share_label,
            x=0,
            y=0,
            attributes={
                "text-anchor": "middle",
                "transform": f"translate(12 {number(TOP + SIDE / 2)}) rotate(-90)",
            },
        ),
    ]
    return Piece(join(lines), join(words))
