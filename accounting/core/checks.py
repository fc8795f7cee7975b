"""Checks before a run: every contradiction in the inputs is a named fact, and nothing is guessed.

Floats do not occur in the tables, so neither do NaN and infinity; declared decimals are read
exactly and refuse both.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.core.declared import read_decimal
from accounting.core.errors import AccountingError
from accounting.core.policy import PPM
from accounting.core.tables import (
    EVIDENCE_GRADES,
    LABOUR_TYPES,
    MISSING,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Inputs,
    Int,
    NumberedIds,
)

COST_KINDS = ("compute", "energy", "licences", "data", "wages", "other")
TABLES = (
    "products",
    "edges",
    "task_types",
    "contributions",
    "revenue",
    "usage",
    "costs",
    "licences",
    "benchmarks",
    "scores",
    "valuations",
    "index_inputs",
    "facts",
)
NARROW = {
    ("contributions", column)
    for column in (
        "worker",
        "product",
        "task_type",
        "phase",
        "occurred_day",
        "time_basis",
        "outcome",
        "grade",
        "evidence",
        "licence",
        "frozen_ppm",
    )
}
"""Columns that are looked up by and never multiplied, so fewer than 64 bits do for them."""
NO_BOUND = 2**63 - 1
LONGEST_SECONDS = 2**33
LARGEST_MONEY = 2**53
LARGEST_CATALOGUE = 10**8
"""Products times task types: norms and means are held for every pair."""


class ColumnMalformed(AccountingError):
    """A column is not as long as its table or does not hold 64-bit integers."""

    code = "column_malformed"


class RowsUnsorted(AccountingError):
    """Rows do not stand in ascending order of id, or an id occurs twice."""

    code = "rows_unsorted"


class UnknownPosition(AccountingError):
    """A row refers to a row of another table that does not exist."""

    code = "unknown_position"


class FigureOutOfBounds(AccountingError):
    """A figure is outside what its column allows."""

    code = "figure_out_of_bounds"


class NegativeMoney(AccountingError):
    """An amount of money is negative where only refunds and corrections may be."""

    code = "negative_money"


class PeriodImpossible(AccountingError):
    """The period ends before it starts, or its currency is none."""

    code = "period_impossible"


class WorkAfterPeriod(AccountingError):
    """A contribution happened after the period ended."""

    code = "work_after_period"


class TaskTypeCycle(AccountingError):
    """A task type descends from itself."""

    code = "task_type_cycle"


class RevenueUnassigned(AccountingError):
    """An income belongs to both a product and a bundle, or to neither."""

    code = "revenue_unassigned"


class UsageUnitsMixed(AccountingError):
    """The use of one bundle is measured in more than one unit."""

    code = "usage_units_mixed"


class ValuationsOverlap(AccountingError):
    """A product has two valuations, so its scores contradict each other."""

    code = "valuations_overlap"


class ScoreOutsideProduct(AccountingError):
    """A score belongs to a contribution that its valuation's product does not contain."""

    code = "score_outside_product"


def check_inputs(inputs: Inputs) -> None:
    """Refuse inputs that contradict themselves.

    Raises:
        AccountingError: One of the facts named in this module, with table, column and row.
    """
    _check_columns(inputs)
    _check_period(inputs)
    _check_positions(inputs)
    _check_bounds(inputs)
    _check_money(inputs)
    _check_order(inputs)
    _check_task_types(inputs)
    _check_revenue(inputs)
    _check_scores(inputs)
    for value, weight in zip(inputs.facts.value, inputs.facts.weight, strict=True):
        read_decimal(value)
        read_decimal(weight or "1")


def _check_columns(inputs: Inputs) -> None:
    for name in TABLES:
        table = getattr(inputs, name)
        columns = {column.name: getattr(table, column.name) for column in fields(table)}
        lengths = {len(values) for values in columns.values()}
        integers = [
            values.dtype == np.int64 or (values.dtype.kind == "i" and (name, column) in NARROW)
            for column, values in columns.items()
            if isinstance(values, np.ndarray) and values.dtype.kind in "iuf"
        ]
        if len(lengths) > 1 or not all(integers):
            raise ColumnMalformed(
                f"The columns of {name} must be equally long and hold 64-bit integers.", table=name
            )


def _check_period(inputs: Inputs) -> None:
    period = inputs.period
    currency = re.fullmatch(r"[A-Z]{3}", period.currency, re.ASCII)
    if period.end < period.start or not currency or not 0 <= period.minor_digits <= 6:
        raise PeriodImpossible(
            "A period needs a first and a later last day, an ISO 4217 currency and 0 to 6 digits.",
            start=period.start.isoformat(),
            end=period.end.isoformat(),
            currency=period.currency,
            minor_digits=period.minor_digits,
        )
    days = inputs.contributions.occurred_day
    last = (period.end - type(period.end)(1970, 1, 1)).days
    late = np.flatnonzero(days > last)
    if len(late):
        raise WorkAfterPeriod("A contribution happened after the period.", row=int(late[0]))


def _check_positions(inputs: Inputs) -> None:
    products, workers = len(inputs.products.id), len(inputs.workers)
    types, contributions = len(inputs.task_types.code), len(inputs.contributions.worker)
    bundles, licences = len(inputs.bundles), len(inputs.licences.id)
    for table, column, lowest, count in (
        ("edges", "upstream", 0, products),
        ("edges", "downstream", 0, products),
        ("task_types", "labour_type", 0, len(LABOUR_TYPES)),
        ("task_types", "parent", MISSING, types),
        ("contributions", "worker", 0, workers),
        ("contributions", "product", 0, products),
        ("contributions", "task_type", 0, types),
        ("contributions", "phase", 0, len(PHASES)),
        ("contributions", "time_basis", 0, len(TIME_BASES)),
        ("contributions", "outcome", 0, len(OUTCOMES)),
        ("contributions", "evidence", 0, len(EVIDENCE_GRADES)),
        ("contributions", "grade", MISSING, len(inputs.grades)),
        ("contributions", "licence", MISSING, licences),
        ("revenue", "product", MISSING, products),
        ("revenue", "bundle", MISSING, bundles),
        ("usage", "bundle", 0, bundles),
        ("usage", "product", 0, products),
        ("costs", "product", MISSING, products),
        ("licences", "product", 0, products),
        ("benchmarks", "worker", 0, workers),
        ("scores", "contribution", 0, contributions),
        ("scores", "valuation", 0, len(inputs.valuations.id)),
        ("valuations", "product", 0, products),
        ("index_inputs", "product", 0, products),
        ("facts", "product", MISSING, products),
    ):
        row = _first_outside(getattr(getattr(inputs, table), column), lowest, count - 1)
        if row is not None:
            raise UnknownPosition(
                f"{table}.{column} refers to a row that does not exist.",
                table=table,
                column=column,
                row=row,
            )


def _check_bounds(inputs: Inputs) -> None:
    for table, column, lowest, highest in (
        ("edges", "transfer_ppm", 0, PPM),
        ("edges", "machine_ppm", 0, PPM),
        ("contributions", "seconds", MISSING, LONGEST_SECONDS),
        ("contributions", "units", MISSING, 2**53),
        ("contributions", "quality_ppm", MISSING, 10 * PPM),
        ("contributions", "frozen_ppm", 0, PPM),
        ("benchmarks", "living_wage_micro_per_hour", -NO_BOUND, LARGEST_MONEY),
        ("usage", "quantity", 0, NO_BOUND),
        ("licences", "units", 0, NO_BOUND),
        ("licences", "percentage_ppm", 0, PPM),
        ("valuations", "reliability_ppm", -PPM, PPM),
        ("scores", "score_ppb", -(2**53), 2**53),
        ("index_inputs", "gpu_milli_hours", MISSING, NO_BOUND),
        ("index_inputs", "governance_seconds", MISSING, NO_BOUND),
    ):
        row = _first_outside(getattr(getattr(inputs, table), column), lowest, highest)
        if row is not None:
            raise FigureOutOfBounds(
                f"{table}.{column} holds a figure that cannot be.",
                table=table,
                column=column,
                row=row,
            )
    if len(inputs.products.id) * len(inputs.task_types.code) > LARGEST_CATALOGUE:
        raise FigureOutOfBounds("There are too many products times task types.", table="products")
    for row, kind in enumerate(inputs.costs.kind):
        if kind not in COST_KINDS:
            raise FigureOutOfBounds(
                f"No cost is of kind {kind!r}.", table="costs", column="kind", row=row
            )


def _check_money(inputs: Inputs) -> None:
    for table, column in (
        ("contributions", "wage_micro"),
        ("licences", "fee_micro"),
        ("licences", "price_micro"),
        ("benchmarks", "living_wage_micro_per_hour"),
    ):
        row = _first_outside(getattr(getattr(inputs, table), column), 0, NO_BOUND)
        if row is not None:
            raise NegativeMoney(
                f"{table}.{column} holds a negative amount.", table=table, column=column, row=row
            )
    for row, (name, value) in enumerate(zip(inputs.facts.name, inputs.facts.value, strict=True)):
        if name in {"capital_advanced", "expired_escrow"} and value.startswith("-"):
            raise NegativeMoney(f"{name} is negative.", table="facts", column="value", row=row)


def _check_order(inputs: Inputs) -> None:
    for name, ids in (
        ("products", inputs.products.id),
        ("task_types", inputs.task_types.code),
        ("workers", inputs.workers),
        ("grades", inputs.grades),
        ("bundles", inputs.bundles),
        ("revenue", inputs.revenue.id),
        ("costs", inputs.costs.id),
        ("licences", inputs.licences.id),
        ("valuations", inputs.valuations.id),
    ):
        _require_ascending(name, all(map(str.__lt__, ids, ids[1:])))
    for name, column in (
        ("benchmarks", inputs.benchmarks.worker),
        ("index_inputs", inputs.index_inputs.product),
        ("scores", inputs.scores.contribution),
    ):
        _require_ascending(name, bool((column[1:] > column[:-1]).all()))
    edges = _edge_keys(inputs)
    _require_ascending("edges", all(map(tuple.__lt__, edges, edges[1:])))
    _check_contribution_order(inputs.contributions.id)


def _check_contribution_order(ids: NDArray[np.str_] | NumberedIds) -> None:
    # During a run the ids may still be empty; they are only needed for the bundle.
    named = len(ids) > 0 and bool(ids[0] or ids[-1])
    labels: NDArray[Any] = ids.numbers if isinstance(ids, NumberedIds) else ids
    _require_ascending("contributions", not named or bool(np.all(labels[1:] > labels[:-1])))


def _edge_keys(inputs: Inputs) -> list[tuple[int, int, str]]:
    edges = inputs.edges
    return list(
        zip(edges.upstream.tolist(), edges.downstream.tolist(), edges.relation, strict=True)
    )


def _require_ascending(name: str, ascending: bool) -> None:
    if not ascending:
        raise RowsUnsorted(f"{name} are not in ascending order.", table=name)


def _check_task_types(inputs: Inputs) -> None:
    parents = inputs.task_types.parent.tolist()
    for task_type in range(len(parents)):
        ancestor, steps = task_type, 0
        while ancestor >= 0:
            ancestor, steps = parents[ancestor], steps + 1
            if steps > len(parents):
                code = inputs.task_types.code[task_type]
                raise TaskTypeCycle("A task type descends from itself.", task_type=code)


def _check_revenue(inputs: Inputs) -> None:
    revenue, usage = inputs.revenue, inputs.usage
    unassigned = np.flatnonzero((revenue.product < 0) == (revenue.bundle < 0))
    if len(unassigned):
        row = int(unassigned[0])
        raise RevenueUnassigned(
            "An income belongs to a product or to a bundle.", revenue=revenue.id[row], row=row
        )
    units: dict[int, str] = {}
    for bundle, unit in zip(usage.bundle.tolist(), usage.unit, strict=True):
        if units.setdefault(bundle, unit) != unit:
            raise UsageUnitsMixed(
                "The use of a bundle is measured in two units.", bundle=inputs.bundles[bundle]
            )


def _check_scores(inputs: Inputs) -> None:
    valued = inputs.valuations.product.tolist()
    if len(set(valued)) < len(valued):
        raise ValuationsOverlap("A product has two valuations.")
    scores = inputs.scores
    product = inputs.contributions.product[scores.contribution]
    astray = np.flatnonzero(product != inputs.valuations.product[scores.valuation])
    if len(astray):
        raise ScoreOutsideProduct(
            "A score belongs to a contribution of another product.", row=int(astray[0])
        )


def _first_outside(column: Int, lowest: int, highest: int) -> int | None:
    outside = (column < lowest) | (column > highest)
    return int(np.argmax(outside)) if outside.any() else None
