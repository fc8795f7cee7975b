from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from accounting.valuation.convergence import Precision
from accounting.valuation.points import BoolArray, FloatArray
from accounting.valuation.sampling import SampleSums, Sampling, SamplingUnusable, Scheme
from accounting.valuation.semivalues import (
    Measure,
    merge_samples,
    omission_values,
    sample_block,
    sample_until,
    size_weights,
    stability,
)
from tests.accounting.valuation.games import everyone_subsets, semivalue_by_enumeration

PLAYERS = 6


def random_game(seed: int = 3) -> tuple[FloatArray, Measure]:
    """The utilities of all coalitions, and a way to measure one."""
    utilities = np.random.default_rng(seed).random(2**PLAYERS)

    def measure(members: BoolArray) -> float:
        return float(utilities[int(members @ 2 ** np.arange(PLAYERS))])

    return utilities, measure


def beta_by_size(alpha: float, beta: float) -> list[float]:
    """Kwon & Zou's weight of one coalition of each size."""

    def log_beta(a: float, b: float) -> float:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    return [
        math.exp(log_beta(s + beta, PLAYERS - 1 - s + alpha) - log_beta(alpha, beta))
        for s in range(PLAYERS)
    ]


def sampled(sampling: Sampling, measure: Measure, blocks: int) -> list[SampleSums]:
    return [
        sample_block(measure=measure, sampling=sampling, index=index) for index in range(blocks)
    ]


@pytest.mark.parametrize(
    ("scheme", "alpha", "beta", "by_size"),
    [
        (Scheme.BANZHAF, 1.0, 1.0, [2.0 ** (1 - PLAYERS)] * PLAYERS),
        (Scheme.BETA_SHAPLEY, 1.0, 1.0, beta_by_size(1.0, 1.0)),
        (Scheme.BETA_SHAPLEY, 4.0, 1.0, beta_by_size(4.0, 1.0)),
        (Scheme.BETA_SHAPLEY, 1.0, 16.0, beta_by_size(1.0, 16.0)),
    ],
)
def test_sampled_values_are_as_near_enumeration_as_their_errors_say(
    scheme: Scheme, alpha: float, beta: float, by_size: list[float]
) -> None:
    utilities, measure = random_game()
    sampling = Sampling(scheme, PLAYERS, seed=1, block_size=500, alpha=alpha, beta=beta)

    found = merge_samples(sampling=sampling, blocks=sampled(sampling, measure, 6))

    expected = semivalue_by_enumeration(utilities, by_size)
    z = (found.values - expected) / found.errors
    assert np.abs(z).max() < 4
    assert found.errors.max() < 0.1
    assert found.samples >= (1000 if scheme is Scheme.BANZHAF else 3000)


def test_size_weights_are_those_of_the_shapley_value_at_one_and_one() -> None:
    near_one = Sampling(Scheme.BETA_SHAPLEY, 9, seed=0, alpha=1.0 + 1e-12, beta=1.0)

    assert size_weights(near_one) == pytest.approx(np.ones(9), abs=1e-9)
    tilted = Sampling(Scheme.BETA_SHAPLEY, 9, seed=0, alpha=16.0)
    assert size_weights(tilted).mean() == pytest.approx(1.0)
    assert (np.diff(size_weights(tilted)) < 0).all()


def test_every_order_adds_up_to_what_everyone_gains() -> None:
    utilities, measure = random_game()
    sampling = Sampling(Scheme.BETA_SHAPLEY, PLAYERS, seed=1, block_size=3)

    found = merge_samples(sampling=sampling, blocks=sampled(sampling, measure, 1))

    assert found.values.sum() == pytest.approx(utilities[-1] - utilities[0], abs=1e-12)


def test_blocks_measured_anywhere_give_the_same_bits() -> None:
    _, measure = random_game()
    sampling = Sampling(Scheme.BANZHAF, PLAYERS, seed=8, block_size=5)
    blocks = sampled(sampling, measure, 7)
    through_json = [
        SampleSums.from_json(json.loads(json.dumps(block.as_json()))) for block in blocks
    ]

    here = merge_samples(sampling=sampling, blocks=blocks)
    there = merge_samples(sampling=sampling, blocks=through_json[::-1])

    assert here.values.tobytes() == there.values.tobytes()
    assert here.errors.tobytes() == there.errors.tobytes()


def test_truncation_spares_fits_and_is_told() -> None:
    measured = 0

    def saturating(members: BoolArray) -> float:
        nonlocal measured
        measured += 1
        return min(int(members.sum()), 2) / 2

    sampling = Sampling(Scheme.BETA_SHAPLEY, 20, seed=1, block_size=10, truncation=0.01)

    found = merge_samples(sampling=sampling, blocks=sampled(sampling, saturating, 1))

    assert measured == 1 + 10 * 3
    assert found.cut == pytest.approx(18 / 20)
    assert found.values.sum() == pytest.approx(1.0)


def test_stages_join_in_their_order() -> None:
    def first_gets_all(members: BoolArray) -> float:
        return float(members.any())

    sampling = Sampling(Scheme.BETA_SHAPLEY, 4, seed=1, block_size=50, stages=(1, 0, 1, 0))

    values = merge_samples(sampling=sampling, blocks=sampled(sampling, first_gets_all, 1)).values

    assert values[[0, 2]].tolist() == [0.0, 0.0]
    assert values[[1, 3]].sum() == 1.0


def test_a_run_stops_when_the_asked_precision_is_met() -> None:
    def additive(members: BoolArray) -> float:
        return float(members @ np.arange(1.0, PLAYERS + 1))

    sampling = Sampling(Scheme.BETA_SHAPLEY, PLAYERS, seed=1, block_size=4)
    precision = Precision(half_width=1e-9, correlation=0.99)

    steps = list(
        sample_until(measure=additive, sampling=sampling, precision=precision, most_blocks=50)
    )

    # Gains never vary here, so three runs of one block each are enough.
    assert len(steps) == 3
    assert [state.meets(precision) for _, state in steps] == [False, False, True]


def test_a_run_goes_on_from_what_is_done_and_stops_at_its_limit() -> None:
    _, measure = random_game()
    sampling = Sampling(Scheme.BANZHAF, PLAYERS, seed=1, block_size=8)
    never = Precision(half_width=0.0, correlation=1.0)
    done = sampled(sampling, measure, 4)

    steps = list(
        sample_until(measure=measure, sampling=sampling, precision=never, most_blocks=6, done=done)
    )

    assert [block.index for block, _ in steps] == [4, 5]


def test_nothing_more_is_measured_once_the_precision_is_met() -> None:
    _, measure = random_game()
    sampling = Sampling(Scheme.BANZHAF, PLAYERS, seed=1, block_size=200)
    done = sampled(sampling, measure, 3)
    easy = Precision(half_width=10.0, correlation=-1.0)

    assert not list(
        sample_until(measure=measure, sampling=sampling, precision=easy, most_blocks=9, done=done)
    )


def test_an_owner_never_drawn_has_no_value_yet() -> None:
    _, measure = random_game()
    sampling = Sampling(Scheme.BANZHAF, PLAYERS, seed=1, block_size=1)
    blocks = sampled(sampling, measure, 1)

    found = merge_samples(sampling=sampling, blocks=blocks)
    state = stability(sampling=sampling, blocks=blocks, confidence=0.95)

    assert np.isnan(found.values).all()
    assert state.agreement is None
    assert state.widest == math.inf


def test_leaving_out_takes_one_owner_at_a_time() -> None:
    utilities, measure = random_game()

    values = omission_values(measure=measure, players=PLAYERS)

    full = 2**PLAYERS - 1
    assert values.tolist() == [utilities[full] - utilities[full - 2**p] for p in range(PLAYERS)]
    assert everyone_subsets(PLAYERS).shape == (64, 6)


@pytest.mark.parametrize(
    "change",
    [
        {"players": 0},
        {"block_size": 0},
        {"seed": -1},
        {"truncation": -0.1},
        {"alpha": 0.0},
        {"beta": math.inf},
        {"scheme": Scheme.BANZHAF, "alpha": 2.0},
        {"scheme": Scheme.BANZHAF, "truncation": 0.1},
        {"scheme": Scheme.BANZHAF, "stages": (0, 0, 1)},
        {"stages": (0, 1)},
        {"stages": (0, 0, 1), "beta": 2.0},
    ],
)
def test_contradictory_samplings_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SamplingUnusable):
        Sampling(**{"scheme": Scheme.BETA_SHAPLEY, "players": 3, "seed": 0, **change})


def test_a_sampling_survives_being_written_as_json() -> None:
    sampling = Sampling(Scheme.BETA_SHAPLEY, 3, seed=5, stages=(0, 0, 1))

    assert Sampling.from_json(json.loads(json.dumps(sampling.as_json()))) == sampling
    for broken in ({}, {**sampling.as_json(), "scheme": "x"}, {**sampling.as_json(), "y": 1}):
        with pytest.raises(SamplingUnusable):
            Sampling.from_json(broken)
