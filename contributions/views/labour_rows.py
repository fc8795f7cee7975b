"""Recorded labour as rows of tables and files, with totals that keep the unknown unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contributions import formatting
from contributions.forms.names import capital, labour_name
from contributions.identifiers import public_id
from contributions.models import Contribution, Product, Worker
from contributions.models.labour import ContributionQuerySet
from contributions.services.attesting import Standing
from contributions.views.exports import Value
from contributions.views.tables import Cell, Empty, Table, columns, number

UNKNOWN = "—"
OUTCOME_STATES = {
    Contribution.Outcome.ACCEPTED: "good",
    Contribution.Outcome.REJECTED: "bad",
    Contribution.Outcome.EXPIRED: "warn",
    Contribution.Outcome.SKIPPED: "warn",
    Contribution.Outcome.PENDING: "busy",
}
_FILE_COLUMNS: dict[str, str] = {
    "worker": "worker__pseudonym",
    "product": "product__name",
    "product_version": "product__version",
    "task_type": "task_type__code",
    "labour_type": "task_type__labour_type",
    "phase": "phase",
    "occurred_on": "occurred_on",
    "seconds": "seconds",
    "time_basis": "time_basis",
    "units": "units",
    "quality_ppm": "quality_ppm",
    "outcome": "outcome",
    "machine_share_ppm": "machine_share_ppm",
    "role": "role",
    "grade": "grade",
    "wage_micro": "wage_micro",
    "wage_currency": "wage_currency",
    "harmful_exposure": "harmful_exposure",
    "evidence_grade": "evidence_grade",
    "source_tool": "source__tool",
    "source_instance": "source__instance",
    "external_id": "external_id",
    "revision": "revision",
    "withdrawn": "withdrawn",
    "reason": "reason",
    "row_sha256": "row_sha256",
    "recorded_at": "recorded_at",
}
FILE_COLUMNS = ("contribution_id", "worker_id", "product_id", *_FILE_COLUMNS)
FILE_KINDS: dict[str, type] = {
    "occurred_on": date,
    "seconds": int,
    "units": int,
    "quality_ppm": int,
    "machine_share_ppm": int,
    "wage_micro": int,
    "harmful_exposure": bool,
    "revision": int,
    "withdrawn": bool,
}
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class HoursByBasis:
    """Records and seconds of one time basis; `seconds` is None where none is known."""

    basis: str
    records: int
    seconds: int | None


def hours_by_basis(rows: ContributionQuerySet) -> list[HoursByBasis]:
    """Add up working time by how it is known, in the order of the choices."""
    found = {
        basis: HoursByBasis(basis, records, seconds)
        for basis, records, seconds in rows.order_by()
        .values_list("time_basis")
        .annotate(records=Count("pk"), total=Sum("seconds"))
    }
    return [found[basis] for basis in Contribution.TimeBasis.values if basis in found]


def known_seconds(totals: Sequence[HoursByBasis]) -> int | None:
    """Return the sum of all known time, or None if no time at all is known."""
    known = [row.seconds for row in totals if row.seconds is not None]
    return sum(known) if known else None


def totals_table(totals: Sequence[HoursByBasis], *, empty: Empty) -> Table:
    """Return hours by time basis; work without time counts as records, never as zero hours."""
    seconds = known_seconds(totals)
    rows = [
        [
            Cell(capital(Contribution.TimeBasis(row.basis).label)),
            number(formatting.number(row.records)),
            number(_hours(row.seconds)),
        ]
        for row in totals
    ]
    return Table(
        caption=_("Hours by time basis"),
        columns=columns(_("Time basis"), _("Records"), _("Hours"), numeric=(1, 2)),
        rows=rows,
        empty=empty,
        totals=[
            Cell(_("Known in all")),
            number(formatting.number(sum(row.records for row in totals))),
            number(_hours(seconds)),
        ],
    )


def labour_cells(row: Contribution, standing: Standing | None = None) -> list[Cell]:
    """Return one record as the cells of `LABOUR_COLUMNS` in `records.py`."""
    return [
        Cell(
            formatting.day(row.occurred_on),
            href=reverse("contribution", args=[row.public_id]),
            detail=_("withdrawn") if row.withdrawn else "",
        ),
        Cell(row.worker.pseudonym, href=reverse("worker", args=[row.worker.public_id])),
        Cell(str(row.product), href=reverse("product", args=[row.product.public_id])),
        Cell(
            str(row.task_type),
            kind=row.task_type.labour_type.lower(),
            detail=labour_name(row.task_type.labour_type),
        ),
        number(_hours(row.seconds), detail=row.get_time_basis_display()),
        number(UNKNOWN if row.units is None else formatting.number(row.units)),
        Cell(row.get_outcome_display(), state=OUTCOME_STATES[Contribution.Outcome(row.outcome)]),
        _evidence_cell(row, standing),
        Cell(str(row.source)),
    ]


def _evidence_cell(row: Contribution, standing: Standing | None) -> Cell:
    if standing is None:
        return Cell(row.evidence_grade)
    said = [
        word
        for word, true in (
            (_("confirmed"), standing.confirmed),
            (_("objected to"), standing.objected),
        )
        if true
    ]
    return Cell(standing.evidence, detail=", ".join(said))


def file_rows(rows: ContributionQuerySet) -> Iterator[Sequence[Value]]:
    """Stream records as the values of `FILE_COLUMNS`."""
    names = ["pk", "worker_id", "product_id", *_FILE_COLUMNS.values()]
    for pk, worker_id, product_id, *rest in rows.values_list(*names).iterator(_ROWS_AT_ONCE):
        *middle, recorded_at = rest
        yield [
            public_id(Contribution.id_prefix, pk),
            public_id(Worker.id_prefix, worker_id),
            public_id(Product.id_prefix, product_id),
            *middle,
            recorded_at.isoformat(),
        ]


def records_counted(count: int) -> str:
    """Return a number of records in words."""
    return ngettext("%(count)s record", "%(count)s records", count) % {
        "count": formatting.number(count)
    }


def _hours(seconds: int | None) -> str:
    return UNKNOWN if seconds is None else formatting.hours_of_seconds(seconds)
