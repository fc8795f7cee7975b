"""Squared distances fast enough to scan every pair and sure enough to order every pair.

A matrix product gives all distances of a block of test points at the speed of the machine,
but with rounding that depends on the BLAS, its threads and the processor. So each such
distance comes with a rigorous bound on its error; where two of them are closer than their
bounds, `squared_distance` decides, whose additions have one written order. The order of the
neighbours, and with it every value, is therefore the same on every machine.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.points import FloatArray, IntArray, TestPoints, TrainingPoints

UNIT_ROUNDOFF: Final = 1.2e-16
"""Slightly above 2⁻⁵³, to absorb the second-order terms of the bound."""


class Rows(NamedTuple):
    """Training points as the kernels read them.

    Attributes:
        features: (N, d) float64.
        norms: (N,) squared lengths of the rows.
        targets: (N,) labels or scores.
        owners: (N,) owner of each row.
        matches: Whether a row's weight is 1 for the test point's label and 0 otherwise;
            if not, the weight is its target.
    """

    features: FloatArray
    norms: FloatArray
    targets: FloatArray
    owners: IntArray
    matches: bool


class Tile(NamedTuple):
    """A few test points and their scalar products with every training point.

    Attributes:
        products: (b, N) float64, x·q, as a BLAS rounds them; kernels overwrite it.
        features: (b, d) float64.
        norms: (b,) squared lengths.
        targets: (b,) labels or scores.
    """

    products: FloatArray
    features: FloatArray
    norms: FloatArray
    targets: FloatArray


def kernel_rows(training: TrainingPoints, *, matches: bool) -> Rows:
    """Lay training points out for the kernels; no feature is copied."""
    norms = np.einsum("ij,ij->i", training.features, training.features)
    return Rows(training.features, norms, training.targets, training.owners, matches)


def measure_tile(rows: Rows, tests: TestPoints, part: slice, buffer: FloatArray) -> Tile:
    """Multiply some test points with every training point.

    Args:
        rows: N training points.
        tests: The validation set.
        part: Which b of its rows.
        buffer: At least (b, N) float64; the products go into its first b rows.
    """
    features = tests.features[part]
    products = buffer[: len(features)]
    np.matmul(features, rows.features.T, out=products)
    norms = np.einsum("ij,ij->i", features, features)
    return Tile(products, features, norms, tests.targets[part])


@compiled
def squared_distance(row: FloatArray, query: FloatArray) -> float:
    """The distance that decides: four interleaved sums, added in one written order."""
    dimensions = row.shape[0]
    whole = dimensions - dimensions % 4
    first = second = third = fourth = 0.0
    for j in range(0, whole, 4):
        a = row[j] - query[j]
        b = row[j + 1] - query[j + 1]
        c = row[j + 2] - query[j + 2]
        d = row[j + 3] - query[j + 3]
        first += a * a
        second += b * b
        third += c * c
        fourth += d * d
    for j in range(whole, dimensions):
        a = row[j] - query[j]
        first += a * a
    return (first + second) + (third + fourth)


@compiled
def error_scale(dimensions: int) -> float:
    """The factor κ of the error bound, for rows of so many features."""
    return (dimensions + 8) * UNIT_ROUNDOFF


@compiled
def error_bound(distance: float, query_norm: float, scale: float) -> float:
    """How far a distance from a matrix product may be from `squared_distance`.

    With u the unit roundoff and g = (d + 3)u, the product form is within
    2g(‖x‖² + ‖q‖²) of the truth (Higham 2002, §3.1; any order of additions), where
    ‖x‖² ≤ 2D + 2‖q‖²; the difference form is within gD of it. Together below
    κ(6D + 7‖q‖²).
    """
    return scale * (6.0 * distance + 7.0 * query_norm)


@compiled
def fill_distances(products: FloatArray, norms: FloatArray, query_norm: float) -> None:
    """Turn a row of scalar products, (N,), into squared distances, in place."""
    for p in range(products.shape[0]):
        products[p] = max(norms[p] + query_norm - 2.0 * products[p], 0.0)


@compiled
def fill_weights(rows: Rows, target: float, weights: FloatArray) -> None:
    """Write the weight a_p of every training point, (N,), for one test point."""
    if rows.matches:
        for p in range(weights.shape[0]):
            weights[p] = 1.0 if rows.targets[p] == target else 0.0
    else:
        for p in range(weights.shape[0]):
            weights[p] = rows.targets[p]
