"""Following an import that a worker records: its page, its progress, and cancelling it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.models import ImportJob
from contributions.services import importing_job
from contributions.services.importing_words import told
from contributions.views.access import SignedInRequest, find, recording_organisations, signed_in
from contributions.views.imports import import_trail
from contributions.views.tables import Notice


@signed_in
@require_safe
def page(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Show how far an import is; once it is recorded, lead to what was recorded."""
    job = _find_job(request, import_id)
    if job.state == ImportJob.State.DONE and job.staged.batch is not None:
        return redirect("import-batch", job.staged.batch.public_id)
    context = {
        "breadcrumb": import_trail((job.staged.file_name, "")),
        "title": _("Recording the rows"),
        "staged": job.staged,
        "progress": _progress(job),
        "notices": _notices(job),
        "active": job.is_active,
    }
    return render(request, "contributions/imports/progress.html", context)


@signed_in
@require_safe
def progress(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Answer the progress alone; once the job is over, the page loads anew."""
    job = _find_job(request, import_id)
    context = {"progress": _progress(job)}
    response = render(request, "contributions/imports/progress_bar.html", context)
    if not job.is_active:
        response["HX-Refresh"] = "true"
    return response


@signed_in
@require_POST
def cancel(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Cancel an import that is being recorded; nothing of it stays."""
    job = _find_job(request, import_id)
    try:
        importing_job.cancel(staged=job.staged)
    except ContributionError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("The import is cancelled. Nothing of it was recorded."))
    return redirect("import-progress", import_id)


def _find_job(request: SignedInRequest, import_id: str) -> ImportJob:
    organisations = recording_organisations(request.user)
    staged = find(importing_job.staged_with_job().filter(organisation__in=organisations), import_id)
    return staged.job


def _progress(job: ImportJob) -> dict[str, Any]:
    known = job.rows_known or 0
    texts = {
        ImportJob.State.QUEUED: _("Waiting for a worker"),
        ImportJob.State.RECORDING: _("Recording; nothing counts before all of it is recorded"),
    }
    if job.state == ImportJob.State.RECORDING and job.rows_done >= known:
        texts[ImportJob.State.RECORDING] = _("All rows are in; entering them in the log")
    return {
        "id": "import-progress",
        "label": _("Rows of the file"),
        "done": formatting.number(job.rows_done),
        "total": formatting.number(known),
        "value": job.rows_done,
        "maximum": max(known, 1),
        "text": texts.get(ImportJob.State(job.state), job.get_state_display()),
        "poll_url": reverse("import-progress-bar", args=[job.staged.public_id])
        if job.is_active
        else "",
    }


def _notices(job: ImportJob) -> list[Notice]:
    if job.state == ImportJob.State.FAILED:
        return [Notice("error", job.failure_text)]
    if job.state == ImportJob.State.CANCELLED:
        return [Notice("warning", _("The import is cancelled. Nothing of it was recorded."))]
    if job.attempts > 1:
        return [Notice("info", _("A worker died. Another one began again from the start."))]
    return []
