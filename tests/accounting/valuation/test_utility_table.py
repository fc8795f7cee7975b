from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.valuation.points import FloatArray, ShapesDisagree
from accounting.valuation.utility_table import (
    MetricNotFinite,
    PlayerUnknown,
    StagesUnusable,
    TableIncomplete,
    TooManyPlayers,
    UtilityTable,
    table_banzhaf,
    table_leave_one_out,
    table_shapley,
)
from tests.accounting.valuation.games import shapley_by_enumeration


def full_table(utilities: FloatArray) -> UtilityTable:
    players = len(utilities).bit_length() - 1
    return UtilityTable(players, utilities, np.zeros_like(utilities))


def shapley_by_orders(utilities: FloatArray, stages: list[int]) -> FloatArray:
    """The mean gain over every order that the stages allow."""
    gains = np.zeros(len(stages))
    allowed = [
        order
        for order in itertools.permutations(range(len(stages)))
        if [stages[p] for p in order] == sorted(stages)
    ]
    for order in allowed:
        place = 0
        for player in order:
            gains[player] += utilities[place + 2**player] - utilities[place]
            place += 2**player
    return gains / len(allowed)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_shapley_values_equal_enumeration(players: int, seed: int) -> None:
    utilities = np.random.default_rng(seed).normal(size=2**players)

    found = table_shapley(full_table(utilities))

    assert found.values == pytest.approx(shapley_by_enumeration(utilities), abs=1e-12)
    assert found.values.sum() == pytest.approx(utilities[-1] - utilities[0], abs=1e-12)
    assert found.errors.tolist() == [0.0] * players


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_stages_allow_only_their_orders(stages: list[int], seed: int) -> None:
    utilities = np.random.default_rng(seed).normal(size=2 ** len(stages))

    found = table_shapley(full_table(utilities), stages=stages)

    assert found.values == pytest.approx(shapley_by_orders(utilities, stages), abs=1e-12)


def test_the_glove_game_is_the_textbook_one() -> None:
    # Two left gloves and one right: only a pair is worth anything.
    utilities = np.array([0, 0, 0, 0, 0, 1, 1, 1], dtype=float)

    assert table_shapley(full_table(utilities)).values == pytest.approx([1 / 6, 1 / 6, 4 / 6])
    assert table_banzhaf(full_table(utilities)).values == pytest.approx([1 / 4, 1 / 4, 3 / 4])
    assert table_leave_one_out(full_table(utilities)).values.tolist() == [0.0, 0.0, 1.0]


def test_repeated_measurements_become_errors() -> None:
    table = UtilityTable.of(
        players=1, coalitions=[[], [], [0], [0], [0]], metrics=[0.0, 0.2, 0.9, 1.0, 1.1]
    )

    found = table_shapley(table)

    assert found.values == pytest.approx([0.9])
    assert found.errors == pytest.approx([math.sqrt(0.02 / 2 + 0.01 / 3)])


def test_a_coalition_measured_once_leaves_the_error_unknown() -> None:
    table = UtilityTable.of(players=1, coalitions=[[], [0], [0]], metrics=[0.0, 0.9, 1.0])

    assert math.isnan(table_shapley(table).errors[0])


def test_leave_one_out_needs_no_more_than_its_ablations() -> None:
    table = UtilityTable.of(
        players=3, coalitions=[[0, 1, 2], [1, 2], [0, 2], [0, 1]], metrics=[0.9, 0.8, 0.9, 0.95]
    )

    assert table_leave_one_out(table).values == pytest.approx([0.1, 0.0, -0.05])
    with pytest.raises(TableIncomplete) as refusal:
        table_shapley(table)
    assert refusal.value.facts == {"missing": 4, "example": ""}


def test_unusable_tables_are_refused_by_name() -> None:
    with pytest.raises(TooManyPlayers):
        UtilityTable.of(players=21, coalitions=[], metrics=[])
    with pytest.raises(TooManyPlayers):
        UtilityTable.of(players=0, coalitions=[], metrics=[])
    with pytest.raises(PlayerUnknown) as unknown:
        UtilityTable.of(players=2, coalitions=[[0], [2]], metrics=[0.0, 1.0])
    with pytest.raises(MetricNotFinite) as unmeasured:
        UtilityTable.of(players=2, coalitions=[[0], [1]], metrics=[0.0, math.nan])
    with pytest.raises(ShapesDisagree):
        UtilityTable.of(players=2, coalitions=[[0]], metrics=[0.0, 1.0])
    with pytest.raises(StagesUnusable):
        table_shapley(full_table(np.zeros(4)), stages=[0])
    assert unknown.value.facts == unmeasured.value.facts == {"row": 1}
