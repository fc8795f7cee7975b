"""Hamilton's method: integers shared in proportion, exactly, the same on every machine.

`q, r = divmod(amount x weight, total)`; the units left go to the largest remainders, ties to the
lower position. The shares add up to the amount, none is more than one unit away from its quota,
a zero weight gets zero and the order of rows does not matter. It is not house-monotone: one more
unit to share can cost somebody one, which is why amounts are micro-units and not cents.

Source: value-model.md, h.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from accounting.core.errors import AccountingError
from accounting.core.grouping import MANY_ROWS
from accounting.core.tables import Int

LARGEST_TOTAL = 2**60
LARGEST_AMOUNT = 2**53
MANY_GROUPS = 4096


class NothingToShareBy(AccountingError):
    """No weight is above zero, so no proportion exists."""

    code = "nothing_to_share_by"


class FigureTooLarge(AccountingError):
    """A column adds up to more than 64-bit integers hold exactly."""

    code = "figure_too_large"


def share(amount_micro: int, weights: Int) -> Int:
    """Divide an amount in proportion to weights.

    Args:
        amount_micro: What is shared; a negative amount mirrors the positive one.
        weights: Integers >= 0, any length.

    Returns:
        Shares aligned with `weights`, adding up to `amount_micro`.

    Raises:
        NothingToShareBy: All weights are zero though there is something to share.

    >>> share(100, np.array([1, 1, 1])).tolist()
    [34, 33, 33]
    >>> share(-100, np.array([1, 1, 1])).tolist()
    [-34, -33, -33]
    """
    if amount_micro == 0:
        return np.zeros(len(weights), dtype=np.int64)
    if amount_micro < 0:
        negated: Int = -share(-amount_micro, weights)
        return negated
    if amount_micro < LARGEST_AMOUNT and float(weights.sum(dtype=np.float64)) < LARGEST_TOTAL:
        return _share_in_64_bits(amount_micro, weights)
    return np.array(share_whole(amount_micro, weights.tolist()), dtype=np.int64)


def share_whole(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an amount as `share` does, in Python integers of any size.

    Raises:
        NothingToShareBy: All weights are zero though there is something to share.

    >>> share_whole(10**20, [1, 2])
    [33333333333333333333, 66666666666666666667]
    """
    if amount == 0:
        return [0] * len(weights)
    if amount < 0:
        return [-part for part in share_whole(-amount, weights)]
    total = sum(weights)
    if total == 0:
        raise NothingToShareBy("There is no weight to share by.", amount=amount)
    parts = [divmod(amount * weight, total) for weight in weights]
    shares = [quotient for quotient, _ in parts]
    by_remainder = sorted(range(len(parts)), key=lambda position: -parts[position][1])
    for position in by_remainder[: amount - sum(shares)]:
        shares[position] += 1
    return shares


def share_groups(amounts: Int, weights: Int, starts: Int) -> Int:
    """Divide many amounts at once, each among its own stretch of the weights.

    Args:
        amounts: One amount per group, of either sign.
        weights: Integers >= 0; the groups follow one another without gaps.
        starts: Where each group begins, ascending and without empty groups.

    Returns:
        Shares aligned with `weights`; each group adds up to its amount.

    Raises:
        NothingToShareBy: A group has something to share and no weight.

    >>> share_groups(np.array([5, -1]), np.array([1, 1, 3, 4]), np.array([0, 2])).tolist()
    [3, 2, 0, -1]
    """
    if len(starts) == 0:
        return np.zeros(0, dtype=np.int64)
    ends = np.append(starts, len(weights))[1:]
    rough_totals = np.add.reduceat(weights.astype(np.float64), starts)
    large = (rough_totals >= LARGEST_TOTAL) | (np.abs(amounts) >= LARGEST_AMOUNT)
    totals = np.add.reduceat(weights, starts)
    if bool(((totals == 0) & (amounts != 0)).any()):
        raise NothingToShareBy("There is no weight to share by.")
    shared = np.where(large, 0, np.abs(amounts))
    if len(weights) >= MANY_ROWS:
        shares = _share_many(shared, weights, starts, ends)
    else:
        shares = _share_columns(shared, weights, np.where(large, 1, totals), starts, ends)
    if bool((amounts < 0).any()):
        shares *= np.repeat(np.where(amounts < 0, -1, 1), ends - starts)
    for group in np.flatnonzero(large).tolist():
        stretch = slice(int(starts[group]), int(ends[group]))
        shares[stretch] = share_whole(int(amounts[group]), weights[stretch].tolist())
    return shares


def total_of(column: Int, what: str) -> int:
    """Add up a column of one sign or both, refusing what 64 bits cannot hold.

    Raises:
        FigureTooLarge: The magnitudes add up to 2^62 or more; `what` names the column.
    """
    if len(column) == 0:
        return 0
    # Mostly the largest magnitude settles it, without looking at every one as a float.
    most = max(int(column.max()), -int(column.min())) * len(column)
    if most >= 2**62 and float(np.abs(column.astype(np.float64)).sum()) >= 2**62:
        raise FigureTooLarge(f"The column {what} adds up to more than can be held exactly.")
    return int(column.sum())


def parts_per_million(amounts: Int, ratios_ppm: Int) -> Int:
    """Return `amount x ratio // 10^6` element by element, mirrored for negative amounts.

    The product is never formed, so it cannot overflow: whole millions and the rest of each
    amount are multiplied apart.

    >>> parts_per_million(np.array([7, -7, 2**53]), np.array([500_000] * 3)).tolist()
    [3, -3, 4503599627370496]
    """
    millions, rest = np.divmod(np.abs(amounts), 1_000_000)
    magnitudes = millions * ratios_ppm + rest * ratios_ppm // 1_000_000
    parts: Int = np.where(amounts < 0, -magnitudes, magnitudes)
    return parts


def part_per_million(amount: int, ratio_ppm: int) -> int:
    """Return `amount x ratio // 10^6` of one amount, mirrored when it is negative.

    >>> part_per_million(-7, 500_000)
    -3
    """
    magnitude = abs(amount) * ratio_ppm // 1_000_000
    return -magnitude if amount < 0 else magnitude


def _share_many(amounts: Int, weights: Int, starts: Int, ends: Int) -> Int:
    from accounting.core import kernels

    return kernels.share_stretches(amounts, weights, starts, ends)


def _share_columns(amounts: Int, weights: Int, totals: Int, starts: Int, ends: Int) -> Int:
    lengths = ends - starts
    quotients, remainders = _divide(
        np.repeat(amounts, lengths), weights, np.repeat(np.maximum(totals, 1), lengths)
    )
    left = amounts - np.add.reduceat(quotients, starts)
    _give_rest_to_groups(quotients, remainders, left, starts, ends)
    return quotients


def _share_in_64_bits(amount: int, weights: Int) -> Int:
    total = int(weights.sum())
    if total == 0:
        raise NothingToShareBy("There is no weight to share by.", amount=amount)
    quotients, remainders = _divide(np.int64(amount), weights, np.int64(total))
    _give_rest(quotients, remainders, amount - int(quotients.sum()))
    return quotients


def _divide(amount: Int | np.int64, weights: Int, total: Int | np.int64) -> tuple[Int, Int]:
    # The float estimate is off by at most five units, so the true remainder lies within eight
    # totals of zero: below 2^63, where wrapping 64-bit arithmetic still yields it exactly.
    estimate = (weights.astype(np.float64) * (np.float64(1) * amount) / total).astype(np.int64)
    with np.errstate(over="ignore"):
        remainders = amount * weights - estimate * total
    correction = remainders // total
    return estimate + correction, remainders - correction * total


def _give_rest(quotients: Int, remainders: Int, left: int) -> None:
    """Add one unit to the `left` largest remainders, ties to the lower position, in place."""
    if left == 0:
        return
    smallest_winner = np.partition(remainders, len(remainders) - left)[len(remainders) - left]
    above = remainders > smallest_winner
    quotients += above
    tied = np.flatnonzero(remainders == smallest_winner)
    quotients[tied[: left - int(np.count_nonzero(above))]] += 1


def _give_rest_to_groups(
    quotients: Int, remainders: Int, left: Int, starts: Int, ends: Int
) -> None:
    if len(starts) <= MANY_GROUPS:
        for group in np.flatnonzero(left).tolist():
            stretch = slice(int(starts[group]), int(ends[group]))
            _give_rest(quotients[stretch], remainders[stretch], int(left[group]))
        return
    # Many small groups: one sort ranks all remainders within their groups.
    lengths = ends - starts
    order = np.lexsort((-remainders, np.repeat(np.arange(len(starts)), lengths)))
    rank = np.arange(len(remainders)) - np.repeat(starts, lengths)
    quotients[order[rank < np.repeat(left, lengths)]] += 1
