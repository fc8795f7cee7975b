"""A run along one dimension: every indicator of each cell that is large enough to show."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounting.models import Run
from accounting.services import disclosure, product_indicators
from accounting.services.indicator_catalogue import CATALOGUE, shown_value
from accounting.services.run_cells import DIMENSIONS, Group, groups_of
from accounting.services.suppression import is_hidden, too_small
from accounting.views import links, notices
from accounting.views.access import SignedInRequest, find_run_with_result, signed_in
from accounting.views.adding_up import is_pending
from accounting.views.runs import run_trail
from accounting.views.words import labour_name
from contributions.formatting import hours_of_content, hours_of_seconds, money, share
from contributions.formatting import number as figure
from contributions.models import Product, Worker
from contributions.models.labour import Phase
from contributions.views.tables import ABSENT, Cell, Empty, Link, Table, columns, number

Words = str | Promise

DIMENSION_NAMES: dict[str, Words] = {
    "product": gettext_lazy("Product"),
    "labour_type": gettext_lazy("Labour type"),
    "status": gettext_lazy("Status"),
    "country": gettext_lazy("Country"),
    "phase": gettext_lazy("Phase"),
}
_SUPPRESSED = Empty(
    gettext_lazy("Suppressed"),
    gettext_lazy("Too few people stand behind every group of this dimension."),
)
MOST_BESIDE = 8
"""So many groups stand side by side in one table."""
GROUP_INDICATORS = (
    "lw_cov_workers_after",
    "lw_cov_workers_before",
    "lw_cov_hours_before",
    "unpaid_share",
    "gini_payout",
    "gini_income",
    "gini_hourly",
    "top1_income_share",
    "lag_quarters",
    "traceability_hours",
    "credited_minus_worked_hours",
)
PRODUCT_INDICATORS = (
    "s_rate_price",
    "occ",
    "rent_share_R",
    "compute_substitution",
    "unrealised_share",
    "lerner",
)


@require_GET
@signed_in
def groups(request: SignedInRequest, run_id: str, dimension: str) -> HttpResponse:
    """Show the cells of a run along one dimension, with how each figure is to be read."""
    if dimension not in DIMENSIONS:
        raise Http404(dimension)
    run = find_run_with_result(request, run_id)
    context: dict[str, Any] = {
        "run": run,
        "title": DIMENSION_NAMES[dimension],
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, str(DIMENSION_NAMES[dimension])),
        "tabs": [
            Link(label, links.run_url(run, "run-groups", name), name == dimension)
            for name, label in DIMENSION_NAMES.items()
        ],
        "pending": is_pending([run]),
    }
    if not context["pending"]:
        context |= _shown(run, dimension, disclosure.fewest_in_run(request.user, run))
    return render(request, "accounting/indicators/groups.html", context)


def _shown(run: Run, dimension: str, fewest: int) -> dict[str, Any]:
    found = groups_of(run, dimension)
    names = group_names(found, dimension)
    return {
        "labour": _labour_table(run, found, names, dimension, fewest),
        "indicators": _indicators_table(run, found, names, dimension, fewest),
        "definitions": definitions_table(
            GROUP_INDICATORS + (PRODUCT_INDICATORS if dimension == "product" else ())
        ),
        "by_product": dimension == "product",
        "fewest": fewest,
    }


def group_names(found: list[Group], dimension: str) -> dict[tuple[str, ...], str]:
    """Return what the cells of a dimension are called."""
    if dimension == "product":
        numbers = [int(group.key[0]) for group in found]
        products = Product.objects.in_bulk(numbers)
        return {(str(number),): str(products[number]) for number in numbers}
    return {group.key: _name(dimension, group.key[0]) for group in found}


def shown_indicator(name: str, value: str, *, workers: int, fewest: int) -> str:
    """Write an indicator of a cell, unless it has none or tells too much about too few."""
    if not value:
        return ABSENT
    if fewest and workers < max(fewest, CATALOGUE[name].fewest):
        return _("suppressed")
    return shown_value(CATALOGUE[name], value)


def definitions_table(names: tuple[str, ...]) -> Table:
    """Return how indicators are computed and read, and what they must not be used for."""
    return Table(
        caption=_("How to read these figures"),
        columns=columns(_("Indicator"), _("Formula"), _("How to read it"), _("Never"), _("Source")),
        rows=[
            [
                Cell(CATALOGUE[name].title, detail=CATALOGUE[name].meaning),
                Cell(CATALOGUE[name].formula),
                Cell(CATALOGUE[name].reads),
                Cell(CATALOGUE[name].never),
                Cell(CATALOGUE[name].source),
            ]
            for name in names
        ],
        empty=Empty(_("No indicators")),
    )


def _name(dimension: str, code: str) -> str:
    if dimension == "labour_type":
        return labour_name(code)
    if dimension == "country":
        return code or _("unknown")
    words = str(Worker.Status(code).label if dimension == "status" else Phase(code).label)
    return words[:1].upper() + words[1:]


def _labour_table(
    run: Run,
    found: list[Group],
    names: dict[tuple[str, ...], str],
    dimension: str,
    fewest: int,
) -> Table:
    """Return labour and pay of the cells; small ones stand together or, if all are, not at all."""
    cells = {group.key: group.cell for group in found}
    small = set(cells) if is_hidden(cells, fewest) else too_small(cells, fewest)
    shown = [group for group in found if group.key not in small]
    hidden = [group for group in found if group.key in small]
    rows = [
        _labour_row(run, names[group.key], [group], href=_leads_to(run, group, dimension))
        for group in shown
    ]
    if hidden and not is_hidden(cells, fewest):
        rows.append(_labour_row(run, _("Small groups together"), hidden, counted=False))
    return Table(
        caption=_("Labour and pay, in {}").format(run.period.currency),
        columns=columns(
            _("Group"),
            _("Workers"),
            _("Hours"),
            _("Labour content (h)"),
            _("Wages"),
            _("Paid by this run"),
            _("Share of it"),
            _("Income per hour"),
            numeric=tuple(range(1, 8)),
        ),
        rows=rows,
        empty=_SUPPRESSED,
    )


def _labour_row(
    run: Run, name: str, found: list[Group], *, counted: bool = True, href: str = ""
) -> list[Cell]:
    currency = run.period.currency
    paid = sum(group.cell.amount_micro for group in found)
    wages = sum(group.wages_micro for group in found)
    seconds = sum(group.seconds for group in found)
    total = run.statements.count() and _paid_in_all(run)
    hourly = (wages + paid) * 3_600 // seconds if seconds else None
    return [
        Cell(name, href=href),
        number(figure(sum(group.cell.workers for group in found)) if counted else ABSENT),
        number(hours_of_seconds(seconds)),
        number(hours_of_content(sum(group.content_uh for group in found))),
        number(money(wages, currency)),
        number(money(paid, currency)),
        number(share(paid * 1_000_000 // total) if total else ABSENT),
        number(ABSENT if hourly is None else money(hourly, currency)),
    ]


def _paid_in_all(run: Run) -> int:
    return sum(group.cell.amount_micro for group in groups_of(run, "status"))


def _indicators_table(
    run: Run,
    found: list[Group],
    names: dict[tuple[str, ...], str],
    dimension: str,
    fewest: int,
) -> Table:
    cells = {group.key: group.cell for group in found}
    small = set(cells) if is_hidden(cells, fewest) else too_small(cells, fewest)
    of_products = product_indicators.product_indicators(run) if dimension == "product" else {}
    wanted = GROUP_INDICATORS + (PRODUCT_INDICATORS if of_products else ())
    shown = [group for group in found if group.key not in small]
    told = [
        [
            shown_indicator(
                name,
                (group.indicators | of_products.get(group.key[0], {})).get(name, ""),
                workers=group.cell.workers,
                fewest=fewest,
            )
            for name in wanted
        ]
        for group in shown
    ]
    heads = [Cell(names[group.key], href=_leads_to(run, group, dimension)) for group in shown]
    caption = _("Indicators by {}").format(str(DIMENSION_NAMES[dimension]).lower())
    if len(shown) > MOST_BESIDE:
        return _groups_below(caption, wanted, heads, told)
    return _groups_beside(caption, wanted, heads, told)


def _groups_beside(
    caption: str, wanted: tuple[str, ...], heads: list[Cell], told: list[list[str]]
) -> Table:
    """Return few groups side by side, each figure with its formula, caution and source."""
    return Table(
        caption=caption,
        columns=columns(
            _("Indicator"),
            *(head.text for head in heads),
            _("Never"),
            _("Source"),
            numeric=tuple(range(1, len(heads) + 1)),
        ),
        rows=[
            [
                Cell(CATALOGUE[name].title, detail=CATALOGUE[name].formula),
                *(number(figures[place]) for figures in told),
                Cell(CATALOGUE[name].never),
                Cell(CATALOGUE[name].source),
            ]
            for place, name in enumerate(wanted if heads else ())
        ],
        empty=_SUPPRESSED,
    )


def _groups_below(
    caption: str, wanted: tuple[str, ...], heads: list[Cell], told: list[list[str]]
) -> Table:
    """Return many groups one below the other."""
    return Table(
        caption=caption,
        columns=columns(
            _("Group"),
            *(CATALOGUE[name].title for name in wanted),
            numeric=tuple(range(1, len(wanted) + 1)),
        ),
        rows=[
            [head, *(number(figure_) for figure_ in figures)]
            for head, figures in zip(heads, told, strict=True)
        ],
        empty=_SUPPRESSED,
    )


def _leads_to(run: Run, group: Group, dimension: str) -> str:
    if dimension == "product":
        return links.product_in_run_url(run, int(group.key[0]))
    return reverse("run", args=[run.public_id]) + "#labour"
