"""Integers are shared exactly, in proportion, without regard to order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.core import sharing
from accounting.core.sharing import (
    FigureTooLarge,
    NothingToShareBy,
    parts_per_million,
    share,
    share_groups,
    share_whole,
    total_of,
)

AMOUNTS = st.one_of(
    st.integers(-(2**62), 2**62), st.integers(-60, 60), st.just(2**53 - 1), st.just(2**53)
)
WEIGHTS = st.lists(
    st.one_of(st.integers(0, 9), st.integers(0, 2**57), st.just(2**60)), min_size=1, max_size=7
).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_fast_sharing_equals_sharing_in_whole_numbers(amount: int, weights: list[int]) -> None:
    assert share(amount, np.array(weights)).tolist() == share_whole(amount, weights)


@given(AMOUNTS, WEIGHTS)
def test_shares_add_up_and_stay_within_one_of_the_quota(amount: int, weights: list[int]) -> None:
    shares = share_whole(amount, weights)
    assert sum(shares) == amount
    total = sum(weights)
    for part, weight in zip(shares, weights, strict=True):
        assert abs(part * total - amount * weight) < total
        assert part == 0 or weight > 0


@given(st.lists(st.tuples(AMOUNTS, WEIGHTS), min_size=1, max_size=5), st.booleans())
def test_groups_are_shared_as_each_alone(groups: list[tuple[int, list[int]]], many: bool) -> None:
    weights = [weight for _, members in groups for weight in members]
    lengths = [len(members) for _, members in groups]
    starts = np.cumsum([0, *lengths[:-1]])
    alone = [part for amount, members in groups for part in share_whole(amount, members)]
    with pytest.MonkeyPatch.context() as patch:
        # Many small groups take another way to the same result.
        patch.setattr(sharing, "MANY_GROUPS", 0 if many else 4096)
        together = share_groups(
            np.array([amount for amount, _ in groups]), np.array(weights), starts
        )
    assert together.tolist() == alone


def test_ties_go_to_the_lower_position() -> None:
    assert share(2, np.array([5, 5, 5])).tolist() == [1, 1, 0]


def test_nothing_is_shared_without_any_weight() -> None:
    with pytest.raises(NothingToShareBy):
        share(1, np.array([0, 0]))
    with pytest.raises(NothingToShareBy):
        share_groups(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]))
    assert share(0, np.array([0, 0])).tolist() == [0, 0]


def test_a_sum_beyond_64_bits_is_refused_by_name() -> None:
    with pytest.raises(FigureTooLarge, match="wage_micro"):
        total_of(np.array([2**62, 2**62]), "wage_micro")


@given(st.integers(-(2**62), 2**62), st.integers(0, 10**6))
def test_parts_per_million_never_overflow(amount: int, ratio: int) -> None:
    exact = abs(amount) * ratio // 10**6
    part = parts_per_million(np.array([amount]), np.array([ratio]))
    assert part.tolist() == [-exact if amount < 0 else exact]
