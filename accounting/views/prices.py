# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""Price as c + v + s, average profit, and both estimates of rent."""

from __future__ import annotations

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Cost, Fact, Run
from accounting.views import links, notices, run_figures, run_reading
from accounting.views.access import SignedInRequest, find_run_with_result, signed_in
from accounting.views.runs import run_trail
from contributions.formatting import factor, hours_of_content, money
from contributions.views.tables import Cell, Empty, Table, columns, number


@require_GET
@signed_in
def price(request: SignedInRequest, run_id: str) -> HttpResponse:
    """Show what revenue is made of, each part with its formula and its records."""
    run = find_run_with_result(request, run_id)
    context = {
        "run": run,
        "notices": notices.of_run(run),
        "assumptions": notices.assumptions_of(run.period.operator),
        "breadcrumb": run_trail(run, _("Price")),
        "figure": run_figures.price_figure(run),
        "parts": _parts(run),
        "rents": _rents(run),
        "costs": _costs(run),
        "period_url": reverse("period", args=[run.period.public_id]),
    }
    return render(request, "accounting/price.html", context)


def _rows(run: Run, rows: list[tuple[str, str, int, str]]) -> list[list[Cell]]:
    currency = run.period.currency
    return [
        [Cell(label), Cell(formula), number(money(amount, currency), href)]
        for label, formula, amount, href in rows
    ]


def _parts(run: Run) -> Table:
    price, period = run.price, reverse("period", args=[run.period.public_id])
    work = f"{links.run_url(run)}#labour"
    return Table(
        caption=_("Price categories, in {}").format(run.period.currency),
        columns=columns(_("Category"), _("Formula"), _("Amount"), numeric=(2,)),
        rows=_rows(
            run,
            [
                (
                    _("Revenue R"),
                    _("Σ revenue of the period"),
                    price["revenue_micro"],
                    f"{period}#revenue",
                ),
                (
                    _("Constant capital c"),
                    _("Σ costs except wages"),
                    price["constant_capital_micro"],
                    f"{period}#costs",
                ),
                (
                    _("Variable capital v"),
                    _("wages of the work + costs of kind wages"),
                    price["variable_capital_micro"],
                    work,
                ),
                (_("Surplus value s"), "R − c − v", price["surplus_micro"], "#rent"),
            ],
        ),
        empty=Empty(_("No figures")),
    )


def _rents(run: Run) -> Table:
    price, value = run.price, run.policy.document["value"]
    policy = reverse("policy", args=[run.policy.public_id]) + "#value"
    period = reverse("period", args=[run.period.public_id])
    capital = run.period.facts.filter(name=Fact.Name.CAPITAL_ADVANCED).aggregate(sum=Sum("value"))
    advanced = int((capital["sum"] or 0) * 1_000_000)
    content = run_reading.new_value_content(run)
    rate = factor(value["reference_profit_ppm"])
    melt = money(value["melt_micro_per_hour"], run.period.currency)
    hours = hours_of_content(content)
    return Table(
        caption=_("Two estimates of rent, side by side, in {}").format(run.period.currency),
        columns=columns(_("Category"), _("Formula"), _("Amount"), numeric=(2,)),
        rows=_rows(
            run,
            [
                (_("Capital advanced K"), _("declared"), advanced, f"{period}#facts"),
                (
                    _("Average profit"),
                    f"r̄ × K = {rate} × {money(advanced, run.period.currency)}",
                    price["average_profit_micro"],
                    policy,
                ),
                (
                    _("Knowledge rent ρ₁"),
                    "max(0, s − r̄K)",
                    price["excess_profit_micro"],
                    links.indicator_url(run, "rent_share_R"),
                ),
                (
                    _("New value"),
                    f"MELT × L = {melt} × {hours} h",
                    price["new_value_micro"],
                    policy,
                ),
                (
                    _("Transfer ρ₂"),
                    "(R − c) − MELT × L",
                    price["transfer_micro"],
                    links.indicator_url(run, "transfer_share_newvalue"),
                ),
            ],
        ),
        empty=Empty(_("No figures")),
    )


def _costs(run: Run) -> Table:
    currency = run.period.currency
    href = reverse("period", args=[run.period.public_id]) + "#costs"
    sums = run.period.costs.order_by("kind").values_list("kind").annotate(Sum("amount_micro"))
    return Table(
        caption=_("Costs of the period by kind, in {}").format(currency),
        columns=columns(_("Kind"), _("Amount"), numeric=(1,)),
        rows=[
            [Cell(str(Cost.Kind(kind).label)), number(money(amount, currency), href)]
            for kind, amount in sums
        ],
        empty=Empty(_("No costs were recorded"), _("Then all revenue beyond wages is surplus.")),
    )
