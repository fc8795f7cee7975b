"""Declared figures are read exactly or refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from accounting.core.declared import FigureUnreadable, amount_of, overall, read_decimal
from accounting.core.tables import Facts


def facts(*rows: tuple[str, str]) -> Facts:
    return Facts(
        name=[name for name, _ in rows],
        product=np.full(len(rows), -1, dtype=np.int64),
        item=[""] * len(rows),
        value=[value for _, value in rows],
        weight=["1"] * len(rows),
    )


@pytest.mark.parametrize("text", ["NaN", "inf", "1e3", "", " 1", "1.", ".5", "+1", "1_0", "\u0661"])
def test_only_plain_decimals_are_numbers(text: str) -> None:
    with pytest.raises(FigureUnreadable):
        read_decimal(text)


def test_money_is_declared_in_units_of_the_currency() -> None:
    table = facts(("capital_advanced", "120000"), ("capital_advanced", "0.000001"))
    assert amount_of(table, "capital_advanced") == 120_000_000_001
    assert amount_of(table, "expired_escrow") == 0


def test_money_has_at_most_six_decimals() -> None:
    with pytest.raises(FigureUnreadable):
        amount_of(facts(("capital_advanced", "0.0000001")), "capital_advanced")


def test_what_was_never_declared_is_nothing_rather_than_zero() -> None:
    assert overall(facts(), "unlogged_hours") is None
    assert overall(facts(("unlogged_hours", "0")), "unlogged_hours") == Fraction(0)
