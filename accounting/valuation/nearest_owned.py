"""Each owner's nearest points to a test point: all that a coalition of owners can bring.

A coalition's K nearest points are among its owners' K nearest each, so at most M·K points
matter, whatever N is. They are found without sorting: one pass finds how far each owner's
K-th is, a second collects everything as near, near ties included.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import (
    Rows,
    Tile,
    error_bound,
    error_scale,
    fill_distances,
    fill_weights,
)
from accounting.valuation.ordering import Query, Sorter, new_sorter, order_points
from accounting.valuation.points import FloatArray, IntArray


class OwnedScratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        sorter: For the order of the chosen points; in `packed` when `order_owned` returns.
        starts: (M + 1,) where each owner's rows begin in `places`.
        places: (N,) rows grouped by owner, ascending in each group.
        chosen: (N,) the points that matter, ascending.
        weights: (N,) weights a_p for the test point.
        limits: (M,) the distance up to which an owner's points are chosen.
        nearest: (k,) an owner's smallest distances so far.
    """

    sorter: Sorter
    starts: IntArray
    places: IntArray
    chosen: IntArray
    weights: FloatArray
    limits: FloatArray
    nearest: FloatArray


def new_owned_scratch(rows: Rows, owner_count: int, k: int) -> OwnedScratch:
    """Working memory to find each owner's k nearest: about 64 bytes a point."""
    count = len(rows.targets)
    counts = np.bincount(rows.owners, minlength=owner_count)
    return OwnedScratch(
        sorter=new_sorter(count),
        starts=np.concatenate([[0], np.cumsum(counts)]),
        places=np.argsort(rows.owners, kind="stable"),
        chosen=np.empty(count, dtype=np.int64),
        weights=np.empty(count),
        limits=np.empty(owner_count),
        nearest=np.empty(k),
    )


@compiled
def order_owned(rows: Rows, tile: Tile, t: int, scratch: OwnedScratch) -> int:
    """Put each owner's k nearest points to test point t in order of (distance, id).

    Points beyond an owner's k nearest may be among them where distances nearly tie.

    Args:
        rows: The training points.
        tile: Test points; the products of row t become distances.
        t: Which test point of the tile.
        scratch: Working memory; receives weights and, in the lower bits of
            `sorter.packed`, the rows in order.

    Returns:
        How many points are in order.
    """
    distances = tile.products[t]
    fill_distances(distances, rows.norms, tile.norms[t])
    fill_weights(rows, tile.targets[t], scratch.weights)
    query = Query(tile.features[t], tile.norms[t], distances, scratch.weights)
    _fill_limits(query, error_scale(rows.features.shape[1]), scratch)
    count = 0
    for p in range(distances.shape[0]):
        if distances[p] <= scratch.limits[rows.owners[p]]:
            scratch.chosen[count] = p
            count += 1
    # Which of two tied points comes first matters to their owners, so they are not alike.
    order_points(rows, query, scratch.chosen[:count], False, scratch.sorter)
    return count


@compiled
def _fill_limits(query: Query, scale: float, scratch: OwnedScratch) -> None:
    """Find how far each owner's k-th nearest point can be, rounding allowed for."""
    k = scratch.nearest.shape[0]
    starts, nearest = scratch.starts, scratch.nearest
    for owner in range(scratch.limits.shape[0]):
        places = scratch.places[starts[owner] : starts[owner + 1]]
        if places.shape[0] <= k:
            scratch.limits[owner] = np.inf
            continue
        nearest[:] = np.inf
        for i in range(places.shape[0]):
            distance = query.distances[places[i]]
            if distance < nearest[k - 1]:
                _insert(nearest, distance)
        farthest = nearest[k - 1]
        bound = error_bound(farthest, query.norm, scale)
        # Twice the bound, and a little more because the bound grows with the distance.
        scratch.limits[owner] = farthest + 2.001 * bound


@compiled
def _insert(nearest: FloatArray, distance: float) -> None:
    """Put a distance in its place among the smallest, and drop the largest."""
    i = nearest.shape[0] - 1
    while i > 0 and nearest[i - 1] > distance:
        nearest[i] = nearest[i - 1]
        i -= 1
    nearest[i] = distance
