"""Two runs side by side: by pool, group, indicator and person, and by what their policies say."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Run
from accounting.services import comparisons as side_by_side
from accounting.services import disclosure, trends
from accounting.services.policy_changes import changes
from accounting.views import comparison_tables, links, notices, policy_words
from accounting.views.access import (
    SignedInRequest,
    find_run_with_result,
    reader_of,
    signed_in,
)
from accounting.views.adding_up import is_pending
from contributions.views.tables import Fact, Link, Notice

MOST_CHOICES = 100


@require_GET
@signed_in
def compare_runs(request: SignedInRequest) -> HttpResponse:
    """Hold one run against another; without two, offer those that can be chosen."""
    chosen = [request.GET.get(name, "") for name in ("before", "after")]
    if chosen[1] and not chosen[0]:
        chosen[0] = _run_before(request, chosen[1])
    context: dict[str, Any] = {
        "runs": _choices(request),
        "chosen": chosen,
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(_("Runs"), reverse("runs")),
            Link(_("Compare"), ""),
        ],
    }
    if all(chosen):
        before, after = (find_run_with_result(request, public_id) for public_id in chosen)
        if before.period.currency == after.period.currency:
            context["pending"] = is_pending([before, after])
            if not context["pending"]:
                context |= _compared(request, before, after)
        else:
            text = _("These runs are kept in different currencies; their sums do not compare.")
            context["notices"] = [Notice("warning", text)]
    return render(request, "accounting/comparisons/runs.html", context)


def _compared(request: SignedInRequest, before: Run, after: Run) -> dict[str, Any]:
    reader = reader_of(request)
    fewest = max(disclosure.fewest_in_run(reader.user, run) for run in (before, after))
    sides = side_by_side.of_run(before), side_by_side.of_run(after)
    names = (_("Before"), _("After"))
    tables = [
        comparison_tables.overview_table(*sides, names),
        comparison_tables.pools_table(*sides, names),
        comparison_tables.groups_table(*sides, names, fewest=fewest),
    ]
    if reader.sees_single_rows:
        people = side_by_side.people_of_runs(before, after, user=reader.user)
        tables.append(comparison_tables.people_table(people, sides[1], names))
    tables.append(comparison_tables.indicators_table(*sides, names, fewest=fewest))
    terms = changes(before.policy.document, after.policy.document)
    return {
        "before": before,
        "after": after,
        "tables": tables,
        "terms": policy_words.changes_table(
            terms, before=str(before.policy), after=str(after.policy)
        ),
        "notices": _notices(before, after),
        "facts": [
            Fact(name, _name(run), links.run_url(run))
            for name, run in zip(names, (before, after), strict=True)
        ],
        "fewest": fewest,
    }


def _notices(before: Run, after: Run) -> list[Notice]:
    simulated = [run for run in (before, after) if run.simulation]
    told = [
        Notice(
            "simulation",
            _("Of these, {} is a simulation: owed to nobody, never to be posted or paid.").format(
                run.public_id
            ),
        )
        for run in simulated
    ]
    return [*told, *notices.of_operator(after.period.operator)]


def _run_before(request: SignedInRequest, public_id: str) -> str:
    """Return the run of the period before a run's own, if there is one."""
    run = find_run_with_result(request, public_id)
    period = run.period
    rows = trends.series(request.user, period.operator, period.currency)
    earlier = [row for row in rows if row.period.ends_on < period.starts_on]
    return earlier[-1].public_id if earlier else ""


def _choices(request: SignedInRequest) -> list[Run]:
    rows = Run.objects.visible_to(request.user).exclude(result_sha256="")
    return list(rows.select_related("period__operator", "policy")[:MOST_CHOICES])


def _name(run: Run) -> str:
    kind = _("simulation") if run.simulation else str(run.get_state_display())
    return f"{run.policy} · {run.period.starts_on:%Y-%m-%d} · {kind} · {run.public_id[-4:]}"
