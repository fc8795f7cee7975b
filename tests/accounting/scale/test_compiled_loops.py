"""The loops of large runs give what the loops of small ones give, to the last unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.core import grouping, kernels, sharing


@st.composite
def groups(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Amounts, weights and where each amount's stretch of weights starts."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    largest = draw(st.sampled_from([1, 3, 10**6, 2**50]))
    weights = draw(
        st.lists(st.integers(0, largest), min_size=sum(sizes), max_size=sum(sizes)).map(
            lambda values: np.array(values, dtype=np.int64)
        )
    )
    starts = np.cumsum([0, *sizes[:-1]])
    amounts = draw(
        st.lists(st.integers(0, 2**53 - 1), min_size=len(sizes), max_size=len(sizes)).map(
            lambda values: np.array(values, dtype=np.int64)
        )
    )
    amounts[np.add.reduceat(weights, starts) == 0] = 0
    return amounts, weights, starts


@settings(deadline=None)
@given(groups())
def test_compiled_sharing_is_hamilton_in_whole_numbers(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    amounts, weights, starts = case
    ends = np.append(starts, len(weights))[1:]
    shares = kernels.share_stretches(amounts, weights, starts, ends)
    expected = [
        part
        for amount, start, end in zip(amounts, starts, ends, strict=True)
        for part in sharing.share_whole(int(amount), weights[start:end].tolist())
    ]
    assert shares.tolist() == expected


@pytest.mark.parametrize("bits", [np.int16, np.int32, np.int64])
def test_compiled_grouping_keeps_the_order_of_rows(bits: type[np.signedinteger]) -> None:
    random = np.random.default_rng(7)
    labels = random.integers(0, 300, grouping.MANY_ROWS + 5).astype(bits)
    rows = np.flatnonzero(labels != 17)
    groups = grouping.group_rows(labels, rows)
    order = rows[np.argsort(labels[rows], kind="stable")]
    assert np.array_equal(groups.order, order)
    assert np.array_equal(groups.label, np.unique(labels[rows]))
    assert np.array_equal(groups.starts, np.searchsorted(labels[order], groups.label))


def test_many_rows_and_few_are_shared_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    count = grouping.MANY_ROWS
    weights = random.integers(0, 10**9, count)
    starts = np.arange(0, count, 1_000)
    amounts = random.integers(-(10**12), 10**12, len(starts))
    compiled = sharing.share_groups(amounts, weights, starts)
    monkeypatch.setattr(sharing, "MANY_ROWS", count + 1)
    assert np.array_equal(compiled, sharing.share_groups(amounts, weights, starts))


def test_few_and_many_distinct_values_are_numbered_alike() -> None:
    for values in (np.array([5, 1, 5, 0]), np.array([10**12, 3, 10**12]), np.zeros(0, np.int64)):
        found, position = grouping.distinct_of(values)
        expected, inverse = np.unique(values, return_inverse=True)
        assert found.tolist() == expected.tolist()
        assert position.tolist() == inverse.tolist()


def test_distinct_workers_are_counted_alike() -> None:
    random = np.random.default_rng(5)
    labels, workers = random.integers(0, 40, 5_000), random.integers(0, 60, 5_000)
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(41), side="right")
    counted = kernels.distinct_in_stretches(workers, order, ends, 60)
    assert counted.tolist() == [len(np.unique(workers[labels == label])) for label in range(41)]
