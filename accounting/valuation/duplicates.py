"""Copied and repeated points, to be found and shown before a valuation.

Neither level of KNN-Shapley is proof against copies, so they are looked for first: points at
most `tolerance` apart, whatever their labels, belong to one group (also through others in
between). The first of a group, by id, is its original; a later one of another owner is a copy,
a later one of the same owner a repetition.

Method: every point is projected on one random direction of length 1. Two points cannot be
nearer than their projections, so only points close in that order are compared. Cost:
O(N·d + N log N + pairs compared·d); for a tolerance small beside the spread of the data few
pairs are. Nothing is missed.

Source: the sweep is that of Bentley 1975, *A survey of techniques for fixed radius near
neighbor searching*, over a random projection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import UNIT_ROUNDOFF, squared_distance
from accounting.valuation.points import FloatArray, IntArray, TrainingPoints


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What was found; rows are positions in the arrays the points were given in.

    Attributes:
        originals: (N,) the row each point is a copy of, itself if of none.
        copies: (M,) points of each owner whose original is another's.
        repetitions: (M,) points of each owner whose original is its own.
        relabelled: (M,) of both, those whose label differs from the original's.
        copied_from: {(copier, owner of the original): how many points}.
    """

    originals: IntArray
    copies: IntArray
    repetitions: IntArray
    relabelled: IntArray
    copied_from: dict[tuple[int, int], int]


def find_copies(training: TrainingPoints, *, tolerance: float = 0.0) -> CopyReport:
    """Find points at most `tolerance` apart, in distance (not squared)."""
    direction = np.random.default_rng(0).normal(size=(training.features.shape[1],))
    projections = _project(training.features, direction / np.sqrt(direction @ direction))
    order = np.argsort(projections, kind="stable")
    firsts = np.arange(training.count)
    _join_near(training.features, projections, order, tolerance, firsts)

    copied = firsts != np.arange(training.count)
    owners, original_owners = training.owners, training.owners[firsts]
    foreign = copied & (owners != original_owners)
    changed = copied & (training.targets != training.targets[firsts])
    pairs, counts = np.unique(
        np.stack([owners[foreign], original_owners[foreign]]), axis=1, return_counts=True
    )
    originals = np.empty_like(firsts)
    originals[training.places] = training.places[firsts]
    return CopyReport(
        originals=originals,
        copies=np.bincount(owners[foreign], minlength=training.owner_count),
        repetitions=np.bincount(owners[copied & ~foreign], minlength=training.owner_count),
        relabelled=np.bincount(owners[changed], minlength=training.owner_count),
        copied_from={
            (int(copier), int(source)): int(count)
            for copier, source, count in zip(*pairs, counts, strict=True)
        },
    )


@compiled
def _project(features: FloatArray, direction: FloatArray) -> FloatArray:
    """Projections, (N,), added in one order so that equal rows project alike."""
    projections = np.zeros(features.shape[0])
    for p in range(features.shape[0]):
        for j in range(features.shape[1]):
            projections[p] += features[p, j] * direction[j]
    return projections


@compiled
def _join_near(
    features: FloatArray,
    projections: FloatArray,
    order: IntArray,
    tolerance: float,
    firsts: IntArray,
) -> None:
    """Lead every point to the first of its group, in `firsts`."""
    count = order.shape[0]
    largest = np.abs(features).max() * features.shape[1]
    reach = tolerance + 4.0 * (features.shape[1] + 8) * UNIT_ROUNDOFF * largest
    limit = tolerance * tolerance
    for i in range(count):
        p = order[i]
        for j in range(i + 1, count):
            q = order[j]
            if projections[q] - projections[p] > reach:
                break
            distance = squared_distance(features[p], features[q])
            if distance <= limit:
                _join(firsts, p, q)
            # A twin compares with everything further on itself.
            if distance == 0.0:
                break
    for p in range(count):
        firsts[p] = _first(firsts, p)


@compiled
def _join(firsts: IntArray, p: int, q: int) -> None:
    first, second = _first(firsts, p), _first(firsts, q)
    firsts[max(first, second)] = min(first, second)


@compiled
def _first(firsts: IntArray, p: int) -> int:
    """The first point of a group, shortening the way for the next time."""
    while firsts[p] != p:
        firsts[p] = firsts[firsts[p]]
        p = firsts[p]
    return p
