"""The loops that a large run spends its time in, compiled.

Each does in machine code what the numpy code beside its caller does in whole columns, and gives
the same integers; `MANY_ROWS` says from where on it is worth the second that loading it takes.
Importing this module loads the compiler, so callers import it only when they need it.
"""

from __future__ import annotations

import numpy as np

from accounting.core.compiled import compiled
from accounting.core.tables import Int


@compiled
def sort_by_label(labels: Int, rows: Int, size: int) -> tuple[Int, Int]:
    """Put rows in the order of their labels 0 … size - 1; equal labels keep their order.

    Returns:
        The rows in order, and per label where its rows end.
    """
    ends = np.zeros(size + 1, dtype=np.int64)
    for row in rows:
        ends[labels[row] + 1] += 1
    for label in range(size):
        ends[label + 1] += ends[label]
    order = np.empty(len(rows), dtype=np.int64)
    for row in rows:
        place = ends[labels[row]]
        order[place] = row
        ends[labels[row]] = place + 1
    return order, ends[:size]


@compiled
def distinct_in_stretches(values: Int, order: Int, ends: Int, bound: int) -> Int:
    """Count the distinct values 0 … bound - 1 in each stretch of an order of rows."""
    counts = np.zeros(len(ends), dtype=np.int64)
    last_seen = np.full(bound, -1, dtype=np.int64)
    start = 0
    for stretch in range(len(ends)):
        for at in range(start, ends[stretch]):
            value = values[order[at]]
            if last_seen[value] != stretch:
                last_seen[value] = stretch
                counts[stretch] += 1
        start = ends[stretch]
    return counts


@compiled
def _share_stretch(amount: int, weights: Int, remainders: Int, shares: Int) -> None:
    """Share an amount over all weights by largest remainders, into zeros."""
    total = np.int64(0)
    for weight in weights:
        total += weight
    if amount == 0 or total == 0:
        return
    left = amount
    rough = float(amount)
    whole = float(total)
    for at in range(len(weights)):
        # Off by at most five units, so the true remainder lies within eight totals of zero,
        # where wrapping 64-bit arithmetic still yields it exactly.
        quotient = np.int64(float(weights[at]) * rough / whole)
        remainder = amount * weights[at] - quotient * total
        correction = remainder // total
        shares[at] = quotient + correction
        remainders[at] = remainder - correction * total
        left -= shares[at]
    if left:
        _give(shares, remainders, left)


@compiled
def _give(shares: Int, remainders: Int, left: int) -> None:
    """Add one unit to the `left` largest remainders, ties to the lower position."""
    count = len(remainders)
    smallest_winner = np.partition(remainders, count - left)[count - left]
    for at in range(count):
        if remainders[at] > smallest_winner:
            shares[at] += 1
            left -= 1
    for at in range(count):
        if left == 0:
            break
        if remainders[at] == smallest_winner:
            shares[at] += 1
            left -= 1


@compiled
def share_stretches(amounts: Int, weights: Int, starts: Int, ends: Int) -> Int:
    """Share each amount >= 0 over its stretch of weights by largest remainders.

    Amounts below 2^53 and stretches that add up to less than 2^60, as `sharing` has checked; an
    amount of zero, or a stretch without weight, gives zeros.
    """
    shares = np.zeros(len(weights), dtype=np.int64)
    longest = 0
    for group in range(len(starts)):
        longest = max(longest, ends[group] - starts[group])
    remainders = np.empty(longest, dtype=np.int64)
    for group in range(len(starts)):
        start, end = starts[group], ends[group]
        _share_stretch(
            amounts[group], weights[start:end], remainders[: end - start], shares[start:end]
        )
    return shares
