from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.valuation.least_core import TooManyComplaints, least_core
from accounting.valuation.points import FloatArray
from accounting.valuation.utility_table import TableIncomplete, UtilityTable, members_of


def full_table(utilities: FloatArray) -> UtilityTable:
    players = len(utilities).bit_length() - 1
    return UtilityTable(players, utilities, np.zeros_like(utilities))


def largest_complaint(utilities: FloatArray, values: FloatArray) -> float:
    complaints = utilities - utilities[0] - members_of(len(values)) @ values
    return float(complaints[1:-1].max())


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_no_division_leaves_a_smaller_largest_complaint(players: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    utilities = random.normal(size=2**players)

    found = least_core(full_table(utilities))

    assert found.values.sum() == pytest.approx(utilities[-1] - utilities[0], abs=1e-9)
    assert largest_complaint(utilities, found.values) == pytest.approx(found.complaint, abs=1e-7)
    for step in random.normal(size=(200, players)):
        other = found.values + step - step.mean()
        assert largest_complaint(utilities, other) >= found.complaint - 1e-7


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_of_equal_complaints_the_most_equal_division_is_taken(seed: int) -> None:
    random = np.random.default_rng(seed)
    utilities = random.normal(size=8)

    found = least_core(full_table(utilities))

    for step in random.normal(size=(500, 3)) * 0.3:
        other = found.values + step - step.mean()
        if largest_complaint(utilities, other) <= found.complaint + 1e-9:
            assert other @ other >= found.values @ found.values - 1e-6


def test_the_right_glove_takes_all_in_the_core() -> None:
    utilities = np.array([0, 0, 0, 0, 0, 1, 1, 1], dtype=float)

    found = least_core(full_table(utilities))

    assert found.values == pytest.approx([0.0, 0.0, 1.0], abs=1e-7)
    assert found.complaint == pytest.approx(0.0, abs=1e-7)


def test_a_majority_of_three_has_no_core() -> None:
    utilities = np.array([0, 0, 0, 1, 0, 1, 1, 1], dtype=float)

    found = least_core(full_table(utilities))

    assert found.values == pytest.approx([1 / 3] * 3, abs=1e-7)
    assert found.complaint == pytest.approx(1 / 3)


def test_equals_get_equal_values_from_part_of_the_coalitions() -> None:
    pairs = [list(pair) for pair in itertools.combinations(range(4), 2)]
    table = UtilityTable.of(
        players=4, coalitions=[[], [0, 1, 2, 3], *pairs], metrics=[0.0, 1.0, *[0.5] * 6]
    )

    assert least_core(table).values == pytest.approx([0.25] * 4, abs=1e-7)


def test_without_complaints_everyone_gets_the_same() -> None:
    table = UtilityTable.of(players=2, coalitions=[[], [0, 1]], metrics=[0.2, 1.0])
    alone = UtilityTable.of(players=1, coalitions=[[], [0]], metrics=[0.2, 1.0])

    assert least_core(table).values == pytest.approx([0.4, 0.4])
    assert least_core(alone).values == pytest.approx([0.8])


def test_the_whole_and_nothing_must_be_measured() -> None:
    table = UtilityTable.of(players=2, coalitions=[[], [0], [1]], metrics=[0.0, 1.0, 1.0])

    with pytest.raises(TableIncomplete):
        least_core(table)


def test_a_table_too_large_for_the_solver_is_refused() -> None:
    with pytest.raises(TooManyComplaints):
        least_core(full_table(np.zeros(2**17)))
