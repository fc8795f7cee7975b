"""A worker's history to take along: signed as a file, as a page to print, and receipts."""

from __future__ import annotations

import io
import zipfile
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.names import capital, labour_name
from contributions.log.errors import LogError
from contributions.log.work_history import WorkHistory
from contributions.models import Contribution, IdentityAccess, Product, Worker
from contributions.services.identities import keeps_identity, note_access, opened_identity
from contributions.services.logged import LABOUR
from contributions.services.receipts import receipt_for
from contributions.services.visibility import visible_workers
from contributions.services.work_history import signed_history
from contributions.views.access import SignedInRequest, find, require, signed_in
from contributions.views.labour_rows import OUTCOME_STATES, UNKNOWN
from contributions.views.pages import trail
from contributions.views.tables import Cell, Empty, Fact, Table, columns, number

MOST_RECEIPTS = 500
"""More are fetched record by record, or by a program."""

Told = dict[str, Any]


@signed_in
@require_safe
def page(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Show the signed history as it is to be printed."""
    row = _kept(request, worker_id)
    made = _made(request, row)
    if made is None:
        return redirect("worker", row.public_id)
    told = cast(Told, made.history)
    url = reverse("worker", args=[row.public_id])
    context = {
        "breadcrumb": trail((_("Home"), "/"), (row.pseudonym, url), (_("Work history"), "")),
        "worker": row,
        "name": told["worker"].get("name", ""),
        "with_name": "name" in request.GET,
        "facts": _facts(told),
        "work": _work(told),
        "later": _later(told),
        "note": made.note,
        "key": str(made.key),
    }
    return render(request, "contributions/work_history.html", context)


@signed_in
@require_safe
def file(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Hand out the signed history."""
    row = _kept(request, worker_id)
    made = _made(request, row)
    if made is None:
        return redirect("worker", row.public_id)
    return HttpResponse(
        str(made),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="work-history-{row.public_id}.json"'
        },
    )


@signed_in
@require_safe
def receipts(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Hand out the receipts of a worker's newest records, each with the record it is about."""
    row = _kept(request, worker_id)
    work = Contribution.objects.of_person(row).order_by("-pk")[:MOST_RECEIPTS]
    file = io.BytesIO()
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for record in work:
                receipt = receipt_for(table=LABOUR, number=record.pk)
                archive.writestr(f"{record.public_id}.receipt.json", str(receipt))
                archive.writestr(f"{record.public_id}.record.json", LABOUR.content(record.pk))
    except LogError as error:
        messages.error(request, str(error))
        return redirect("worker", row.public_id)
    return HttpResponse(
        file.getvalue(),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="receipts-{row.public_id}.zip"'},
    )


def _kept(request: SignedInRequest, worker_id: str) -> Worker:
    row = find(visible_workers(request.user), worker_id)
    require(keeps_identity(request.user, row))
    return row


def _made(request: SignedInRequest, row: Worker) -> WorkHistory | None:
    try:
        return signed_history(worker=row, name=_name(request, row), today=timezone.localdate())
    except (ContributionError, LogError) as error:
        messages.error(request, str(error))
        return None


def _name(request: SignedInRequest, row: Worker) -> str:
    """Return the name if the person asks for it in their own history."""
    if "name" not in request.GET or row.user_id != request.user.pk:
        return ""
    identity = opened_identity(row)
    if identity is None:
        return ""
    note_access(
        worker=row,
        act=IdentityAccess.Act.READ,
        by=request.user,
        purpose=_("for the person's own work history"),
    )
    return identity.name


def _facts(told: Told) -> list[Fact]:
    seconds = told["seconds"]
    hours = UNKNOWN if seconds is None else formatting.hours_of_seconds(seconds)
    by_basis = ", ".join(
        f"{Contribution.TimeBasis(row['time_basis']).label}: "
        f"{formatting.hours_of_seconds(row['seconds'])}"
        for row in told["hours_by_time_basis"]
        if row["seconds"] is not None
    )
    return [
        Fact(_("Worker"), told["worker"]["id"], detail=told["worker"]["pseudonym"]),
        Fact(_("From"), told["from"]),
        Fact(_("Until"), told["to"]),
        Fact(_("Records"), formatting.number(told["records"])),
        Fact(_("Known hours"), hours, detail=by_basis),
        Fact(_("Records without time"), formatting.number(told["records_without_time"])),
        Fact(_("Made on"), told["made_on"]),
    ]


def _work(told: Told) -> Table:
    return Table(
        caption=_("Work"),
        columns=columns(
            _("Product"),
            _("Task"),
            _("Outcome"),
            _("Records"),
            _("Known hours"),
            _("Units"),
            _("From"),
            _("Until"),
            numeric=(3, 4, 5),
        ),
        rows=[_work_cells(row) for row in told["work"]],
        empty=Empty(_("No labour is recorded yet")),
    )


def _work_cells(row: Told) -> list[Cell]:
    product, task = row["product"], row["task"]
    outcome = Contribution.Outcome(row["outcome"])
    seconds, units = row["seconds"], row["units"]
    return [
        Cell(f"{product['name']} {product['version']}".strip(), detail=product["operator"]),
        Cell(task["name"], detail=labour_name(task["labour_type"])),
        Cell(outcome.label, state=OUTCOME_STATES[outcome]),
        number(formatting.number(row["records"])),
        number(UNKNOWN if seconds is None else formatting.hours_of_seconds(seconds)),
        number(UNKNOWN if units is None else formatting.number(units), detail=row["unit"]),
        Cell(row["from"]),
        Cell(row["to"]),
    ]


def _later(told: Told) -> Table:
    return Table(
        caption=_("Public products made with it"),
        columns=columns(_("Product"), _("Kind"), _("Operator")),
        rows=[
            [
                Cell(f"{row['name']} {row['version']}".strip()),
                Cell(capital(Product.Kind(row["kind"]).label)),
                Cell(row["operator"]),
            ]
            for row in told["made_with_it"]
        ],
        empty=Empty(_("No later product is public")),
    )
