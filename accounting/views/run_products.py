# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""A product as it stood in a run: money that reached it, labour in it, lineage around it."""

from __future__ import annotations

from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Flow, Run, RunLabour
from accounting.services.suppression import Cell as Group
from accounting.views import links, notices, run_reading
from accounting.views.access import (
    Reader,
    SignedInRequest,
    find_run_with_result,
    reader_of,
    signed_in,
)
from accounting.views.runs import run_trail
from accounting.views.words import labour_name, pool_name
from contributions.formatting import factor, hours_of_content, hours_of_seconds, money
from contributions.formatting import number as figure
from contributions.models import Product
from contributions.models.products import PPM
from contributions.views.tables import Card, Cell, Empty, Table, columns, number


@require_GET
@signed_in
def product(request: SignedInRequest, run_id: str, product_id: str) -> HttpResponse:
    """Show a product in a run."""
    run = find_run_with_result(request, run_id)
    found = _find(run, product_id)
    reader = reader_of(request)
    context = {
        "run": run,
        "product": found,
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, str(found)),
        "cards": _cards(run, found),
        "lineage": _lineage_table(run, found),
        "flows": _flows_table(run, found),
        "labour": _labour_table(run, found, reader),
        "product_url": links.product_url(found.pk),
        "lines_url": (
            links.lines_url(run, product=found.public_id) if reader.sees_single_rows else ""
        ),
    }
    return render(request, "accounting/run_product.html", context)


def _find(run: Run, product_id: str) -> Product:
    try:
        rows = Product.objects.filter(run_products__run=run)
        return rows.get(pk=Product.number_of(product_id))
    except Product.DoesNotExist as error:
        raise Http404(product_id) from error


def _cards(run: Run, product: Product) -> list[Card]:
    row = run.products.get(product=product)
    embodied = run_reading.embodied_content(run)[product.pk]
    return [
        Card(
            _("Revenue that reached it"),
            money(row.revenue_micro, run.period.currency),
            links.run_url(run, "run-price"),
            run.period.currency,
        ),
        Card(_("Own labour l"), hours_of_content(row.own_content_uh), "#labour", "h"),
        Card(
            _("Embodied labour λ"),
            hours_of_content(embodied),
            "#lineage",
            "h",
            _("its own, and what its lineage hands on"),
        ),
    ]


def _lineage_table(run: Run, product: Product) -> Table:
    """Return λ multiplied out: own labour and each upstream part."""
    embodied = run_reading.embodied_content(run)
    products = run_reading.products_of(run)
    own = run.products.get(product=product).own_content_uh
    rows = [[Cell(_("Its own labour l"), href="#labour"), Cell(""), number(hours_of_content(own))]]
    for edge in run_reading.lineage_of(run).filter(downstream=product):
        transfer = edge.transfer_ppm * edge.machine_ppm // PPM
        above = embodied[edge.upstream_id]
        rows.append(
            [
                Cell(
                    str(products[edge.upstream_id]),
                    href=links.product_in_run_url(run, edge.upstream_id),
                    detail=_evidence(edge.evidence, assumed=edge.assumed),
                ),
                Cell(
                    _("{relation}: τ × λ = {transfer} × {content} h").format(
                        relation=edge.get_relation_display(),
                        transfer=factor(transfer),
                        content=hours_of_content(above),
                    )
                ),
                number(hours_of_content(transfer * above // PPM)),
            ]
        )
    return Table(
        caption=_("Labour embodied in this product, λ = l + Σ τ λ"),
        columns=columns(_("From"), _("Formula"), _("Labour (h)"), numeric=(2,)),
        rows=rows,
        totals=[
            Cell(_("Embodied labour λ")),
            Cell(""),
            number(hours_of_content(embodied[product.pk])),
        ],
        empty=Empty(_("No labour")),
    )


def _evidence(evidence: str, *, assumed: bool) -> str:
    if assumed:
        return _("assumed. {}").format(evidence)
    return evidence or _("without evidence")


def _flows_table(run: Run, product: Product) -> Table:
    currency = run.period.currency
    flows = Flow.objects.filter(pool__run=run).select_related("pool", "product", "upstream")
    rows = []
    for flow in flows.filter(product=product) | flows.filter(upstream=product):
        arrives = flow.upstream_id == product.pk
        if arrives:
            other = Cell(
                _("from {}").format(flow.product),
                href=links.product_in_run_url(run, flow.product_id),
            )
        elif flow.upstream_id:
            other = Cell(
                _("on to {}").format(flow.upstream),
                href=links.product_in_run_url(run, flow.upstream_id),
            )
        else:
            other = Cell(_("to its own labour"), href="#labour")
        pool_url = links.pool_url(run, flow.pool)
        rows.append(
            [
                Cell(pool_name(flow.pool), href=pool_url),
                other,
                number(money(flow.amount_micro, currency), pool_url),
            ]
        )
    return Table(
        caption=_("Money through this product, in {}").format(currency),
        columns=columns(_("Pool"), _("Way"), _("Amount"), numeric=(2,)),
        rows=rows,
        empty=Empty(_("No money passed here"), _("It has neither revenue nor entitled labour.")),
    )


def _labour_table(run: Run, product: Product, reader: Reader) -> Table:
    fewest = reader.fewest_in_cell(run)
    sums = (
        RunLabour.objects.filter(run=run, contribution__product=product)
        .order_by("contribution__task_type__labour_type")
        .values_list("contribution__task_type__labour_type")
        .annotate(
            Count("contribution__worker", distinct=True),
            Sum("contribution__seconds"),
            Sum("credited_uh"),
            Sum("content_uh"),
        )
    )
    cells = {code: Group(workers, content, 0) for code, workers, _s, _c, content in sums}
    hidden = run_reading.small_types(cells, fewest)
    rows = []
    for code, workers, seconds, credited, content in sums:
        name = Cell(labour_name(code), kind=code.lower())
        if code in hidden:
            rows.append([name, *(number(_("suppressed")) for _place in range(4))])
            continue
        rows.append(
            [
                name,
                number(figure(workers)),
                number(_("unknown") if seconds is None else hours_of_seconds(seconds)),
                number(hours_of_content(credited)),
                number(hours_of_content(content)),
            ]
        )
    return Table(
        caption=_("Labour in this product"),
        columns=columns(
            _("Type of labour"),
            _("Workers"),
            _("Hours worked"),
            _("Credited hours"),
            _("Labour content (h)"),
            numeric=(1, 2, 3, 4),
        ),
        rows=rows,
        empty=Empty(
            _("No labour is recorded for this product"),
            _("Money that reaches it waits in escrow or goes up its lineage. Record its labour."),
            links.contributions_url(),
            _("Go to the contributions"),
        ),
    )
