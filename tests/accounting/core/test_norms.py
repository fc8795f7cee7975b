"""Norms fall back, shrink and keep scopes apart as the policy says."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from accounting.core.credit import published_norms
from accounting.core.labour_content import measure_work
from accounting.core.norms import measure
from accounting.core.policy import Norm
from accounting.core.tables import MISSING, Inputs, NormRow
from tests.accounting.core.changes import changed

ONE = Norm(min_producers=1)


def norms(inputs: Inputs, policy: Norm) -> dict[tuple[str, str], NormRow]:
    work = measure_work(inputs, policy)
    rows = published_norms(work.norms, work.producers, work.credit)
    return {(row.task_type, row.scope): row for row in rows}


def test_equal_rates_do_not_depend_on_who_produced_them() -> None:
    seconds, output = np.array([20, 10, 90]), np.array([2, 1, 3])
    swapped = [1, 0, 2]
    for method in ("median", "mode"):
        assert measure(method, seconds, output) == measure(
            method, seconds[swapped], output[swapped]
        )


def test_equal_gaps_between_rates_are_compared_exactly() -> None:
    # 0.1, 0.2 and 0.3 lie equally far apart though their floats do not; the first pair counts.
    assert measure("mode", np.array([1, 2, 3]), np.array([10, 10, 10])) == Fraction(3, 20)


def test_a_half_sample_mode_narrows_down_to_where_rates_are_dense() -> None:
    seconds = np.array([10, 30, 31, 32, 90, 200])
    assert measure("mode", seconds, np.ones(6, dtype=np.int64)) == Fraction(61, 2)


def test_nothing_is_measured_where_no_output_has_any_quality() -> None:
    for method in ("mean", "median", "mode"):
        assert measure(method, np.array([5]), np.array([0])) is None


def test_few_producers_lean_on_the_parent_task_type(example: Inputs) -> None:
    inputs = _with_parent(example)
    row = norms(inputs, Norm(min_producers=5, shrink_weight=5))["labelling", ""]
    own = Fraction(row.seconds, row.effective_micro_units)
    pooled = Fraction(300 + 100, 12_940_000_000 + 540_000_000) * 3600
    wanted = (3 * own + 5 * pooled) / 8
    assert row.shrunk_toward == "alignment"
    assert row.norm_nanoseconds == round(wanted * 10**15)
    assert row.rescale_ppb != 10**9


def test_a_parent_that_counts_another_unit_is_no_parent(example: Inputs) -> None:
    inputs = changed(_with_parent(example), "task_types", unit=["a", "b", "c", "d", "e"])
    assert norms(inputs, Norm())["labelling", ""].shrunk_toward == ""


@pytest.mark.parametrize(
    ("assumed", "method", "nanoseconds"),
    [({"labelling": 90}, "assumed", 90 * 10**9), ({}, "parent", 666_666_666_667)],
)
def test_work_nobody_timed_takes_an_assumed_norm_or_the_parents(
    example: Inputs, assumed: dict[str, int], method: str, nanoseconds: int
) -> None:
    inputs = _with_parent(example)
    labelling = inputs.task_types.code.index("labelling")
    seconds = np.where(
        inputs.contributions.task_type == labelling, MISSING, inputs.contributions.seconds
    )
    inputs = changed(inputs, "contributions", seconds=seconds)
    row = norms(inputs, replace_norm(assumed))["labelling", ""]
    assert (row.method, row.norm_nanoseconds) == (method, nanoseconds)
    assert (row.seconds, row.producers) == (0, 0)


def test_a_narrower_scope_keeps_norms_apart(example: Inputs) -> None:
    assert set(norms(example, ONE)) == {("alignment", ""), ("labelling", "")}
    assert set(norms(example, Norm(scope="project", min_producers=1))) == {
        ("alignment", "m2"),
        ("labelling", "d1"),
    }
    operators = changed(example, "products", operator=["a", "b", "b", "a"])
    assert set(norms(operators, Norm(scope="platform", min_producers=1))) == {
        ("alignment", "a"),
        ("labelling", "a"),
    }


def replace_norm(assumed: dict[str, int]) -> Norm:
    return Norm(min_producers=1, assumed_seconds_per_unit=assumed)


def _with_parent(example: Inputs) -> Inputs:
    """The worked example with alignment as the parent of labelling, in one unit."""
    types = example.task_types
    parent = np.full(len(types.code), MISSING)
    parent[types.code.index("labelling")] = types.code.index("alignment")
    units = ["item"] * len(types.code)
    return replace(example, task_types=replace(types, parent=parent, unit=units))
