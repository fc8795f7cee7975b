"""Inputs that contradict themselves are refused by name, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from accounting.core import checks
from accounting.core.allocation import allocate
from accounting.core.checks import check_inputs
from accounting.core.declared import FigureUnreadable
from accounting.core.errors import AccountingError
from accounting.core.lineage import LineageCycle, TransferExceedsOne
from accounting.core.tables import Inputs
from tests.accounting.core.changes import changed, with_cell


def test_the_worked_example_is_in_order(example: Inputs) -> None:
    check_inputs(example)


@pytest.mark.parametrize(
    ("cell", "value", "error"),
    [
        (("contributions", "worker", 0), 8, checks.UnknownPosition),
        (("contributions", "product", 9), -1, checks.UnknownPosition),
        (("contributions", "grade", 0), 99, checks.UnknownPosition),
        (("contributions", "outcome", 0), 5, checks.UnknownPosition),
        (("edges", "upstream", 0), 4, checks.UnknownPosition),
        (("scores", "valuation", 0), 1, checks.UnknownPosition),
        (("contributions", "seconds", 0), -2, checks.FigureOutOfBounds),
        (("contributions", "seconds", 0), 2**34, checks.FigureOutOfBounds),
        (("contributions", "frozen_ppm", 0), 1_000_001, checks.FigureOutOfBounds),
        (("edges", "transfer_ppm", 0), -1, checks.FigureOutOfBounds),
        (("contributions", "wage_micro", 3), -1, checks.NegativeMoney),
        (("licences", "fee_micro", 0), -1, checks.NegativeMoney),
        (("benchmarks", "living_wage_micro_per_hour", 2), -1, checks.NegativeMoney),
        (("contributions", "occurred_day", 4), 30_000, checks.WorkAfterPeriod),
        (("task_types", "parent", 1), 1, checks.TaskTypeCycle),
        (("valuations", "product", 0), 1, checks.ScoreOutsideProduct),
        (("benchmarks", "worker", 1), 0, checks.RowsUnsorted),
        (("edges", "transfer_ppm", 0), 950_000, TransferExceedsOne),
        (("edges", "upstream", 4), 3, LineageCycle),
    ],
)
def test_a_wrong_number_is_named(
    example: Inputs, cell: tuple[str, str, int], value: int, error: type[AccountingError]
) -> None:
    with pytest.raises(error):
        allocate(with_cell(example, *cell, value))


@pytest.mark.parametrize(
    ("table", "columns", "error"),
    [
        ("products", {"id": ["d2", "d1", "m1", "m2"]}, checks.RowsUnsorted),
        ("task_types", {"code": ["a", "a", "b", "c", "d"]}, checks.RowsUnsorted),
        ("contributions", {"id": np.array(list("abcdefghji"))}, checks.RowsUnsorted),
        ("revenue", {"id": ["b", "a"]}, checks.RowsUnsorted),
        ("revenue", {"bundle": [0, 0], "product": [0, 0]}, checks.RevenueUnassigned),
        ("revenue", {"bundle": [-1, -1], "product": [-1, -1]}, checks.RevenueUnassigned),
        ("costs", {"kind": ["bribes"] * 4}, checks.FigureOutOfBounds),
        ("usage", {"unit": ["tokens", "calls"]}, checks.UsageUnitsMixed),
        ("revenue", {"amount_micro": [1]}, checks.ColumnMalformed),
        ("revenue", {"amount_micro": np.array([1.0, np.nan])}, checks.ColumnMalformed),
        ("revenue", {"amount_micro": np.array([1, 2], np.int32)}, checks.ColumnMalformed),
        ("facts", {"value": ["NaN"] * 11}, FigureUnreadable),
        ("facts", {"value": ["-1"] * 11}, checks.NegativeMoney),
    ],
)
def test_a_wrong_column_is_named(
    example: Inputs, table: str, columns: dict[str, Any], error: type[AccountingError]
) -> None:
    with pytest.raises(error):
        check_inputs(changed(example, table, **columns))


@pytest.mark.parametrize(
    "fields", [{"end": date(2020, 1, 1)}, {"currency": "yuan"}, {"minor_digits": 7}]
)
def test_an_impossible_period_is_named(example: Inputs, fields: dict[str, Any]) -> None:
    with pytest.raises(checks.PeriodImpossible):
        check_inputs(replace(example, period=replace(example.period, **fields)))


def test_two_valuations_of_a_product_contradict_each_other(example: Inputs) -> None:
    inputs = changed(
        example,
        "valuations",
        id=["a", "b"],
        product=[0, 0],
        method=["x", "y"],
        reliability_ppm=[0, 0],
    )
    with pytest.raises(checks.ValuationsOverlap):
        check_inputs(inputs)


def test_ids_may_be_left_out_until_a_bundle_is_written(example: Inputs) -> None:
    check_inputs(changed(example, "contributions", id=np.array([""] * 10)))


def test_every_error_of_the_checks_has_a_code_of_its_own() -> None:
    errors = [
        value
        for value in vars(checks).values()
        if isinstance(value, type) and issubclass(value, AccountingError)
    ]
    codes = [error.code for error in errors if error is not AccountingError]
    assert len(set(codes)) == len(codes) == 12
    assert AccountingError.code not in codes
