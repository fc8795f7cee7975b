"""Reading what a run must know of payees: benchmarks, earlier pay, and data-value scores."""

from __future__ import annotations

import numpy as np
from django.db.models import Sum
from numpy.typing import NDArray

from accounting.core.tables import Benchmarks, Scores, Valuations
from accounting.models import LivingWage, Period, Run, Score, Statement, Valuation
from contributions.currencies import minor_digits
from contributions.models import Worker

Int = NDArray[np.int64]


def read_benchmarks(period: Period, worker_ids: Int) -> Benchmarks:
    """Read living wages, what posted runs have paid, and carry, for some workers.

    A worker whose region has no benchmark in the period's currency is given a living wage of 0,
    which leaves no gap.
    """
    wages = {
        wage.region: wage.micro_per_hour
        for wage in LivingWage.objects.filter(
            currency=period.currency, valid_from__lte=period.ends_on
        ).order_by("valid_from")
    }
    regions = dict(
        Worker.objects.filter(pk__in=worker_ids.tolist()).values_list("pk", "wage_region")
    )
    posted = Statement.objects.filter(
        worker__in=worker_ids.tolist(),
        run__state=Run.State.POSTED,
        run__period__operator=period.operator_id,
        run__period__currency=period.currency,
        run__period__ends_on__lt=period.starts_on,
    )
    minor_micro = 10 ** (6 - minor_digits(period.currency))
    paid = dict(posted.values_list("worker").annotate(Sum("paid_minor")).order_by())
    carried = dict(
        posted.order_by("run__period__ends_on", "run_id").values_list("worker", "carried_out_micro")
    )
    numbers = worker_ids.tolist()
    return Benchmarks(
        worker=np.arange(len(numbers), dtype=np.int64),
        living_wage_micro_per_hour=np.array(
            [wages.get(regions[number], 0) for number in numbers], dtype=np.int64
        ),
        received_micro=np.array(
            [paid.get(number, 0) * minor_micro for number in numbers], dtype=np.int64
        ),
        carried_in_micro=np.array([carried.get(number, 0) for number in numbers], dtype=np.int64),
    )


def read_scores(product_ids: Int, contribution_ids: Int) -> tuple[Valuations, Scores]:
    """Read the newest valuation of each product and its scores of the given contributions."""
    newest: dict[int, Valuation] = {}
    for valuation in Valuation.objects.filter(product__in=product_ids.tolist()).order_by("pk"):
        newest[valuation.product_id] = valuation
    chosen = sorted(newest.values(), key=lambda valuation: valuation.pk)
    valuation_at = {valuation.pk: position for position, valuation in enumerate(chosen)}
    rows = np.array(
        Score.objects.filter(valuation__in=chosen)
        .order_by("contribution_id", "valuation_id")
        .values_list("contribution_id", "score_ppb", "valuation_id"),
        dtype=np.int64,
    ).reshape(-1, 3)
    position = np.searchsorted(contribution_ids, rows[:, 0])
    inside = position < len(contribution_ids)
    inside[inside] = contribution_ids[position[inside]] == rows[inside, 0]
    kept = rows[inside]
    return (
        Valuations(
            id=[valuation.public_id for valuation in chosen],
            product=np.searchsorted(
                product_ids, [valuation.product_id for valuation in chosen]
            ).astype(np.int64),
            method=[valuation.method for valuation in chosen],
            reliability_ppm=np.array(
                [valuation.reliability_ppm for valuation in chosen], dtype=np.int64
            ),
        ),
        Scores(
            contribution=position[inside].astype(np.int64),
            score_ppb=kept[:, 1],
            valuation=np.array([valuation_at[int(v)] for v in kept[:, 2]], dtype=np.int64),
        ),
    )
