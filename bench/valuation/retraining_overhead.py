"""What sampling and bookkeeping cost beside the bare model fits of Data Banzhaf."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from accounting.valuation.points import FloatArray, IntArray, TestPoints, TrainingPoints
from accounting.valuation.retraining import ModelKind, RetrainedUtility, freeze_retraining
from accounting.valuation.sampling import Sampling, Scheme
from accounting.valuation.semivalues import merge_samples, sample_block

COALITIONS = 400
OWNERS = 50


@dataclass(frozen=True, slots=True)
class Overhead:
    """Seconds of the whole loop and of the bare fits and scores within it."""

    whole_seconds: float
    bare_seconds: float

    @property
    def part(self) -> float:
        """What is added to the bare fits, as a part of them."""
        return self.whole_seconds / self.bare_seconds - 1


class _TimedUtility(RetrainedUtility):
    """Notes how long the bare fits and scores take."""

    bare_seconds = 0.0

    def fit_and_score(self, features: FloatArray, labels: IntArray) -> float:
        started = time.perf_counter()
        accuracy = super().fit_and_score(features, labels)
        self.bare_seconds += time.perf_counter() - started
        return accuracy


def write_digits(path: Path) -> None:
    """Write digits of fifty owners, for both sides."""
    features, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(3).permutation(len(labels))
    first, last = order[:1200], order[1200:]
    np.savez(
        path,
        features=features[first],
        labels=labels[first],
        owners=np.arange(len(first)) % OWNERS,
        test_features=features[last],
        test_labels=labels[last],
        coalitions=COALITIONS,
    )


def our_overhead(path: Path, kind: ModelKind) -> Overhead:
    """Sample Data Banzhaf by refitting a model, and time the loop and its fits."""
    with np.load(path) as inputs:
        training = TrainingPoints.of(
            features=inputs["features"], targets=inputs["labels"], owners=inputs["owners"]
        )
        tests = TestPoints.of(features=inputs["test_features"], targets=inputs["test_labels"])
    frozen = freeze_retraining(tests=tests, model=kind, seed=1, embedding="pixels")
    sampling = Sampling(Scheme.BANZHAF, OWNERS, seed=1, block_size=20)
    measure = _TimedUtility(training=training, tests=tests, utility=frozen)
    sample_block(measure=measure, sampling=sampling, index=COALITIONS)
    measure.bare_seconds = 0.0
    started = time.perf_counter()
    blocks = [
        sample_block(measure=measure, sampling=sampling, index=index)
        for index in range(COALITIONS // sampling.block_size)
    ]
    merge_samples(sampling=sampling, blocks=blocks)
    return Overhead(time.perf_counter() - started, measure.bare_seconds)
