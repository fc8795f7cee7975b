from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_wine

from accounting.valuation.points import LabelsNotWhole, TestPoints, TrainingPoints
from accounting.valuation.retraining import ModelKind, RetrainedUtility, freeze_retraining
from accounting.valuation.sampling import Sampling, Scheme
from accounting.valuation.semivalues import merge_samples, sample_block
from accounting.valuation.utility import ValidationSetChanged


def wine() -> tuple[TrainingPoints, TestPoints]:
    features, targets = load_wine(return_X_y=True)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    order = np.random.default_rng(0).permutation(len(targets))
    first, last = order[:120], order[120:]
    training = TrainingPoints.of(
        features=features[first], targets=targets[first], owners=np.arange(120) % 8
    )
    return training, TestPoints.of(features=features[last], targets=targets[last])


def utility_of(kind: ModelKind, training: TrainingPoints, tests: TestPoints) -> RetrainedUtility:
    frozen = freeze_retraining(tests=tests, model=kind, seed=4, embedding="standardised")
    return RetrainedUtility(training=training, tests=tests, utility=frozen)


@pytest.mark.parametrize("kind", list(ModelKind))
def test_every_model_learns_from_everyone_and_again_the_same(kind: ModelKind) -> None:
    training, tests = wine()
    everyone = np.ones(8, dtype=np.bool_)

    accuracy = utility_of(kind, training, tests)(everyone)

    assert accuracy > 0.85
    assert utility_of(kind, training, tests)(everyone) == accuracy


def test_nobody_gets_the_baseline_and_one_label_needs_no_fit() -> None:
    training = TrainingPoints.of(
        features=[[0.0], [1.0], [9.0]], targets=[1, 1, 0], owners=[0, 0, 1], owner_count=3
    )
    tests = TestPoints.of(features=[[0.0], [1.0], [9.0], [8.0]], targets=[1, 1, 1, 0])
    measure = utility_of(ModelKind.NEAREST_NEIGHBOURS, training, tests)

    assert measure(np.array([False, False, False])) == 0.5
    assert measure(np.array([False, False, True])) == 0.5
    assert measure(np.array([True, False, False])) == 0.75
    assert measure.fits == 0
    assert measure(np.array([True, True, False])) == 0.75
    assert measure.fits == 1


def test_a_coalition_met_again_is_not_fitted_again() -> None:
    training, tests = wine()
    measure = utility_of(ModelKind.NAIVE_BAYES, training, tests)
    members = np.arange(8) < 5

    assert measure(members) == measure(members.copy())
    assert measure.fits == 1


def test_an_owner_of_nonsense_is_worth_least() -> None:
    training, tests = wine()
    targets = training.targets.copy()
    nonsense = training.owners == 3
    targets[nonsense] = (targets[nonsense] + 1) % 3
    spoiled = TrainingPoints.of(features=training.features, targets=targets, owners=training.owners)
    measure = utility_of(ModelKind.NAIVE_BAYES, spoiled, tests)
    sampling = Sampling(Scheme.BANZHAF, 8, seed=1, block_size=80)

    block = sample_block(measure=measure, sampling=sampling, index=0)
    values = merge_samples(sampling=sampling, blocks=[block]).values

    assert values.argmin() == 3
    assert values[3] < 0


def test_what_was_not_frozen_is_refused() -> None:
    training, tests = wine()
    frozen = freeze_retraining(tests=tests, model=ModelKind.RIDGE, seed=0, embedding="standardised")
    changed = TestPoints.of(features=tests.features, targets=tests.targets[::-1])
    fractions = TrainingPoints.of(
        features=training.features, targets=training.targets + 0.5, owners=training.owners
    )

    with pytest.raises(ValidationSetChanged):
        RetrainedUtility(training=training, tests=changed, utility=frozen)
    with pytest.raises(LabelsNotWhole) as refusal:
        RetrainedUtility(training=fractions, tests=tests, utility=frozen)
    assert refusal.value.facts == {"row": 0}


def test_every_choice_changes_the_digest() -> None:
    _, tests = wine()
    digests = {
        freeze_retraining(tests=tests, model=kind, seed=seed, embedding=embedding).digest()
        for kind in (ModelKind.RIDGE, ModelKind.NAIVE_BAYES)
        for seed in (0, 1)
        for embedding in ("a", "b")
    }

    assert len(digests) == 8
