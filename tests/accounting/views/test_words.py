"""Catalogues of words are complete: nothing the engine says is left without an explanation."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from accounting.core.trace import RULES
from accounting.models import EscrowEntry
from accounting.services.suppression import Cell, is_hidden, too_small
from accounting.views.indicator_catalogue import CATALOGUE
from accounting.views.indicator_inputs import INPUTS
from accounting.views.trace_words import FORMULAS, NAMES
from accounting.views.words import ESCROW_MEANINGS, POOL_MEANINGS, POOL_NAMES
from contributions.formatting import safe_cell

# Every figure of value-model.md i, by the names of the worked example, and the one of a.
INDICATORS = """gini_payout gini_income gini_hourly top1_income_share HHI_revenue
lw_cov_workers_before lw_cov_workers_after lw_cov_hours_before unpaid_share s_rate_price
s_rate_labour occ rent_share_R rent_share_S transfer_share_newvalue compute_substitution
lag_quarters unrealised_share traceability_hours lockin lerner credited_minus_worked_hours"""


def test_every_indicator_has_words_and_inputs() -> None:
    assert set(CATALOGUE) == set(INDICATORS.split()) == set(INPUTS)


def test_every_rule_of_a_trace_has_a_formula() -> None:
    assert set(FORMULAS) == set(RULES)


def test_every_quantity_of_a_trace_has_a_name() -> None:
    folder = Path(settings.BASE_DIR) / "accounting" / "core" / "trace"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    named = set(re.findall(r'(?:Quantity|_money)\(\s*"([a-z_]+)"', source))
    assert named
    assert named <= set(NAMES)


def test_pools_and_reasons_are_explained() -> None:
    assert set(POOL_NAMES) == set(POOL_MEANINGS)
    assert set(ESCROW_MEANINGS) == set(EscrowEntry.Reason.values)


def test_a_small_group_takes_another_along_so_that_it_cannot_be_worked_out() -> None:
    cells = {"a": Cell(40, 400, 20), "b": Cell(15, 150, 20), "c": Cell(3, 30, 10)}
    assert too_small(cells, 10) == {"b", "c"}


def test_somebody_with_more_than_half_is_not_shown() -> None:
    cells = {"a": Cell(40, 400, 201), "b": Cell(50, 500, 20)}
    assert too_small(cells, 10) == {"a"}


def test_to_the_keeper_of_the_records_nothing_is_hidden() -> None:
    cells = {"a": Cell(1, 10, 10)}
    assert too_small(cells, 0) == set()
    assert not is_hidden(cells, 0)


def test_text_that_looks_like_a_formula_stays_text() -> None:
    assert safe_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe_cell("-2+3") == "'-2+3"
    assert safe_cell("-2.5") == "-2.5"
