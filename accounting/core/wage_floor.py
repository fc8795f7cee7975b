"""The wage floor: what is missing to a living wage for the hours really worked.

It never uses credited hours, and hours of rejected work count like any other.

Source: value-model.md, f.
"""

from __future__ import annotations

import numpy as np

from accounting.core.grouping import group_rows, sums_by
from accounting.core.sharing import FigureTooLarge, share_groups, total_of
from accounting.core.tables import Inputs, Int

SECONDS_PER_HOUR = 3600


def received_micro(inputs: Inputs, earlier_micro: Int) -> Int:
    """Return per worker what wages, earlier runs and earlier pools of this run have paid.

    Args:
        earlier_micro: Per worker, the pools of this run that stand before the floor.
    """
    work, benchmarks = inputs.contributions, inputs.benchmarks
    total_of(work.wage_micro, "wage_micro")
    total_of(benchmarks.received_micro, "received_micro")
    received = earlier_micro + sums_by(work.worker, work.wage_micro, len(inputs.workers))
    np.add.at(received, benchmarks.worker, benchmarks.received_micro)
    return received


def gaps_micro(inputs: Inputs, received: Int) -> Int:
    """Return per worker `max(0, living wage x hours - received)`, the wage rounded up.

    A worker without a benchmark or without recorded hours has no gap.

    Raises:
        FigureTooLarge: The gaps add up to more than 64 bits hold.
    """
    seconds = worked_seconds(inputs)
    benchmarks = inputs.benchmarks
    gaps = [0] * len(inputs.workers)
    for worker, wage, worked, paid in zip(
        benchmarks.worker.tolist(),
        benchmarks.living_wage_micro_per_hour.tolist(),
        seconds[benchmarks.worker].tolist(),
        received[benchmarks.worker].tolist(),
        strict=True,
    ):
        if worked:
            gaps[worker] = max(0, -(-wage * worked // SECONDS_PER_HOUR) - paid)
    if sum(gaps) >= 2**62:
        raise FigureTooLarge("The gaps to the living wage add up to more than can be held.")
    return np.array(gaps, dtype=np.int64)


def worked_seconds(inputs: Inputs) -> Int:
    """Return per worker all seconds on record, whatever the outcome."""
    work = inputs.contributions
    seconds = np.maximum(work.seconds, 0)
    total_of(seconds, "seconds")
    return sums_by(work.worker, seconds, len(inputs.workers))


def spread_gaps(inputs: Inputs, gaps: Int) -> Int:
    """Spread each worker's gap over the worker's contributions by their seconds.

    Returns:
        Weights in µ, aligned with the contributions.
    """
    work = inputs.contributions
    weights = np.zeros(len(work.worker), dtype=np.int64)
    rows = np.flatnonzero((gaps[work.worker] > 0) & (work.seconds > 0))
    by_worker = group_rows(work.worker, rows)
    weights[by_worker.order] = share_groups(
        gaps[by_worker.label], work.seconds[by_worker.order], by_worker.starts
    )
    return weights
