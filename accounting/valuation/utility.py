"""What "useful" means, written down and hashed before the data to be valued are seen.

A value is only as fair as the utility behind it: whoever can choose the embedding, the
validation set, K or the baseline after seeing the data can choose who is paid. So the choice
is one frozen description with a digest, and every valuation names the digest it used.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import TestPoints


class UtilityUnusable(ValuationError):
    """The description of the utility contradicts itself or asks for the impossible."""

    code = "valuation_utility_unusable"


class ValidationSetChanged(ValuationError):
    """The validation set is not the one the utility was frozen with."""

    code = "valuation_validation_set_changed"


class Kind(StrEnum):
    """How the neighbours of a test point are counted."""

    HARD = "hard"
    """Divide by K, however few neighbours a coalition has."""
    SOFT = "soft"
    """Divide by the neighbours there are, at most K."""
    THRESHOLD = "threshold"
    """The mean over every neighbour within a radius."""


class Agreement(StrEnum):
    """What makes a neighbour good: its weight a_p, which no coalition can change."""

    LABEL = "label"
    """1 if its label is the test point's, else 0."""
    SCORE = "score"
    """The score it carries itself; the test point's own is not read."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Which neighbours of a test point count, and what their sum is divided by.

    Attributes:
        kind: Which mean.
        k: Neighbours K ≥ 1; 0 for a threshold.
        radius: Largest distance (not squared) that counts; 0.0 unless a threshold.
    """

    kind: Kind
    k: int = 0
    radius: float = 0.0

    def __post_init__(self) -> None:
        """Refuse contradictions.

        Raises:
            UtilityUnusable: K or radius does not fit the kind.
        """
        if self.kind is Kind.THRESHOLD:
            if self.k != 0 or not (0.0 < self.radius < math.inf):
                raise UtilityUnusable("a threshold needs a radius above 0 and no K", k=self.k)
        elif self.k < 1 or self.radius != 0.0:
            raise UtilityUnusable("neighbours need a K of at least 1 and no radius", k=self.k)


def hard(k: int) -> Neighbourhood:
    """The K nearest, their sum divided by K."""
    return Neighbourhood(Kind.HARD, k=k)


def soft(k: int) -> Neighbourhood:
    """The K nearest, their mean."""
    return Neighbourhood(Kind.SOFT, k=k)


def within(radius: float) -> Neighbourhood:
    """Everyone at most so far away, their mean."""
    return Neighbourhood(Kind.THRESHOLD, radius=radius)


@dataclass(frozen=True, slots=True)
class Utility:
    """The utility v of a set of training points, averaged over a validation set.

    For one test point, `v(S)` is the mean weight a_p of its neighbours in S under squared
    Euclidean distance, ties by id; the neighbourhood says over how many; `v(∅)` is the
    baseline.

    Attributes:
        neighbourhood: Who counts as a neighbour.
        agreement: Where the weights a_p come from.
        baseline: v(∅), b₀. At 0 owners are paid merely for being there; chance is the default.
        embedding: What the features are, in words a verifier can follow.
        validation_digest: SHA-256 of the validation set.
    """

    neighbourhood: Neighbourhood
    agreement: Agreement
    baseline: float
    embedding: str
    validation_digest: str

    def __post_init__(self) -> None:
        """Refuse a baseline that is no number.

        Raises:
            UtilityUnusable: The baseline is NaN or infinite.
        """
        if not math.isfinite(self.baseline):
            raise UtilityUnusable("the baseline is not a number")

    def as_json(self) -> dict[str, str | int]:
        """Every field as JSON can hold it; floats as their exact hexadecimal text."""
        return {
            "kind": self.neighbourhood.kind.value,
            "k": self.neighbourhood.k,
            "radius": self.neighbourhood.radius.hex(),
            "agreement": self.agreement.value,
            "baseline": self.baseline.hex(),
            "embedding": self.embedding,
            "validation_digest": self.validation_digest,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Utility:
        """Read back what `as_json` wrote.

        Raises:
            UtilityUnusable: A field is absent, unknown or of the wrong kind.
        """
        try:
            return cls(
                neighbourhood=Neighbourhood(
                    kind=Kind(document["kind"]),
                    k=int(document["k"]),
                    radius=float.fromhex(document["radius"]),
                ),
                agreement=Agreement(document["agreement"]),
                baseline=float.fromhex(document["baseline"]),
                embedding=str(document["embedding"]),
                validation_digest=str(document["validation_digest"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UtilityUnusable(f"the utility cannot be read: {error}") from error

    def canonical(self) -> bytes:
        """The one spelling that is hashed, see `canonical_json`."""
        return canonical_json(self.as_json())

    def digest(self) -> str:
        """SHA-256 of `canonical`, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def require_validation(self, tests: TestPoints) -> None:
        """Refuse a validation set other than the frozen one.

        Raises:
            ValidationSetChanged: Its digest differs.
        """
        require_validation(self.validation_digest, tests)


def freeze(
    *,
    tests: TestPoints,
    embedding: str,
    neighbourhood: Neighbourhood,
    agreement: Agreement = Agreement.LABEL,
    baseline: float | None = None,
) -> Utility:
    """Fix a utility from the validation set alone, before any training row is known.

    Args:
        tests: The validation set.
        embedding: What the features are.
        neighbourhood: Who counts as a neighbour.
        agreement: Where weights come from.
        baseline: b₀; by default chance, see `chance`.

    Raises:
        UtilityUnusable: The baseline is no number.
    """
    return Utility(
        neighbourhood=neighbourhood,
        agreement=agreement,
        baseline=chance(tests, agreement) if baseline is None else baseline,
        embedding=embedding,
        validation_digest=tests.digest(),
    )


def chance(tests: TestPoints, agreement: Agreement) -> float:
    """What guessing earns: 1/classes for labels, the mean score for scores."""
    if agreement is Agreement.LABEL:
        return 1.0 / len(np.unique(tests.targets))
    return float(np.mean(tests.targets))


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a description that is hashed: UTF-8, sorted keys, no spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def require_validation(frozen_digest: str, tests: TestPoints) -> None:
    """Refuse a validation set other than the one a utility was frozen with.

    Raises:
        ValidationSetChanged: Its digest differs.
    """
    found = tests.digest()
    if found != frozen_digest:
        raise ValidationSetChanged(
            "the validation set is not the frozen one", frozen=frozen_digest, found=found
        )
