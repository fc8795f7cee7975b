"""Whole columns of cells read at once, by the same rules as the cell parsers.

Columns repeat themselves: a million rows name a few thousand workers, outcomes and durations.
So a column is reduced to its distinct texts, each is read once by the strict parser, and the
results are spread back. Identifiers, whole numbers and ISO times are mostly distinct; those
have array paths, which hand every cell they do not recognise to the strict parser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributions.imports.durations import (
    LONGEST_MILLISECONDS,
    UNIT_MILLISECONDS,
    DurationForm,
    parse_duration,
)
from contributions.imports.numbers import DecimalMark, parse_count
from contributions.imports.refusals import CellRefused
from contributions.imports.text import LONGEST_TEXT, parse_text

_SPACE, _TILDE = 0x20, 0x7E
_WHOLE = r"^[0-9]{1,11}$"


class Parsed(NamedTuple):
    """A column read: its values, null where missing or refused, and the code of each refusal."""

    values: pa.Array
    refused: dict[int, str]


def text_bytes(column: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """View a string column as offsets (length + 1, from 0) into its bytes."""
    _valid, starts, content = column.buffers()
    if starts is None or len(column) == 0:
        return np.zeros(len(column) + 1, np.int64), np.zeros(0, np.uint8)
    offsets = np.frombuffer(starts, np.int32)[column.offset : column.offset + len(column) + 1]
    data = np.zeros(0, np.uint8) if content is None else np.frombuffer(content, np.uint8)
    return (offsets - offsets[0]).astype(np.int64), data[offsets[0] : offsets[-1]]


def parse_distinct(
    column: pa.StringArray, parse: Callable[[str], Any], kind: pa.DataType
) -> Parsed:
    """Read every distinct text of a column once."""
    encoded = column.dictionary_encode()
    values: list[Any] = []
    codes: dict[int, str] = {}
    for index, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(parse(text))
        except CellRefused as refusal:
            values.append(None)
            codes[index] = refusal.code
    return Parsed(pa.array(values, kind).take(encoded.indices), _spread(encoded.indices, codes))


def _spread(indices: pa.Array, codes: dict[int, str]) -> dict[int, str]:
    """Turn refusals of distinct texts into refusals of rows."""
    if not codes:
        return {}
    places = np.asarray(pc.fill_null(indices, -1))
    rows = np.flatnonzero(np.isin(places, np.fromiter(codes, np.int64)))
    return {int(row): codes[int(places[row])] for row in rows}


def parse_identifiers(column: pa.StringArray, longest: int = LONGEST_TEXT) -> Parsed:
    """Read identifiers; mostly distinct, so plain ASCII is only trimmed."""
    offsets, data = text_bytes(column)
    plain = data.size == 0 or (data.min() >= _SPACE and data.max() <= _TILDE)
    if plain and (len(column) == 0 or np.diff(offsets).max() <= longest):
        trimmed = pc.utf8_trim(column, " ") if _SPACE in data else column
        return Parsed(pc.if_else(pc.equal(trimmed, ""), None, trimmed), {})
    return parse_distinct(column, lambda text: parse_text(text, longest), pa.string())


def parse_names(column: pa.StringArray, longest: int = LONGEST_TEXT) -> Parsed:
    """Read names that repeat, as a dictionary column."""
    parsed = parse_distinct(column, lambda text: parse_text(text, longest), pa.string())
    return Parsed(parsed.values.dictionary_encode(), parsed.refused)


def parse_codes(column: pa.StringArray, parse: Callable[[str], str]) -> Parsed:
    """Read words of a small vocabulary, as a dictionary column."""
    parsed = parse_distinct(column, parse, pa.string())
    return Parsed(parsed.values.dictionary_encode(), parsed.refused)


def parse_counts(column: pa.StringArray) -> Parsed:
    """Read whole numbers >= 0; zero of something is nothing done, hence missing."""
    parsed = _whole_numbers(column, parse_count, 1)
    return Parsed(pc.if_else(pc.equal(parsed.values, 0), None, parsed.values), parsed.refused)


def parse_durations(column: pa.StringArray, form: DurationForm, mark: DecimalMark) -> Parsed:
    """Read working time into milliseconds; a measured zero is no time known, hence missing."""

    def parse(text: str) -> int:
        return parse_duration(text, form, mark)

    if form in UNIT_MILLISECONDS:
        parsed = _whole_numbers(column, parse, UNIT_MILLISECONDS[form], LONGEST_MILLISECONDS)
    else:
        parsed = parse_distinct(column, parse, pa.int64())
    return Parsed(pc.if_else(pc.equal(parsed.values, 0), None, parsed.values), parsed.refused)


def _whole_numbers(
    column: pa.StringArray,
    parse: Callable[[str], int],
    factor: int,
    largest: int = 10**11,
) -> Parsed:
    """Multiply plain whole numbers by a factor; all other texts go through the parser."""
    plain = pc.match_substring_regex(column, _WHOLE)
    values = pc.multiply(pc.cast(pc.if_else(plain, column, None), pa.int64()), factor)
    plain = pc.and_kleene(plain, pc.less_equal(values, largest))
    if pc.min(pc.fill_null(plain, True)).as_py() is not False:
        return Parsed(values, {})
    rest = pc.if_else(plain, None, column)
    parsed = parse_distinct(rest, parse, pa.int64())
    return Parsed(pc.if_else(pc.fill_null(plain, False), values, parsed.values), parsed.refused)
