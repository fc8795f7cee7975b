"""Reading what a run must know of payees: benchmarks, earlier pay, and data-value scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accounting.core.tables import Benchmarks, Scores, Valuations
from accounting.models import LivingWage, Period, Score, Valuation
from accounting.models.valuation import valuations_in_use
from accounting.services.accounts import read_carried, read_received
from accounting.services.binary_copy import read_bigints

Int = NDArray[np.int64]

# One array for a hundred thousand workers; as many parameters would take seconds to bind.
_REGIONS = """
SELECT id, coalesce(array_position(%(regions)s::text[], wage_region::text), 0)::bigint
FROM contributions_worker WHERE id = ANY (%(workers)s::bigint[]) ORDER BY id
"""


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
    carried_to, carried_micro = read_carried(period)
    received_by, received_micro = read_received(period)
    return Benchmarks(
        worker=np.arange(len(worker_ids), dtype=np.int64),
        living_wage_micro_per_hour=_living_wages(wages, worker_ids),
        received_micro=_placed(worker_ids, received_by, received_micro),
        carried_in_micro=_placed(worker_ids, carried_to, carried_micro),
    )


def _living_wages(wages: dict[str, int], worker_ids: Int) -> Int:
    """Return the living wage of each worker's region, 0 where it has none."""
    regions = list(wages)
    workers, region = read_bigints(
        _REGIONS, {"regions": regions, "workers": worker_ids.tolist()}, columns=2
    )
    by_region = np.array([0, *(wages[name] for name in regions)], dtype=np.int64)
    return _placed(worker_ids, workers, by_region[region])


def _placed(worker_ids: Int, known_ids: Int, known: Int) -> Int:
    """Place known values at their workers, 0 at the others; both lists of ids ascend."""
    placed = np.zeros(len(worker_ids), dtype=np.int64)
    at = np.searchsorted(worker_ids, known_ids)
    inside = at < len(worker_ids)
    inside[inside] = worker_ids[at[inside]] == known_ids[inside]
    placed[at[inside]] = known[inside]
    return placed


def read_scores(product_ids: Int, contribution_ids: Int) -> tuple[Valuations, Scores]:
    """Read the valuation in use of each product and its scores of the given contributions."""
    in_use = valuations_in_use(product_ids.tolist()).values()
    chosen = list(Valuation.objects.computed().filter(pk__in=in_use).order_by("pk"))
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
