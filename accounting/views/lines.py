"""Lines: a run's lines with filters, and the explanation of one cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.core.errors import AccountingError
from accounting.forms.lines import LineFilter
from accounting.models import Line, Statement
from accounting.services.explaining import explain_line
from accounting.views import downloads, links, notices
from accounting.views.access import (
    SignedInRequest,
    find,
    find_run_with_result,
    reader_of,
    signed_in,
)
from accounting.views.line_tables import lines_table
from accounting.views.runs import run_trail
from accounting.views.trace_nodes import Node, trace_nodes
from accounting.views.words import pool_name
from contributions.formatting import money
from contributions.views.tables import Link, Pager

PAGE = 50


@require_GET
@signed_in
def lines(request: SignedInRequest, run_id: str) -> HttpResponseBase:
    """List the lines of a run that the reader may see, filtered by the address."""
    run = find_run_with_result(request, run_id)
    if not reader_of(request).sees_single_rows:
        raise Http404(run_id)
    form = LineFilter(request.GET or None, run=run)
    rows = form.filtered(
        Line.objects.visible_to(request.user)
        .filter(pool__in=list(run.pools.all()))
        .select_related(
            "pool", "contribution__worker", "contribution__product", "contribution__task_type"
        )
        .order_by("pk")
    )
    if form_of_download := request.GET.get("format", ""):
        return downloads.answer(form_of_download, downloads.line_rows(rows, run), name="lines")
    shown = list(rows.filter(pk__gt=form.after())[: PAGE + 1])
    context = {
        "run": run,
        "form": form,
        "clear_url": links.lines_url(run),
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, _("Lines")),
        "table": replace(
            lines_table(
                shown[:PAGE], run, caption=_("Lines in the order of pools and contributions")
            ),
            pager=_pager(request, shown),
            downloads=downloads.links_of(request),
        ),
    }
    return render(request, "accounting/lines.html", context)


@require_GET
@signed_in
def line(request: SignedInRequest, line_id: str) -> HttpResponse:
    """Explain a line: from the run down to the source row, multiplied out."""
    rows: QuerySet[Line] = Line.objects.visible_to(request.user).select_related(
        "pool__run__period__operator",
        "pool__run__policy",
        "contribution__worker",
        "contribution__product",
        "contribution__task_type",
        "contribution__source",
    )
    found = find(rows, line_id)
    run = found.pool.run
    statement = Statement.objects.filter(run=run, worker=found.contribution.worker_id).first()
    nodes, contradiction = _explained(found)
    context: dict[str, Any] = {
        "line": found,
        "run": run,
        "pool_name": pool_name(found.pool),
        "amount": money(found.amount_micro, run.period.currency, exact=True),
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "nodes": nodes,
        "contradiction": contradiction,
        "statement_url": links.statement_url(statement.pk) if statement else "",
        "breadcrumb": [
            Link(_("Home"), reverse("home")),
            Link(run.public_id, links.run_url(run)),
            Link(pool_name(found.pool), links.pool_url(run, found.pool)),
            Link(found.public_id, ""),
        ],
    }
    return render(request, "accounting/line.html", context)


def _explained(line: Line) -> tuple[list[Node], str]:
    """Return the tree behind a line, or why there is none: it is never made up."""
    try:
        return trace_nodes(line, explain_line(line=line)), ""
    except AccountingError as error:
        return [], str(error)


def _pager(request: SignedInRequest, shown: list[Line]) -> Pager:
    query = request.GET.copy()
    first = bool(query.pop("after", None))
    previous = f"?{query.urlencode()}" if first else ""
    if len(shown) <= PAGE:
        return Pager(previous_url=previous)
    query["after"] = shown[PAGE - 1].public_id
    return Pager(previous_url=previous, next_url=f"?{query.urlencode()}")
