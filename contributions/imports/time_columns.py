"""Columns of dates and times read at once.

ISO 8601 is read out of the bytes: cells of one length have their digits in the same places, so
a few array operations read them all. What does not fit, and every other form, goes through the
cell parser, distinct text by distinct text. Both ways give the same answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributions.imports.columns import Parsed, parse_distinct, text_bytes
from contributions.imports.times import (
    FIRST_YEAR,
    LAST_YEAR,
    Moment,
    TimeDoesNotExist,
    TimeForm,
    parse_time,
    to_utc,
)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MICROS: Final = 86_400_000_000
_QUARTER_MICROS: Final = 900_000_000
_DAY_WIDTH, _CLOCK_WIDTH, _MOST_WIDTH = 10, 19, 35
_ZONE_WIDTHS: Final = (0, 1, 6)
_LAST_DAY: Final = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MOMENT: Final = pa.struct([("on", pa.int32()), ("at", pa.int64()), ("known", pa.bool_())])


class Moments(NamedTuple):
    """A column of times read.

    Attributes:
        on: Days as date32, null where missing.
        at: Moments as timestamp(us, UTC), null where only a day is stated.
        zone_known: Whether the cell itself names its zone.
        refused: Row to code.
    """

    on: pa.Array
    at: pa.Array
    zone_known: pa.Array
    refused: dict[int, str]


class _Read(NamedTuple):
    """Arrays over all rows: days since 1970, microseconds stated, offset, and what is there."""

    days: Ints
    micros: Ints
    offsets: Ints
    clocked: Flags
    zoned: Flags
    done: Flags


def parse_moments(column: pa.StringArray, form: TimeForm, zone: ZoneInfo | None = None) -> Moments:
    """Read a column of times; the rules are those of `times.parse_time`."""
    read = _read_iso(column) if form is TimeForm.ISO else _nothing_read(len(column))
    at, unreal = _place(read, zone)
    read.done[unreal] = False  # The cell parser says what is wrong with them.
    rest = pc.if_else(pa.array(read.done), None, column)
    parsed = parse_distinct(rest, lambda text: _as_struct(parse_time(text, form, zone)), _MOMENT)
    done = pa.array(read.done)
    on = pa.array(read.days.astype(np.int32), mask=~read.done)
    clocked = pa.array(at, mask=~(read.done & read.clocked))
    return Moments(
        on=pc.if_else(done, on, _field(parsed, "on")).cast(pa.date32()),
        at=pc.if_else(done, clocked, _field(parsed, "at")).cast(pa.timestamp("us", tz="UTC")),
        zone_known=pc.if_else(
            done, pa.array(read.zoned), pc.fill_null(_field(parsed, "known"), False)
        ),
        refused=parsed.refused,
    )


def _field(parsed: Parsed, name: str) -> pa.Array:
    return pc.struct_field(parsed.values, name)


def _as_struct(moment: Moment) -> dict[str, object]:
    at = None if moment.at is None else (moment.at - _EPOCH) // timedelta(microseconds=1)
    return {"on": (moment.on - _EPOCH.date()).days, "at": at, "known": moment.zone_known}


def _nothing_read(count: int) -> _Read:
    days, micros, offsets = (np.zeros(count, np.int64) for _ in range(3))
    clocked, zoned, done = (np.zeros(count, np.bool_) for _ in range(3))
    return _Read(days, micros, offsets, clocked, zoned, done)


def _read_iso(column: pa.StringArray) -> _Read:
    """Read the cells that are ISO 8601 in one of the usual widths."""
    starts, data = text_bytes(column)
    widths = np.diff(starts)
    count = len(column)
    read = _nothing_read(count)
    for width in np.unique(widths):
        if width == _DAY_WIDTH or _CLOCK_WIDTH <= width <= _MOST_WIDTH:
            rows = np.flatnonzero(widths == width)
            _read_width(read, rows, _gather(data, starts[rows], int(width)))
    return read


def _gather(data: NDArray[np.uint8], starts: Ints, width: int) -> NDArray[np.uint8]:
    """Lay cells of one width out as rows of bytes, stored column by column."""
    cells = np.empty((len(starts), width), np.uint8, order="F")
    for place in range(width):
        cells[:, place] = data[starts + place]
    return cells


def _read_width(read: _Read, rows: Ints, cells: NDArray[np.uint8]) -> None:
    """Fill in the rows whose cells, all of one width, are ISO 8601."""
    width = cells.shape[1]
    days, good = _days(cells)
    if width == _DAY_WIDTH:
        _fill(read, rows[good], days[good])
        return
    micros, clock_good = _clock(cells)
    good &= clock_good
    for zone_width in _ZONE_WIDTHS:
        fraction_width = width - _CLOCK_WIDTH - zone_width
        if fraction_width == 0 or 2 <= fraction_width <= 10:
            fraction, fits = _fraction(cells[:, _CLOCK_WIDTH : width - zone_width])
            offset, zone_fits = _zone(cells[:, width - zone_width :])
            fits &= good & zone_fits
            _fill(read, rows[fits], days[fits])
            read.micros[rows[fits]] = (micros + fraction)[fits]
            read.offsets[rows[fits]] = offset[fits]
            read.clocked[rows[fits]] = True
            read.zoned[rows[fits]] = zone_width > 0


def _fill(read: _Read, rows: Ints, days: Ints) -> None:
    read.days[rows] = days
    read.done[rows] = True


def _digits(cells: NDArray[np.uint8]) -> tuple[Ints, Flags]:
    """Read fixed-width ASCII numbers, one a row, and tell which are."""
    digits = cells - np.uint8(ord("0"))  # What is below "0" wraps around to above 9.
    value = np.zeros(len(cells), np.int64)
    good = np.ones(len(cells), np.bool_)
    for place in range(cells.shape[1]):
        value = value * 10 + digits[:, place]
        good &= digits[:, place] <= 9
    return value, good


def _days(cells: NDArray[np.uint8]) -> tuple[Ints, Flags]:
    """Read YYYY-MM-DD into days since 1970 (Howard Hinnant's days_from_civil)."""
    year, good_year = _digits(cells[:, 0:4])
    month, good_month = _digits(cells[:, 5:7])
    day, good_day = _digits(cells[:, 8:10])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    conditions = [
        good_year & good_month & good_day,
        (cells[:, 4] == ord("-")) & (cells[:, 7] == ord("-")),
        (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12),
        (day >= 1) & (day <= _LAST_DAY[np.clip(month, 1, 12) - 1]),
        (month != 2) | (day != 29) | leap,
    ]
    from_march = year - (month <= 2)
    era = from_march // 400
    of_era = from_march - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days, np.logical_and.reduce(conditions)


def _clock(cells: NDArray[np.uint8]) -> tuple[Ints, Flags]:
    """Read the HH:MM:SS after a T or a space into microseconds."""
    hour, good_hour = _digits(cells[:, 11:13])
    minute, good_minute = _digits(cells[:, 14:16])
    second, good_second = _digits(cells[:, 17:19])
    good = good_hour & good_minute & good_second
    good &= (cells[:, 10] == ord("T")) | (cells[:, 10] == ord(" "))
    good &= (cells[:, 13] == ord(":")) & (cells[:, 16] == ord(":"))
    good &= (hour < 24) & (minute < 60) & (second < 60)
    return ((hour * 60 + minute) * 60 + second) * 1_000_000, good


def _fraction(cells: NDArray[np.uint8]) -> tuple[Ints, Flags]:
    """Read `.fff` into microseconds, cutting off what is finer."""
    count, width = cells.shape
    if width == 0:
        return np.zeros(count, np.int64), np.ones(count, np.bool_)
    digits, good = _digits(cells[:, 1:])
    micros = digits * 10 ** max(0, 7 - width) // 10 ** max(0, width - 7)
    return micros, good & (cells[:, 0] == ord("."))


def _zone(cells: NDArray[np.uint8]) -> tuple[Ints, Flags]:
    """Read nothing, `Z` or `+HH:MM` into the microseconds the clock is ahead of UTC."""
    count, width = cells.shape
    ahead = np.zeros(count, np.int64)
    if width == 0:
        return ahead, np.ones(count, np.bool_)
    if width == 1:
        utc: Flags = cells[:, 0] == ord("Z")
        return ahead, utc
    hours, good_hours = _digits(cells[:, 1:3])
    minutes, good_minutes = _digits(cells[:, 4:6])
    good = good_hours & good_minutes & (minutes < 60) & (cells[:, 3] == ord(":"))
    east, west = cells[:, 0] == ord("+"), cells[:, 0] == ord("-")
    total = hours * 60 + minutes
    return np.where(west, -total, total) * 60_000_000, good & (east | west) & (total <= 840)


def _place(read: _Read, zone: ZoneInfo | None) -> tuple[Ints, Ints]:
    """Turn stated times into UTC microseconds; also list the rows that never happened.

    Zones change their offset on quarter hours, so one look-up serves all times of a quarter.
    """
    stated = read.days * _DAY_MICROS + read.micros
    at = stated - read.offsets
    if zone is None:
        return at, np.zeros(0, np.int64)
    naive = np.flatnonzero(read.clocked & ~read.zoned)
    quarters, places = np.unique(stated[naive] // _QUARTER_MICROS, return_inverse=True)
    shifts = np.zeros(len(quarters), np.int64)
    real = np.ones(len(quarters), np.bool_)
    for index, quarter in enumerate(quarters.tolist()):
        clock = _EPOCH + timedelta(microseconds=quarter * _QUARTER_MICROS)
        try:
            shift = to_utc(clock.replace(tzinfo=None), zone) - clock
        except TimeDoesNotExist:
            real[index] = False
        else:
            shifts[index] = shift // timedelta(microseconds=1)
    at[naive] += shifts[places]
    return at, naive[~real[places]]
