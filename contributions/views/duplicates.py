"""Two names of one person: likely ones, merging them and parting them again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.identities import MergeForm, PartingForm
from contributions.models import Worker, WorkerChange
from contributions.services.aliases import (
    Duplicate,
    likely_duplicates,
    merge_workers,
    part_workers,
)
from contributions.services.visibility import visible_workers
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    require,
    signed_in,
)
from contributions.views.pages import refuse, trail
from contributions.views.tables import Cell, Empty, Table, columns
from contributions.views.worker_forms import worker_form


@signed_in
@require_safe
def duplicates(request: SignedInRequest) -> HttpResponse:
    """Show workers whom several tools call by the same name, and what was merged so far."""
    organisations = recording_organisations(request.user)
    require(organisations.exists())
    rows = [
        [Cell(organisation.name), *_duplicate_cells(found)]
        for organisation in organisations
        for found in likely_duplicates(organisation)
    ]
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Workers"), reverse("workers")), (_("Likely duplicates"), "")
        ),
        "table": Table(
            caption=_("One name in several tools"),
            columns=columns(_("Kept by"), _("Workers"), _("Tools"), ""),
            rows=rows,
            empty=Empty(
                _("No two workers share a name in your tools"),
                _("Workers whom you know to be one person are merged on their own pages."),
                reverse("workers"),
                _("See the workers"),
            ),
        ),
        "merged": _merged(request),
    }
    return render(request, "contributions/duplicates.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Let another worker stand for this one, who is the same person."""
    row = _kept(request, worker_id)
    form = MergeForm(
        request.POST or None,
        organisations=recording_organisations(request.user),
        workers=visible_workers(request.user),
        into=request.GET.get("into", ""),
    )
    if form.is_valid():
        typed = form.cleaned_data
        try:
            merge_workers(
                worker=row,
                into=typed["into"],
                organisation=typed["organisation"],
                reason=typed["reason"],
                made_by=request.user,
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The two count as one person from the next run on."))
            return redirect("worker", typed["into"].public_id)
    return worker_form(
        request,
        row,
        {
            "title": _("Merge with another worker"),
            "lead": _(
                "Records stay as they are; runs count both as one person. This can be taken back."
            ),
            "form": form,
            "submit": _("Merge"),
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def part(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Let a merged worker stand for themselves again."""
    row = _kept(request, worker_id)
    require(row.merged_into)
    organisations = recording_organisations(request.user)
    form = PartingForm(request.POST or None, organisations=organisations)
    if form.is_valid():
        try:
            part_workers(
                worker=row,
                organisation=form.cleaned_data["organisation"],
                reason=form.cleaned_data["reason"],
                made_by=request.user,
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The two count as two people from the next run on."))
            return redirect("worker", row.public_id)
    return worker_form(
        request,
        row,
        {"title": _("Part from the other worker"), "form": form, "submit": _("Part them")},
    )


def _kept(request: SignedInRequest, worker_id: str) -> Worker:
    require(recording_organisations(request.user).exists())
    return find(visible_workers(request.user).select_related("merged_into"), worker_id)


def _duplicate_cells(found: Duplicate) -> list[Cell]:
    first, second = found.workers[:2]
    # Whoever signs in must stand for the other, or would lose their page.
    merged, into = (first, second) if second.user_id and not first.user_id else (second, first)
    url = reverse("worker-merge", args=[merged.public_id])
    names = ", ".join(worker.pseudonym for worker in found.workers)
    return [
        Cell(names),
        Cell(", ".join(found.sources)),
        Cell(_("Merge"), href=f"{url}?{urlencode({'into': into.public_id})}"),
    ]


def _merged(request: SignedInRequest) -> Table:
    changes = (
        WorkerChange.objects.filter(organisation__in=recording_organisations(request.user))
        .select_related("worker", "into", "made_by")
        .order_by("-pk")[:100]
    )
    return Table(
        caption=_("Merged and parted, newest first"),
        columns=columns(_("Worker"), _("What"), _("With"), _("Why"), _("By"), _("When")),
        rows=[
            [
                Cell(
                    change.worker.pseudonym, href=reverse("worker", args=[change.worker.public_id])
                ),
                Cell(change.get_kind_display()),
                Cell(change.into.pseudonym, href=reverse("worker", args=[change.into.public_id])),
                Cell(change.reason),
                Cell(str(change.made_by)),
                Cell(formatting.day(change.made_at.date())),
            ]
            for change in changes
        ],
        empty=Empty(_("Nobody was merged yet")),
    )
