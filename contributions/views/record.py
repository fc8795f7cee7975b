"""One record of labour: its page, its history, and entering, correcting and withdrawing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.labour import CorrectionForm, LabourForm, WithdrawalForm
from contributions.forms.names import labour_name
from contributions.models import Contribution, Dispute, User
from contributions.services import recording
from contributions.services.attesting import Standing, standings
from contributions.services.disputing import contested_share, open_case
from contributions.services.parties import BY_HAND
from contributions.services.speaking import SIGNING, SPEAKING, voices
from contributions.services.visibility import visible_products, visible_workers
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    records_for,
    require,
    signed_in,
)
from contributions.views.attestations import attestations_table, evidence_effect
from contributions.views.labour_rows import OUTCOME_STATES, UNKNOWN
from contributions.views.pages import nature_notices, refuse, trail
from contributions.views.tables import Fact, Link, Notice

_SUGGESTED_WORKERS = 200


@signed_in
@require_safe
def contribution(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Show one record: all that is known of it, its history and what it earned."""
    record = _find(request, record_id)
    versions = _versions(record)
    keeps = records_for(request.user, record.source.organisation)
    standing = standings([record])[record.pk]
    case = open_case(record)
    current = versions[-1].pk == record.pk and not record.withdrawn
    context = {
        "breadcrumb": _trail(record),
        "notices": [
            *_version_notices(record, versions),
            *_dispute_notices(case),
            *nature_notices(record.product.operator),
        ],
        "record": record,
        "work": _work_facts(record),
        "provenance": _provenance_facts(record, standing, keeps=keeps),
        "attestations": attestations_table(record),
        "history": _history(versions),
        "outcome_state": OUTCOME_STATES[Contribution.Outcome(record.outcome)],
        "actions": [
            *(_actions(record, versions) if keeps else []),
            *(_speaking(request.user, record, case) if current else []),
        ],
    }
    return render(request, "contributions/contribution.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Record one batch of labour by hand."""
    user = request.user
    organisations = recording_organisations(user)
    require(organisations.exists())
    form = LabourForm(
        request.POST or None,
        organisations=organisations,
        workers=visible_workers(user),
        products=visible_products(user),
        initial={name: request.GET[name] for name in ("worker", "product") if name in request.GET},
    )
    if form.is_valid():
        source = recording.source_of(organisation=form.cleaned_data["organisation"], tool=BY_HAND)
        try:
            made = recording.record(
                entry=form.entry(), source=source, recorded_by=user, today=timezone.localdate()
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The work is recorded."))
            return redirect("contribution", made.public_id)
    return _form_page(request, form, _("Record work by hand"), _("Record this work"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Replace a record by a corrected one."""
    record = _find(request, record_id)
    require(records_for(request.user, record.source.organisation))
    form = CorrectionForm(
        request.POST or None,
        replaced=record,
        organisations=recording_organisations(request.user),
        workers=visible_workers(request.user),
        products=visible_products(request.user),
    )
    if form.is_valid():
        try:
            made = recording.correct(
                replaced=record,
                entry=form.entry(),
                reason=form.cleaned_data["reason"],
                recorded_by=request.user,
                today=timezone.localdate(),
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The correction is recorded."))
            return redirect("contribution", made.public_id)
    return _form_page(request, form, _("Correct this record"), _("Record the correction"), record)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Withdraw a record, which stays to be seen and counts for nothing."""
    record = _find(request, record_id)
    require(records_for(request.user, record.source.organisation))
    form = WithdrawalForm(request.POST or None)
    if form.is_valid():
        try:
            made = recording.withdraw(
                replaced=record,
                reason=form.cleaned_data["reason"],
                recorded_by=request.user,
                today=timezone.localdate(),
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The record is withdrawn."))
            return redirect("contribution", made.public_id)
    return _form_page(request, form, _("Withdraw this record"), _("Withdraw"), record)


def _find(request: SignedInRequest, record_id: str) -> Contribution:
    rows = Contribution.objects.visible_to(request.user).select_related(
        "worker", "product__operator", "task_type", "source__organisation", "batch", "recorded_by"
    )
    return find(rows, record_id)


def _trail(record: Contribution, *more: tuple[str, str]) -> list[Link]:
    return trail(
        (_("Home"), "/"),
        (_("Contributions"), reverse("contributions")),
        (record.public_id, reverse("contribution", args=[record.public_id])),
        *more,
    )


def _form_page(
    request: SignedInRequest,
    form: Any,
    title: str,
    submit: str,
    record: Contribution | None = None,
) -> HttpResponse:
    start = trail((_("Home"), "/"), (_("Contributions"), reverse("contributions")))
    suggested = getattr(form, "workers", None)
    if suggested is not None:
        form.fields["worker"].widget.attrs["list"] = "workers"
    context = {
        "breadcrumb": _trail(record, (title, "")) if record else [*start, Link(title, "")],
        "title": title,
        "form": form,
        "submit": submit,
        "cancel_url": reverse("contribution", args=[record.public_id])
        if record
        else reverse("contributions"),
        "suggested_workers": ()
        if suggested is None
        else suggested.values_list("pseudonym", flat=True)[:_SUGGESTED_WORKERS],
    }
    return render(request, "contributions/form_page.html", context)


def _versions(record: Contribution) -> list[Contribution]:
    same = Contribution.objects.filter(source=record.source, external_id=record.external_id)
    return list(same.select_related("recorded_by").order_by("revision"))


def _version_notices(record: Contribution, versions: list[Contribution]) -> list[Notice]:
    newest = versions[-1]
    if newest.pk != record.pk:
        return [
            Notice(
                "warning",
                _("This record was replaced and counts for nothing."),
                _("Replaced"),
                reverse("contribution", args=[newest.public_id]),
                _("See what counts now"),
            )
        ]
    if record.withdrawn:
        return [Notice("warning", record.reason, _("Withdrawn: it counts for nothing"))]
    return []


def _actions(record: Contribution, versions: list[Contribution]) -> list[Link]:
    if versions[-1].pk != record.pk or record.withdrawn:
        return []
    return [
        Link(_("Correct"), reverse("contribution-correct", args=[record.public_id])),
        Link(_("Withdraw"), reverse("contribution-withdraw", args=[record.public_id])),
    ]


def _work_facts(record: Contribution) -> list[Fact]:
    worker, product, task_type = record.worker, record.product, record.task_type
    return [
        Fact(_("Worker"), worker.pseudonym, reverse("worker", args=[worker.public_id])),
        Fact(
            _("Product"),
            str(product),
            reverse("product", args=[product.public_id]),
            product.get_kind_display(),
        ),
        Fact(_("Task type"), str(task_type), "", labour_name(task_type.labour_type)),
        Fact(_("Phase"), record.get_phase_display()),
        Fact(_("Day of work"), formatting.day(record.occurred_on)),
        Fact(
            _("Hours"),
            UNKNOWN if record.seconds is None else formatting.hours_of_seconds(record.seconds),
            detail=record.get_time_basis_display(),
        ),
        Fact(_("Units"), _count(record.units), detail=task_type.unit),
        Fact(_("Quality"), _share(record.quality_ppm)),
        Fact(_("Machine share"), _share(record.machine_share_ppm)),
        Fact(_("Role"), record.get_role_display()),
        Fact(_("Grade or skill"), record.grade or UNKNOWN),
        Fact(_("Wage already paid"), _wage(record)),
        Fact(_("Paid through to the worker"), _share(record.paid_through_ppm)),
        Fact(_("Exposure to harmful content"), _("yes") if record.harmful_exposure else _("no")),
    ]


def _speaking(user: User, record: Contribution, case: Dispute | None) -> list[Link]:
    """Return the ways in which somebody may speak about a record that counts."""
    links = []
    if voices(user=user, record=record, roles=SIGNING):
        url = reverse("contribution-attest", args=[record.public_id])
        links.append(Link(_("Confirm or object"), url))
    if case is None and voices(user=user, record=record, roles=SPEAKING):
        url = reverse("dispute-new", args=[record.public_id])
        links.append(Link(_("Dispute"), url))
    return links


def _dispute_notices(case: Dispute | None) -> list[Notice]:
    if case is None:
        return []
    share = formatting.share_exactly(contested_share(case))
    return [
        Notice(
            "warning",
            _("Runs hold %(share)s of what it earns back until the case is decided.")
            % {"share": share},
            _("In dispute"),
            reverse("dispute", args=[case.public_id]),
            _("See the case"),
        )
    ]


def _provenance_facts(record: Contribution, standing: Standing, *, keeps: bool) -> list[Fact]:
    facts = [
        Fact(
            _("Evidence"),
            record.get_evidence_grade_display(),
            detail=evidence_effect(record, standing),
        ),
        Fact(_("Source"), str(record.source), detail=record.source.organisation.name),
        Fact(_("Id in the source"), record.external_id),
        Fact(_("Revision"), formatting.number(record.revision)),
    ]
    if record.batch is not None:
        batch = record.batch
        url = reverse("import-batch", args=[batch.public_id]) if keeps else ""
        facts.append(Fact(_("Import"), batch.public_id, url, batch.file_name))
    facts.append(Fact(_("Hash of the row"), hash=record.row_sha256))
    if record.evidence_sha256:
        facts.append(Fact(_("Hash of the evidence"), hash=record.evidence_sha256))
    return [
        *facts,
        Fact(
            _("Receipt"),
            _("Download the receipt"),
            reverse("contribution-receipt", args=[record.public_id]),
            _("proves that the record is in the log"),
        ),
        Fact(
            _("Record as logged"),
            _("Download the record"),
            reverse("contribution-content", args=[record.public_id]),
            _("the bytes that the receipt is about"),
        ),
    ]


def _history(versions: list[Contribution]) -> list[dict[str, object]]:
    return [
        {
            "at": row.recorded_at,
            "label": _event(row),
            "href": reverse("contribution", args=[row.public_id]),
            "detail": " · ".join(part for part in (row.reason, str(row.recorded_by or "")) if part),
        }
        for row in versions
    ]


def _event(row: Contribution) -> str:
    if row.withdrawn:
        return _("Withdrawn")
    return _("Corrected") if row.revision else _("Recorded")


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else formatting.number(value)


def _share(ppm: int | None) -> str:
    return UNKNOWN if ppm is None else formatting.share(ppm)


def _wage(record: Contribution) -> str:
    if not record.wage_micro:
        return _("none")
    return f"{formatting.money(record.wage_micro, record.wage_currency)} {record.wage_currency}"
