"""Bars that each begin where the one before ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.errors import ChartError


class WaterfallDoesNotAddUp(ChartError):
    """A total differs from what the moves before it arrive at."""

    code = "chart_waterfall_does_not_add_up"

    def __init__(self, *, place: int, reached: int, stated: int) -> None:
        super().__init__(f"Step {place} states {stated}, the moves before it reach {reached}.")
        self.place = place
        self.reached = reached
        self.stated = stated


@dataclass(frozen=True, slots=True)
class Span:
    """One bar, from where the count stood to where it stands after it."""

    start: int
    end: int

    @property
    def low(self) -> int:
        """The smaller end."""
        return min(self.start, self.end)

    @property
    def high(self) -> int:
        """The larger end."""
        return max(self.start, self.end)


def waterfall_spans(steps: Sequence[tuple[int, bool]]) -> list[Span]:
    """Bars of a sequence of (value, is_total): moves add up, totals stand on zero.

    The first total sets the count; every later one must equal it.

    Raises:
        WaterfallDoesNotAddUp: A later total states something else.
    """
    spans = []
    reached = 0
    for place, (value, is_total) in enumerate(steps):
        if is_total:
            if place and value != reached:
                raise WaterfallDoesNotAddUp(place=place, reached=reached, stated=value)
            spans.append(Span(0, value))
            reached = value
        else:
            spans.append(Span(reached, reached + value))
            reached += value
    return spans
