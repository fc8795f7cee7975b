from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.valuation.distances import (
    error_bound,
    error_scale,
    fill_distances,
    kernel_rows,
    measure_tile,
    squared_distance,
)
from accounting.valuation.ordering import PLACE_MASK, Query, new_sorter, order_points
from accounting.valuation.points import FloatArray, IntArray, TestPoints, TrainingPoints


def order_of(features: FloatArray, query: FloatArray) -> IntArray:
    count = len(features)
    training = TrainingPoints.of(features=features, targets=np.zeros(count), owners=np.zeros(count))
    rows = kernel_rows(training, matches=True)
    tests = TestPoints.of(features=query[np.newaxis, :], targets=[0])
    tile = measure_tile(rows, tests, slice(0, 1), np.empty((1, count)))
    fill_distances(tile.products[0], rows.norms, tile.norms[0])
    sorter = new_sorter(count)
    order_points(
        rows,
        Query(tile.features[0], tile.norms[0], tile.products[0], np.zeros(count)),
        np.arange(count),
        False,
        sorter,
    )
    return sorter.packed & PLACE_MASK


def expected_order(features: FloatArray, query: FloatArray) -> IntArray:
    distances = np.array([squared_distance(row, query) for row in features])
    return np.lexsort((np.arange(len(features)), distances))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 400),
    dimensions=st.integers(1, 9),
    shape=st.sampled_from(["noise", "grid", "far", "copies", "scales", "outlier"]),
)
def test_points_come_by_distance_then_id(
    seed: int, count: int, dimensions: int, shape: str
) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, dimensions))
    query = random.normal(size=dimensions)
    match shape:
        case "grid":
            features, query = np.round(features), np.round(query)
        case "far":
            # Lengths a million times the distances: the matrix product alone is hopeless.
            features, query = features + 1e6, query + 1e6
        case "copies":
            features = features[random.integers(0, max(count // 20, 1), count)]
        case "scales":
            features *= 10.0 ** random.integers(-120, 120, (count, 1))
        case "outlier":
            features[0] *= 1e12
            features[-1] = query

    assert order_of(features, query).tolist() == expected_order(features, query).tolist()


def test_a_large_tie_is_ordered_by_id() -> None:
    features = np.tile([[1.0, 2.0], [3.0, 4.0]], (3000, 1))

    order = order_of(features, np.array([0.0, 0.0]))

    assert order.tolist() == [*range(0, 6000, 2), *range(1, 6000, 2)]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), dimensions=st.integers(1, 40), shift=st.integers(0, 9))
def test_both_distances_lie_within_the_bound(seed: int, dimensions: int, shift: int) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(20, dimensions)) + 10.0**shift
    query = random.normal(size=dimensions) + 10.0**shift
    products, norms = features @ query, np.einsum("ij,ij->i", features, features)
    norm = float(query @ query)
    fill_distances(products, norms, norm)

    for row, distance in zip(features, products, strict=True):
        exact = sum(
            ((Fraction(x) - Fraction(y)) ** 2 for x, y in zip(row, query, strict=True)),
            start=Fraction(0),
        )
        bound = error_bound(distance, norm, error_scale(dimensions))
        assert abs(Fraction(distance) - exact) <= bound
        assert abs(Fraction(squared_distance(row, query)) - Fraction(distance)) <= bound


def test_the_deciding_distance_is_the_sum_of_squares() -> None:
    row, query = np.arange(7.0), np.full(7, 2.0)

    assert squared_distance(row, query) == pytest.approx(35.0, abs=0.0)
