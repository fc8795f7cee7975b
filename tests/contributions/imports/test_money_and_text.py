"""Wages, names and identifiers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.money import parse_amount, parse_currency
from contributions.imports.numbers import DecimalMark
from contributions.imports.refusals import CellRefused
from contributions.imports.text import NotUtf8, Utf16, parse_text, require_utf8, without_bom


def test_amounts_become_micro_units() -> None:
    assert parse_amount("$3.00", "USD") == (3_000_000, "USD")
    assert parse_amount("3,50 EUR", None, DecimalMark.COMMA) == (3_500_000, "EUR")
    assert parse_amount("0.000001", "KES") == (1, "KES")


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("3.00", None, "currency_missing"),
        ("$3.00", None, "currency_missing"),
        ("3.00 EUR", "USD", "currencies_mixed"),
        ("3.00 XXQ", None, "currency_unknown"),
        ("0.0000001", "USD", "amount_too_fine"),
        ("-0.00", "USD", "number_negative"),
        ("1,234.50", "USD", "number_grouped"),
        ("nan", "USD", "not_a_number"),
        ("9999999999999", "USD", "amount_too_large"),
    ],
)
def test_uncertain_amounts_are_refused_by_name(text: str, currency: str | None, code: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        parse_amount(text, currency)
    assert refusal.value.code == code


def test_currencies_are_codes_in_use() -> None:
    assert parse_currency("PHP") == "PHP"
    with pytest.raises(CellRefused, match="currency_unknown"):
        parse_currency("php")


@settings(deadline=None)
@given(st.integers(0, 10**15))
def test_micro_units_survive_the_round_trip(micro: int) -> None:
    assert parse_amount(f"{micro // 10**6}.{micro % 10**6:06}", "EUR") == (micro, "EUR")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\x00b", "text_has_control"),
        ("a\nb", "text_has_control"),
        ("a\u202eb", "text_has_bidi"),
        ("a\u2066b", "text_has_bidi"),
        ("a\u200bb", "text_has_zero_width"),
        ("a\ufeffb", "text_has_zero_width"),
        ("a\ud800b", "text_has_surrogate"),
        ("x" * 201, "text_too_long"),
    ],
)
def test_deceiving_names_are_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(CellRefused) as refusal:
        parse_text(text)
    assert refusal.value.code == code


def test_names_are_trimmed_and_composed_and_formulas_stay_text() -> None:
    assert parse_text("  Jose\u0301 ") == "Jos\u00e9"
    assert parse_text(" \u3000") is None
    assert parse_text("=1+1") == "=1+1"
    assert parse_text("<script>") == "<script>"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_reading_a_name_twice_changes_nothing(text: str) -> None:
    try:
        once = parse_text(text)
    except CellRefused:
        return
    assert once is None or parse_text(once) == once


def test_latin_1_is_refused_with_its_line() -> None:
    with pytest.raises(NotUtf8) as refusal:
        require_utf8("a\nJosé\n".encode("latin-1"), first_line=10)
    assert refusal.value.facts == {"line": 11}


def test_the_utf_8_mark_is_dropped_and_utf_16_refused() -> None:
    assert without_bom(b"\xef\xbb\xbfa") == b"a"
    with pytest.raises(Utf16):
        without_bom("a".encode("utf-16"))
