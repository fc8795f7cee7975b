"""Hamilton's method, and the payments of many periods."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.core.sharing import NothingToShareBy, share, share_groups, share_whole
from tests.oracle import sharing
from tests.oracle.world import Benchmark, Contribution, Product, Revenue, TaskType, World
from tests.properties.effort import effort
from tests.properties.runs import run
from tests.properties.strategies import amounts, weight_lists

signed_amounts = amounts | amounts.map(lambda amount: -amount) | st.integers(-(2**62), 2**62)


def exact(amount: int, weights: list[int]) -> list[int]:
    return list(sharing.share(amount, dict(enumerate(weights))).values())


@effort(1000)
@given(signed_amounts, weight_lists)
def test_shares_are_those_of_whole_number_arithmetic(amount: int, weights: list[int]) -> None:
    expected = exact(amount, weights)
    assert share_whole(amount, weights) == expected
    if sum(weights) < 2**63:
        assert share(amount, np.array(weights, dtype=np.int64)).tolist() == expected


@effort(400)
@given(amounts, weight_lists)
def test_shares_add_up_and_stay_within_their_quota(amount: int, weights: list[int]) -> None:
    shares = share_whole(amount, weights)
    assert sum(shares) == amount
    for part, weight in zip(shares, weights, strict=True):
        quota = Fraction(amount * weight, sum(weights))
        assert quota - 1 < part < quota + 1
        assert weight or part == 0


@effort(400)
@given(amounts, weight_lists)
def test_larger_weight_never_gets_less(amount: int, weights: list[int]) -> None:
    parts = share_whole(amount, weights)
    ranked = sorted(zip(weights, parts, strict=True))
    for (lighter, less), (heavier, more) in pairwise(ranked):
        assert less <= more or lighter == heavier


@effort(80)
@given(st.lists(st.tuples(signed_amounts, weight_lists), max_size=12), st.booleans())
def test_many_groups_are_shared_like_each_alone(
    groups: list[tuple[int, list[int]]], crowded: bool
) -> None:
    groups = [(amount, weights) for amount, weights in groups if sum(weights) < 2**63]
    if crowded:
        # Above some thousand groups the engine ranks all remainders in one sort.
        groups = [*groups, *([(7, [1, 1, 2, 1])] * 5000)]
    starts = np.cumsum([0, *(len(weights) for _, weights in groups)])[:-1]
    found = share_groups(
        np.array([amount for amount, _ in groups], dtype=np.int64),
        np.array([weight for _, weights in groups for weight in weights], dtype=np.int64),
        starts.astype(np.int64),
    )
    alone = {repr(group): exact(*group) for group in groups}
    assert found.tolist() == [part for group in groups for part in alone[repr(group)]]


@effort(50)
@given(st.integers(1, 2**53), st.integers(1, 20))
def test_nothing_is_shared_by_weights_of_zero(amount: int, length: int) -> None:
    with pytest.raises(NothingToShareBy):
        share(amount, np.zeros(length, dtype=np.int64))


def _period(revenue_micro: int, carried_micro: list[int], minimum_minor: int) -> World:
    """Return a period in which three people of unequal hours share a tenth of the revenue."""
    people = [f"w{i}" for i in range(len(carried_micro))]
    return World(
        policy={
            "format": "huisu-policy/1",
            "name": "carry",
            "version": "1",
            "pools": [{"id": "d", "kind": "data_dividend", "rate_ppm": 100_000}],
            "minimum_payout_minor": minimum_minor,
        },
        products={"p": Product("p", "op0", public=False)},
        task_types={"t": TaskType("t", "DATA", "item")},
        workers=people,
        contributions={
            f"c{i}": Contribution(f"c{i}", who, "p", "t", date(2026, 3, 1), 1000 * (i + 1), 7, None)
            for i, who in enumerate(people)
        },
        revenue=[Revenue("r", "p", None, revenue_micro)],
        benchmarks=[
            Benchmark(who, 0, 0, carry) for who, carry in zip(people, carried_micro, strict=True)
        ],
    )


@effort(60)
@given(
    st.lists(st.integers(-(10**6), 10**8) | st.just(1), min_size=2, max_size=8),
    st.sampled_from([0, 50, 2000]),
    st.sampled_from([0, 2, 3]),
)
def test_many_periods_of_carrying_lose_nothing(
    revenues: list[int], minimum_minor: int, digits: int
) -> None:
    carried = [0, 0, 0]
    earned, paid = [0, 0, 0], [0, 0, 0]
    unit = 10 ** (6 - digits)
    for revenue in revenues:
        world = replace(_period(revenue, carried, minimum_minor), minor_digits=digits)
        statements = run(world).statements
        carried = statements.carried_out_micro.tolist()
        for i in range(3):
            earned[i] += int(statements.amount_micro[i])
            paid[i] += int(statements.paid_minor[i]) * unit
        assert all(carry < max(1, minimum_minor) * unit for carry in carried)
    assert [e - p for e, p in zip(earned, paid, strict=True)] == carried
