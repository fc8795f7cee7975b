from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accounting.cases.synthetic.draws import Draws, shuffled, skewed

seeds = st.integers(min_value=0, max_value=2**64)


@given(seeds, st.integers(1, 2**32), st.integers(0, 50))
def test_draws_stay_below_their_bound(seed: int, bound: int, count: int) -> None:
    drawn = Draws(seed, 0).below(bound, count)
    assert len(drawn) == count
    assert all(0 <= value < bound for value in drawn.tolist())


@given(seeds, st.lists(st.integers(1, 2**31), min_size=1, max_size=20))
def test_each_draw_may_have_a_bound_of_its_own(seed: int, bounds: list[int]) -> None:
    drawn = Draws(seed, 0).below(np.array(bounds), len(bounds)).tolist()
    assert all(0 <= value < bound for value, bound in zip(drawn, bounds, strict=True))


@given(seeds, st.integers(-100, 100), st.integers(0, 100))
def test_between_reaches_no_further_than_both_ends(seed: int, low: int, width: int) -> None:
    drawn = Draws(seed, 0).between(low, low + width, 30)
    assert low <= drawn.min()
    assert drawn.max() <= low + width


def test_the_first_draws_of_a_seed_never_change() -> None:
    assert Draws(7, 0).below(1_000, 6).tolist() == [797, 53, 591, 868, 729, 169]


def test_streams_of_one_seed_differ() -> None:
    assert Draws(7, 0).below(1_000, 20).tolist() != Draws(7, 1).below(1_000, 20).tolist()


def test_positions_come_as_often_as_their_weights_say() -> None:
    cumulative = np.cumsum(np.array([6, 3, 0, 1]))
    often = np.bincount(Draws(1, 0).by_weight(cumulative, 100_000), minlength=4) / 100_000
    assert np.allclose(often, [0.6, 0.3, 0, 0.1], atol=0.01)


@given(st.integers(1, 5_000), st.integers(1, 100))
def test_skewed_weights_fall_and_stay_drawable(count: int, flat_head: int) -> None:
    weights = np.diff(skewed(count, flat_head), prepend=0)
    assert len(weights) == count
    assert (np.diff(weights) <= 0).all()
    assert weights.min() >= 1
    assert weights.sum() <= 2**32


def test_skewed_weights_of_a_million_ranks_stay_drawable() -> None:
    assert skewed(1_000_000, 60)[-1] <= 2**32


@given(seeds, st.integers(1, 200))
def test_shuffling_keeps_every_position_once(seed: int, count: int) -> None:
    assert sorted(shuffled(Draws(seed, 0), count).tolist()) == list(range(count))
