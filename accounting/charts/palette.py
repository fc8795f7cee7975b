"""Colours of marks, one per kind of thing, with shapes for the eight labour types.

The eight colours were chosen by search in OKLab: each has at least 3:1 contrast against the
paper, and the closest pair stays apart for normal sight and for the three common colour
deficiencies (simulated after Machado, Oliveira and Fernandes 2009). Colour is never the only
cue: labour types carry a shape too, and every mark a label. `static/huisu.css` repeats the
values as `--k-<kind>` and adds those for dark paper; a test keeps the two together.
"""

from collections.abc import Mapping

from accounting.charts.errors import ChartError
from accounting.charts.markup import PAPER, Attributes, Svg, element, number

LABOUR_TYPES: Mapping[str, str] = {
    "prompt": "circle",
    "data": "square",
    "model": "triangle",
    "eval": "diamond",
    "ops": "wedge",
    "integ": "cross",
    "compl": "star",
    "biz": "ring",
}
"""Labour type in lower case to the shape that stands for it."""

COLOURS: Mapping[str, str] = {
    "prompt": "#3f89f0",
    "data": "#9b4d08",
    "model": "#692290",
    "eval": "#0f7466",
    "ops": "#750a04",
    "integ": "#c850ad",
    "compl": "#84863f",
    "biz": "#2b3c4b",
    "revenue": "#14191f",
    "product": "#3f5468",
    "group": "#6d7f90",
    "constant": "#7a6a55",
    "variable": "#17508f",
    "surplus": "#7d3c6b",
    "profit": "#4a8688",
    "rent": "#a92b20",
    "labour": "#17508f",
    "pay": "#a92b20",
    "commons": "#5a7a2b",
    "escrow": "#8a6a1f",
    "neutral": "#76808a",
}
"""Kind of mark to its colour on light paper."""

# Outlines in a box of -1..1 around the middle.
_OUTLINES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "triangle": ((0, -1), (1, 0.85), (-1, 0.85)),
    "wedge": ((-1, -0.85), (1, -0.85), (0, 1)),
    "diamond": ((0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)),
    "cross": (
        *((-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35), (0.35, 0.35)),
        *((0.35, 1), (-0.35, 1), (-0.35, 0.35), (-1, 0.35), (-1, -0.35), (-0.35, -0.35)),
    ),
    "star": (
        *((0, -1.15), (0.29, -0.4), (1.09, -0.36), (0.47, 0.15), (0.68, 0.93)),
        *((0, 0.49), (-0.68, 0.93), (-0.47, 0.15), (-1.09, -0.36), (-0.29, -0.4)),
    ),
}


class UnknownKind(ChartError):
    """A mark names a kind that has no colour."""

    code = "chart_unknown_kind"

    def __init__(self, kind: str) -> None:
        super().__init__(f"No colour is defined for marks of kind {kind!r}.")
        self.kind = kind


def fill(kind: str) -> Attributes:
    """Attributes that fill a mark: the colour for print, the class for the theme.

    Raises:
        UnknownKind: The kind has no colour.
    """
    return {"class": f"mark k-{kind}", "fill": _colour(kind)}


def stroke(kind: str) -> Attributes:
    """Attributes that draw a line in a kind's colour, unfilled.

    Raises:
        UnknownKind: The kind has no colour.
    """
    return {"class": f"line s-{kind}", "stroke": _colour(kind), "fill": "none"}


def glyph(kind: str, *, x: float, y: float, radius: float = 5) -> Svg | None:
    """The shape of a labour type around a point, or nothing for other kinds."""
    shape = LABOUR_TYPES.get(kind)
    if shape is None:
        return None
    if shape == "circle":
        return element("circle", {**fill(kind), "cx": x, "cy": y, "r": radius})
    if shape == "ring":
        ring = {"class": f"hollow s-{kind}", "stroke": _colour(kind), "fill": PAPER}
        return element("circle", {**ring, "cx": x, "cy": y, "r": radius - 1, "stroke-width": 2})
    points = " ".join(
        f"{number(x + radius * dx)},{number(y + radius * dy)}" for dx, dy in _OUTLINES[shape]
    )
    return element("polygon", {**fill(kind), "points": points})


def _colour(kind: str) -> str:
    try:
        return COLOURS[kind]
    except KeyError:
        raise UnknownKind(kind) from None
