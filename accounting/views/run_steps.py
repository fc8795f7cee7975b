"""From a computed run to a posted one: what may be done, by whom, and what was done."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounting.forms.payouts import ReasonForm
from accounting.models import JournalEntry, Run
from accounting.services import approving, posting
from accounting.services.deltas import effective_run, visible_deltas
from accounting.views import acts, links, notices
from accounting.views.access import (
    Reader,
    SignedInRequest,
    find_run,
    find_run_with_result,
    reader_of,
    signed_in,
)
from accounting.views.acts import Act, Section
from contributions.formatting import money
from contributions.models import Membership
from contributions.views.tables import Cell, Empty, Fact, Table, columns, number

MOST_DELTAS = 500
_DECIDERS = (Membership.Role.APPROVER, Membership.Role.ADMIN)


def steps_of(run: Run, reader: Reader) -> dict[str, Any]:
    """Return what a run's page shows of approval and posting."""
    return {"acts": _acts(run, reader), "decided": _decided(run, reader)}


def _acts(run: Run, reader: Reader) -> list[Act]:
    if run.simulation or not reader.acts_for(run.period.operator, roles=_DECIDERS):
        return []
    found = []
    if run.state == Run.State.COMPUTED:
        found.append(_approval(run, reader))
    if run.state == Run.State.APPROVED:
        found.append(_posting(run))
    if run.state in {Run.State.COMPUTED, Run.State.APPROVED}:
        found.append(
            Act(
                "reject",
                _("Reject this result"),
                _("Reject"),
                links.run_url(run, "run-reject"),
                _("It is never posted; the period can be computed again."),
                ReasonForm(auto_id="reject-%s"),
                danger=True,
            )
        )
    return found


def _approval(run: Run, reader: Reader) -> Act:
    title = _("Approve this result")
    if not approving.may_approve(user=reader.user, run=run):
        return Act(
            "approve",
            title,
            text=_("An approver of the operator who did not ask for this run approves it."),
        )
    return Act(
        "approve",
        title,
        _("Approve"),
        links.run_url(run, "run-approve"),
        _("You sign the hash of the result. Posting is a step of its own."),
    )


def _posting(run: Run) -> Act:
    corrected = effective_run(run.period)
    text = _("It becomes part of the books and never changes again.")
    if corrected is not None:
        text = _(
            "This period is posted already, by {run}. The differences are booked into the next "
            "open period."
        ).format(run=corrected.public_id)
    return Act("post", _("Post this run"), _("Post"), links.run_url(run, "run-post"), text)


def _decided(run: Run, reader: Reader) -> list[Fact]:
    facts = [
        Fact(
            str(decision.get_decision_display()).capitalize(),
            f"{decision.decided_at:%Y-%m-%d %H:%M} UTC",
            detail=decision.reason,
        )
        for decision in run.decisions.all()
    ]
    entry = run.entries.select_related("period", "corrects").first()
    if entry is None:
        return facts
    may_open = reader.acts_for(run.period.operator, roles=tuple(Membership.Role.values))
    facts.append(
        Fact(
            _("Posted"),
            f"{entry.posted_at:%Y-%m-%d %H:%M} UTC",
            reverse("entry", args=[entry.public_id]) if may_open else "",
            _("entry {}").format(entry.number),
        )
    )
    if entry.corrects is not None:
        facts.append(
            Fact(
                _("Corrects"),
                entry.corrects.public_id,
                links.run_url(run, "run-deltas"),
                _("differences are booked into {}").format(entry.period),
            )
        )
    later = JournalEntry.objects.filter(corrects=run).select_related("run").first()
    if later is not None and later.run is not None:
        facts.append(
            Fact(
                _("Corrected by"),
                later.run.public_id,
                links.run_url(later.run, "run-deltas"),
                _("what was posted here stands; the difference is booked beside it"),
            )
        )
    return facts


@require_POST
@signed_in
def approve(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Approve a run that somebody else asked for."""
    run = _own(request, run_id)
    return acts.done(
        request,
        lambda: approving.approve_run(run=run, approved_by=request.user),
        said=_("The result is approved. It can be posted now."),
        back=links.run_url(run),
    )


@require_POST
@signed_in
def reject(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Reject a result, with the reason."""
    run = _own(request, run_id)
    form = ReasonForm(request.POST)
    if not acts.filled(form, request):
        return HttpResponseRedirect(links.run_url(run))
    return acts.done(
        request,
        lambda: approving.reject_run(
            run=run, rejected_by=request.user, reason=form.cleaned_data["reason"]
        ),
        said=_("The result is rejected."),
        back=links.run_url(run),
    )


@require_POST
@signed_in
def post(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Post an approved run."""
    run = _own(request, run_id)
    return acts.done(
        request,
        lambda: posting.post_run(run=run, posted_by=request.user),
        said=_("The run is posted. People can be paid by it."),
        back=links.run_url(run),
    )


@require_GET
@signed_in
def run_deltas(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Show what a posted correction changed: each payee's old and new amount, side by side."""
    run = find_run_with_result(request, run_id)
    entry = run.entries.select_related("period", "corrects", "ledger").first()
    if entry is None or entry.corrects is None:
        raise Http404(run_id)
    currency = entry.ledger.currency
    rows = list(
        visible_deltas(request.user).filter(entry=entry).order_by("worker_id")[:MOST_DELTAS]
    )
    table = Table(
        caption=_("Payees whose amount changed, in {}").format(currency),
        columns=columns(
            _("Worker"), _("Before"), _("Corrected"), _("Difference"), numeric=(1, 2, 3)
        ),
        rows=[
            [
                Cell(row.worker.pseudonym, href=links.worker_url(row.worker_id)),
                number(money(row.old_micro, currency, exact=True)),
                number(money(row.new_micro, currency, exact=True)),
                number(money(row.delta_micro, currency, exact=True)),
            ]
            for row in rows
        ],
        totals=[
            Cell(_("Together")),
            number(money(sum(row.old_micro for row in rows), currency, exact=True)),
            number(money(sum(row.new_micro for row in rows), currency, exact=True)),
            number(money(sum(row.delta_micro for row in rows), currency, exact=True)),
        ],
        empty=Empty(_("Nothing changed for anybody whom you may see")),
    )
    context = {
        "title": _("What the correction changed"),
        "eyebrow": run.public_id,
        "lead": _(
            "What was posted stands. The differences are added to what the next period pays; "
            "what is less than nothing is held against later earnings."
        ),
        "facts": [
            Fact(_("Posted before"), entry.corrects.public_id, links.run_url(entry.corrects)),
            Fact(_("Computed anew"), run.public_id, links.run_url(run)),
            Fact(_("Booked into"), str(entry.period)),
        ],
        "notices": notices.of_run(run),
        "sections": [Section("deltas", _("Payee by payee"), table)],
        "breadcrumb": acts.trail(
            (_("Runs"), reverse("runs")),
            (run.public_id, links.run_url(run)),
            (_("Correction"), ""),
        ),
    }
    return render(request, acts.PAGE, context)


def _own(request: SignedInRequest, run_id: str) -> Run:
    """Return a run of an operator whose members decide about it.

    Raises:
        Http404: It is not the reader's operator's.
    """
    run = find_run(request, run_id)
    if not reader_of(request).acts_for(run.period.operator, roles=tuple(Membership.Role.values)):
        raise Http404(run_id)
    return run
