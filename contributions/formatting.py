"""Integers of the records as people read them, in the language of the page.

Records hold micro-units, seconds, µh and ppm; nothing is rounded before it is shown, and what is
shown says how many digits it kept.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.utils.translation import get_language, to_locale

from contributions.currencies import MINOR_DIGITS

_MICRO_DIGITS = 6
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def money(micro: int, currency: str, *, exact: bool = False) -> str:
    """Write micro-units of a currency as an amount.

    Args:
        exact: Keep all six digits below the unit instead of the currency's own.

    >>> money(2_598_910_432, "CNY"), money(2_598_910_432, "CNY", exact=True)
    ('2,598.91', '2,598.910432')
    """
    digits = _MICRO_DIGITS if exact else MINOR_DIGITS.get(currency, 2)
    return _fixed(Decimal(micro).scaleb(-_MICRO_DIGITS), digits)


def hours_of_seconds(seconds: int) -> str:
    """Write seconds as hours with two digits."""
    return _fixed(Decimal(seconds) / 3600, 2)


def hours_of_content(micro_hours: int) -> str:
    """Write µh as hours with three digits."""
    return _fixed(Decimal(micro_hours).scaleb(-6), 3)


def share(ppm: int, *, digits: int = 1) -> str:
    """Write parts per million as a percentage."""
    pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
    return format_percent(Decimal(ppm).scaleb(-6), format=pattern, locale=_locale())


def share_exactly(ppm: int) -> str:
    """Write parts per million as a percentage with all digits it has, four at most."""
    return format_percent(Decimal(ppm).scaleb(-6), format="#,##0.####%", locale=_locale())


def factor(ppm: int) -> str:
    """Write parts per million as a plain factor with at most six digits."""
    return format_decimal(Decimal(ppm).scaleb(-6), format="#,##0.00####", locale=_locale())


def number(value: int | Decimal | str, *, digits: int | None = None) -> str:
    """Write a number with grouping, and with a fixed number of digits if asked."""
    amount = Decimal(value)
    if digits is None:
        return format_decimal(amount, format="#,##0.#########", locale=_locale())
    return _fixed(amount, digits)


def day(value: date) -> str:
    """Write a date in words of the language."""
    return format_date(value, format="long", locale=_locale())


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell("-12.5"), safe_cell("Ana")
    ("'=1+1", '-12.5', 'Ana')
    """
    if (
        not text.startswith(_FORMULA_STARTS)
        or text.removeprefix("-").replace(".", "", 1).isdecimal()
    ):
        return text
    return f"'{text}"


def _fixed(amount: Decimal, digits: int) -> str:
    rounded = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(rounded, format=pattern, locale=_locale())


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or "en"))
