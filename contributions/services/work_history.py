"""A worker's own history across all tools, signed, to take along and show to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, Min, QuerySet, Sum
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.identifiers import public_id
from contributions.log.canonical import Json
from contributions.log.work_history import WorkHistory, sign_history
from contributions.models import Contribution, Product, Worker
from contributions.models.attestations import confirmations
from contributions.models.labour import ContributionQuerySet
from contributions.services import log_key
from contributions.services.products import later_products

MOST_RECORDS = 20_000
"""What a history names one by one; of more work it tells the sums alone."""


class NothingToTell(ContributionError):
    """No labour of the worker is recorded."""

    code = "nothing_to_tell"


def signed_history(*, worker: Worker, name: str = "", today: date) -> WorkHistory:
    """Return a worker's history, signed with the log's key.

    Args:
        name: Written into it if the worker wants to be known by it.

    Raises:
        NothingToTell: No labour of the worker is recorded.
        LogError: This installation cannot sign.
    """
    signer = log_key.signer()
    return sign_history(told_history(worker=worker, name=name, today=today), signer)


def told_history(*, worker: Worker, name: str = "", today: date) -> dict[str, Json]:
    """Return what a history tells: hours by how they are known, products, tasks and records.

    Raises:
        NothingToTell: No labour of the worker is recorded.
    """
    work = Contribution.objects.of_person(worker).current()
    sums = work.aggregate(
        records=Count("pk"),
        total=Sum("seconds"),
        timed=Count("seconds"),
        first=Min("occurred_on"),
        last=Max("occurred_on"),
    )
    if not sums["records"]:
        raise NothingToTell(_("No labour is recorded yet."))
    about: dict[str, Json] = {"id": worker.public_id, "pseudonym": worker.pseudonym}
    return {
        "worker": about | ({"name": name} if name else {}),
        "made_on": today.isoformat(),
        "from": sums["first"].isoformat(),
        "to": sums["last"].isoformat(),
        "records": sums["records"],
        "seconds": sums["total"],
        "records_without_time": sums["records"] - sums["timed"],
        "hours_by_time_basis": list(_by_basis(work)),
        "work": list(_by_task(work)),
        "made_with_it": list(_made_with(work)),
        "recorded": list(_recorded(work)) if sums["records"] <= MOST_RECORDS else [],
    }


def _by_basis(work: ContributionQuerySet) -> Iterator[dict[str, Json]]:
    rows = work.order_by("time_basis").values_list("time_basis")
    for basis, records, seconds in rows.annotate(Count("pk"), Sum("seconds")):
        yield {"time_basis": basis, "records": records, "seconds": seconds}


def _by_task(work: ContributionQuerySet) -> Iterator[dict[str, Json]]:
    rows = (
        work.order_by("product", "task_type", "outcome")
        .values(
            "product",
            "product__kind",
            "product__name",
            "product__version",
            "product__operator__name",
            "task_type__code",
            "task_type__name",
            "task_type__labour_type",
            "task_type__unit",
            "outcome",
        )
        .annotate(
            records=Count("pk"),
            total=Sum("seconds"),
            timed=Count("seconds"),
            done=Sum("units"),
            first=Min("occurred_on"),
            last=Max("occurred_on"),
        )
    )
    for row in rows:
        yield _task(dict(row))


def _task(row: dict[str, Any]) -> dict[str, Json]:
    return {
        "product": {
            "id": public_id(Product.id_prefix, row["product"]),
            "kind": row["product__kind"],
            "name": row["product__name"],
            "version": row["product__version"],
            "operator": row["product__operator__name"],
        },
        "task": {
            "code": row["task_type__code"],
            "name": row["task_type__name"],
            "labour_type": row["task_type__labour_type"],
        },
        "outcome": row["outcome"],
        "records": row["records"],
        "seconds": row["total"],
        "records_without_time": row["records"] - row["timed"],
        "units": None if row["done"] is None else int(row["done"]),
        "unit": row["task_type__unit"],
        "from": row["first"].isoformat(),
        "to": row["last"].isoformat(),
    }


def _made_with(work: ContributionQuerySet) -> Iterator[dict[str, Json]]:
    # What is private to its operator is no business of whoever reads the history.
    own = work.order_by().values_list("product", flat=True).distinct()
    later: QuerySet[Product] = Product.objects.filter(pk__in=later_products(own), public=True)
    for row in later.select_related("operator").order_by("pk"):
        yield {
            "id": row.public_id,
            "kind": row.kind,
            "name": row.name,
            "version": row.version,
            "operator": row.operator.name,
        }


def _recorded(work: ContributionQuerySet) -> Iterator[list[Json]]:
    """Yield id, day, evidence, whether somebody else confirmed it, and the row's hash."""
    rows = work.order_by("pk").values_list(
        "pk", "occurred_on", "evidence_grade", Exists(confirmations()), "row_sha256"
    )
    for pk, day, evidence, confirmed, digest in rows.iterator():
        yield [
            public_id(Contribution.id_prefix, pk),
            day.isoformat(),
            evidence,
            confirmed,
            digest,
        ]
