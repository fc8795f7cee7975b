"""One dispute: opening it, arguing, deciding it, and what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.disputes import (
    DecisionForm,
    DisputeForm,
    MessageForm,
    WithdrawnDisputeForm,
)
from contributions.models import Contribution, Dispute, DisputeDecision, DisputeMessage
from contributions.services.disputing import (
    Verdict,
    contested_share,
    decide,
    open_case,
    open_dispute,
    say,
)
from contributions.services.speaking import SIGNING, SPEAKING, Voice, newest_version, voices
from contributions.views.access import SignedInRequest, find, require, signed_in
from contributions.views.disputes import state_cell
from contributions.views.pages import nature_notices, refuse, trail
from contributions.views.tables import Fact, Link, Notice


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Open a case about part of a record."""
    record = find(_records(request), record_id)
    speakers = voices(user=request.user, record=record, roles=SPEAKING)
    require(speakers)
    case = open_case(record)
    if case is not None:
        return redirect("dispute", case.public_id)
    today = timezone.localdate()
    form = DisputeForm(request.POST or None, voices=speakers, today=today)
    if form.is_valid():
        try:
            made = open_dispute(record=record, voice=form.voice(), case=form.case(), today=today)
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The dispute is open. The contested part is held back."))
            return redirect("dispute", made.public_id)
    url = reverse("contribution", args=[record.public_id])
    return _form_page(
        request,
        form,
        {
            "title": _("Dispute part of this record"),
            "lead": _("Runs hold the contested part back until the case is decided."),
            "submit": _("Open the dispute"),
            "cancel_url": url,
            "breadcrumb": trail(
                (_("Home"), "/"),
                (_("Contributions"), reverse("contributions")),
                (record.public_id, url),
                (_("Dispute"), ""),
            ),
        },
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: SignedInRequest, dispute_id: str) -> HttpResponse:
    """Show a case and what was said in it, and let the parties add to it."""
    case = _find(request, dispute_id)
    speakers = voices(user=request.user, record=case.contribution, roles=SPEAKING)
    is_open = getattr(case, "decision", None) is None
    form = MessageForm(request.POST or None, voices=speakers) if speakers and is_open else None
    if request.method == "POST":
        require(form)
    if form is not None and form.is_valid():
        try:
            say(dispute=case, voice=form.voice(), text=form.cleaned_data["text"])
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            return redirect("dispute", case.public_id)
    record = case.contribution
    context = {
        "breadcrumb": _trail(case),
        "notices": [*_notices(case), *nature_notices(record.product.operator)],
        "dispute": case,
        "state": state_cell(case, timezone.localdate()),
        "facts": _facts(case),
        "events": _events(case),
        "form": form,
        "actions": _actions(request, case) if is_open else [],
    }
    return render(request, "contributions/disputes/dispute.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: SignedInRequest, dispute_id: str) -> HttpResponse:
    """Decide a case that another party opened."""
    case = _find(request, dispute_id)
    speakers = _deciders(request, case)
    require(speakers)
    record = newest_version(case.contribution)
    form = DecisionForm(request.POST or None, voices=speakers, record=record)
    lead = _("What changes becomes a correction that names this case. It cannot be undone.")
    return _end(
        request, case, form, {"title": _("Decide"), "lead": lead, "submit": _("Decide the case")}
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request: SignedInRequest, dispute_id: str) -> HttpResponse:
    """Withdraw a case by the party that opened it."""
    case = _find(request, dispute_id)
    speakers = _openers(request, case)
    require(speakers)
    form = WithdrawnDisputeForm(request.POST or None, voices=speakers)
    lead = _("The record stays as it is, and what was held back is released.")
    return _end(
        request,
        case,
        form,
        {"title": _("Withdraw the dispute"), "lead": lead, "submit": _("Withdraw it")},
    )


def _end(request: SignedInRequest, case: Dispute, form: Any, words: dict[str, str]) -> HttpResponse:
    require(getattr(case, "decision", None) is None)
    if form.is_valid():
        try:
            decide(
                dispute=case,
                voice=form.voice(),
                verdict=_verdict(form),
                today=timezone.localdate(),
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The case is closed."))
            return redirect("dispute", case.public_id)
    url = reverse("dispute", args=[case.public_id])
    steps = {"cancel_url": url, "breadcrumb": [*_trail(case), Link(words["title"], "")]}
    return _form_page(request, form, words | steps)


def _verdict(form: Any) -> Verdict:
    if isinstance(form, DecisionForm):
        return form.verdict()
    return Verdict(outcome=DisputeDecision.Outcome.WITHDRAWN, reason=form.cleaned_data["reason"])


def _form_page(request: SignedInRequest, form: forms.Form, words: dict[str, Any]) -> HttpResponse:
    return render(request, "contributions/form_page.html", words | {"form": form})


def _records(request: SignedInRequest) -> Any:
    return Contribution.objects.visible_to(request.user).select_related(
        "worker", "product__operator", "source"
    )


def _find(request: SignedInRequest, dispute_id: str) -> Dispute:
    rows = Dispute.objects.visible_to(request.user).select_related(
        "organisation",
        "worker",
        "decision__organisation",
        "decision__correction",
        "contribution__worker",
        "contribution__product__operator",
        "contribution__source",
    )
    return find(rows, dispute_id)


def _deciders(request: SignedInRequest, case: Dispute) -> list[Voice]:
    if request.user == case.opened_by:
        return []
    return [
        voice
        for voice in voices(user=request.user, record=case.contribution, roles=SIGNING)
        if voice.organisation is not None and voice.organisation != case.organisation
    ]


def _openers(request: SignedInRequest, case: Dispute) -> list[Voice]:
    return [
        voice
        for voice in voices(user=request.user, record=case.contribution, roles=SPEAKING)
        if (voice.organisation, voice.worker) == (case.organisation, case.worker)
    ]


def _trail(case: Dispute) -> list[Link]:
    return trail(
        (_("Home"), "/"),
        (_("Disputes"), reverse("disputes")),
        (case.public_id, reverse("dispute", args=[case.public_id])),
    )


def _actions(request: SignedInRequest, case: Dispute) -> list[Link]:
    actions = []
    if _deciders(request, case):
        actions.append(Link(_("Decide"), reverse("dispute-decide", args=[case.public_id])))
    if _openers(request, case):
        actions.append(
            Link(_("Withdraw the dispute"), reverse("dispute-withdraw", args=[case.public_id]))
        )
    return actions


def _notices(case: Dispute) -> list[Notice]:
    end = getattr(case, "decision", None)
    if end is None and case.due_on < timezone.localdate():
        return [Notice("warning", _("It should have been decided by now."), _("Overdue"))]
    if end is None:
        return []
    return [Notice("info", end.reason, _("Decided: %s") % end.get_outcome_display())]


def _facts(case: Dispute) -> list[Fact]:
    record = case.contribution
    end = getattr(case, "decision", None)
    facts = [
        Fact(
            _("About"),
            f"{record.worker.pseudonym} · {record.product}",
            reverse("contribution", args=[record.public_id]),
            formatting.day(record.occurred_on),
        ),
        Fact(_("Opened by"), str(case.organisation or case.worker)),
        Fact(_("Contested"), _contested(case)),
        Fact(_("Decide by"), formatting.day(case.due_on)),
    ]
    if end is None:
        return [
            *facts,
            Fact(_("Runs hold back"), formatting.share_exactly(contested_share(case))),
        ]
    facts.append(Fact(_("Decided by"), str(end.organisation or case.organisation or case.worker)))
    if end.correction is None:
        return [*facts, Fact(_("Effect"), _("released: the next run pays it"))]
    url = reverse("contribution", args=[end.correction.public_id])
    words = _("the record is withdrawn") if end.correction.withdrawn else _("a correction")
    return [*facts, Fact(_("Effect"), words, url)]


def _contested(case: Dispute) -> str:
    if case.contested_seconds is not None:
        return _("%(hours)s h of it") % {
            "hours": formatting.hours_of_seconds(case.contested_seconds)
        }
    return formatting.share_exactly(case.contested_ppm or 0)


def _events(case: Dispute) -> list[dict[str, Any]]:
    opener = case.organisation or case.worker
    events: list[dict[str, Any]] = [
        {"at": case.opened_at, "label": _("%s opens the case") % opener, "detail": case.grounds}
    ]
    for row in case.messages.select_related("organisation", "worker"):
        passed = row.kind == DisputeMessage.Kind.OVERDUE
        label = _("The deadline passed") if passed else str(row.organisation or row.worker)
        events.append({"at": row.written_at, "label": label, "detail": row.text})
    end = getattr(case, "decision", None)
    if end is not None:
        events.append(
            {"at": end.decided_at, "label": end.get_outcome_display(), "detail": end.reason}
        )
    return events
