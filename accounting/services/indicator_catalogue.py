# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""What each indicator is, reads and must never be used for (value-model.md i)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounting.models import Run
from accounting.services.suppression import FEWEST_FOR_GINI
from contributions.formatting import number, share

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator in words.

    Attributes:
        unit: `share` is shown as a percentage, `ratio` plainly; hours and quarters by name.
        fewest: How many workers it needs before a reader who sees aggregates only may see it.
    """

    title: Words
    formula: str
    meaning: Words
    reads: Words
    never: Words
    source: str
    unit: str = "share"
    fewest: int = 0


_SAMPLE = 10
_PRICE = "Marx, Capital III; value-model d"
_GINI = "Gini 1912; value-model i"
_UNEQUAL = _("Never compare people whose hours differ.")

CATALOGUE: dict[str, Entry] = {
    "lw_cov_workers_after": Entry(
        _("Living-wage coverage after this run"),
        "workers with received / h ≥ LW ÷ workers",
        _("How many workers reach a living wage for every hour they really worked."),
        _("100 % means that nobody is below the living wage."),
        _("Never drop unpaid hours."),
        "value-model i",
        fewest=_SAMPLE,
    ),
    "lw_cov_workers_before": Entry(
        _("Living-wage coverage before this run"),
        "workers with wages / h ≥ LW ÷ workers",
        _("How many workers reached a living wage by wages and earlier runs alone."),
        _("The distance to the coverage after the run is what the run did."),
        _("Never drop unpaid hours."),
        "value-model i",
        fewest=_SAMPLE,
    ),
    "lw_cov_hours_before": Entry(
        _("Hours paid at a living wage before this run"),
        "h of covered workers ÷ h",
        _("The same by hours: people who work much weigh more."),
        _("Below the coverage by workers, long hours are the badly paid ones."),
        _("Never drop unpaid hours."),
        "value-model i",
        fewest=_SAMPLE,
    ),
    "unpaid_share": Entry(
        _("Unpaid share of hours"),
        "(h − paid h) ÷ h",
        _("Recorded hours for which no wage was paid."),
        _("Hidden labour: 0 means that every recorded hour was paid."),
        _("Never trust platform clocks alone."),
        "value-model i",
        fewest=_SAMPLE,
    ),
    "gini_payout": Entry(
        _("Gini of what this run pays"),
        "Σ(2i − n − 1) xᵢ ÷ (n Σx)",
        _("How unevenly the run's money falls on the workers."),
        _("0 means that all get the same, 1 that one gets all."),
        _UNEQUAL,
        _GINI,
        "ratio",
        FEWEST_FOR_GINI,
    ),
    "gini_income": Entry(
        _("Gini of income"),
        "Σ(2i − n − 1) xᵢ ÷ (n Σx), x = wage + pay-out",
        _("How unevenly wages and pay-outs together fall on the workers."),
        _("0 means that all get the same, 1 that one gets all."),
        _UNEQUAL,
        _GINI,
        "ratio",
        FEWEST_FOR_GINI,
    ),
    "gini_hourly": Entry(
        _("Gini of hourly income"),
        "Σ(2i − n − 1) xᵢ ÷ (n Σx), x = income / h",
        _("How unevenly an hour is paid, whoever worked it."),
        _("The fairest of the three: long hours do not make a worker look rich."),
        _("Never read it without the hours nobody recorded."),
        _GINI,
        "ratio",
        FEWEST_FOR_GINI,
    ),
    "top1_income_share": Entry(
        _("Top share of income"),
        "income of the best paid 1 % ÷ income",
        _("What the best paid hundredth gets; of a small group, the best paid person."),
        _("Who dominates."),
        _("Never use it at small n."),
        "value-model i",
        fewest=FEWEST_FOR_GINI,
    ),
    "s_rate_price": Entry(
        _("Rate of surplus value, in prices"),
        "s ÷ v",
        _("Surplus value for each unit of wages."),
        _("133 % means 1.33 of surplus for each 1.00 of wages."),
        _("Never call it individual wrongdoing."),
        _PRICE,
    ),
    "s_rate_labour": Entry(
        _("Rate of surplus value, in labour"),
        "(MELT × L − v) ÷ v",
        _("The same from hours: new value of the labour over its wages."),
        _("Below the rate in prices, part of the surplus is a transfer from elsewhere."),
        _("Never call it individual wrongdoing."),
        "Foley 1982; value-model d",
    ),
    "occ": Entry(
        _("Organic composition"),
        "c ÷ v",
        _("Means of production for each unit of wages."),
        _("It rises as compute replaces labour."),
        _("Never compare trades with different bases."),
        _PRICE,
        "ratio",
    ),
    "rent_share_R": Entry(
        _("Rent share of revenue"),
        "ρ₁ ÷ R",
        _("How much of revenue is income from control rather than from production."),
        _("0 means no more than average profit is earned."),
        _("Never forget the reference profit rate r̄ that is assumed."),
        "Teixeira & Rotta 2012; value-model d",
    ),
    "rent_share_S": Entry(
        _("Rent share of surplus value"),
        "ρ₁ ÷ s",
        _("How much of surplus value is beyond average profit."),
        _("Near 100 %, profit is nearly all rent."),
        _("Never forget the reference profit rate r̄ that is assumed."),
        "Teixeira & Rotta 2012; value-model d",
    ),
    "transfer_share_newvalue": Entry(
        _("Transfer share of value added"),
        "ρ₂ ÷ (R − c)",
        _("The second estimate of rent: value added beyond what the labour here created."),
        _("Read it beside the first estimate; they rest on different assumptions."),
        _("Never show one estimate without the other."),
        "Foley 2013; value-model d",
    ),
    "compute_substitution": Entry(
        _("Compute substitution"),
        "dead ÷ (dead + L), dead = compute ÷ MELT",
        _("Past labour in compute, as a part of all labour used."),
        _("How far compute stands in for labour."),
        _("Never read it as value created by machines."),
        "value-model d",
    ),
    "HHI_revenue": Entry(
        _("Concentration of revenue (HHI)"),
        "Σ (share of revenue)²",
        _("How far revenue comes from one product."),
        _("1 means one source."),
        _("Never infer market power from inside one firm."),
        "Hirschman 1945; value-model i",
        "ratio",
    ),
    "lag_quarters": Entry(
        _("Dislocation lag"),
        "Σ pay × age ÷ Σ pay",
        _("How long the labour paid now has waited for its money."),
        _("In quarters of a year, weighted by money."),
        _("Never reward late payment."),
        "Harvey 1985; value-model i",
        "quarters",
    ),
    "unrealised_share": Entry(
        _("Unrealised share of labour"),
        "1 − Σ fⱼ λⱼ ÷ Σ L",
        _("Labour in the products that has not been sold yet."),
        _("It will earn later, if the products sell."),
        _("Never treat it as a debt."),
        "Morishima 1973; value-model i",
    ),
    "traceability_hours": Entry(
        _("Traceability of hours"),
        "logged h ÷ (recorded h + estimated h)",
        _("Which part of the hours a log can prove."),
        _("Declared and estimated hours count below the line only."),
        _("Never equate the log with the truth."),
        "value-model i",
    ),
    "credited_minus_worked_hours": Entry(
        _("Hours credited beyond hours worked"),
        "Σ ℓ − Σ h",
        _("What the norms credit in all, less what was worked, where output is metered."),
        _("0 with the mean as norm: nothing is made or lost."),
        _("Never read it as fraud; a norm other than the mean does this."),
        "Rubin 1928; value-model a",
        "hours",
    ),
    "lockin": Entry(
        _("Lock-in"),
        "1 − Σ w × portability ÷ Σ w",
        _("What a worker or customer would leave behind by leaving."),
        _("0 means that everything can be taken along."),
        _("Never average away a zero."),
        "value-model i",
    ),
    "lerner": Entry(
        _("Lerner index"),
        "(P − MC) ÷ P",
        _("Mark-up over the cost of one more copy: artificial scarcity."),
        _("Near 1, price is set by control and not by cost."),
        _("Never ignore the fixed labour behind the first copy."),
        "Lerner 1934; value-model i",
    ),
}


def shown_value(entry: Entry, value: str) -> str:
    """Write an indicator's exact decimal as people read it."""
    amount = Decimal(value)
    if entry.unit == "share":
        return share(int(amount.scaleb(6).to_integral_value()))
    if entry.unit == "quarters":
        return _now("{} quarters").format(number(amount, digits=2))
    if entry.unit == "hours":
        return _now("{} h").format(number(amount, digits=3))
    return number(amount, digits=4)


def hidden_from(run: Run, entry: Entry, fewest: int) -> bool:
    """Return whether an indicator would tell too much about too few workers."""
    return fewest > 0 and (run.payees_count or 0) < entry.fewest
