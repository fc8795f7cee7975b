"""Declared figures of the period, read exactly as they were written.

Source: records.md, "Run bundle"; tables.py, `Facts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from accounting.core.errors import AccountingError
from accounting.core.tables import MISSING, Facts

DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)


class FigureUnreadable(AccountingError):
    """A declared figure is not a plain decimal number."""

    code = "figure_unreadable"


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared figure; `weight` is one where none was given."""

    product: int
    value: Fraction
    weight: Fraction


def declared(facts: Facts, name: str) -> list[Declared]:
    """Return all figures declared under a name, in the order of the table.

    Raises:
        FigureUnreadable: A value or weight is not a plain decimal number.
    """
    return [
        Declared(product, read_decimal(value), read_decimal(weight) if weight else Fraction(1))
        for fact, product, value, weight in zip(
            facts.name, facts.product.tolist(), facts.value, facts.weight, strict=True
        )
        if fact == name
    ]


def overall(facts: Facts, name: str) -> Fraction | None:
    """Return the sum of what is declared under a name, or nothing if that is nothing."""
    figures = declared(facts, name)
    return sum((figure.value for figure in figures), Fraction(0)) if figures else None


def amount_of(facts: Facts, name: str) -> int:
    """Return an amount of money in µ; nothing declared counts as zero.

    Amounts are declared in whole units of the currency with up to six decimals.

    Raises:
        FigureUnreadable: The amount has more than six decimals.
    """
    amount = (overall(facts, name) or Fraction(0)) * 10**6
    if amount.denominator != 1:
        raise FigureUnreadable(f"{name} has more than six decimals.", name=name)
    return amount.numerator


def of_products(facts: Facts, name: str) -> dict[int, Fraction]:
    """Return what is declared per product under a name, `MISSING` standing for overall."""
    figures: dict[int, Fraction] = {}
    for figure in declared(facts, name):
        figures[figure.product if figure.product >= 0 else MISSING] = figure.value
    return figures


def read_decimal(text: str) -> Fraction:
    """Read a plain decimal number exactly; NaN, infinity and exponents are refused.

    >>> read_decimal("0.25")
    Fraction(1, 4)
    """
    if not DECIMAL.fullmatch(text):
        raise FigureUnreadable(f"{text[:60]!r} is not a plain decimal number.", value=text[:60])
    return Fraction(text)
