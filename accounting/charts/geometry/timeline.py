"""Columns along a time axis, each with two bars on scales of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDEST = 64.0


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal width, in order of time.

    Attributes:
        lefts: Left edge of each column.
        width: Of each column's bars.
        pitch: From one left edge to the next.
        shares: (labour, pay) of each column as parts of the largest of their kind, 0..1.
        peaks: Index of the column with the most labour, and of that with the most pay.
    """

    lefts: tuple[float, ...]
    width: float
    pitch: float
    shares: tuple[tuple[float, float], ...]
    peaks: tuple[int, int]


def columns_over(values: Sequence[tuple[int, int]], *, width: float) -> Columns:
    """Spread columns over a width; at least one, values >= 0."""
    pitch = width / len(values)
    column = min(WIDEST, pitch * 0.78)
    most = (max(labour for labour, _ in values) or 1, max(pay for _, pay in values) or 1)
    places = range(len(values))
    return Columns(
        lefts=tuple(pitch * place + (pitch - column) / 2 for place in places),
        width=column,
        pitch=pitch,
        shares=tuple((labour / most[0], pay / most[1]) for labour, pay in values),
        peaks=(
            max(places, key=lambda place: values[place][0]),
            max(places, key=lambda place: values[place][1]),
        ),
    )
