"""Indicators from period to period, and the time between labour and its pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.charts import Bar, Bucket, Figure, Frame, bars, timeline
from accounting.models import Period, Run
from accounting.services import disclosure, trends
from accounting.services.indicator_catalogue import CATALOGUE, hidden_from, shown_value
from accounting.services.run_cells import DIMENSIONS, Group
from accounting.services.suppression import is_hidden, too_small
from accounting.services.visibility import visible_periods
from accounting.views import links, notices, run_figures
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from accounting.views.adding_up import is_pending
from accounting.views.indicator_groups import (
    DIMENSION_NAMES,
    GROUP_INDICATORS,
    definitions_table,
    group_names,
    shown_indicator,
)
from contributions.formatting import hours_of_seconds, money
from contributions.models import Organisation
from contributions.views.tables import ABSENT, Cell, Empty, Link, Table, columns, number

PRICE_ROWS = (
    "revenue_micro",
    "constant_capital_micro",
    "variable_capital_micro",
    "surplus_micro",
    "excess_profit_micro",
    "transfer_micro",
)


@require_GET
@signed_in
def indicators(request: SignedInRequest) -> HttpResponse:
    """Show how an operator's indicators went from period to period."""
    reader = reader_of(request)
    ledgers = _ledgers(reader.user)
    operator, currency = _chosen(request, ledgers)
    context: dict[str, Any] = {
        "ledgers": ledgers,
        "operator": operator,
        "currency": currency,
        "dimensions": DIMENSION_NAMES,
        "by": request.GET.get("by", ""),
        "name": request.GET.get("name", GROUP_INDICATORS[0]),
        "names": [(name, entry.title) for name, entry in CATALOGUE.items()],
        "breadcrumb": [Link(_("Home"), reverse("home")), Link(_("Indicators"), "")],
    }
    if operator is not None:
        runs = trends.series(reader.user, operator, currency)
        fewest = max((disclosure.fewest_in_run(reader.user, run) for run in runs), default=0)
        context |= _shown(runs, operator, fewest)
        context["figure"] = _figure(runs, context["name"], fewest)
        by_groups = context["by"] in DIMENSIONS and context["name"] in GROUP_INDICATORS
        context["pending"] = is_pending(runs if by_groups else runs[-1:])
        if not context["pending"]:
            context["timeline"] = _timeline(runs, fewest)
        if by_groups and not context["pending"]:
            context["groups"] = _groups_table(runs, context["by"], context["name"], fewest)
    return render(request, "accounting/indicators/trends.html", context)


def _shown(runs: list[Run], operator: Organisation, fewest: int) -> dict[str, Any]:
    return {
        "notices": notices.of_operator(operator),
        "assumptions": notices.assumptions_of(operator),
        "table": _trend_table(runs, fewest),
        "prices": _price_table(runs),
        "price_figure": run_figures.price_figure(runs[-1]) if runs else None,
        "newest": runs[-1] if runs else None,
        "price_url": links.run_url(runs[-1], "run-price") if runs else "",
        "group_links": [
            Link(label, links.run_url(runs[-1], "run-groups", name))
            for name, label in DIMENSION_NAMES.items()
        ]
        if runs
        else [],
        "definitions": definitions_table(tuple(CATALOGUE)),
        "fewest": fewest,
    }


def _ledgers(user: Any) -> list[tuple[Organisation, str]]:
    """Return the operators and currencies of which the reader sees periods."""
    periods: QuerySet[Period] = visible_periods(user)
    pairs = periods.order_by("operator__name", "currency").values_list("operator_id", "currency")
    operators = Organisation.objects.in_bulk([operator for operator, _currency in pairs])
    return [(operators[operator], currency) for operator, currency in dict.fromkeys(pairs)]


def _chosen(
    request: SignedInRequest, ledgers: list[tuple[Organisation, str]]
) -> tuple[Organisation | None, str]:
    wanted = request.GET.get("ledger", "")
    if wanted:
        public_id, _colon, currency = wanted.partition(":")
        seen = [operator.pk for operator, code in ledgers if code == currency]
        return find(Organisation.objects.filter(pk__in=seen), public_id), currency
    return ledgers[0] if ledgers else (None, "")


def _heads(runs: list[Run]) -> list[str]:
    return [f"{run.period.starts_on:%Y-%m}" for run in runs]


def _trend_table(runs: list[Run], fewest: int) -> Table:
    found = trends.indicators_over_time(runs)
    heads = _heads(runs)
    return Table(
        caption=_("Indicators, period by period"),
        columns=columns(_("Indicator"), *heads, numeric=tuple(range(1, len(heads) + 1))),
        rows=[
            [
                Cell(CATALOGUE[name].title, detail=CATALOGUE[name].formula),
                *(_value_cell(run, name, found[name].get(run.pk, ""), fewest) for run in runs),
            ]
            for name in CATALOGUE
            if name in found
        ],
        empty=Empty(
            _("No run is computed yet"), _("Indicators come with the first run of a period.")
        ),
    )


def _value_cell(run: Run, name: str, value: str, fewest: int) -> Cell:
    entry = CATALOGUE[name]
    if not value:
        return number(ABSENT)
    if hidden_from(run, entry, fewest):
        return number(_("suppressed"), links.indicator_url(run, name))
    return number(shown_value(entry, value), links.indicator_url(run, name))


def _figure(runs: list[Run], name: str, fewest: int) -> Figure | None:
    """Draw one indicator over the periods; those in which it is suppressed are left out."""
    if name not in CATALOGUE:
        return None
    entry = CATALOGUE[name]
    values = trends.indicators_over_time(runs).get(name, {})
    return bars(
        frame=Frame(
            key="trend",
            title=str(entry.title),
            description=str(entry.reads),
            columns=(_("Period"), str(entry.title)),
            empty=_("Suppressed, or not known in any period."),
        ),
        items=[
            Bar(
                f"{run.period.starts_on:%Y-%m-%d}",
                int(Decimal(values[run.pk]).scaleb(6).to_integral_value()),
                shown_value(entry, values[run.pk]),
                "revenue",
                href=links.indicator_url(run, name),
            )
            for run in runs
            if run.pk in values and not hidden_from(run, entry, fewest)
        ],
    )


def _price_table(runs: list[Run]) -> Table:
    labels = {
        "revenue_micro": _("Revenue R"),
        "constant_capital_micro": _("Constant capital c"),
        "variable_capital_micro": _("Variable capital v"),
        "surplus_micro": _("Surplus value s"),
        "excess_profit_micro": _("Rent, first estimate: surplus beyond average profit"),
        "transfer_micro": _("Rent, second estimate: value added beyond labour's new value"),
    }
    heads = _heads(runs)
    return Table(
        caption=_("Price and both estimates of rent, period by period"),
        columns=columns(_("Category"), *heads, numeric=tuple(range(1, len(heads) + 1))),
        rows=[
            [
                Cell(labels[name]),
                *(
                    number(
                        money(run.price[name], run.period.currency),
                        links.run_url(run, "run-price"),
                    )
                    for run in runs
                ),
            ]
            for name in (PRICE_ROWS if runs else ())
        ],
        empty=Empty(_("No run is computed yet")),
    )


def _groups_table(runs: list[Run], dimension: str, name: str, fewest: int) -> Table:
    found = trends.groups_over_time(runs, dimension)
    one_each = [next(iter(by_run.values())) for by_run in found.values()]
    names = group_names(one_each, dimension)
    hidden = {run.pk: _hidden(run, found, fewest) for run in runs}
    heads = _heads(runs)
    return Table(
        caption=f"{CATALOGUE[name].title}: {str(DIMENSION_NAMES[dimension]).lower()}",
        columns=columns(_("Group"), *heads, numeric=tuple(range(1, len(heads) + 1))),
        rows=[
            [
                Cell(names[key]),
                *(
                    _group_cell(run, by_run.get(run.pk), name, hidden[run.pk], fewest)
                    for run in runs
                ),
            ]
            for key, by_run in found.items()
        ],
        empty=Empty(_("No run is computed yet")),
    )


def _hidden(
    run: Run, found: dict[tuple[str, ...], dict[int, Group]], fewest: int
) -> set[tuple[str, ...]]:
    cells = {key: by_run[run.pk].cell for key, by_run in found.items() if run.pk in by_run}
    return set(cells) if is_hidden(cells, fewest) else too_small(cells, fewest)


def _group_cell(
    run: Run, group: Group | None, name: str, hidden: set[tuple[str, ...]], fewest: int
) -> Cell:
    if group is None:
        return number(ABSENT)
    if group.key in hidden:
        return number(_("suppressed"))
    value = group.indicators.get(name, "")
    told = shown_indicator(name, value, workers=group.cell.workers, fewest=fewest)
    return number(told, links.indicator_url(run, name) if name in CATALOGUE else "")


def _timeline(runs: list[Run], fewest: int) -> Figure | None:
    """Draw labour over pay by quarter; nothing if a quarter would tell too much."""
    stretches = trends.dislocation(runs)
    if not stretches or trends.dislocation_is_small(stretches, fewest):
        return None
    currency = runs[-1].period.currency
    return timeline(
        frame=Frame(
            key="dislocation",
            title=_("Labour, and its pay"),
            description=_(
                "Hours by the quarter in which they were worked, above; money by the quarter in "
                "which runs paid it, below. What lies between is the dislocation."
            ),
            columns=(_("Quarter"), _("Hours worked"), _("Paid ({})").format(currency)),
            empty=_("Nothing was worked or paid."),
        ),
        buckets=[
            Bucket(
                f"{row.quarter[0]} Q{row.quarter[1]}",
                row.seconds,
                f"{hours_of_seconds(row.seconds)} h",
                max(0, row.paid_micro),
                money(row.paid_micro, currency),
            )
            for row in stretches
        ],
        labour_title=_("Hours worked"),
        pay_title=_("Paid"),
    )
