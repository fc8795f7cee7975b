"""Records and hours of workers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Sum

from contributions.models import Worker
from contributions.models.labour import ContributionQuerySet


def hours_of(
    rows: ContributionQuerySet, workers: Sequence[Worker]
) -> dict[int, tuple[int, int, int | None]]:
    """Add up what counts of each worker's labour.

    Returns:
        Worker id to: records, those with a time, and their seconds (None if none has a time).
    """
    found = (
        rows.current()
        .filter(worker__in=[worker.pk for worker in workers])
        .order_by()
        .values_list("worker")
        .annotate(records=Count("pk"), timed=Count("seconds"), total=Sum("seconds"))
    )
    return {worker: (records, timed, total) for worker, records, timed, total in found}
