"""Durations and the numbers in them."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.durations import (
    LONGEST_MILLISECONDS,
    DurationForm,
    parse_duration,
    recorded_seconds,
)
from contributions.imports.numbers import DecimalMark, parse_count, parse_number
from contributions.imports.refusals import CellRefused

FORMS = st.sampled_from(DurationForm)
MARKS = st.sampled_from(DecimalMark)


@pytest.mark.parametrize(
    ("text", "form", "milliseconds"),
    [
        ("0:06", DurationForm.CLOCK, 360_000),
        ("0.11", DurationForm.HOURS, 396_000),
        ("0:06", DurationForm.HOURS_OR_CLOCK, 360_000),
        ("0.11", DurationForm.HOURS_OR_CLOCK, 396_000),
        ("100:00:01", DurationForm.CLOCK, 360_001_000),
        ("1:30", DurationForm.MINUTE_CLOCK, 90_000),
        ("81250", DurationForm.MILLISECONDS, 81_250),
        ("7.662", DurationForm.SECONDS, 7_662),
        ("1.5", DurationForm.MINUTES, 90_000),
        (" 12 ", DurationForm.SECONDS, 12_000),
        ("0.0005", DurationForm.SECONDS, 0),
        ("0.0015", DurationForm.SECONDS, 2),
    ],
)
def test_each_form_means_one_thing(text: str, form: DurationForm, milliseconds: int) -> None:
    assert parse_duration(text, form) == milliseconds


@pytest.mark.parametrize(
    ("text", "form", "code"),
    [
        ("NaN", DurationForm.SECONDS, "not_a_number"),
        ("inf", DurationForm.SECONDS, "not_a_number"),
        ("1e5", DurationForm.SECONDS, "number_malformed"),
        ("1_000", DurationForm.SECONDS, "number_malformed"),
        ("-5", DurationForm.SECONDS, "number_negative"),
        ("\uff11\uff12", DurationForm.SECONDS, "digits_not_ascii"),
        ("\u0661\u0662", DurationForm.SECONDS, "digits_not_ascii"),
        ("1,234.5", DurationForm.SECONDS, "number_grouped"),
        ("=1+1", DurationForm.SECONDS, "formula_not_a_number"),
        ("true", DurationForm.SECONDS, "number_malformed"),
        ("1 2", DurationForm.SECONDS, "number_malformed"),
        ("0:06", DurationForm.HOURS, "duration_malformed"),
        ("0.11", DurationForm.CLOCK, "duration_malformed"),
        ("0:60", DurationForm.CLOCK, "duration_malformed"),
        ("9000", DurationForm.HOURS, "duration_too_long"),
        ("9" * 16, DurationForm.SECONDS, "number_too_large"),
    ],
)
def test_what_only_looks_like_a_duration_is_refused_by_name(
    text: str, form: DurationForm, code: str
) -> None:
    with pytest.raises(CellRefused) as refusal:
        parse_duration(text, form)
    assert refusal.value.code == code
    assert text not in str(refusal.value)


def test_a_decimal_comma_is_read_where_it_is_expected_only() -> None:
    assert parse_number("0,11", DecimalMark.COMMA) == Decimal("0.11")
    assert parse_number("0,11", DecimalMark.EITHER) == Decimal("0.11")
    with pytest.raises(CellRefused, match="number_grouped"):
        parse_number("0,11", DecimalMark.POINT)
    with pytest.raises(CellRefused, match="number_grouped"):
        parse_number("1,234", DecimalMark.EITHER)


@settings(deadline=None)
@given(st.text(max_size=12), FORMS, MARKS)
def test_any_text_is_read_within_bounds_or_refused(
    text: str, form: DurationForm, mark: DecimalMark
) -> None:
    with suppress(CellRefused):
        assert 0 <= parse_duration(text, form, mark) <= LONGEST_MILLISECONDS


@settings(deadline=None)
@given(st.integers(0, 9_999), st.integers(0, 59), st.integers(0, 59))
def test_clocks_add_up(hours: int, minutes: int, seconds: int) -> None:
    stated = ((hours * 60 + minutes) * 60 + seconds) * 1000
    text = f"{hours}:{minutes:02}:{seconds:02}"
    if stated <= LONGEST_MILLISECONDS:
        assert parse_duration(text, DurationForm.CLOCK) == stated


@settings(deadline=None)
@given(st.integers(1, LONGEST_MILLISECONDS))
def test_recorded_seconds_are_positive_and_within_half_a_second(milliseconds: int) -> None:
    seconds = recorded_seconds(milliseconds)
    assert seconds is not None
    assert seconds >= 1
    assert abs(seconds * 1000 - milliseconds) <= 500 or seconds == 1


def test_recorded_seconds_round_half_to_even_and_keep_missing_missing() -> None:
    assert [recorded_seconds(value) for value in (2_500, 3_500, 3_501, 1, None, 0)] == [
        2,
        4,
        4,
        1,
        None,
        None,
    ]


def test_counts_are_whole() -> None:
    assert parse_count("12.0") == 12
    with pytest.raises(CellRefused, match="number_malformed"):
        parse_count("1.5")
