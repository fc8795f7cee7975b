"""Plain decimal numbers as people and tools write them, and nothing that only looks like one."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from contributions.imports.refusals import CellRefused

_PLAIN: Final = re.compile(r"([0-9]{1,15})(?:([.,])([0-9]{1,9}))?", re.ASCII)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[.,'\u00a0\u202f ][0-9]{3})*(?:[.,][0-9]+)?", re.ASCII)
_WORDS: Final = frozenset({"nan", "inf", "infinity", "null", "none", "n/a", "na", "#n/a"})
_MEANT_DIGITS: Final = 3


class NotANumber(CellRefused):
    """The cell says NaN, infinity or N/A instead of leaving the value out."""

    code = "not_a_number"


class NumberMalformed(CellRefused):
    """The cell is no plain decimal number (exponents, underscores and letters are not)."""

    code = "number_malformed"


class NumberNegative(CellRefused):
    """The number is below zero, where only an amount of work or money makes sense."""

    code = "number_negative"


class DigitsNotAscii(CellRefused):
    """The digits are full-width, Arabic or of another script."""

    code = "digits_not_ascii"


class NumberGrouped(CellRefused):
    """The number has thousands separators, which cannot be told from decimal marks."""

    code = "number_grouped"


class FormulaNotANumber(CellRefused):
    """The cell holds a formula where a number is needed."""

    code = "formula_not_a_number"


class NumberTooLarge(CellRefused):
    """The number is larger than anything that can be recorded."""

    code = "number_too_large"


class DecimalMark(StrEnum):
    """How the fraction of a number is set off."""

    POINT = "point"
    COMMA = "comma"
    EITHER = "either"


def parse_number(text: str, mark: DecimalMark = DecimalMark.POINT) -> Decimal:
    """Read a number >= 0 written with ASCII digits and at most one decimal mark.

    With `EITHER`, a comma before exactly three digits is refused: 1,234 may be a thousand.

    Raises:
        CellRefused: One of this module's, naming what is wrong.
    """
    text = text.strip(" \t")
    found = _PLAIN.fullmatch(text)
    if found is None:
        raise _why_not(text)
    whole, used, fraction = found.groups()
    if used is None:
        return Decimal(whole)
    if mark is DecimalMark.EITHER and used == "," and len(fraction) == _MEANT_DIGITS:
        raise NumberGrouped
    if used != {DecimalMark.POINT: ".", DecimalMark.COMMA: ","}.get(mark, used):
        raise NumberGrouped
    return Decimal(f"{whole}.{fraction}")


def _why_not(text: str) -> CellRefused:
    """Name the reason why a text is no plain number."""
    if text.casefold().lstrip("+-") in _WORDS:
        return NotANumber()
    if text.startswith("="):
        return FormulaNotANumber()
    if any(character.isdigit() and not character.isascii() for character in text):
        return DigitsNotAscii()
    if text.startswith("-"):
        return NumberNegative() if _PLAIN.fullmatch(text[1:]) else NumberMalformed()
    if text.isascii() and text.isdigit():
        return NumberTooLarge()
    return NumberGrouped() if _GROUPED.fullmatch(text) else NumberMalformed()


def parse_count(text: str, largest: int = 10**12) -> int:
    """Read a whole number >= 0; `12.0` counts as 12, since spreadsheets write it so.

    Raises:
        NumberMalformed: It has a fraction, or is no number.
        NumberTooLarge: It is above `largest`.
    """
    value = parse_number(text)
    if value != value.to_integral_value():
        raise NumberMalformed
    if value > largest:
        raise NumberTooLarge
    return int(value)
