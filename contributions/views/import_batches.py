"""Imports that were committed or are on their way: their list, their page, and undoing one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.models import ImportBatch, ImportJob, StagedImport
from contributions.services import importing_undo
from contributions.services.importing_words import told
from contributions.views import import_tables
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    require,
    signed_in,
)
from contributions.views.imports import import_trail
from contributions.views.pages import sections, trail
from contributions.views.tables import Cell, Empty, Fact, Link, Table, columns, number

_MOST_SHOWN = 200


@signed_in
@require_safe
def imports(request: SignedInRequest) -> HttpResponse:
    """Show the imports of a reader's organisations."""
    organisations = recording_organisations(request.user)
    require(organisations.exists())
    staged = (
        StagedImport.objects.filter(organisation__in=organisations, state=StagedImport.State.STAGED)
        .exclude(file_sha256="")
        .select_related("organisation", "job")
    )
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Imports"), "")),
        "sections": sections(request, "imports"),
        "actions": [Link(_("Import a file"), reverse("import-new"))],
        "staged": _staged_table(list(staged[:_MOST_SHOWN])),
        "table": _batches_table(list(_batches(request)[:_MOST_SHOWN])),
    }
    return render(request, "contributions/imports/imports.html", context)


@signed_in
@require_safe
def batch(request: SignedInRequest, batch_id: str) -> HttpResponse:
    """Show one import that was committed."""
    row = find(_batches(request), batch_id)
    undone = row.state == ImportBatch.State.UNDONE
    in_use = not undone and importing_undo.used_by_closed_period(row)
    context = {
        "breadcrumb": import_trail((row.public_id, "")),
        "batch": row,
        "facts": _facts(row),
        "hours": import_tables.hours_table(row.options["totals"])
        if "totals" in row.options
        else None,
        "undone": undone,
        "in_use": in_use,
        "undo_url": "" if undone or in_use else reverse("import-undo", args=[row.public_id]),
    }
    return render(request, "contributions/imports/batch.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: SignedInRequest, batch_id: str) -> HttpResponse:
    """Ask whether an import shall be taken back, and take it back."""
    row = find(_batches(request), batch_id)
    if request.method == "POST":
        try:
            importing_undo.undo(batch=row, undone_by=request.user, today=timezone.localdate())
        except ContributionError as error:
            messages.error(request, told(error))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The import is undone."))
        return redirect("import-batch", row.public_id)
    title = _("Undo this import")
    context = {
        "breadcrumb": import_trail(
            (row.public_id, reverse("import-batch", args=[row.public_id])), (title, "")
        ),
        "title": title,
        "text": _(
            "Its records will count for nothing, and what it corrected is corrected back. "
            "Nothing is deleted, and the file can be imported again."
        ),
        "submit": title,
        "cancel_url": reverse("import-batch", args=[row.public_id]),
    }
    return render(request, "contributions/confirm.html", context)


def _batches(request: SignedInRequest) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(
        source__organisation__in=recording_organisations(request.user)
    ).select_related("source", "source__organisation", "committed_by")


def _staged_table(rows: list[StagedImport]) -> Table | None:
    if not rows:
        return None
    return Table(
        caption=_("Not committed yet"),
        columns=columns(_("File"), _("Recording for"), _("Uploaded"), _("State")),
        rows=[
            [
                Cell(row.file_name, href=reverse("import-preview", args=[row.public_id])),
                Cell(str(row.organisation)),
                Cell(formatting.day(row.uploaded_at.date())),
                _job_state(row),
            ]
            for row in rows
        ],
        empty=Empty(_("There are no rows")),
    )


def _job_state(row: StagedImport) -> Cell:
    job: ImportJob | None = getattr(row, "job", None)
    if job is None:
        return Cell(row.get_state_display())
    bad = job.state == ImportJob.State.FAILED
    return Cell(job.get_state_display(), state="bad" if bad else "warn")


def _batches_table(rows: list[ImportBatch]) -> Table:
    return Table(
        caption=_("Imports"),
        columns=columns(
            _("File"),
            _("Source"),
            _("Recording for"),
            _("Committed"),
            _("Records"),
            _("State"),
            numeric=(4,),
        ),
        rows=[
            [
                Cell(
                    row.file_name or row.public_id,
                    href=reverse("import-batch", args=[row.public_id]),
                ),
                Cell(str(row.source)),
                Cell(str(row.source.organisation)),
                Cell(formatting.day(row.committed_at.date())),
                number(formatting.number(row.rows_recorded)),
                _state(row),
            ]
            for row in rows
        ],
        empty=Empty(
            _("Nothing was imported yet"),
            _("Bring the export of a tool, or any table of work done."),
            reverse("import-new"),
            _("Import a file"),
        ),
    )


def _state(row: ImportBatch) -> Cell:
    state = "good" if row.state == ImportBatch.State.COMMITTED else "warn"
    return Cell(row.get_state_display(), state=state)


def _facts(row: ImportBatch) -> list[Fact]:
    effect = row.options.get("effect", {})
    totals = row.options.get("totals", {})
    contributions_url = f"{reverse('contributions')}?source={row.source_id}"
    return [
        Fact(_("File"), row.file_name),
        Fact(_("Source"), str(row.source), href=contributions_url),
        Fact(_("Recording for"), str(row.source.organisation)),
        Fact(_("Committed"), formatting.day(row.committed_at.date())),
        Fact(_("Committed by"), row.committed_by.get_username() if row.committed_by else ""),
        Fact(_("Rows read"), formatting.number(row.rows_read)),
        Fact(_("New records"), formatting.number(row.rows_recorded)),
        Fact(_("Corrections"), formatting.number(row.corrections.count())),
        Fact(_("Rejected rows"), formatting.number(totals.get("rows_rejected", 0))),
        Fact(_("Control items"), formatting.number(totals.get("control_rows", 0))),
        Fact(_("Recorded already, unchanged"), formatting.number(effect.get("known", 0))),
        Fact(_("File digest (SHA-256)"), hash=row.file_sha256),
    ]
