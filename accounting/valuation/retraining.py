"""A utility that retrains a model on a coalition's points: slow, and true to the model.

Utility: the accuracy on the validation set of a scikit-learn classifier fitted to the rows of
the owners in the coalition; v(∅) is the baseline. A coalition whose rows all have one label
needs no fit: such a model can only answer that label.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from accounting.valuation.names import ModelKind as ModelKind
from accounting.valuation.points import (
    BoolArray,
    FloatArray,
    IntArray,
    TestPoints,
    TrainingPoints,
    require_same_dimensions,
    whole_labels,
)
from accounting.valuation.utility import Agreement, canonical_json, chance, require_validation

REMEMBERED_COALITIONS: Final = 1 << 16
LOGISTIC_ITERATIONS: Final = 200
NEIGHBOURS: Final = 5


class Classifier(Protocol):
    """What is needed of a scikit-learn model."""

    def fit(self, features: FloatArray, labels: IntArray) -> Any:
        """Learn from rows."""

    def predict(self, features: FloatArray) -> npt.NDArray[Any]:
        """Answer one label for each row."""


@dataclass(frozen=True, slots=True)
class RetrainingUtility:
    """The frozen description of a utility by retraining.

    Attributes:
        model: What is fitted.
        seed: Of models that draw lots.
        baseline: v(∅); chance by default, see `freeze_retraining`.
        embedding: What the features are.
        validation_digest: SHA-256 of the validation set.
    """

    model: ModelKind
    seed: int
    baseline: float
    embedding: str
    validation_digest: str

    def as_json(self) -> dict[str, str | int]:
        """Every field as JSON can hold it."""
        return {
            "model": self.model.value,
            "seed": self.seed,
            "baseline": self.baseline.hex(),
            "embedding": self.embedding,
            "validation_digest": self.validation_digest,
        }

    def digest(self) -> str:
        """SHA-256 of the description, in hexadecimal."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()


def freeze_retraining(
    *, tests: TestPoints, model: ModelKind, seed: int, embedding: str
) -> RetrainingUtility:
    """Fix a utility by retraining, with chance as its baseline, before the data are seen."""
    return RetrainingUtility(
        model=model,
        seed=seed,
        baseline=chance(tests, Agreement.LABEL),
        embedding=embedding,
        validation_digest=tests.digest(),
    )


class RetrainedUtility:
    """Measures coalitions by retraining; call it with who is in, (M,) true or false.

    Attributes:
        fits: Models fitted so far. A coalition met again is answered from memory.
    """

    def __init__(
        self, *, training: TrainingPoints, tests: TestPoints, utility: RetrainingUtility
    ) -> None:
        """Check and keep what every fit needs.

        Raises:
            DimensionsDisagree: Training and validation rows have different widths.
            ValidationSetChanged: The validation set is not the frozen one.
            LabelsNotWhole: A label is not a whole number.
        """
        require_same_dimensions(training, tests)
        require_validation(utility.validation_digest, tests)
        self.fits = 0
        self._features = training.features
        self._labels = whole_labels(training.targets)
        self._owners = training.owners
        self._test_features = tests.features
        self._test_labels = whole_labels(tests.targets)
        self._utility = utility
        self._known: dict[bytes, float] = {}

    def __call__(self, members: BoolArray) -> float:
        """The utility of a coalition."""
        key = np.packbits(members).tobytes()
        known = self._known.get(key)
        if known is None:
            known = self._measure(members[self._owners])
            if len(self._known) < REMEMBERED_COALITIONS:
                self._known[key] = known
        return known

    def _measure(self, present: BoolArray) -> float:
        if not present.any():
            return self._utility.baseline
        labels = self._labels[present]
        if (labels == labels[0]).all():
            return float(np.mean(self._test_labels == labels[0]))
        self.fits += 1
        return self.fit_and_score(self._features[present], labels)

    def fit_and_score(self, features: FloatArray, labels: IntArray) -> float:
        """Fit the bare model to rows and measure its accuracy."""
        model = new_model(self._utility.model, self._utility.seed)
        with warnings.catch_warnings():
            # A fit cut off at its iteration limit is as good a model as was agreed on.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        return float(np.mean(model.predict(self._test_features) == self._test_labels))


def new_model(kind: ModelKind, seed: int) -> Classifier:
    """An unfitted model; the same seed gives the same model."""
    match kind:
        case ModelKind.LOGISTIC_REGRESSION:
            model: Classifier = LogisticRegression(max_iter=LOGISTIC_ITERATIONS)
        case ModelKind.RIDGE:
            model = RidgeClassifier()
        case ModelKind.NAIVE_BAYES:
            model = GaussianNB()
        case ModelKind.NEAREST_NEIGHBOURS:
            model = _FewNeighbours()
        case ModelKind.DECISION_TREE:
            model = DecisionTreeClassifier(random_state=seed)
    return model


class _FewNeighbours:
    """Nearest neighbours that make do with fewer rows than neighbours asked for."""

    def fit(self, features: FloatArray, labels: IntArray) -> None:
        self._model = KNeighborsClassifier(n_neighbors=min(NEIGHBOURS, len(labels)))
        self._model.fit(features, labels)

    def predict(self, features: FloatArray) -> npt.NDArray[Any]:
        answers: npt.NDArray[Any] = self._model.predict(features)
        return answers
