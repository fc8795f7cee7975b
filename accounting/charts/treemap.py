"""Parts of a whole as areas: which kinds of labour the content of a product consists of."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.errors import ChartError
from accounting.charts.figure import (
    BOLD,
    FONT_SIZE,
    Canvas,
    Figure,
    Frame,
    Piece,
    Row,
    drawn,
    nothing_drawn,
)
from accounting.charts.geometry.treemap import Rectangle, squarified
from accounting.charts.markup import INK, PAPER, SOFT, Attributes, Svg, element, join, mark, text
from accounting.charts.palette import fill, glyph
from accounting.charts.textfit import shortened

WIDTH, HEIGHT = 760.0, 380.0
STRIPE = 6.0
# Below these a tile has room for no name, or for no amount.
NAME_FROM, AMOUNT_FROM = (44.0, 24.0), (60.0, 46.0)


class NegativeTile(ChartError):
    """A part of a whole cannot be negative."""

    code = "chart_negative_tile"


@dataclass(frozen=True, slots=True)
class Tile:
    """A part with its name; zero is listed in the table and has no area."""

    label: str
    value: int
    value_label: str
    kind: str
    href: str | None = None


def treemap(*, frame: Frame, tiles: Sequence[Tile]) -> Figure:
    """Draw the parts of a whole, the largest first.

    Args:
        frame: Its columns head part and amount.
        tiles: Values >= 0 in one integer unit.

    Raises:
        NegativeTile: A value is below zero.
    """
    if any(tile.value < 0 for tile in tiles):
        raise NegativeTile("Areas need amounts of zero or more.")
    rows = [Row((tile.label, tile.value_label), tile.href) for tile in tiles]
    shown = [tile for tile in tiles if tile.value]
    if not shown:
        return nothing_drawn(frame, rows)
    places = squarified([tile.value for tile in shown], Rectangle(0, 0, WIDTH, HEIGHT))
    body = [_tile(tile, place) for tile, place in zip(shown, places, strict=True)]
    return drawn(frame, Canvas("medium", WIDTH, HEIGHT), body, rows)


def _tile(tile: Tile, place: Rectangle) -> Piece:
    box = {"x": place.x, "y": place.y, "width": place.width, "height": place.height}
    edge: Attributes = {"class": "halo", "fill": "none", "stroke": PAPER, "stroke-width": 2}
    stripe = {**box, "width": min(STRIPE, place.width)}
    children = [
        # A tint with the kind's colour at its edge: ink stays readable on all eight.
        element("rect", {**box, **fill(tile.kind), "fill-opacity": 0.24}),
        element("rect", {**stripe, **fill(tile.kind)}),
        element("rect", {**box, **edge}),
    ]
    label = f"{tile.label}: {tile.value_label}"
    shapes = mark({}, label=label, href=tile.href, children=children)
    return Piece(shapes, join(_words(tile, place)))


def _words(tile: Tile, place: Rectangle) -> list[Svg]:
    if place.width < NAME_FROM[0] or place.height < NAME_FROM[1]:
        return []
    x, y = place.x + STRIPE + 8, place.y + 20
    shape = glyph(tile.kind, x=x + 5, y=y - 4.5)
    indent = 16 if shape is not None else 0
    room = place.width - STRIPE - 14
    name = shortened(tile.label, width=(room - indent) / BOLD, size=FONT_SIZE)
    strong = {"fill": INK, "font-weight": "600"}
    parts = [text(name, x=x + indent, y=y, attributes=strong)]
    if shape is not None:
        parts.insert(0, shape)
    if place.width >= AMOUNT_FROM[0] and place.height >= AMOUNT_FROM[1]:
        amount = shortened(tile.value_label, width=room, size=FONT_SIZE)
        parts.append(text(amount, x=x, y=y + 18, attributes=SOFT))
    return parts
