"""Importing a file, step by step: upload, say how to read it, look at it, record it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions.errors import ContributionError
from contributions.forms.columns import ColumnsForm
from contributions.forms.imports import ReadingForm, UploadForm, with_mapping
from contributions.imports.mapping import write_mapping
from contributions.imports.rejected import write_rejected
from contributions.models import ImportJob, StagedImport
from contributions.services import importing, importing_commit, importing_job
from contributions.services.importing_words import told, told_fault
from contributions.services.visibility import visible_products
from contributions.tasks import enqueue_import
from contributions.views import import_tables
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    require,
    signed_in,
)
from contributions.views.pages import trail
from contributions.views.tables import Link

View = Callable[[SignedInRequest, str], HttpResponse]


def unless_recording(view: View) -> View:
    """Lead to its progress whoever comes to change an import that a worker records."""

    @wraps(view)
    def wrapped(request: SignedInRequest, import_id: str) -> HttpResponse:
        staged = _find_staged(request, import_id)
        if ImportJob.objects.active().filter(staged=staged).exists():
            return redirect("import-progress", staged.public_id)
        return view(request, import_id)

    return wrapped


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Upload a file to import."""
    organisations = recording_organisations(request.user)
    require(organisations.exists())
    form = UploadForm(request.POST or None, request.FILES or None, organisations=organisations)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            staged = importing.stage(
                chunks=file.chunks(),
                file_name=file.name,
                organisation=form.cleaned_data["organisation"],
                uploaded_by=request.user,
            )
        except ContributionError as error:
            form.add_error("file", told(error))
        else:
            return redirect("import-reading", staged.public_id)
    title = _("Import a file")
    context = {
        "breadcrumb": import_trail((title, "")),
        "title": title,
        "lead": _("Nothing is recorded before you have seen what it would be."),
        "form": form,
        "submit": _("Upload"),
        "cancel_url": reverse("imports"),
    }
    return render(request, "contributions/form_page.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@unless_recording
def reading(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Say how a file is read, and what its work belongs to."""
    staged = _find_staged(request, import_id)
    form = ReadingForm(
        request.POST or None,
        request.FILES or None,
        staged=staged,
        look=importing.look_of(staged),
        products=visible_products(request.user),
    )
    if form.is_valid():
        importing.choose(staged=staged, choice=form.choice())
        if form.by_columns:
            return redirect("import-columns", staged.public_id)
        if _previewed(staged, form, "reading"):
            return redirect("import-preview", staged.public_id)
    context = _frame(staged, _("How to read it"), "import-reading") | {
        "form": form,
        "first": [form[name] for name in form.FIRST],
        "others": [field for field in form if field.name not in form.FIRST],
        "others_open": bool(set(form.errors) - set(form.FIRST)) or staged.plan is not None,
    }
    return render(request, "contributions/imports/reading.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@unless_recording
def columns(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Say what each column of a file means."""
    staged = _find_staged(request, import_id)
    plan = _plan_or_404(staged)
    mapping = plan.mapping
    if mapping is None:
        raise Http404(import_id)
    look = importing.look_of(staged)
    form = ColumnsForm(request.POST or None, look=look, mapping=mapping, worker=plan.answers.worker)
    if form.is_valid():
        _keep_mapping(request, staged, form)
        if _previewed(staged, form, None):
            return redirect("import-preview", staged.public_id)
    context = _frame(staged, _("What the columns mean"), "import-columns") | {
        "form": form,
        "sample": import_tables.sample_table(look),
    }
    return render(request, "contributions/imports/columns.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@unless_recording
def preview(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Show what an import would record, and record it."""
    staged = _find_staged(request, import_id)
    if request.method == "POST":
        try:
            return _committed(request, staged)
        except (ContributionError, ValidationError) as error:
            messages.error(request, _refusal(error))
            return redirect("import-preview", staged.public_id)
    try:
        found = importing.kept_preview(staged)
    except importing.ImportNotPlanned:
        return redirect("import-reading", staged.public_id)
    plan = importing.plan_of(staged)
    effect = importing.effect_of(staged)
    pseudonym = importing.doorkeeper(staged, None).pseudonym_of
    context = _frame(staged, _("What would be recorded"), "import-preview") | {
        "facts": import_tables.preview_facts(staged, found),
        "notices": import_tables.preview_notices(found),
        "effect": import_tables.effect_table(effect, found),
        "hours": import_tables.hours_table(asdict(found.totals())),
        "outcomes": import_tables.outcomes_table(found),
        "first_rows": import_tables.first_rows_table(found, pseudonym),
        "faults": import_tables.faults_table(found, staged) if found.faults else None,
        "columns_url": reverse("import-columns", args=[staged.public_id]) if plan.mapping else "",
        "mapping_url": reverse("import-mapping", args=[staged.public_id]) if plan.mapping else "",
        "may_commit": not found.questions and bool(effect.new or effect.changed),
    }
    return render(request, "contributions/imports/preview.html", context)


def _committed(request: SignedInRequest, staged: StagedImport) -> HttpResponse:
    """Record a file at once, or have a worker record it if it is large."""
    if importing_job.is_large(staged):
        with transaction.atomic():
            job = importing_job.request(staged=staged, requested_by=request.user)
            transaction.on_commit(partial(enqueue_import, job.pk))
        return redirect("import-progress", staged.public_id)
    batch = importing_commit.commit(
        staged=staged, committed_by=request.user, today=timezone.localdate()
    )
    messages.success(request, _("The file is imported."))
    return redirect("import-batch", batch.public_id)


@signed_in
@require_safe
def rejected(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Hand out the rejected rows with the reason of each, to be mended and imported."""
    staged = _find_staged(request, import_id)
    try:
        found = importing.kept_preview(staged)
    except importing.ImportNotPlanned as error:
        raise Http404(import_id) from error
    stream = io.StringIO(newline="")
    write_rejected(found, stream, told_fault)
    content = stream.getvalue().encode("utf-8", "replace")
    return _file(content, "text/csv; charset=utf-8", f"rejected-{staged.public_id}.csv")


@signed_in
@require_safe
def mapping(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Hand out the mapping of an import as TOML."""
    staged = _find_staged(request, import_id)
    found = _plan_or_404(staged).mapping
    if found is None:
        raise Http404(import_id)
    toml = write_mapping(importing.without_worker(found))
    return _file(toml.encode(), "application/toml", f"{found.tool}.toml")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@unless_recording
def discard(request: SignedInRequest, import_id: str) -> HttpResponse:
    """Give up an import that is not committed."""
    staged = _find_staged(request, import_id)
    if request.method == "POST":
        importing.discard(staged=staged)
        messages.success(request, _("The file is removed. Nothing of it was recorded."))
        return redirect("imports")
    title = _("Give this import up")
    context = {
        "breadcrumb": import_trail((title, "")),
        "title": title,
        "text": _("The file %(file)s is removed. Nothing of it is recorded.")
        % {"file": staged.file_name},
        "submit": title,
        "cancel_url": reverse("import-reading", args=[staged.public_id]),
    }
    return render(request, "contributions/confirm.html", context)


def import_trail(*steps: tuple[str, str]) -> list[Link]:
    """Return the breadcrumb of a page about imports."""
    return trail((_("Home"), "/"), (_("Imports"), reverse("imports")), *steps)


def _find_staged(request: SignedInRequest, import_id: str) -> StagedImport:
    rows = StagedImport.objects.filter(
        organisation__in=recording_organisations(request.user), state=StagedImport.State.STAGED
    )
    return find(rows.select_related("organisation", "product", "task_type"), import_id)


def _plan_or_404(staged: StagedImport) -> Any:
    try:
        return importing.plan_of(staged)
    except importing.ImportNotPlanned as error:
        raise Http404(staged.public_id) from error


def _keep_mapping(request: SignedInRequest, staged: StagedImport, form: ColumnsForm) -> None:
    mapping = form.cleaned_data["mapping"]
    importing.change_plan(staged=staged, plan=with_mapping(importing.plan_of(staged), mapping))
    if mapping.name:
        importing.save_mapping(
            organisation=staged.organisation,
            name=mapping.name,
            mapping=mapping,
            saved_by=request.user,
        )


def _previewed(staged: StagedImport, form: Form, field: str | None) -> bool:
    try:
        importing.preview(staged=staged, today=timezone.localdate())
    except ContributionError as error:
        form.add_error(field, told(error))
        return False
    return True


def _refusal(error: ContributionError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return told(error)


def _frame(staged: StagedImport, title: str, current: str) -> dict[str, Any]:
    steps = [
        ("import-reading", _("How to read it")),
        ("import-columns", _("What the columns mean")),
        ("import-preview", _("What would be recorded")),
    ]
    return {
        "breadcrumb": import_trail((staged.file_name, "")),
        "title": title,
        "staged": staged,
        "steps": [{"label": label, "current": name == current} for name, label in steps],
        "discard_url": reverse("import-discard", args=[staged.public_id]),
    }


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
