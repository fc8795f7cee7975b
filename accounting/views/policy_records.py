"""Two policies side by side, and the record of how one was negotiated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounting.core.errors import AccountingError
from accounting.forms.policies_negotiation import StepForm
from accounting.models import NegotiationStep, Policy
from accounting.services import negotiation
from accounting.services.policy_changes import changes
from accounting.services.visibility import visible_policies
from accounting.views import policy_words
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from contributions.models import Membership, Organisation
from contributions.views.tables import Link

_MAY_RECORD = (Membership.Role.ADMIN, Membership.Role.APPROVER, Membership.Role.RECORDER)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of `components/events.html`."""

    at: datetime
    label: str
    detail: str
    href: str = ""


@require_GET
@signed_in
def compare(request: SignedInRequest, policy_id: str, other_id: str) -> HttpResponse:
    """Hold a policy against another: what differs, in plain words, side by side."""
    rows = visible_policies(request.user)
    after, before = find(rows, policy_id), find(rows, other_id)
    found = changes(before.document, after.document)
    beta = policy_words.complete(after.document)["blend_beta_ppm"]
    context = {
        "before": before,
        "after": after,
        "table": policy_words.changes_table(found, before=str(before), after=str(after)),
        "count": len(found),
        "warns_of_beta": beta > policy_words.BETA_WARNING_PPM,
        "breadcrumb": [*_trail(after), Link(_("Compared with {}").format(before), "")],
    }
    return render(request, "accounting/policies/compare.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def add_step(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Add to the record of a negotiation, for an organisation that is a party."""
    reader = reader_of(request)
    policy = find(visible_policies(reader.user), policy_id)
    organisations = recorders(policy, reader)
    if not organisations:
        raise Http404(policy_id)
    form = StepForm(request.POST or None, request.FILES or None, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        try:
            negotiation.record_step(
                step=form.step(policy),
                recorded_by=request.user,
                today=timezone.localdate(),
                minutes=form.minutes(),
            )
        except ValidationError as error:
            form.refuse(error)
        except AccountingError as error:
            form.add_error("file", str(error))
        else:
            messages.success(request, _("Recorded. It stands in the log and cannot be changed."))
            return HttpResponseRedirect(reverse("policy", args=[policy.public_id]) + "#negotiation")
    context = {
        "form": form,
        "policy": policy,
        "breadcrumb": [*_trail(policy), Link(_("Add to the record"), "")],
    }
    status = 422 if form.errors else 200
    return render(request, "accounting/policies/negotiation.html", context, status=status)


@require_GET
@signed_in
def minutes(request: SignedInRequest, policy_id: str, step_id: str) -> HttpResponseBase:
    """Answer a file of minutes as it was handed in; it is never shown as a page."""
    policy = find(visible_policies(request.user), policy_id)
    step = find(NegotiationStep.objects.filter(policy=policy).exclude(file_sha256=""), step_id)
    path = negotiation.minutes_path(step)
    if not path.is_file():
        raise Http404(step_id)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=step.file_name or step.public_id,
        content_type="application/octet-stream",
    )


def negotiation_events(policy: Policy) -> list[Event]:
    """Return the record of a policy's negotiation, in order of time."""
    zone = timezone.get_current_timezone()
    return [
        Event(
            datetime.combine(step.held_on, time(), zone),
            str(step.get_kind_display()),
            _told(step),
            reverse("policy-minutes", args=[policy.public_id, step.public_id])
            if step.file_sha256
            else step.url,
        )
        for step in policy.negotiation.select_related("organisation")
    ]


def recorders(policy: Policy, reader: Reader) -> list[Organisation]:
    """Return the reader's organisations for which they may add to the record."""
    return [
        row.organisation
        for row in reader.memberships
        if row.role in _MAY_RECORD
        and negotiation.may_record(policy=policy, organisation=row.organisation)
    ]


def _told(step: NegotiationStep) -> str:
    parts = [step.text, ", ".join(step.parties), _("recorded for {}").format(step.organisation)]
    if step.file_sha256:
        parts.append(f"{step.file_name} · SHA-256 {step.file_sha256}")
    return " · ".join(part for part in parts if part)


def _trail(policy: Policy) -> list[Link]:
    return [
        Link(_("Home"), reverse("home")),
        Link(_("Policies"), reverse("policies")),
        Link(str(policy), reverse("policy", args=[policy.public_id])),
    ]
