from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr, t

from accounting.valuation.blocks import value_all, value_blocks
from accounting.valuation.convergence import (
    Precision,
    RunAgreement,
    Stability,
    TooFewRuns,
    half_widths,
    owner_runs,
    rank_correlation,
    run_agreement,
)
from accounting.valuation.methods import Method, prepare
from accounting.valuation.utility import hard
from tests.accounting.valuation.games import small_world


@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_rank_correlation_is_spearmans(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 6, (2, count)).astype(float)
    if np.ptp(first) and np.ptp(second):
        expected = spearmanr(first, second).statistic
        assert rank_correlation(first, second) == pytest.approx(expected, abs=1e-12)


def test_rank_correlation_knows_its_ends() -> None:
    rising = np.array([1.0, 2.0, 5.0])

    assert rank_correlation(rising, rising**3) == 1.0
    assert rank_correlation(rising, -rising) == -1.0
    assert rank_correlation(rising, np.ones(3)) == 0.0


def test_agreement_is_the_mean_over_pairs_and_the_lowest() -> None:
    runs = [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])]

    assert run_agreement(runs) == RunAgreement(runs=3, mean=-1 / 3, lowest=-1.0)
    with pytest.raises(TooFewRuns):
        run_agreement(runs[:2])


def test_intervals_are_students() -> None:
    widths = half_widths(np.array([0.5, math.nan]), samples=10, confidence=0.9)

    assert widths.tolist() == [pytest.approx(0.5 * t.ppf(0.95, 9)), math.inf]
    assert half_widths(np.array([0.5]), samples=1, confidence=0.9).tolist() == [math.inf]


def test_precision_asks_for_width_and_agreement() -> None:
    asked = Precision(half_width=0.1, correlation=0.8)
    good, poor = RunAgreement(3, 0.9, 0.8), RunAgreement(3, 0.7, 0.6)

    assert Stability(good, 0.1).meets(asked)
    assert not Stability(good, 0.11).meets(asked)
    assert not Stability(poor, 0.1).meets(asked)
    assert not Stability(None, 0.0).meets(asked)


def test_runs_of_an_exact_valuation_are_disjoint_parts_of_its_tests() -> None:
    world = small_world(seed=5, sizes=(30, 4, 24), neighbourhood=hard(3), baseline=0.1)
    game = prepare(
        method=Method.OWNER_SHAPLEY,
        training=world.training,
        tests=world.tests,
        utility=world.utility,
    )
    blocks = list(value_blocks(game, threads=1))

    runs = owner_runs(game, blocks[::-1])

    assert np.mean(runs, axis=0) == pytest.approx(value_all(game).owners, abs=1e-14)
    assert not np.allclose(runs[0], runs[1])
    with pytest.raises(TooFewRuns):
        owner_runs(game, blocks[:2])
    with pytest.raises(TooFewRuns):
        owner_runs(game, blocks, runs=2)
