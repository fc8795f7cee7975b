"""The Lorenz curve of amounts (Lorenz 1905), short enough to send to a browser."""

from collections.abc import Sequence
from itertools import accumulate

from accounting.charts.errors import ChartError

PPM = 1_000_000
POINTS = 100


class NegativeAmount(ChartError):
    """A share of a total cannot be negative."""

    code = "chart_negative_amount"


def lorenz_points(amounts: Sequence[int]) -> list[tuple[int, int]]:
    """Cumulative share of people against cumulative share of the total, both in ppm.

    At most 101 points however many amounts: enough for the eye, and single persons of a large
    group cannot be read off. The curve through fewer points never lies below the true one.

    Args:
        amounts: One per person, >= 0, any order.

    Returns:
        From (0, 0) to (1 000 000, 1 000 000); the diagonal if there is nothing to share.

    Raises:
        NegativeAmount: An amount is below zero.
    """
    if any(amount < 0 for amount in amounts):
        raise NegativeAmount("A Lorenz curve needs amounts of zero or more.")
    total, people = sum(amounts), len(amounts)
    if total == 0:
        return [(0, 0), (PPM, PPM)]
    sums = [0, *accumulate(sorted(amounts))]
    places = sorted({people * step // POINTS for step in range(POINTS + 1)})
    return [(place * PPM // people, sums[place] * PPM // total) for place in places]
