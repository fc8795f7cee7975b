from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_wine

from accounting.valuation.data_oob import ForestEmpty, TreeSums, grow_block, merge_trees
from accounting.valuation.points import LabelsNotWhole, TrainingPoints


def wine() -> TrainingPoints:
    features, targets = load_wine(return_X_y=True)
    return TrainingPoints.of(features=features, targets=targets, owners=np.arange(len(targets)) % 5)


def test_owners_add_up_to_the_mean_accuracy() -> None:
    training = wine()
    blocks = [grow_block(training=training, seed=2, index=i, trees=20) for i in range(3)]

    found = merge_trees(training=training, blocks=blocks)

    assert not np.isnan(found.points).any()
    assert found.owners.sum() == pytest.approx(found.points.mean())
    assert 0.85 < found.owners.sum() <= 1
    assert (found.owner_errors < 0.02).all()


def test_blocks_in_any_order_give_the_same_bits() -> None:
    training = wine()
    blocks = [grow_block(training=training, seed=2, index=i, trees=5) for i in range(3)]

    one, other = (merge_trees(training=training, blocks=b) for b in (blocks, blocks[::-1]))

    assert one.points.tobytes() == other.points.tobytes()
    assert one.owner_errors.tobytes() == other.owner_errors.tobytes()


def test_values_are_counted_by_hand() -> None:
    training = TrainingPoints.of(
        features=[[0.0], [1.0], [2.0]], targets=[0, 1, 1], owners=[0, 1, 0], ids=[3, 2, 1]
    )
    block = TreeSums(0, unseen=np.array([4, 2, 0]), right=np.array([3, 2, 0]))

    found = merge_trees(training=training, blocks=[block])

    # Sums are in order of id, values in the order points were given in.
    assert found.points[1:].tolist() == [1.0, 0.75]
    assert np.isnan(found.points[0])
    assert found.point_errors[1:] == pytest.approx([0.0, (0.75 * 0.25 / 4) ** 0.5])
    assert found.owners == pytest.approx([0.75 / 3, 1 / 3])
    assert np.isnan(found.owner_errors).all()


def test_what_cannot_be_grown_is_refused() -> None:
    scores = TrainingPoints.of(features=[[0.0], [1.0]], targets=[0.5, 1], owners=[0, 1])

    with pytest.raises(LabelsNotWhole):
        grow_block(training=scores, seed=0, index=0, trees=1)
    with pytest.raises(ForestEmpty):
        merge_trees(training=scores, blocks=[])
