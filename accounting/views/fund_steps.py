# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""How a pool's fund came about: its formula with the numbers put in."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.core.sharing import part_per_million
from accounting.models import LicenceUse, Run, RunPool
from accounting.views import links, run_reading
from contributions.formatting import factor, money, number
from contributions.identifiers import public_id
from contributions.models import Licence
from contributions.views.tables import Step


def fund_steps(run: Run, pool: RunPool) -> list[Step]:
    """Return the sum that makes a fund, each figure leading to where it comes from."""
    terms = _terms(run, pool)
    builders = {
        "licence": _licence,
        "data_dividend": _dividend,
        "wage_floor": _floor,
        "profit_share": _profit,
        "commons": _commons,
    }
    steps = builders[pool.kind](run, pool, terms)
    if pool.scaled_from_micro != pool.funded_micro:
        steps += [
            _money(run, _("What the formula asks for"), pool.scaled_from_micro),
            _money(
                run,
                _("All pools together may not exceed surplus value s"),
                max(0, run.price["surplus_micro"]),
            ),
        ]
    return [*steps, _money(run, _("Fund"), pool.funded_micro, links.pool_url(run, pool))]


def _terms(run: Run, pool: RunPool) -> dict[str, Any]:
    """Return the pool as its policy writes it; a licence pool's code ends in its licence."""
    written: dict[str, dict[str, Any]] = {row["id"]: row for row in run.policy.document["pools"]}
    code = pool.code if pool.kind != "licence" else pool.code.rpartition("-lic_")[0]
    return written[code]


def _licence(run: Run, pool: RunPool, _terms: dict[str, Any]) -> list[Step]:
    licence = "lic_" + pool.code.rpartition("-lic_")[2]
    use = (
        LicenceUse.objects.filter(period=run.period, licence=Licence.number_of(licence))
        .select_related("licence__product", "licence__licensee")
        .first()
    )
    if use is None:
        return []
    terms, href = use.licence, f"{_period_url(run)}#licences"
    parts = [
        (_("Fee of the period"), terms.fee_micro),
        (_("Price per unit"), terms.price_micro),
        (_("Base of the percentage"), use.base_micro),
    ]
    who = _("{product}, licensed to {licensee}").format(
        product=terms.product, licensee=terms.licensee
    )
    return [
        Step(_("Licence"), who, links.product_in_run_url(run, terms.product_id)),
        *(_money(run, label, amount, href) for label, amount in parts),
        Step(_("Units used"), number(use.units), href),
        Step(_("Percentage of the base"), factor(terms.percentage_ppm), href),
        Step(_("Formula"), "fee + price × units + percentage × base", href),
    ]


def _dividend(run: Run, _pool: RunPool, terms: dict[str, Any]) -> list[Step]:
    products = run_reading.products_of(run)
    rate = terms["rate_ppm"]
    revenue = [
        _money(
            run,
            _("Revenue of {}").format(products[row.product_id]),
            row.revenue_micro,
            links.product_in_run_url(run, row.product_id),
            f"{money(row.revenue_micro, run.period.currency)} × {factor(rate)} = "
            f"{money(part_per_million(row.revenue_micro, rate), run.period.currency)}",
        )
        for row in run.products.exclude(revenue_micro=0)
    ]
    return [*revenue, _rate(run, _("Rate on revenue α"), rate)]


def _floor(run: Run, pool: RunPool, _terms: dict[str, Any]) -> list[Step]:
    source = next(
        row.pool
        for row in run_reading.pool_sums(run)
        if row.pool.kind == "profit_share" and row.pool.position > pool.position
    )
    available = source.funded_micro + pool.funded_micro
    return [
        Step(
            _("Formula"),
            "Σ max(0, LW × h − received)",
            f"{_period_url(run)}#benchmarks",
            _("for each worker: the living wage for real hours, less what was received"),
        ),
        _money(
            run,
            _("Taken out of the profit share, which held"),
            available,
            links.pool_url(run, source),
        ),
    ]


def _profit(run: Run, pool: RunPool, terms: dict[str, Any]) -> list[Step]:
    surplus, rate = run.price["surplus_micro"], terms["rate_ppm"]
    steps = [_money(run, _("Surplus value s"), surplus), _rate(run, _("Rate on surplus α"), rate)]
    floors = [
        row.pool
        for row in run_reading.pool_sums(run)
        if row.pool.kind == "wage_floor" and row.pool.position < pool.position
    ]
    if floors:
        steps.append(_money(run, _("s × α"), part_per_million(max(0, surplus), rate)))
    steps += [
        _money(run, _("less the wage floor"), -row.funded_micro, links.pool_url(run, row))
        for row in floors
    ]
    return steps


def _commons(run: Run, pool: RunPool, terms: dict[str, Any]) -> list[Step]:
    rent, rate = run.price["excess_profit_micro"], terms["rate_ppm"]
    of_rent = part_per_million(rent, rate)
    steps = [_money(run, _("Knowledge rent ρ₁"), rent), _rate(run, _("Rate on rent γ"), rate)]
    if pool.scaled_from_micro != of_rent:
        expired = pool.scaled_from_micro - of_rent
        steps.append(_money(run, _("Expired escrow"), expired, f"{_period_url(run)}#facts"))
    return steps


def _rate(run: Run, label: str, rate_ppm: int) -> Step:
    policy = reverse("policy", args=[run.policy.public_id])
    return Step(label, factor(rate_ppm), f"{policy}#pools", _("by the policy"))


def _money(run: Run, label: str, micro: int, href: str = "", detail: str = "") -> Step:
    currency = run.period.currency
    address = href or links.run_url(run, "run-price")
    return Step(label, f"{money(micro, currency)} {currency}", address, detail)


def _period_url(run: Run) -> str:
    return reverse("period", args=[public_id("per", run.period_id)])
