"""Pay per hour really worked, against the living wage: hours are never credited ones."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Statement
from accounting.services.real_pay import RealPay, real_pay
from accounting.views import links
from contributions.formatting import hours_of_seconds, money, share
from contributions.views.tables import Fact

PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class PayRate(RealPay):
    """Pay per real hour, as rows of a page."""

    period_url: str

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
    pay = real_pay(statement)
    return PayRate(
        seconds=pay.seconds,
        wages_micro=pay.wages_micro,
        amount_micro=pay.amount_micro,
        living_wage=pay.living_wage,
        period_url=reverse("period", args=[statement.run.period.public_id]),
    )
