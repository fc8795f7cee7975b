"""What every chart takes and gives: a frame of words, and a drawing with its table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounting.charts.errors import ChartError
from accounting.charts.markup import (
    NOTHING,
    SOFT,
    Attributes,
    Svg,
    element,
    escaped,
    join,
    number,
    text,
)

__all__ = [
    "Canvas",
    "ChartError",
    "ChartKeyInvalid",
    "Figure",
    "Frame",
    "Piece",
    "Row",
    "drawn",
    "nothing_drawn",
]

_KEY = re.compile(r"[a-z][a-z0-9-]*")
FONT_SIZE = 13.0
# Strong letters are wider by this much.
BOLD = 1.12
FONTS = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"


class ChartKeyInvalid(ChartError):
    """A frame's key cannot serve as the start of element ids."""

    code = "chart_key_invalid"

    def __init__(self, key: str) -> None:
        super().__init__(f"A chart's key is lower-case letters, digits and hyphens: {key!r}.")
        self.key = key


@dataclass(frozen=True, slots=True)
class Frame:
    """The words around a chart, translated.

    Attributes:
        key: Unique on the page, lower-case letters, digits and hyphens; starts the element ids.
        title: What the chart shows.
        description: What a reader should see in it, for those who cannot see it.
        columns: Headings of the table behind the chart; each chart says how many it needs.
        empty: What stands in place of a chart without values.

    Raises:
        ChartKeyInvalid: The key could not be an id.
    """

    key: str
    title: str
    description: str
    columns: tuple[str, ...]
    empty: str

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ChartKeyInvalid(self.key)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table behind a chart; the first cell links to the explanation."""

    cells: tuple[str, ...]
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing and the same facts as a table, for `components/chart.html`."""

    svg: Svg
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Canvas:
    """Size of a drawing in its own units (CSS pixels at full size), and its style class.

    `margin` is room left free above, below, left and right of what is drawn inside 0..size.
    """

    style: str
    width: float
    height: float
    margin: tuple[float, float] = (0.0, 0.0)


class Piece(NamedTuple):
    """Shapes, and the words that belong to them.

    The words of all pieces lie above all shapes, so none is painted over, and are hidden from
    assistive technology: the shapes carry the full label, which the words may shorten.
    """

    shapes: Svg
    words: Svg = NOTHING


def drawn(frame: Frame, canvas: Canvas, pieces: Sequence[Piece], rows: Sequence[Row]) -> Figure:
    """Put pieces together into one accessible drawing.

    A drawing without links is an image with a name and a description. One with links may not be:
    the parts of an image are hidden from assistive technology, links included. It is a group.
    """
    shapes = join([piece.shapes for piece in pieces])
    words = join([piece.words for piece in pieces])
    above, beside = canvas.margin[1], canvas.margin[0]
    width, height = canvas.width + 2 * beside, canvas.height + 2 * above
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": " ".join(map(number, (-beside, -above, width, height))),
        "width": width,
        "height": height,
        "class": f"chart chart--{canvas.style}",
        "font-family": FONTS,
        "font-size": FONT_SIZE,
        "role": "group" if "<a " in shapes else "img",
        "aria-labelledby": f"{frame.key}-title",
        "aria-describedby": f"{frame.key}-desc",
    }
    svg = element(
        "svg",
        attributes,
        element("title", {"id": f"{frame.key}-title"}, escaped(frame.title)),
        element("desc", {"id": f"{frame.key}-desc"}, escaped(frame.description)),
        shapes,
        element("g", {"aria-hidden": "true", "pointer-events": "none"}, words),
    )
    return Figure(svg=svg, columns=frame.columns, rows=tuple(rows))


def nothing_drawn(frame: Frame, rows: Sequence[Row] = ()) -> Figure:
    """A drawing that says there is nothing to draw."""
    canvas = Canvas("medium", 640, 120)
    note = text(
        frame.empty,
        x=canvas.width / 2,
        y=canvas.height / 2 + 4,
        attributes={**SOFT, "text-anchor": "middle"},
    )
    return drawn(frame, canvas, [Piece(NOTHING, note)], rows)
