"""Pay per hour really worked, against the living wage: hours are never credited ones."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import LivingWage, RunLabour, Statement
from accounting.views import links
from accounting.views.tables import Fact
from contributions.formatting import hours_of_seconds, money, share

SECONDS_PER_HOUR = 3600
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class PayRate:
    """One worker's hours and money of one run.

    Attributes:
        seconds: All recorded working time behind the run, paid or not.
        wages_micro: Wages already paid for it in the run's currency.
        amount_micro: What the run adds.
        living_wage: The benchmark of the worker's region, if one is known.
    """

    seconds: int
    wages_micro: int
    amount_micro: int
    living_wage: LivingWage | None
    period_url: str

    @property
    def micro_per_hour(self) -> int | None:
        """Return what an hour has brought, or None without recorded hours."""
        if not self.seconds:
            return None
        return (self.wages_micro + self.amount_micro) * SECONDS_PER_HOUR // self.seconds

    @property
    def reaches_living_wage(self) -> bool | None:
        """Return whether every hour is paid at the living wage; None if nobody can say."""
        if self.living_wage is None or not self.seconds:
            return None
        received = (self.wages_micro + self.amount_micro) * SECONDS_PER_HOUR
        return received >= self.living_wage.micro_per_hour * self.seconds

    def facts(self, currency: str) -> list[Fact]:
        """Return the figures as rows, ending in the comparison."""
        rows = [
            Fact(
                _("Hours really worked"),
                f"{hours_of_seconds(self.seconds)} h",
                links.contributions_url(),
            ),
            Fact(
                _("Wages already paid"),
                f"{money(self.wages_micro, currency)} {currency}",
                links.contributions_url(),
            ),
            Fact(
                _("Added by this run"), f"{money(self.amount_micro, currency)} {currency}", "#lines"
            ),
        ]
        if self.micro_per_hour is None:
            return [*rows, Fact(_("Pay per real hour"), _("no hours are recorded"))]
        rows.append(
            Fact(
                _("Pay per real hour"),
                f"{money(self.micro_per_hour, currency)} {currency}",
                detail=_("(wages + this run) ÷ hours"),
            )
        )
        return [*rows, self._comparison(currency)]

    def _comparison(self, currency: str) -> Fact:
        if self.living_wage is None or self.micro_per_hour is None:
            return Fact(_("Living wage"), _("no benchmark is known for the region"))
        wage = self.living_wage.micro_per_hour
        return Fact(
            _("Living wage in {}").format(self.living_wage.region),
            f"{money(wage, currency)} {currency}",
            f"{self.period_url}#benchmarks",
            _("pay is {} of it").format(share(self.micro_per_hour * PPM // wage, digits=0)),
        )


def pay_rate(statement: Statement) -> PayRate:
    """Return the pay per real hour behind a statement."""
    run, period = statement.run, statement.run.period
    labour = RunLabour.objects.filter(run=run, contribution__worker=statement.worker_id)
    seconds = labour.aggregate(sum=Sum("contribution__seconds"))["sum"] or 0
    wages = labour.filter(contribution__wage_currency=period.currency).aggregate(
        sum=Sum("contribution__wage_micro")
    )["sum"]
    living_wage = (
        LivingWage.objects.filter(
            region=statement.worker.wage_region,
            currency=period.currency,
            valid_from__lte=period.ends_on,
        )
        .order_by("-valid_from")
        .first()
    )
    return PayRate(
        seconds=seconds,
        wages_micro=wages or 0,
        amount_micro=statement.amount_micro,
        living_wage=living_wage,
        period_url=reverse("period", args=[period.public_id]),
    )
