"""Hamilton's method by whole numbers, and the payment at the end (value-model.md h)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")


def share(amount: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Divide an amount in proportion to weights, exactly.

    Args:
        amount: What to share; a negative amount is shared like its opposite, then negated.
        weights: Weights >= 0, not all zero; ties go to the key that stands earlier.
    """
    if amount < 0:
        return {key: -part for key, part in share(-amount, weights).items()}
    total = sum(weights.values())
    parts = {key: amount * weight // total for key, weight in weights.items()}
    remainders = {key: amount * weight % total for key, weight in weights.items()}
    left = amount - sum(parts.values())
    # The sort is stable, so equal remainders keep the order of the keys.
    for key in sorted(weights, key=lambda key: -remainders[key])[:left]:
        parts[key] += 1
    return parts


def part_of(amount: int, ppm: int) -> int:
    """Return ppm millionths of an amount, rounded towards zero so that negatives mirror."""
    part = abs(amount) * ppm // 1_000_000
    return part if amount >= 0 else -part


@dataclass(frozen=True)
class Payment:
    """What a payee gets now and what stays theirs."""

    amount_micro: int
    carried_in_micro: int
    paid_minor: int
    carried_out_micro: int


def payment(
    amount_micro: int, carried_in_micro: int, *, minor_digits: int, minimum_minor: int
) -> Payment:
    """Return the payment of one payee in one run."""
    unit_micro = 10 ** (6 - minor_digits)
    due_micro = amount_micro + carried_in_micro
    paid_minor = max(0, due_micro // unit_micro)
    if paid_minor < minimum_minor:
        paid_minor = 0
    left_micro = due_micro - paid_minor * unit_micro
    return Payment(amount_micro, carried_in_micro, paid_minor, left_micro)
