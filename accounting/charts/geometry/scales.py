"""Straight scales from integers to pixels, and ticks people read easily."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps low..high onto 0..length; low < high."""

    low: int
    high: int
    length: float

    def __call__(self, value: int) -> float:
        """Place of a value; integers far above 2**53 keep their proportion."""
        return (value - self.low) / (self.high - self.low) * self.length


def scale_over(values: Iterable[int], *, length: float) -> Scale:
    """A scale that holds all values and zero; a length of one unit where all are zero."""
    known = list(values)
    low, high = min([0, *known]), max([0, *known])
    return Scale(low, high if high > low else low + 1, length)
