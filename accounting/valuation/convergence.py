"""How far a valuation can be trusted: agreement between runs, intervals, and when to stop.

A value without its uncertainty is a rumour. Runs are independent repetitions: other samples
for a sampled method, disjoint parts of the validation set for an exact one. Their mean rank
correlation is what scales β in the sharing of money.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

from accounting.valuation.blocks import BlockSums, Scratch, TestGame
from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray

LEAST_RUNS: Final = 3


class TooFewRuns(ValuationError):
    """Agreement was asked of fewer than three runs."""

    code = "valuation_too_few_runs"


@dataclass(frozen=True, slots=True)
class RunAgreement:
    """Rank correlations between all pairs of runs.

    Attributes:
        runs: How many runs.
        mean: Mean over pairs, -1 to 1.
        lowest: Of the pair that agrees least.
    """

    runs: int
    mean: float
    lowest: float


@dataclass(frozen=True, slots=True)
class Precision:
    """When a run may stop; both must hold.

    Attributes:
        half_width: Every value's interval is at most ± this wide, in units of the utility.
        correlation: Mean rank correlation between runs is at least this.
        confidence: Of the intervals, such as 0.95.
    """

    half_width: float
    correlation: float
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Stability:
    """Where a sampled valuation stands.

    Attributes:
        agreement: Between runs; None while some run has not valued everyone.
        widest: Half width of the widest interval; infinite while someone has none.
    """

    agreement: RunAgreement | None
    widest: float

    def meets(self, precision: Precision) -> bool:
        """Whether the asked precision is reached."""
        if self.agreement is None:
            return False
        enough = self.agreement.mean >= precision.correlation
        return enough and self.widest <= precision.half_width


def rank_correlation(first: FloatArray, second: FloatArray) -> float:
    """Spearman's rank correlation, ties at their mean rank.

    Returns:
        -1 to 1; 0 where a side is constant and so has no order to agree with.

    Source: Spearman 1904.
    """
    ranks = rankdata(first), rankdata(second)
    spread = [rank - rank.mean() for rank in ranks]
    lengths = math.sqrt(float(spread[0] @ spread[0]) * float(spread[1] @ spread[1]))
    if lengths == 0.0:
        return 0.0
    return min(1.0, max(-1.0, float(spread[0] @ spread[1]) / lengths))


def run_agreement(runs: Sequence[FloatArray]) -> RunAgreement:
    """Compare runs with each other, each (M,) values of the same players.

    Raises:
        TooFewRuns: There are fewer than three.
    """
    if len(runs) < LEAST_RUNS:
        raise TooFewRuns(f"agreement needs {LEAST_RUNS} runs", runs=len(runs))
    pairs = [rank_correlation(a, b) for a, b in itertools.combinations(runs, 2)]
    return RunAgreement(len(runs), math.fsum(pairs) / len(pairs), min(pairs))


def half_widths(errors: FloatArray, *, samples: int, confidence: float) -> FloatArray:
    """Half widths of Student's intervals, (M,), from standard errors of means.

    Args:
        errors: (M,) standard errors; NaN gives an infinite width.
        samples: Independent samples behind each mean.
        confidence: Chance that an interval covers, between 0 and 1.

    Source: Student 1908.
    """
    if samples < 2:
        return np.full_like(errors, math.inf)
    quantile = float(stdtrit(samples - 1, 0.5 + confidence / 2))
    return np.where(np.isnan(errors), math.inf, errors * quantile)


def owner_runs(
    game: TestGame[Scratch], blocks: Sequence[BlockSums], *, runs: int = LEAST_RUNS
) -> list[FloatArray]:
    """Values of owners, (M,) each, over disjoint parts of the validation set.

    Args:
        game: What was played.
        blocks: Sums of its blocks.
        runs: Into how many parts blocks are dealt, by turns.

    Raises:
        TooFewRuns: There are fewer blocks than runs, or fewer than three runs.
    """
    if runs < LEAST_RUNS or len(blocks) < runs:
        raise TooFewRuns(f"agreement needs {LEAST_RUNS} runs", runs=min(runs, len(blocks)))
    values = []
    for run in range(runs):
        part = sorted(blocks, key=lambda block: block.index)[run::runs]
        total = np.zeros(game.training.owner_count)
        for block in part:
            total += block.owners[0]
        values.append(total / sum(block.tests for block in part))
    return values
