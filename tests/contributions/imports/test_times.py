"""Dates and times, cell by cell and column by column."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.refusals import CellRefused
from contributions.imports.time_columns import parse_moments
from contributions.imports.times import TimeForm, ZoneUnknown, find_zone, parse_time

Alone = tuple[date | None, int | None, bool]

MANILA = ZoneInfo("Asia/Manila")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "form", "at"),
    [
        ("2026-10-05T08:00:00Z", TimeForm.ISO, datetime(2026, 10, 5, 8, tzinfo=UTC)),
        ("2026-10-05 08:00:00.5+02:00", TimeForm.ISO, datetime(2026, 10, 5, 6, 0, 0, 500000, UTC)),
        ("2026-10-05 08:00", TimeForm.ISO, datetime(2026, 10, 5, 8, tzinfo=UTC)),
        (
            "Thu Dec 21 20:32:50 PST 2023",
            TimeForm.DATE_COMMAND,
            datetime(2023, 12, 22, 4, 32, 50, tzinfo=UTC),
        ),
        ("9/3/2018 15:12:51", TimeForm.MONTH_FIRST, datetime(2018, 9, 3, 15, 12, 51, tzinfo=UTC)),
        ("9/3/2018 15:12:51", TimeForm.DAY_FIRST, datetime(2018, 3, 9, 15, 12, 51, tzinfo=UTC)),
        ("01.09.2026 12:00 AM", TimeForm.DAY_FIRST, datetime(2026, 9, 1, tzinfo=UTC)),
        ("1690908107", TimeForm.UNIX_SECONDS, datetime(2023, 8, 1, 16, 41, 47, tzinfo=UTC)),
        ("1690908107000", TimeForm.UNIX_MILLISECONDS, datetime(2023, 8, 1, 16, 41, 47, tzinfo=UTC)),
    ],
)
def test_each_form_means_one_moment(text: str, form: TimeForm, at: datetime) -> None:
    assert parse_time(text, form).at == at


@pytest.mark.parametrize(
    ("text", "form", "code"),
    [
        ("2026-02-30", TimeForm.ISO, "day_does_not_exist"),
        ("2026-13-01", TimeForm.ISO, "day_does_not_exist"),
        ("2026-01-01 24:00:00", TimeForm.ISO, "day_does_not_exist"),
        ("9999-01-01", TimeForm.ISO, "year_out_of_range"),
        ("1/2/26", TimeForm.MONTH_FIRST, "time_malformed"),
        ("13/15/2024 11:00:00 AM", TimeForm.MONTH_FIRST, "day_does_not_exist"),
        ("Thu Dec 21 20:32:50 IST 2023", TimeForm.DATE_COMMAND, "zone_abbreviation_unknown"),
        ("Thu Dez 21 20:32:50 PST 2023", TimeForm.DATE_COMMAND, "time_malformed"),
        ("\uff12\uff10\uff12\uff16-01-01", TimeForm.ISO, "digits_not_ascii"),
        ("2026-01-01 08:00:00+25:00", TimeForm.ISO, "time_malformed"),
        ("99999999999999", TimeForm.UNIX_SECONDS, "year_out_of_range"),
        ("NaN", TimeForm.UNIX_SECONDS, "not_a_number"),
    ],
)
def test_times_that_are_none_are_refused_by_name(text: str, form: TimeForm, code: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        parse_time(text, form)
    assert refusal.value.code == code


def test_a_missing_zone_is_marked_and_the_given_one_used() -> None:
    moment = parse_time("2026-10-05 08:00:00", TimeForm.ISO, MANILA)

    assert moment.at == datetime(2026, 10, 5, 0, 0, tzinfo=UTC)
    assert moment.on == date(2026, 10, 5)
    assert not moment.zone_known
    assert parse_time("2026-10-05 08:00:00Z", TimeForm.ISO, MANILA).zone_known


def test_a_day_alone_has_no_moment() -> None:
    moment = parse_time("2026-10-05", TimeForm.ISO, MANILA)

    assert (moment.on, moment.at) == (date(2026, 10, 5), None)


def test_times_the_clocks_skipped_are_refused_and_repeated_ones_taken_early() -> None:
    with pytest.raises(CellRefused, match="time_does_not_exist"):
        parse_time("2026-03-29 02:30:00", TimeForm.ISO, BERLIN)
    assert parse_time("2026-10-25 02:30:00", TimeForm.ISO, BERLIN).at == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ZoneUnknown):
        find_zone("Europe/Atlantis")
    with pytest.raises(ZoneUnknown):
        find_zone("../../etc/passwd")


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
STAMPS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=OFFSETS)  # noqa: DTZ001
ISO_LIKE = st.from_regex(
    r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?\Z"
)
SPRING = st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 30)).map(str)  # noqa: DTZ001
ZONES = st.sampled_from([None, MANILA, BERLIN, ZoneInfo("Australia/Lord_Howe")])


@settings(deadline=None)
@given(STAMPS)
def test_iso_stamps_survive_the_round_trip(stamp: datetime) -> None:
    moment = parse_time(stamp.isoformat(), TimeForm.ISO)
    assert moment.at == stamp
    assert moment.on == stamp.date()


@settings(deadline=None)
@given(
    st.lists(st.one_of(ISO_LIKE, SPRING, STAMPS.map(str), st.text(max_size=30), st.none())), ZONES
)
def test_columns_and_cells_are_read_alike(texts: list[str | None], zone: ZoneInfo | None) -> None:
    column = pa.array([text or None for text in texts], pa.string())
    read = parse_moments(column, TimeForm.ISO, zone)
    days, moments = read.on.to_pylist(), read.at.cast(pa.int64()).to_pylist()
    for index, text in enumerate(column.to_pylist()):
        here = (days[index], moments[index], read.zone_known[index].as_py())
        assert (here, read.refused.get(index)) == _read_alone(text, zone)


def _read_alone(text: str | None, zone: ZoneInfo | None) -> tuple[Alone, str | None]:
    try:
        moment = None if text is None else parse_time(text, TimeForm.ISO, zone)
    except CellRefused as refusal:
        return (None, None, False), refusal.code
    if moment is None:
        return (None, None, False), None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    stated = None if moment.at is None else (moment.at - epoch) // timedelta(microseconds=1)
    return (moment.on, stated, moment.zone_known), None
