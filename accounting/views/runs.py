"""Runs: the list, the page of one run, and its live progress."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Run
from accounting.views import links, notices, run_figures, run_reading, run_steps, run_tables
from accounting.views.access import (
    MAY_COMPUTE,
    Reader,
    SignedInRequest,
    find_run,
    reader_of,
    signed_in,
)
from accounting.views.statement_tables import statements_table
from accounting.views.words import run_tag
from contributions.formatting import day, money, share
from contributions.formatting import number as figure
from contributions.views.tables import ABSENT, Card, Cell, Empty, Fact, Link, Table, columns, number

MOST_RUNS = 100
SHOWN_STATEMENTS = 20


@require_GET
@signed_in
def runs(request: SignedInRequest) -> HttpResponse:
    """List the runs that the reader may see, newest first."""
    rows = Run.objects.visible_to(request.user).select_related("period__operator", "policy")
    context = {
        "table": runs_table(
            list(rows[:MOST_RUNS]), reader_of(request), caption=_("Runs, newest first")
        ),
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Runs"), "")],
    }
    return render(request, "accounting/runs.html", context)


def runs_table(rows: list[Run], reader: Reader, *, caption: str) -> Table:
    """Return runs as a table, each leading to its page."""
    return Table(
        caption=caption,
        columns=columns(
            _("Run"),
            _("Period"),
            _("Policy"),
            _("State"),
            _("Revenue"),
            _("Payees"),
            numeric=(4, 5),
        ),
        rows=[_run_row(run, reader) for run in rows],
        empty=Empty(
            _("No runs yet"),
            _("A run shares a period's money out. Open a period, record its revenue and compute."),
            reverse("periods"),
            _("Go to the periods"),
        ),
    )


def _run_row(run: Run, reader: Reader) -> list[Cell]:
    tag = run_tag(run)
    url = links.run_url(run)
    revenue = (
        f"{money(run.price['revenue_micro'], run.period.currency)} {run.period.currency}"
        if run.has_result
        else ABSENT
    )
    return [
        Cell(run.public_id, href=url, detail=f"{run.requested_at:%Y-%m-%d %H:%M} UTC"),
        Cell(str(run.period), href=reverse("period", args=[run.period.public_id])),
        Cell(
            str(run.policy),
            href=reverse("policy", args=[run.policy.public_id]),
            detail=_("simulation") if run.simulation else "",
        ),
        Cell(tag.label, state=tag.state),
        number(revenue, links.run_url(run, "run-price") if run.has_result else ""),
        number(
            ABSENT if run.payees_count is None else people(run, reader.fewest_in_cell(run)), url
        ),
    ]


@require_GET
@signed_in
def run(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Show a run: its progress while it computes, then everything it found out."""
    found = find_run(request, run_id)
    reader = reader_of(request)
    context: dict[str, Any] = {
        "run": found,
        "tag": run_tag(found),
        "notices": notices.of_run(found),
        "assumptions": notices.assumptions_of(found.period.operator),
        "breadcrumb": run_trail(found, ""),
        "facts": _facts(found),
        "may_cancel": not found.is_finished
        and reader.acts_for(found.period.operator, roles=MAY_COMPUTE),
        "progress": _progress(found),
    }
    if found.has_result:
        context |= _result(found, reader) | run_steps.steps_of(found, reader)
    return render(request, "accounting/run.html", context)


@require_GET
@signed_in
def progress(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Answer the progress alone; once the run is finished, the page loads anew."""
    found = find_run(request, run_id)
    response = render(request, "accounting/run_progress.html", {"progress": _progress(found)})
    if found.is_finished:
        response["HX-Refresh"] = "true"
    return response


def run_trail(run: Run, page: str) -> list[Link]:
    """Return the way from home to a run, or to one of its pages."""
    trail = [Link(_("Home"), reverse("home")), Link(_("Runs"), reverse("runs"))]
    if not page:
        return [*trail, Link(run.public_id, "")]
    return [*trail, Link(run.public_id, links.run_url(run)), Link(page, "")]


def _progress(run: Run) -> dict[str, Any]:
    stages = list(Run.Stage)
    done = stages.index(Run.Stage(run.stage))
    return {
        "id": "run-progress",
        "label": _("Computing"),
        "done": done,
        "total": len(stages) - 1,
        "text": str(run.get_stage_display()),
        "poll_url": "" if run.is_finished else links.run_url(run, "run-progress"),
    }


def _facts(run: Run) -> list[Fact]:
    facts = [
        Fact(_("Period"), str(run.period), reverse("period", args=[run.period.public_id])),
        Fact(_("Policy"), str(run.policy), reverse("policy", args=[run.policy.public_id])),
        Fact(_("Requested"), f"{run.requested_at:%Y-%m-%d %H:%M} UTC"),
    ]
    if run.finished_at:
        facts.append(Fact(_("Finished"), f"{run.finished_at:%Y-%m-%d %H:%M:%S} UTC"))
    return facts


def _result(run: Run, reader: Reader) -> dict[str, Any]:
    fewest = reader.fewest_in_cell(run)
    statements = run.statements.visible_to(reader.user).select_related("worker")
    return {
        "cards": _cards(run, fewest),
        "flow": run_figures.flow_figure(
            run, fewest=fewest, to_lines=reader.sees_single_rows and fewest == 0
        ),
        "flow_note": _suppression_note(fewest),
        "pools_figure": run_figures.pools_figure(run),
        "price_figure": run_figures.price_figure(run),
        "pools": run_tables.pools_table(run),
        "labour": run_tables.labour_table(run, fewest=fewest, to_lines=reader.sees_single_rows),
        "products": run_tables.products_table(run),
        "indicators": run_tables.indicators_table(run, fewest=fewest),
        "norms": run_tables.norms_table(run, fewest=fewest),
        "escrow": run_tables.escrow_table(run),
        "sees_rows": reader.sees_single_rows,
        "statements": statements_table(
            list(statements[:SHOWN_STATEMENTS]),
            caption=_("Statements that you may see"),
            by_run=False,
        ),
        "hashes": _hashes(run),
        "bundle_url": links.run_url(run, "run-bundle") if fewest == 0 else "",
        "policy_url": reverse("policy", args=[run.policy.public_id]),
    }


def _suppression_note(fewest: int) -> str:
    if not fewest:
        return ""
    return _(
        "Groups of fewer than {} workers, or with one of them above half, are added up."
    ).format(fewest)


def _cards(run: Run, fewest: int) -> list[Card]:
    currency = run.period.currency
    paid, escrow, commons = run_reading.totals(run)
    revenue = run.price["revenue_micro"]
    part = paid * 1_000_000 // revenue if revenue > 0 else 0
    url = links.run_url(run)
    return [
        Card(
            _("Revenue"),
            money(revenue, currency),
            links.run_url(run, "run-price"),
            currency,
            _("of {}").format(day(run.period.starts_on) + f" {ABSENT} " + day(run.period.ends_on)),
        ),
        Card(
            _("Paid to people"),
            money(paid, currency),
            f"{url}#pools",
            currency,
            _("{part} of revenue · people: {people} · contributions: {count}").format(
                part=share(part),
                count=figure(run.contributions_count or 0),
                people=people(run, fewest),
            ),
        ),
        Card(
            _("Held in escrow"),
            money(escrow, currency),
            f"{url}#escrow",
            currency,
            _("until its reason is gone"),
        ),
        Card(
            _("Commons fund"),
            money(commons, currency),
            f"{url}#escrow",
            currency,
            _("for public projects"),
        ),
    ]


def people(run: Run, fewest: int) -> str:
    """Write how many people a run pays, unless they are too few to be counted openly."""
    count = run.payees_count or 0
    return _("suppressed") if count < fewest else figure(count)


def _hashes(run: Run) -> list[Fact]:
    return [
        Fact(_("Algorithm"), run.algorithm),
        Fact(_("Policy"), hash=run.policy_sha256),
        Fact(_("Inputs"), hash=run.inputs_sha256),
        Fact(_("Result"), hash=run.result_sha256),
    ]
