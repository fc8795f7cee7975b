"""The inputs every contender gets, as a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class Size:
    """How large a valuation is.

    Attributes:
        points: N training points.
        owners: M owners, points dealt among them at random.
        tests: T validation points.
        dimensions: d features.
    """

    points: int
    owners: int
    tests: int
    dimensions: int = 64

    def __str__(self) -> str:
        return f"N = {self.points:,}, M = {self.owners:,}, T = {self.tests:,}"


NEIGHBOURS = 10
CLASSES = 10


def write_inputs(path: Path, size: Size) -> None:
    """Write clustered points of ten classes, float64, to an .npz file."""
    random = np.random.default_rng(2026)
    centres = random.normal(size=(CLASSES, size.dimensions))
    labels = random.integers(0, CLASSES, size.points)
    test_labels = random.integers(0, CLASSES, size.tests)
    np.savez(
        path,
        features=centres[labels] + random.normal(size=(size.points, size.dimensions)) * 2,
        labels=labels,
        owners=random.integers(0, size.owners, size.points),
        owner_count=size.owners,
        test_features=centres[test_labels] + random.normal(size=(size.tests, size.dimensions)) * 2,
        test_labels=test_labels,
        k=NEIGHBOURS,
    )
