"""Statements pay whole minor units; the fraction stays the payee's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.core.statements import make_statements, micro_per_minor
from accounting.core.tables import Inputs
from tests.accounting.core.changes import changed
from tests.accounting.core.worked_example_inputs import worked_example_inputs


def test_a_fraction_is_carried_and_a_refund_is_netted_later(example: Inputs) -> None:
    inputs = changed(example, "benchmarks", carried_in_micro=[0, 9_999, 1, -20_000, 0, 0, 0, 0])
    amounts = np.array([10_001, 1, 0, 5_000, -7, 0, 0, 0])
    found = make_statements(inputs, amounts, 0)
    assert found.paid_minor.tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert found.carried_out_micro.tolist() == [1, 0, 1, -15_000, -7, 0, 0, 0]


def test_a_minimum_payout_holds_money_and_never_zeroes_it(example: Inputs) -> None:
    amounts = np.array([990_000, 1_000_000, 0, 0, 0, 0, 0, 0])
    found = make_statements(example, amounts, 100)
    assert found.paid_minor.tolist()[:2] == [0, 100]
    assert found.carried_out_micro.tolist()[:2] == [990_000, 0]


@pytest.mark.parametrize(("digits", "micro"), [(0, 1_000_000), (2, 10_000), (3, 1_000), (6, 1)])
def test_minor_units_follow_the_currency(digits: int, micro: int) -> None:
    assert micro_per_minor(digits) == micro


@given(st.lists(st.integers(-(10**9), 10**12), min_size=1, max_size=12))
def test_nothing_is_lost_over_many_periods(amounts: list[int]) -> None:
    inputs = replace(worked_example_inputs(), workers=["ana"])
    carried, paid = 0, 0
    for amount in amounts:
        each = np.array([0], dtype=np.int64)
        inputs = changed(
            inputs,
            "benchmarks",
            worker=[0],
            living_wage_micro_per_hour=each,
            received_micro=each,
            carried_in_micro=[carried],
        )
        found = make_statements(inputs, np.array([amount]), 0)
        carried = int(found.carried_out_micro[0])
        paid += int(found.paid_minor[0])
    assert paid * 10_000 + carried == sum(amounts)
