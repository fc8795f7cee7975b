"""Training points in order of (distance, id): a radix sort, then near ties settled exactly.

Method: distances are rounded to float32, whose bits sort like the numbers, and sorted by two
or three passes of a stable counting sort (Knuth 1998, 5.2.5). Neighbours in that order whose
keys are too close to tell are then sorted by float64 distance, and those still within their
error bounds by `squared_distance` and id. Cost per test point: O(n) plus O(d) for each point
in a near tie.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from accounting.valuation.compiled import compiled
from accounting.valuation.distances import Rows, error_bound, error_scale, squared_distance
from accounting.valuation.points import FloatArray, IntArray

TWO_PASS_BITS: Final = 12
THREE_PASS_BITS: Final = 11
SHORT_RUN: Final = 12
PLACE_MASK: Final = (1 << 32) - 1


class Sorter(NamedTuple):
    """Working memory for one thread, all of length n but for `tallies`.

    Attributes:
        keys: Distances rounded to float32.
        key_bits: The same memory read as int32.
        packed: Key in the upper, row in the lower 32 bits; rows in order when sorted.
        ranked: Weights of the rows in order when sorted.
        spare: The other side of each pass.
        distances: Distances of the points in a near tie.
        spare_distances: The other side of a merge.
        tallies: (3, 4096) counts of digits, small enough to stay close to the processor.
    """

    keys: npt.NDArray[np.float32]
    key_bits: npt.NDArray[np.int32]
    packed: IntArray
    ranked: FloatArray
    spare: IntArray
    distances: FloatArray
    spare_distances: FloatArray
    tallies: npt.NDArray[np.int32]


class Query(NamedTuple):
    """A test point as seen from every row.

    Attributes:
        features: (d,) of the test point.
        norm: Its squared length.
        distances: (N,) squared distances to the rows, as a matrix product gives them.
        weights: (N,) weights a_p of the rows for it.
    """

    features: FloatArray
    norm: float
    distances: FloatArray
    weights: FloatArray


def new_sorter(capacity: int) -> Sorter:
    """Working memory to sort up to `capacity` points."""
    keys = np.empty(max(capacity, 1), dtype=np.float32)
    size = len(keys)
    return Sorter(
        keys=keys,
        key_bits=keys.view(np.int32),
        packed=np.empty(size, dtype=np.int64),
        ranked=np.empty(size),
        spare=np.empty(size, dtype=np.int64),
        distances=np.empty(size),
        spare_distances=np.empty(size),
        tallies=np.empty((3, 1 << TWO_PASS_BITS), dtype=np.int32),
    )


@compiled
def order_points(rows: Rows, query: Query, chosen: IntArray, alike: bool, sorter: Sorter) -> None:
    """Put points in order of (distance, id), with their weights.

    Args:
        rows: The training points.
        query: The test point.
        chosen: (n,) rows to order, ascending; empty for all of them.
        alike: Whether points of one weight may stay in any order where they nearly tie,
            because the caller cannot tell them apart.
        sorter: Working memory of at least n; receives the rows in the lower bits of `packed`
            and their weights in `ranked`.
    """
    lowest, shift = pack_keys(query.distances, chosen, sorter)
    count = chosen.shape[0] or query.distances.shape[0]
    sure_key = _lowest_sure_key(query, rows.features.shape[1], sorter, lowest, shift)
    margin = 2.0 * error_scale(rows.features.shape[1])
    packed, ranked = sorter.packed[:count], sorter.ranked[:count]
    _rank_weights(packed, query.weights, ranked)
    stop = 0
    for i in range(count - 1):
        if alike and ranked[i] == ranked[i + 1]:
            continue
        if i >= stop and _near(packed, i, sure_key):
            start, stop = _near_run(packed, i, sure_key)
            if stop - start > 2 or not _settle_pair(packed, i, query, margin):
                _settle(rows, query, packed[start:stop], sorter)
            _rank_weights(packed[start:stop], query.weights, ranked[start:stop])


@compiled
def _rank_weights(packed: IntArray, weights: FloatArray, ranked: FloatArray) -> None:
    """Write the weights of packed rows in their order."""
    for i in range(packed.shape[0]):
        ranked[i] = weights[packed[i] & PLACE_MASK]


@compiled
def _near(packed: IntArray, i: int, sure_key: int) -> bool:
    """Whether the keys of points i and i + 1 are too close to trust their order."""
    key = packed[i] >> 32
    return bool((packed[i + 1] >> 32) - key <= 1 or key < sure_key)


@compiled
def _near_run(packed: IntArray, i: int, sure_key: int) -> tuple[int, int]:
    """The longest run of near neighbours around points i and i + 1, as a half-open range."""
    start, stop = i, i + 2
    while start > 0 and _near(packed, start - 1, sure_key):
        start -= 1
    while stop < packed.shape[0] and _near(packed, stop - 1, sure_key):
        stop += 1
    return start, stop


@compiled
def pack_keys(distances: FloatArray, chosen: IntArray, sorter: Sorter) -> tuple[int, int]:
    """Sort chosen rows, or all if none are, by distance rounded to float32, stably.

    Returns:
        The lowest key's bits, and how many low bits of a key were dropped.
    """
    everyone = chosen.shape[0] == 0
    count = distances.shape[0] if everyone else chosen.shape[0]
    keys, bits = sorter.keys[:count], sorter.key_bits[:count]
    for i in range(count):
        keys[i] = distances[i if everyone else chosen[i]]
    lowest, highest = bits[0], bits[0]
    for i in range(count):
        lowest = min(lowest, bits[i])
        highest = max(highest, bits[i])
    width = 0
    while (np.int64(highest) - np.int64(lowest)) >> width:
        width += 1
    # Two passes hold 24 bits; dropping two low bits for them only widens near ties.
    digit = TWO_PASS_BITS if width <= 2 * TWO_PASS_BITS + 2 else THREE_PASS_BITS
    shift = max(0, width - 2 * digit) if digit == TWO_PASS_BITS else 0
    packed, tallies = sorter.packed[:count], sorter.tallies
    tallies[:] = 0
    mask = (1 << digit) - 1
    for i in range(count):
        key = (np.int64(bits[i]) - lowest) >> shift
        packed[i] = key << 32 | (i if everyone else chosen[i])
        tallies[0, key & mask] += 1
        tallies[1, (key >> digit) & mask] += 1
        if digit == THREE_PASS_BITS:
            tallies[2, key >> (2 * digit)] += 1
    _radix_sort(packed, sorter.spare[:count], tallies, digit)
    return int(lowest), shift


@compiled
def _radix_sort(
    packed: IntArray, spare: IntArray, tallies: npt.NDArray[np.int32], digit: int
) -> None:
    """Sort by the upper 32 bits, stably: two passes of 12 bits or three of 11.

    Args:
        packed: (n,) what to sort.
        spare: (n,) the other side.
        tallies: How often each digit occurs, lowest digits first.
        digit: Bits of a digit.
    """
    mask = (1 << digit) - 1
    source, target = packed, spare
    passes = 2 if digit == TWO_PASS_BITS else 3
    for turn in range(passes):
        place = 0
        for value in range(mask + 1):
            here = tallies[turn, value]
            tallies[turn, value] = place
            place += here
        low = 32 + turn * digit
        for i in range(source.shape[0]):
            item = source[i]
            value = (item >> low) & mask
            target[tallies[turn, value]] = item
            tallies[turn, value] += 1
        source, target = target, source
    if passes == 3:
        packed[:] = spare


@compiled
def _lowest_sure_key(query: Query, dimensions: int, sorter: Sorter, lowest: int, shift: int) -> int:
    """The key from which points two keys apart are surely in order.

    Two keys apart means at least D·2⁻²⁶ apart, which outweighs both error bounds except
    where D is tiny beside the lengths of the vectors.
    """
    scale = error_scale(dimensions)
    margin = 2.0**-26 - 12.0 * scale
    if margin <= 0.0:
        return 1 << 31
    sorter.keys[0] = 14.0 * scale * query.norm / margin * 1.001
    return ((int(sorter.key_bits[0]) - lowest) >> shift) + 2


@compiled
def _settle_pair(packed: IntArray, i: int, query: Query, margin: float) -> bool:
    """Order points i and i + 1 by float64 distance; False if that is too close to tell."""
    first = query.distances[packed[i] & PLACE_MASK]
    second = query.distances[packed[i + 1] & PLACE_MASK]
    if abs(second - first) <= error_bound(max(first, second), query.norm, margin):
        return False
    if second < first:
        packed[i], packed[i + 1] = packed[i + 1], packed[i]
    return True


@compiled
def _settle(rows: Rows, query: Query, packed: IntArray, sorter: Sorter) -> None:
    """Order points whose keys are too close, by float64 distance and then exactly."""
    count = packed.shape[0]
    distances = sorter.distances[:count]
    for i in range(count):
        distances[i] = query.distances[packed[i] & PLACE_MASK]
    _merge_sort(distances, packed, sorter)
    scale = error_scale(rows.features.shape[1])
    start = 0
    while start < count - 1:
        stop = start + 1
        while stop < count and distances[stop] - distances[stop - 1] <= 2.0 * error_bound(
            distances[stop], query.norm, scale
        ):
            stop += 1
        if stop - start > 1:
            _settle_exactly(rows, query, packed[start:stop], sorter, start)
        start = stop


@compiled
def _settle_exactly(
    rows: Rows, query: Query, packed: IntArray, sorter: Sorter, offset: int
) -> None:
    """Order points within each other's error bounds by (exact distance, id)."""
    count = packed.shape[0]
    distances = sorter.distances[offset : offset + count]
    for i in range(count):
        distances[i] = packed[i] & PLACE_MASK
    _merge_sort(distances, packed, sorter)
    for i in range(count):
        distances[i] = squared_distance(rows.features[packed[i] & PLACE_MASK], query.features)
    _merge_sort(distances, packed, sorter)


@compiled
def _merge_sort(values: FloatArray, items: IntArray, sorter: Sorter) -> None:
    """Sort items by value, stably; the parts already in order cost one comparison."""
    count = values.shape[0]
    for start in range(0, count, SHORT_RUN):
        _insertion_sort(values[start : start + SHORT_RUN], items[start : start + SHORT_RUN])
    width = SHORT_RUN
    while width < count:
        for start in range(0, count - width, 2 * width):
            stop = min(start + 2 * width, count)
            if values[start + width - 1] > values[start + width]:
                _merge(values[start:stop], items[start:stop], width, sorter)
        width *= 2


@compiled
def _insertion_sort(values: FloatArray, items: IntArray) -> None:
    for i in range(1, values.shape[0]):
        value, item = values[i], items[i]
        j = i
        while j > 0 and values[j - 1] > value:
            values[j], items[j] = values[j - 1], items[j - 1]
            j -= 1
        values[j], items[j] = value, item


@compiled
def _merge(values: FloatArray, items: IntArray, width: int, sorter: Sorter) -> None:
    """Merge the sorted parts before and from `width`, the earlier first where equal."""
    count = values.shape[0]
    left_values, left_items = sorter.spare_distances, sorter.spare
    left_values[:width] = values[:width]
    left_items[:width] = items[:width]
    left, right, place = 0, width, 0
    while left < width:
        if right < count and values[right] < left_values[left]:
            values[place], items[place] = values[right], items[right]
            right += 1
        else:
            values[place], items[place] = left_values[left], left_items[left]
            left += 1
        place += 1
