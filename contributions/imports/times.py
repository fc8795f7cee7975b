"""When work was done, as tools write it: a day always, a moment where one is stated.

Most exports name no zone. Such times are read in the zone that the user gives once for the
file; until then they are taken as UTC and marked, so that nobody mistakes them for certain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contributions.imports.numbers import DigitsNotAscii, parse_number
from contributions.imports.refusals import CellRefused, ImportRefused

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"

# Abbreviations that mean one offset wherever job sites print them; IST or CST (China) do not,
# and CST is read as North American, where this date form comes from.
ABBREVIATED_HOURS: Final = {
    "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip

_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_OFFSET = r"(?: ?(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
_ISO: Final = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?:[T ]+{_CLOCK}{_OFFSET})?"
)
_MONTH_FIRST: Final = re.compile(
    rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>[0-9]{{4}})(?:,? +{_CLOCK}{_OFFSET})?"
)
_DAY_FIRST: Final = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
    rf"(?:,? +{_CLOCK}{_OFFSET})?"
)
_DATE_COMMAND: Final = re.compile(
    r"[A-Z][a-z]{2} (?P<name>[A-Z][a-z]{2}) +(?P<day>[0-9]{1,2}) "
    rf"{_CLOCK} (?P<zone>[A-Z]{{3,4}}) (?P<year>[0-9]{{4}})"
)


class TimeMalformed(CellRefused):
    """The cell is not a date or time of the named form."""

    code = "time_malformed"


class DayDoesNotExist(CellRefused):
    """The calendar has no such day, as 30 February, or the clock no such hour."""

    code = "day_does_not_exist"


class YearOutOfRange(CellRefused):
    """The year is before 1990 or after 2100."""

    code = "year_out_of_range"


class ZoneAbbreviationUnknown(CellRefused):
    """The time names a zone by letters that mean several zones, or none."""

    code = "zone_abbreviation_unknown"


class TimeDoesNotExist(CellRefused):
    """The clocks of the given zone were put forward over this moment."""

    code = "time_does_not_exist"


class TimeInFuture(CellRefused):
    """The work lies after the day on which the file was received."""

    code = "time_in_future"


class EndsBeforeStart(CellRefused):
    """The work ends before it starts."""

    code = "ends_before_start"


class ZoneUnknown(ImportRefused):
    """The zone given for the file is not in the IANA time zone database."""

    code = "zone_unknown"


class TimeForm(StrEnum):
    """How a column writes dates and times."""

    ISO = "iso"
    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"
    DATE_COMMAND = "date_command"
    UNIX_SECONDS = "unix_seconds"
    UNIX_MILLISECONDS = "unix_milliseconds"


_PATTERNS: Final = {
    TimeForm.ISO: _ISO,
    TimeForm.MONTH_FIRST: _MONTH_FIRST,
    TimeForm.DAY_FIRST: _DAY_FIRST,
    TimeForm.DATE_COMMAND: _DATE_COMMAND,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """When a piece of work was done.

    Attributes:
        on: The day as the worker's clock or the tool showed it.
        at: The moment, aware, in UTC; None if only a day is stated.
        zone_known: Whether the cell itself says its zone.
    """

    on: date
    at: datetime | None
    zone_known: bool


def find_zone(name: str) -> ZoneInfo:
    """Look up an IANA zone such as `Asia/Manila`.

    Raises:
        ZoneUnknown: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneUnknown from None


def parse_time(text: str, form: TimeForm, zone: ZoneInfo | None = None) -> Moment:
    """Read a date or a time.

    Args:
        text: The cell, not empty.
        form: How its column writes time.
        zone: Where the file's clock stood, for cells that name no zone; None is not yet known.

    Raises:
        CellRefused: One of this module's, or of `numbers` for the Unix forms.
    """
    text = text.strip(" \t")
    if form in (TimeForm.UNIX_SECONDS, TimeForm.UNIX_MILLISECONDS):
        return _since_epoch(text, form, zone)
    found = _PATTERNS[form].fullmatch(text)
    if found is None:
        if any(letter.isdigit() and not letter.isascii() for letter in text):
            raise DigitsNotAscii
        raise TimeMalformed
    parts = found.groupdict()
    day = _day(parts)
    if parts["hour"] is None:
        return Moment(day, None, zone_known=False)
    stated = datetime.combine(day, _clock(parts))
    if parts.get("zone"):
        offset = _offset(parts["zone"])
        return Moment(day, stated.replace(tzinfo=offset).astimezone(UTC), zone_known=True)
    return Moment(day, to_utc(stated, zone), zone_known=False)


def to_utc(stated: datetime, zone: ZoneInfo | None) -> datetime:
    """Place a naive time in a zone; a time that occurs twice is taken as the earlier one.

    Raises:
        TimeDoesNotExist: The clocks were put forward over it.
    """
    if zone is None:
        return stated.replace(tzinfo=UTC)
    placed = stated.replace(tzinfo=zone).astimezone(UTC)
    if placed.astimezone(zone).replace(tzinfo=None) != stated:
        raise TimeDoesNotExist
    return placed


def _since_epoch(text: str, form: TimeForm, zone: ZoneInfo | None) -> Moment:
    a_second = 1 if form is TimeForm.UNIX_SECONDS else 1000
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(
            microseconds=int(parse_number(text) * (1_000_000 // a_second))
        )
    except OverflowError:
        raise YearOutOfRange from None
    _require_year(at.year)
    return Moment(at.astimezone(zone or UTC).date(), at, zone_known=True)


def _day(parts: dict[str, str | None]) -> date:
    name = parts.get("name")
    if name is not None:
        place, rest = divmod(_MONTHS.find(name), 3)
        if rest:
            raise TimeMalformed
        month = place + 1
    else:
        month = int(parts["month"] or 0)
    year = int(parts["year"] or 0)
    _require_year(year)
    try:
        return date(year, month, int(parts["day"] or 0))
    except ValueError:
        raise DayDoesNotExist from None


def _require_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise YearOutOfRange


def _clock(parts: dict[str, str | None]) -> time:
    hour = int(parts["hour"] or 0)
    half = parts.get("half")
    if half is not None:
        if not 1 <= hour <= 12:
            raise DayDoesNotExist
        hour = hour % 12 + (12 if half in "Pp" else 0)
    micros = int(((parts.get("fraction") or "") + "000000")[:6])
    try:
        return time(hour, int(parts["minute"] or 0), int(parts["second"] or 0), micros)
    except ValueError:
        raise DayDoesNotExist from None


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    if zone[0] not in "+-":
        if zone not in ABBREVIATED_HOURS:
            raise ZoneAbbreviationUnknown
        return timezone(timedelta(hours=ABBREVIATED_HOURS[zone]))
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    if minutes > 14 * 60 or int(zone[-2:]) > 59:
        raise TimeMalformed
    return timezone(timedelta(minutes=minutes if zone[0] == "+" else -minutes))
