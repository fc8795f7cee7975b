"""Who gets how much: inequality, top share, living-wage coverage, unpaid hours.

Income is wages plus what this run pays; hours are all hours on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from accounting.core.grouping import sums_by
from accounting.core.tables import Inputs, Int
from accounting.core.wage_floor import SECONDS_PER_HOUR, worked_seconds

Indicators = dict[str, Fraction | None]

HOURLY_SCALE = 10**30
"""Hourly incomes are compared in this many parts of a micro-unit: exact beyond any print."""


def pay_indicators(inputs: Inputs, amount_by_worker: Int) -> Indicators:
    """Return the indicators of pay over workers with any hours or any money."""
    work = inputs.contributions
    seconds = worked_seconds(inputs)
    wages = sums_by(work.worker, work.wage_micro, len(inputs.workers))
    income = wages + amount_by_worker
    before = wages.copy()
    np.add.at(before, inputs.benchmarks.worker, inputs.benchmarks.received_micro)
    present = np.flatnonzero((seconds > 0) | (wages != 0) | (amount_by_worker != 0))
    incomes = sorted(income[present].tolist())
    return {
        "gini_payout": gini(sorted(amount_by_worker[present].tolist())),
        "gini_income": gini(incomes),
        "gini_hourly": gini(_hourly(income, seconds)),
        "top1_income_share": top_share(incomes),
        "unpaid_share": _unpaid_share(inputs),
        **_coverage(inputs, seconds, before, before + amount_by_worker),
    }


def gini(ascending: Sequence[int]) -> Fraction | None:
    """Return `Σ(2i - n - 1) x_i / (n Σx)`: 0 when all are equal.

    >>> gini([1, 3])
    Fraction(1, 4)
    """
    count, total = len(ascending), sum(ascending)
    if total <= 0:
        return None
    weighted = sum((2 * rank - count - 1) * x for rank, x in enumerate(ascending, start=1))
    return Fraction(weighted, count * total)


def top_share(ascending: Sequence[int]) -> Fraction | None:
    """Return the share of the best paid hundredth, of at least one person."""
    total = sum(ascending)
    top = -(-len(ascending) // 100)
    return Fraction(sum(ascending[-top:]), total) if total else None


def _hourly(income: Int, seconds: Int) -> list[int]:
    working = np.flatnonzero(seconds)
    return sorted(
        amount * SECONDS_PER_HOUR * HOURLY_SCALE // worked
        for amount, worked in zip(income[working].tolist(), seconds[working].tolist(), strict=True)
    )


def _unpaid_share(inputs: Inputs) -> Fraction | None:
    work = inputs.contributions
    seconds = np.maximum(work.seconds, 0)
    total = int(seconds.sum())
    return Fraction(int(seconds[work.wage_micro == 0].sum()), total) if total else None


def _coverage(inputs: Inputs, seconds: Int, before: Int, after: Int) -> Indicators:
    """Share of workers (of hours) that reach the living wage before and after this run."""
    benchmarks = inputs.benchmarks
    rows = np.flatnonzero(seconds[benchmarks.worker])
    covered_before = covered_after = hours_before = hours = 0
    for row in rows.tolist():
        worker = int(benchmarks.worker[row])
        worked = int(seconds[worker])
        needed = int(benchmarks.living_wage_micro_per_hour[row]) * worked
        covered = int(before[worker]) * SECONDS_PER_HOUR >= needed
        covered_before += covered
        covered_after += int(after[worker]) * SECONDS_PER_HOUR >= needed
        hours_before += worked if covered else 0
        hours += worked
    if hours == 0:
        return {}
    return {
        "lw_cov_workers_before": Fraction(covered_before, len(rows)),
        "lw_cov_workers_after": Fraction(covered_after, len(rows)),
        "lw_cov_hours_before": Fraction(hours_before, hours),
    }
