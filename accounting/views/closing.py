"""Closing a period: its checklist, the two steps, and computing it again when it is posted."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounting import tasks
from accounting.forms.payouts import NoteForm
from accounting.models import Period
from accounting.services import closing, deltas
from accounting.services.closing import Point
from accounting.services.visibility import kept_periods
from accounting.views import acts, links, notices
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Act, Section
from contributions.formatting import number as figure
from contributions.views.tables import Cell, Empty, Fact, Table, columns, number

POINTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "run_unposted": (
        gettext_lazy("The run is posted"),
        gettext_lazy("Compute the period, let somebody approve the run, and post it."),
    ),
    "runs_waiting": (
        gettext_lazy("No other run waits"),
        gettext_lazy("Runs that are neither posted nor rejected. Reject what is not needed."),
    ),
    "revenue_unmapped": (
        gettext_lazy("All revenue leads to labour"),
        gettext_lazy("Revenue of products without recorded labour, or of bundles without usage."),
    ),
    "edges_without_evidence": (
        gettext_lazy("Every edge has evidence"),
        gettext_lazy("Edges of the lineage whose transfer nobody gave a source for."),
    ),
    "licences_lapsed": (
        gettext_lazy("Licences are in force"),
        gettext_lazy("Licences that ended in the period, or were used without being in force."),
    ),
    "disputes_open": (
        gettext_lazy("No dispute is open"),
        gettext_lazy("Contested parts are held in escrow until they are decided."),
    ),
    "durations_missing": (
        gettext_lazy("Working time is known"),
        gettext_lazy("Accepted work of the period without any duration."),
    ),
}
_STATES = {"done": "good", "open": "warn", "blocking": "bad"}
_STATE_WORDS = {
    "done": gettext_lazy("in order"),
    "open": gettext_lazy("to look at"),
    "blocking": gettext_lazy("must be done first"),
}
_PAGES = {
    "run": "run",
    "con": "contribution",
}


@require_GET
@signed_in
def checklist(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Show what should be in order before a period is closed, and who took which step."""
    period = _kept(request, period_id)
    context = {
        "title": _("Close {}").format(period),
        "eyebrow": str(period.get_state_display()),
        "lead": _(
            "One person starts the closing, and from then on the period takes no figures. "
            "Another looks at the checklist and closes it for good."
        ),
        "acts": _acts(request, period),
        "sections": [
            Section("checklist", _("Checklist"), _points(closing.checklist(period))),
            Section("steps", _("Steps taken"), _steps(period)),
        ],
        "facts": [
            Fact(_("Period"), str(period), reverse("period", args=[period.public_id])),
        ],
        "notices": notices.of_operator(period.operator),
        "breadcrumb": acts.trail(
            (_("Periods"), reverse("periods")),
            (str(period), reverse("period", args=[period.public_id])),
            (_("Closing"), ""),
        ),
    }
    return render(request, acts.PAGE, context)


@require_POST
@signed_in
def take(request: SignedInRequest, period_id: str, step: str) -> HttpResponse:
    """Take a step: `start`, `reopen` or `close`.

    Raises:
        Http404: There is no such step, or the period is another organisation's.
    """
    period = _kept(request, period_id)
    back = reverse("period-closing", args=[period.public_id])
    form = NoteForm(request.POST)
    if not acts.filled(form, request):
        return HttpResponseRedirect(back)
    note = form.cleaned_data["note"]
    steps: dict[str, tuple[Any, str]] = {
        "start": (
            lambda: closing.start_closing(period=period, started_by=request.user),
            _("The period takes no figures any more. Somebody else can close it now."),
        ),
        "reopen": (
            lambda: closing.reopen(period=period, reopened_by=request.user, note=note),
            _("The period is open again."),
        ),
        "close": (
            lambda: closing.close_period(period=period, closed_by=request.user, note=note),
            _("The period is closed. What comes late flows into the next one."),
        ),
    }
    if step not in steps:
        raise Http404(step)
    act, said = steps[step]
    return acts.done(request, act, said=said, back=back)


@require_POST
@signed_in
def recompute(request: SignedInRequest, period_id: str) -> HttpResponse:
    """Queue a run of a posted period with what was recorded and corrected since."""
    period = _kept(request, period_id)
    if not reader_of(request).acts_for(period.operator, roles=closing.CLOSERS):
        raise Http404(period_id)
    queued: list[str] = []

    def act() -> None:
        with transaction.atomic():
            run = deltas.request_recomputation(period=period, requested_by=request.user)
            transaction.on_commit(partial(tasks.enqueue_run, run.pk))
            queued.append(links.run_url(run))

    back = reverse("period-closing", args=[period.public_id])
    response = acts.done(request, act, said=_("The period is computed again."), back=back)
    return HttpResponseRedirect(queued[0]) if queued else response


def _kept(request: SignedInRequest, period_id: str) -> Period:
    return find(kept_periods(request.user).select_related("operator"), period_id)


def _acts(request: SignedInRequest, period: Period) -> list[Act]:
    if not reader_of(request).acts_for(period.operator, roles=closing.CLOSERS):
        return []

    def url(step: str) -> str:
        return reverse("period-step", args=[period.public_id, step])

    found = []
    if period.state == Period.State.OPEN:
        found.append(
            Act(
                "start",
                _("Start closing"),
                _("Start closing"),
                url("start"),
                _("From then on nobody can add revenue, usage or costs to this period."),
            )
        )
    if period.state == Period.State.CLOSING:
        found += [
            Act(
                "close",
                _("Close for good"),
                _("Close the period"),
                url("close"),
                _("Somebody else than who started the closing does this."),
                NoteForm(auto_id="close-%s"),
            ),
            Act("reopen", _("Open again"), _("Open the period again"), url("reopen")),
        ]
    if deltas.effective_run(period) is not None:
        found.append(
            Act(
                "recompute",
                _("Records came late, or were corrected?"),
                _("Compute this period again"),
                reverse("period-recompute", args=[period.public_id]),
                _(
                    "What is posted stands. The differences are booked into the next open period "
                    "once the new run is approved and posted."
                ),
            )
        )
    return found


def _points(points: list[Point]) -> Table:
    return Table(
        caption=_("What should be in order"),
        columns=columns(_("Point"), _("State"), _("Records"), _("The first of them"), numeric=(2,)),
        rows=[
            [
                Cell(POINTS[point.code][0], detail=POINTS[point.code][1]),
                Cell(_STATE_WORDS[point.state], state=_STATES[point.state]),
                number(figure(point.count)),
                _records(point),
            ]
            for point in points
        ],
        empty=Empty(_("Nothing to check")),
    )


def _records(point: Point) -> Cell:
    if not point.records:
        return Cell("")
    first = point.records[0]
    page = _PAGES.get(first.partition("_")[0])
    href = reverse(page, args=[first]) if page else ""
    return Cell(first, href=href, detail=", ".join(point.records[1:5]))


def _steps(period: Period) -> Table:
    return Table(
        caption=_("Steps, oldest first"),
        columns=columns(_("Step"), _("When"), _("By"), _("Open points"), _("Note"), numeric=(3,)),
        rows=[
            [
                Cell(str(step.get_step_display())),
                Cell(f"{step.taken_at:%Y-%m-%d %H:%M} UTC"),
                Cell(step.taken_by.get_username()),
                number(
                    figure(sum(1 for point in step.checklist.values() if point["state"] != "done"))
                ),
                Cell(step.note),
            ]
            for step in period.steps.select_related("taken_by")
        ],
        empty=Empty(_("No step was taken yet")),
    )
