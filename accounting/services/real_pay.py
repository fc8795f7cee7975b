"""Pay per hour really worked behind a statement, and whose work a statement covers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from accounting.models import LivingWage, RunLabour, Statement
from contributions.services.aliases import merged_at

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class RealPay:
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


def workers_behind(statement: Statement) -> list[int]:
    """Return the row numbers of all under whose names the work of a statement is recorded.

    Who stood for whom when the run began counts, not who does now.
    """
    began = statement.run.started_at
    merged = merged_at(began) if began else {}
    others = [worker for worker, into in merged.items() if into == statement.worker_id]
    # Work of somebody merged into another since, or before, is on another statement.
    own = [] if statement.worker_id in merged else [statement.worker_id]
    return own + others


def real_pay(statement: Statement) -> RealPay:
    """Return the hours and the money behind a statement."""
    run, period = statement.run, statement.run.period
    labour = RunLabour.objects.of_workers(run, workers_behind(statement))
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
    return RealPay(seconds, wages or 0, statement.amount_micro, living_wage)
