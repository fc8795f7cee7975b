"""Several valuations of one product, held against each other person by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from accounting.models import Valuation, WorkerValue


@dataclass(frozen=True, slots=True)
class Comparison:
    """Valuations side by side.

    Attributes:
        valuations: What is compared.
        workers: Row numbers of everybody whom all of them value.
        values_ppb: For each valuation, their values.
        correlations: Rank correlation of each pair; None with fewer than three people.
        moved: Part of the pay that changes hands between each pair, 0 to 1.
    """

    valuations: list[Valuation]
    workers: list[int]
    values_ppb: list[list[int]]
    correlations: list[list[float | None]]
    moved: list[list[float]]


def compare(valuations: Sequence[Valuation]) -> Comparison:
    """Compare valuations over the people whom all of them value."""
    # The arithmetic takes seconds to load, and only this page needs it.
    from accounting.valuation.convergence import rank_correlation
    from accounting.valuation.levels import paid_shares

    each = [
        dict(WorkerValue.objects.filter(valuation=valuation).values_list("worker_id", "value_ppb"))
        for valuation in valuations
    ]
    workers = sorted(set.intersection(*map(set, each))) if each else []
    table = [[values[worker] for worker in workers] for values in each]
    columns = [np.array(values, dtype=np.float64) for values in table]
    enough = len(workers) > 2
    return Comparison(
        valuations=list(valuations),
        workers=workers,
        values_ppb=table,
        correlations=[
            [rank_correlation(a, b) if enough else None for b in columns] for a in columns
        ],
        moved=[
            [0.5 * float(np.abs(paid_shares(a) - paid_shares(b)).sum()) for b in columns]
            for a in columns
        ],
    )
