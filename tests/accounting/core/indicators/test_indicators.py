"""Indicators are exact, and absent where their denominator is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.core.allocation import allocate
from accounting.core.indicators import decimal_string
from accounting.core.indicators.market import market_indicators
from accounting.core.indicators.pay import gini, top_share
from accounting.core.tables import MISSING, OUTCOMES, TIME_BASES, Facts, Inputs
from tests.accounting.core.changes import changed, with_policy


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_gini_is_half_the_mean_difference_over_the_mean(incomes: list[int]) -> None:
    total = sum(incomes)
    differences = sum(abs(a - b) for a in incomes for b in incomes)
    wanted = Fraction(differences, 2 * len(incomes) * total) if total else None
    assert gini(sorted(incomes)) == wanted


def test_the_top_share_is_that_of_at_least_one_person() -> None:
    assert top_share([1, 1, 2]) == Fraction(1, 2)
    assert top_share([1] * 199 + [51]) == Fraction(52, 250)
    assert top_share([0, 0]) is None


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Fraction(1, 3), "0.333333333"),
        (Fraction(-2, 3), "-0.666666667"),
        (Fraction(5, 10**10), "0.000000000"),
        (Fraction(15, 10**10), "0.000000002"),
        (Fraction(10**30), f"{10**30}.000000000"),
    ],
)
def test_figures_are_written_with_nine_decimals_half_to_even(figure: Fraction, text: str) -> None:
    assert decimal_string(figure) == text


def test_an_empty_period_has_no_indicators_to_show(example: Inputs) -> None:
    empty = np.zeros(0, dtype=np.int64)
    columns: dict[str, Any] = dict.fromkeys(example.contributions.__slots__, empty)
    work = replace(example.contributions, **columns | {"id": np.array([], dtype=np.str_)})
    scores = replace(example.scores, contribution=empty, score_ppb=empty, valuation=empty)
    costs = replace(example.costs, amount_micro=np.zeros(4, dtype=np.int64))
    revenue = replace(example.revenue, amount_micro=np.zeros(2, dtype=np.int64))
    facts = replace(example.facts, name=[], product=empty, item=[], value=[], weight=[])
    run = allocate(
        replace(
            example,
            contributions=work,
            scores=scores,
            costs=costs,
            revenue=revenue,
            facts=facts,
        )
    )
    assert run.indicators == {}
    assert {pool.kind: pool.funded_micro for pool in run.pools}["data_dividend"] == 0


def test_unpaid_hours_count_work_of_any_outcome(example: Inputs) -> None:
    rejected = changed(example, "contributions", outcome=[OUTCOMES.index("rejected")] * 10)
    assert allocate(rejected).indicators["unpaid_share"] == "0.027027027"


def test_only_logged_hours_are_traceable(example: Inputs) -> None:
    held = changed(example, "contributions", time_basis=[TIME_BASES.index("none")] * 10)
    assert allocate(held).indicators["traceability_hours"] == "0.000000000"


def test_norms_that_credit_more_than_was_worked_say_how_much(example: Inputs) -> None:
    median = with_policy(example, norm={"method": "median", "min_producers": 1})
    excess = Fraction(allocate(median).indicators["credited_minus_worked_hours"])
    # The value model credits 319.51 of 300 hours by the median; alignment's median is 180 of 100.
    assert round(float(excess), 2) == round(319.506 - 300 + 0, 2) + 8.0


def _facts(*rows: tuple[str, int, str]) -> Facts:
    return Facts(
        name=[name for name, _, _ in rows],
        product=np.array([product for _, product, _ in rows], dtype=np.int64),
        item=[""] * len(rows),
        value=[value for _, _, value in rows],
        weight=[""] * len(rows),
    )


def test_the_lerner_index_is_overall_or_that_of_the_only_priced_product() -> None:
    one = _facts(("price", 2, "20"), ("marginal_cost", 2, "3"))
    assert market_indicators(one)["lerner"] == Fraction(17, 20)
    two = _facts(
        ("price", 2, "20"), ("marginal_cost", 2, "3"), ("price", 1, "9"), ("marginal_cost", 1, "3")
    )
    assert market_indicators(two)["lerner"] is None
    overall = _facts(("price", MISSING, "4"), ("marginal_cost", MISSING, "3"))
    assert market_indicators(overall)["lerner"] == Fraction(1, 4)


def test_without_declared_items_nothing_is_said_about_lock_in() -> None:
    assert market_indicators(_facts())["lockin"] is None
