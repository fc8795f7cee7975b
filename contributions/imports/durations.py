"""Working time as tools write it, read into whole milliseconds.

`0:06` is six minutes and `0.11` hours is six minutes and 36 seconds: both are written by the
same time tracker, so the form is always named, never guessed from one cell.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final

from contributions.imports.numbers import DecimalMark, parse_number
from contributions.imports.refusals import CellRefused

MILLISECONDS_A_SECOND: Final = 1_000
MILLISECONDS_AN_HOUR: Final = 3_600_000
LONGEST_MILLISECONDS: Final = 366 * 24 * MILLISECONDS_AN_HOUR
_CLOCK: Final = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?")
_LEADING: Final = re.compile(r"([0-9]{1,6}):([0-5][0-9])(?:\.([0-9]{1,9}))?")


class DurationMalformed(CellRefused):
    """The cell is not a duration of the named form."""

    code = "duration_malformed"


class DurationTooLong(CellRefused):
    """The duration is longer than a year: its unit is probably another one."""

    code = "duration_too_long"


class DurationForm(StrEnum):
    """How a column writes working time."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MINUTES = "minutes"
    HOURS = "hours"
    CLOCK = "clock"
    MINUTE_CLOCK = "minute_clock"
    HOURS_OR_CLOCK = "hours_or_clock"


UNIT_MILLISECONDS: Final = {
    DurationForm.MILLISECONDS: 1,
    DurationForm.SECONDS: MILLISECONDS_A_SECOND,
    DurationForm.MINUTES: 60 * MILLISECONDS_A_SECOND,
    DurationForm.HOURS: MILLISECONDS_AN_HOUR,
}


def parse_duration(text: str, form: DurationForm, mark: DecimalMark = DecimalMark.POINT) -> int:
    """Read a duration.

    Args:
        text: The cell, not empty.
        form: How its column writes time; `CLOCK` is h:mm or h:mm:ss, `MINUTE_CLOCK` m:ss, and
            `HOURS_OR_CLOCK` tells the two apart by the colon.
        mark: Decimal mark of the numeric forms.

    Returns:
        Milliseconds, >= 0, half to even.

    Raises:
        DurationMalformed: It is not of that form.
        DurationTooLong: It is longer than 366 days.
        CellRefused: What `parse_number` refuses.
    """
    text = text.strip(" \t")
    if form is DurationForm.HOURS_OR_CLOCK:
        form = DurationForm.CLOCK if ":" in text else DurationForm.HOURS
    if form is DurationForm.CLOCK:
        milliseconds = _clock(text)
    elif form is DurationForm.MINUTE_CLOCK:
        milliseconds = _minute_clock(text)
    elif ":" in text:
        raise DurationMalformed
    else:
        milliseconds = _rounded(parse_number(text, mark) * UNIT_MILLISECONDS[form])
    if milliseconds > LONGEST_MILLISECONDS:
        raise DurationTooLong
    return milliseconds


def _clock(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise DurationMalformed
    hours, minutes, seconds, fraction = found.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)
    return _rounded(Decimal(f"{whole}.{fraction or 0}") * MILLISECONDS_A_SECOND)


def _minute_clock(text: str) -> int:
    found = _LEADING.fullmatch(text)
    if found is None:
        raise DurationMalformed
    minutes, seconds, fraction = found.groups()
    whole = int(minutes) * 60 + int(seconds)
    return _rounded(Decimal(f"{whole}.{fraction or 0}") * MILLISECONDS_A_SECOND)


def _rounded(milliseconds: Decimal) -> int:
    return int(milliseconds.to_integral_value(rounding=ROUND_HALF_EVEN))


def recorded_seconds(milliseconds: int | None) -> int | None:
    """Round a duration to the whole seconds that are recorded, half to even.

    Nothing measured above zero is recorded as less than a second, and a measured zero (an entry
    started and stopped at once) counts as no time known: zero would claim work without time.
    """
    if not milliseconds:
        return None
    whole, rest = divmod(milliseconds, MILLISECONDS_A_SECOND)
    half = MILLISECONDS_A_SECOND // 2
    up = rest > half or (rest == half and whole % 2 == 1)
    return max(1, whole + up)
