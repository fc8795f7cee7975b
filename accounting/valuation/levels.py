"""Both levels side by side: the game of owners, and the game of points added up by owner.

Both total v(all) - v(∅); which to pay by is policy. The difference is whom presence, copies
and shell accounts favour: adding up points pays copies, the game of owners pays splitting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.valuation.convergence import rank_correlation
from accounting.valuation.points import FloatArray


@dataclass(frozen=True, slots=True)
class LevelComparison:
    """How the two levels differ.

    Attributes:
        gaps: (M,) value in the game of owners less the sum of the owner's points.
        moved: Part of the money that changes hands between the levels, 0 to 1.
        correlation: Rank correlation of the two.
    """

    gaps: FloatArray
    moved: float
    correlation: float


def compare_levels(*, owners: FloatArray, point_sums: FloatArray) -> LevelComparison:
    """Compare (M,) values of the game of owners with (M,) sums over their points."""
    return LevelComparison(
        gaps=owners - point_sums,
        moved=0.5 * float(np.abs(paid_shares(owners) - paid_shares(point_sums)).sum()),
        correlation=rank_correlation(owners, point_sums),
    )


def paid_shares(values: FloatArray) -> FloatArray:
    """(M,) parts of the money values lead to: negative ones count as 0; all 0 if none is above."""
    positive = np.maximum(values, 0.0)
    total = positive.sum()
    return positive / total if total > 0.0 else positive
