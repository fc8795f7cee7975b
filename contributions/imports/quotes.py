"""Where the rows of a quoted text end.

A line break inside quotes belongs to its cell. Counting quotes finds those cheaply, but one
stray or unclosed quote turns every later line break inside out. So the count is believed only
if every opening quote stands at the start of a cell and every closing one at its end; otherwise
the quotes are walked one by one, and a quote that opens a cell but is not closed at the end of
one is refused with its line.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contributions.imports.refusals import ImportRefused

Positions = NDArray[np.int64]

_QUOTE, _NEWLINE, _RETURN = ord('"'), ord("\n"), ord("\r")
_NOWHERE: Final = np.zeros(0, np.int64)


class QuoteUnclosed(ImportRefused):
    """A cell opens with a quote that no cell end closes; facts: line."""

    code = "quote_unclosed"


class LoneReturn(ImportRefused):
    """Lines end with carriage returns alone, as old Macintosh programs wrote; facts: line."""

    code = "lone_return"


def row_ends(content: bytes, delimiter: bytes, line: int, *, last: bool) -> Positions:
    """Find the line breaks that end rows.

    Args:
        content: Bytes that begin where a row begins.
        delimiter: One byte between cells.
        line: Number of the first line, for errors.
        last: Whether the file ends with these bytes.

    Returns:
        Positions of those line breaks; what follows the last one is an incomplete row.

    Raises:
        QuoteUnclosed: A quote is never closed, or not at the end of its cell.
        LoneReturn: A carriage return outside quotes is not followed by a line feed.
    """
    data = np.frombuffer(content, np.uint8)
    newlines = np.flatnonzero(data == _NEWLINE)
    quotes = np.flatnonzero(data == _QUOTE) if b'"' in content else _NOWHERE
    ends, inside = _by_counting(data, newlines, quotes, ord(delimiter)), quotes
    if ends is None or (last and ends[-1] + 1 != len(content)):
        inside = _by_walking(content, quotes, delimiter, line)
        if last and inside.size % 2:
            raise QuoteUnclosed(line=line + content[: int(inside[-1])].count(b"\n"))
        ends = newlines[np.searchsorted(inside, newlines) % 2 == 0]
    if b"\r" in content:
        _require_pairs(content, data, inside, line)
    return ends


def _by_counting(
    data: NDArray[np.uint8], newlines: Positions, quotes: Positions, delimiter: int
) -> Positions | None:
    """Take line breaks after an even number of quotes; None if the quotes do not pair up."""
    ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    if not ends.size:
        return None if quotes.size else ends
    paired = quotes[: np.searchsorted(quotes, ends[-1])]
    opening, closing = paired[0::2], paired[1::2]
    before = data[np.maximum(opening - 1, 0)]
    starts = (opening == 0) | np.isin(before, [delimiter, _NEWLINE, _QUOTE])
    stops = np.isin(data[closing + 1], [delimiter, _NEWLINE, _RETURN, _QUOTE])
    return ends if starts.all() and stops.all() else None


def _by_walking(content: bytes, quotes: Positions, delimiter: bytes, line: int) -> Positions:
    """Follow the quotes one by one; give those that open and close cells, in turn."""
    real: list[int] = []
    places = quotes.tolist()
    before_cell = delimiter + b"\n"
    after_cell = delimiter + b"\r\n"
    index = 0
    while index < len(places):
        place = places[index]
        if len(real) % 2 == 0:
            # Inside an unquoted cell a quote is a plain character.
            if place == 0 or content[place - 1] in before_cell:
                real.append(place)
        elif content[place + 1 : place + 2] == b'"':
            index += 1
        elif place + 1 == len(content) or content[place + 1] in after_cell:
            real.append(place)
        else:
            raise QuoteUnclosed(line=line + content[: real[-1]].count(b"\n"))
        index += 1
    return np.array(real, np.int64)


def _require_pairs(content: bytes, data: NDArray[np.uint8], walls: Positions, line: int) -> None:
    returns = np.flatnonzero(data == _RETURN)
    returns = returns[returns + 1 < len(data)]
    lone = returns[data[returns + 1] != _NEWLINE]
    outside = lone[np.searchsorted(walls, lone) % 2 == 0]
    if outside.size:
        raise LoneReturn(line=line + content[: int(outside[0])].count(b"\n"))
