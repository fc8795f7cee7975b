"""Wages already paid, as exports write them, read into whole micro-units."""

from __future__ import annotations

import re
from typing import Final

from contributions.currencies import MINOR_DIGITS
from contributions.imports.numbers import DecimalMark, NumberMalformed, parse_number
from contributions.imports.refusals import CellRefused

MICRO_A_UNIT: Final = 1_000_000
LARGEST_MICRO: Final = 10**12 * MICRO_A_UNIT
_DECORATED: Final = re.compile(r"([$€£¥₱₹₩₽₦]?) ?([^A-Z$€£¥₱₹₩₽₦ ]+) ?([A-Z]{3})?")


class CurrencyUnknown(CellRefused):
    """The code is no active ISO 4217 currency."""

    code = "currency_unknown"


class CurrencyMissing(CellRefused):
    """There is an amount, but neither the row nor the mapping names its currency."""

    code = "currency_missing"


class CurrenciesMixed(CellRefused):
    """The cell names another currency than its column."""

    code = "currencies_mixed"


class AmountTooFine(CellRefused):
    """The amount has more than six decimals."""

    code = "amount_too_fine"


class AmountTooLarge(CellRefused):
    """The amount is above a million million units."""

    code = "amount_too_large"


def parse_currency(text: str) -> str:
    """Read an ISO 4217 code, upper case.

    Raises:
        CurrencyUnknown: It is not on the list of active currencies.
    """
    code = text.strip(" \t")
    if code not in MINOR_DIGITS:
        raise CurrencyUnknown
    return code


def parse_amount(
    text: str, currency: str | None, mark: DecimalMark = DecimalMark.POINT
) -> tuple[int, str]:
    """Read an amount >= 0 such as `3.00`, `$3.00`, `3,00 EUR`.

    A symbol is accepted but never trusted to name the currency: `$` is twenty currencies.

    Args:
        text: The cell, not empty.
        currency: ISO 4217 code of the column, or None if the cell must name it.
        mark: Decimal mark.

    Returns:
        Micro-units (1.00 = 1 000 000) and the currency.

    Raises:
        CurrencyMissing, CurrenciesMixed, CurrencyUnknown: The currency is not certain.
        AmountTooFine, AmountTooLarge: It cannot be held in micro-units.
        CellRefused: What `parse_number` refuses.
    """
    found = _DECORATED.fullmatch(text.strip(" \t"))
    if found is None:
        raise NumberMalformed
    _symbol, number, named = found.groups()
    value = parse_number(number, mark) * MICRO_A_UNIT
    if value != value.to_integral_value():
        raise AmountTooFine
    if value > LARGEST_MICRO:
        raise AmountTooLarge
    if named is not None:
        parse_currency(named)
    if named is not None and currency not in (None, named):
        raise CurrenciesMixed
    code = named or currency
    if code is None:
        raise CurrencyMissing
    return int(value), code
