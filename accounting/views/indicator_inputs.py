# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""The figures that go into an indicator, read again from the records of its run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Fact, LivingWage, Run, RunLabour
from accounting.views import links, run_reading
from contributions.formatting import hours_of_content, hours_of_seconds, money, number
from contributions.views.tables import Step

LOGGED = ("active", "page_open", "held")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A run read for one indicator's page."""

    run: Run

    @property
    def currency(self) -> str:
        return self.run.period.currency

    def money(self, label: str, micro: int, page: str = "run-price", detail: str = "") -> Step:
        """Return an amount as a step that leads to a page of the run."""
        amount = f"{money(micro, self.currency)} {self.currency}"
        return Step(label, amount, links.run_url(self.run, page), detail)

    def price(self, label: str, *names: str) -> Step:
        """Return a price category: the first named, less the others."""
        first, *less = (self.run.price[name] for name in names)
        return self.money(label, first - sum(less))

    def hours(self, label: str, hours: str, part: str = "labour") -> Step:
        """Return hours as a step that leads to a part of the run's page."""
        return Step(label, f"{hours} h", f"{links.run_url(self.run)}#{part}")

    def content(self) -> Step:
        """Return all labour content of the run."""
        own = self.run.products.aggregate(sum=Sum("own_content_uh"))["sum"] or 0
        return self.hours(_("Labour content L"), hours_of_content(own), "products")

    def melt(self) -> Step:
        """Return the monetary expression of labour time that the policy sets."""
        micro = self.run.policy.document["value"]["melt_micro_per_hour"]
        href = reverse("policy", args=[self.run.policy.public_id])
        return Step(
            _("MELT, money per hour of labour"),
            f"{money(micro, self.currency)} {self.currency}",
            href,
        )

    def seconds(self, label: str, **filters: object) -> Step:
        """Return recorded hours of the run's contributions."""
        rows = RunLabour.objects.filter(run=self.run, **filters)
        total = rows.aggregate(sum=Sum("contribution__seconds"))["sum"] or 0
        return self.hours(label, hours_of_seconds(total))

    def facts(self, name: str) -> list[Step]:
        """Return the declared figures of a name, with what they are weighed by."""
        rows = self.run.period.facts.filter(name=name).select_related("product")
        return [self._fact(row) for row in rows]

    def _fact(self, row: Fact) -> Step:
        about = str(row.product or row.item or _("overall"))
        weighed = _("weight {}").format(number(row.weight)) if row.weight != 1 else ""
        assumed = _("assumed") if row.assumed else ""
        return Step(
            f"{row.get_name_display()}: {about}",
            number(row.value),
            f"{reverse('period', args=[self.run.period.public_id])}#facts",
            " · ".join(filter(None, (weighed, assumed))),
        )


def inputs_of(run: Run, name: str) -> list[Step]:
    """Return what an indicator was made of, in the order of its formula."""
    return INPUTS[name](_Reading(run))


def _people(read: _Reading) -> list[Step]:
    run = read.run
    somebody = Q(contribution__seconds__gt=0) | Q(contribution__wage_micro__gt=0)
    workers = RunLabour.objects.filter(somebody, run=run).aggregate(
        count=Count("contribution__worker", distinct=True)
    )["count"]
    paid, _escrow, _commons = run_reading.totals(run)
    return [
        Step(_("Workers n with hours or wages"), number(workers), f"{links.run_url(run)}#labour"),
        read.money(_("Paid to them by this run"), paid, "run"),
        read.seconds(_("Hours really worked h")),
    ]


def _income(read: _Reading) -> list[Step]:
    return [*_people(read), read.price(_("Wages already paid v"), "variable_capital_micro")]


def _coverage(read: _Reading) -> list[Step]:
    wages = LivingWage.objects.filter(
        region__in=RunLabour.objects.filter(run=read.run).values(
            "contribution__worker__wage_region"
        ),
        currency=read.currency,
        valid_from__lte=read.run.period.ends_on,
    )
    benchmarks = [
        Step(
            _("Living wage LW in {}").format(row.region),
            f"{money(row.micro_per_hour, read.currency)} {read.currency} / h",
            f"{reverse('period', args=[read.run.period.public_id])}#benchmarks",
            row.source,
        )
        for row in wages
    ]
    return [*_income(read), *benchmarks]


def _unpaid(read: _Reading) -> list[Step]:
    return [
        read.seconds(_("Recorded hours h")),
        read.seconds(_("of them without a wage"), contribution__wage_micro=0),
    ]


def _surplus_rate(read: _Reading) -> list[Step]:
    return [
        read.price(_("Surplus value s"), "surplus_micro"),
        read.price(_("Variable capital v"), "variable_capital_micro"),
    ]


def _surplus_rate_in_labour(read: _Reading) -> list[Step]:
    content = hours_of_content(run_reading.new_value_content(read.run))
    return [
        read.hours(_("Labour content L that makes new value"), content, "products"),
        read.melt(),
        read.price(_("New value, MELT × L"), "new_value_micro"),
        read.price(_("Variable capital v"), "variable_capital_micro"),
    ]


def _composition(read: _Reading) -> list[Step]:
    return [
        read.price(_("Constant capital c"), "constant_capital_micro"),
        read.price(_("Variable capital v"), "variable_capital_micro"),
    ]


def _rent_of_revenue(read: _Reading) -> list[Step]:
    return [
        read.price(_("Knowledge rent ρ₁"), "excess_profit_micro"),
        read.price(_("Revenue R"), "revenue_micro"),
    ]


def _rent_of_surplus(read: _Reading) -> list[Step]:
    return [
        read.price(_("Knowledge rent ρ₁"), "excess_profit_micro"),
        read.price(_("Surplus value s"), "surplus_micro"),
    ]


def _transfer(read: _Reading) -> list[Step]:
    return [
        read.price(_("Transfer ρ₂"), "transfer_micro"),
        read.price(_("Value added R − c"), "revenue_micro", "constant_capital_micro"),
    ]


def _compute(read: _Reading) -> list[Step]:
    micro = read.run.price["compute_micro"]
    melt = read.run.policy.document["value"]["melt_micro_per_hour"]
    dead = Decimal(micro) / Decimal(melt) if melt else Decimal(0)
    return [
        read.price(_("Cost of compute"), "compute_micro"),
        read.melt(),
        Step(
            _("Dead labour, compute ÷ MELT"),
            f"{number(dead, digits=3)} h",
            links.run_url(read.run, "run-price"),
        ),
        read.content(),
    ]


def _concentration(read: _Reading) -> list[Step]:
    products = run_reading.products_of(read.run)
    parts = [
        Step(
            str(products[row.product_id]),
            f"{money(row.revenue_micro, read.currency)} {read.currency}",
            links.product_in_run_url(read.run, row.product_id),
        )
        for row in read.run.products.exclude(revenue_micro=0)
    ]
    return [*parts, read.price(_("Revenue R"), "revenue_micro")]


def _lag(read: _Reading) -> list[Step]:
    paid, _escrow, _commons = run_reading.totals(read.run)
    return [
        read.money(_("Pay, Σ over all lines"), paid, "run"),
        Step(
            _("Ages are counted back from"),
            f"{read.run.period.ends_on:%Y-%m-%d}",
            reverse("period", args=[read.run.period.public_id]),
            _("in whole quarters of the calendar, by the day of work"),
        ),
    ]


def _unrealised(read: _Reading) -> list[Step]:
    products = run_reading.products_of(read.run)
    embodied = [
        Step(
            _("Embodied labour λ of {}").format(products[number_]),
            f"{hours_of_content(content)} h",
            links.product_in_run_url(read.run, number_),
        )
        for number_, content in run_reading.embodied_content(read.run).items()
    ]
    return [*read.facts(Fact.Name.REALISED_SHARE), *embodied, read.content()]


def _traceability(read: _Reading) -> list[Step]:
    return [
        read.seconds(_("Logged hours"), contribution__time_basis__in=LOGGED),
        read.seconds(_("Recorded hours")),
        *read.facts(Fact.Name.UNLOGGED_HOURS),
    ]


def _credited(read: _Reading) -> list[Step]:
    metered = RunLabour.objects.filter(
        run=read.run,
        basis=RunLabour.Basis.METERED,
        contribution__outcome__in=read.run.policy.document["norm"]["counted_outcomes"],
    )
    sums = metered.aggregate(credited=Sum("credited_uh"), worked=Sum("contribution__seconds"))
    return [
        read.hours(_("Credited hours Σℓ"), hours_of_content(sums["credited"] or 0), "norms"),
        read.hours(_("Worked hours Σh"), hours_of_seconds(sums["worked"] or 0), "norms"),
    ]


def _lock_in(read: _Reading) -> list[Step]:
    return read.facts(Fact.Name.PORTABILITY)


def _lerner(read: _Reading) -> list[Step]:
    return [*read.facts(Fact.Name.PRICE), *read.facts(Fact.Name.MARGINAL_COST)]


INPUTS: dict[str, Callable[[_Reading], list[Step]]] = {
    "lw_cov_workers_after": _coverage,
    "lw_cov_workers_before": _coverage,
    "lw_cov_hours_before": _coverage,
    "unpaid_share": _unpaid,
    "gini_payout": _people,
    "gini_income": _income,
    "gini_hourly": _income,
    "top1_income_share": _income,
    "s_rate_price": _surplus_rate,
    "s_rate_labour": _surplus_rate_in_labour,
    "occ": _composition,
    "rent_share_R": _rent_of_revenue,
    "rent_share_S": _rent_of_surplus,
    "transfer_share_newvalue": _transfer,
    "compute_substitution": _compute,
    "HHI_revenue": _concentration,
    "lag_quarters": _lag,
    "unrealised_share": _unrealised,
    "traceability_hours": _traceability,
    "credited_minus_worked_hours": _credited,
    "lockin": _lock_in,
    "lerner": _lerner,
}
"""Name of an indicator to what reads its inputs."""
