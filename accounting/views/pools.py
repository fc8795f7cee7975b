"""A pool in a run: how its fund came about, how it flowed, and whom it reached."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Flow, Line, Run, RunPool
from accounting.views import links, notices, run_reading, run_tables
from accounting.views.access import SignedInRequest, find_run_with_result, reader_of, signed_in
from accounting.views.fund_steps import fund_steps
from accounting.views.line_tables import lines_table
from accounting.views.runs import run_trail
from accounting.views.words import POOL_MEANINGS, pool_name
from contributions.formatting import hours_of_content, money
from contributions.views.tables import Cell, Empty, Table, columns, number

SHOWN_LINES = 50


@require_GET
@signed_in
def pool(request: SignedInRequest, run_id: str, code: str) -> HttpResponse:
    """Show a pool of a run, from its formula to its lines."""
    run = find_run_with_result(request, run_id)
    found = _find_pool(run, code)
    reader = reader_of(request)
    sums = next(row for row in run_reading.pool_sums(run) if row.pool.pk == found.pk)
    currency = run.period.currency
    context: dict[str, Any] = {
        "run": run,
        "pool": found,
        "name": pool_name(found),
        "meaning": POOL_MEANINGS.get(found.kind, ""),
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, pool_name(found)),
        "fund": f"{money(found.funded_micro, currency)} {currency}",
        "paid": f"{money(sums.paid_micro, currency)} {currency}",
        "held": f"{money(sums.held_micro, currency)} {currency}",
        "steps": fund_steps(run, found),
        "flows": _flows_table(run, found),
        "escrow": run_tables.escrow_table(run, pool=found),
        "sees_rows": reader.sees_single_rows,
    }
    if reader.sees_single_rows:
        rows = Line.objects.visible_to(reader.user).filter(pool=found)
        context["lines"] = lines_table(
            list(_largest(rows)),
            run,
            caption=_("The largest lines that you may see"),
        )
        context["lines_url"] = links.lines_url(run, pool=found.code)
    return render(request, "accounting/pool.html", context)


def _find_pool(run: Run, code: str) -> RunPool:
    try:
        return run.pools.get(code=code)
    except RunPool.DoesNotExist as error:
        raise Http404(code) from error


def _largest(rows: Any) -> Any:
    return rows.select_related(
        "pool", "contribution__worker", "contribution__product", "contribution__task_type"
    ).order_by("-amount_micro", "pk")[:SHOWN_LINES]


def _flows_table(run: Run, pool: RunPool) -> Table:
    currency = run.period.currency
    flows = Flow.objects.filter(pool=pool).select_related("product", "upstream")
    unit = currency if pool.kind == "wage_floor" else _("h")
    rows = []
    for flow in flows:
        source = links.product_in_run_url(run, flow.product_id)
        target = (
            Cell(str(flow.upstream), href=links.product_in_run_url(run, flow.upstream_id))
            if flow.upstream_id
            else Cell(_("its own labour"), href="#lines")
        )
        weight = (
            money(flow.weight, currency)
            if pool.kind == "wage_floor"
            else hours_of_content(flow.weight)
        )
        rows.append(
            [
                Cell(str(flow.product), href=source),
                target,
                number(weight, source),
                number(money(flow.amount_micro, currency), source),
            ]
        )
    return Table(
        caption=_("Where the fund went, in {}").format(currency),
        columns=columns(
            _("At product"),
            _("To"),
            _("Weight ({})").format(unit),
            _("Amount"),
            numeric=(2, 3),
        ),
        rows=rows,
        empty=Empty(_("Nothing flowed"), _("See what is held, and why.")),
    )
