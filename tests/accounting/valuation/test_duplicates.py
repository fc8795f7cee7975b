from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.valuation.duplicates import find_copies
from accounting.valuation.points import FloatArray, IntArray, TrainingPoints


def groups_by_every_pair(features: FloatArray, tolerance: float) -> IntArray:
    """The lowest row each row is linked to, from all N² distances."""
    apart = np.sqrt(((features[:, np.newaxis] - features[np.newaxis]) ** 2).sum(axis=2))
    firsts = np.arange(len(features))
    for _ in features:
        firsts = np.where(apart <= tolerance, firsts[np.newaxis, :], len(firsts)).min(axis=1)
    return firsts


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 60),
    tolerance=st.sampled_from([0.0, 0.3, 1.0, 2.0]),
)
def test_groups_are_those_of_every_pair_compared(seed: int, count: int, tolerance: float) -> None:
    random = np.random.default_rng(seed)
    features = random.integers(0, 6, (count, 2)) + random.choice([0.0, 0.25], (count, 2))
    training = TrainingPoints.of(
        features=features, targets=np.zeros(count), owners=np.arange(count)
    )

    report = find_copies(training, tolerance=tolerance)

    assert report.originals.tolist() == groups_by_every_pair(features, tolerance).tolist()


def test_copies_repetitions_and_changed_labels_are_told_apart() -> None:
    training = TrainingPoints.of(
        features=[[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        targets=[0, 1, 0, 1, 1, 0],
        owners=[0, 1, 0, 2, 2, 1],
    )

    report = find_copies(training)

    assert report.originals.tolist() == [0, 1, 0, 0, 1, 5]
    assert report.repetitions.tolist() == [1, 0, 0]
    assert report.copies.tolist() == [0, 0, 2]
    assert report.relabelled.tolist() == [0, 0, 1]
    assert report.copied_from == {(2, 0): 1, (2, 1): 1}


def test_the_original_is_the_lower_id_whatever_the_order_of_rows() -> None:
    training = TrainingPoints.of(
        features=[[7.0], [8.0], [7.0]], targets=[0, 0, 0], owners=[0, 1, 2], ids=[30, 20, 10]
    )

    report = find_copies(training)

    assert report.originals.tolist() == [2, 1, 2]
    assert report.copied_from == {(0, 2): 1}


def test_a_hundred_thousand_equal_rows_take_no_time() -> None:
    training = TrainingPoints.of(
        features=np.ones((100_000, 3)), targets=np.zeros(100_000), owners=np.zeros(100_000)
    )

    assert find_copies(training).repetitions.tolist() == [99_999]
