"""What making a product took beside recorded labour, and over which months that is spread.

`IndexMeasure` is what the composite technical index reads. An `AmortisationPlan` spreads the
creation of a product over months: the costs stated with it and the labour of its training phase
by the very same months, so that both sides of a ratio stand on one base (value-model.md d).
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounting.models.money import LARGEST_MICRO, Cost
from contributions.models import Product, User
from contributions.models.identified import Identified

PPM = 1_000_000
MOST_MONTHS = 600


class IndexMeasure(models.Model):
    """Inputs of the composite index of one product as of a day; a later day's takes over."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="index_measures")
    measured_on = models.DateField(_("day"))
    gpu_milli_hours = models.BigIntegerField(_("GPU time (1/1000 h)"))
    governance_seconds = models.BigIntegerField(_("data-governance time (s)"))
    training_flop = models.DecimalField(_("training FLOP"), max_digits=40, decimal_places=0)
    source = models.CharField(_("source"), max_length=300)
    assumed = models.BooleanField(_("assumed"), default=False)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["product_id", "-measured_on", "-id"]
        constraints = [
            models.UniqueConstraint(name="index_measure_once", fields=["product", "measured_on"]),
            models.CheckConstraint(
                name="index_measure_usable",
                condition=Q(gpu_milli_hours__gte=0, governance_seconds__gte=0)
                & Q(training_flop__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.measured_on:%Y-%m-%d}"


class AmortisationPlan(Identified):
    """The months over which a product's creation is spread, in a straight line.

    Attributes:
        starts_on: The first day of the first month.
    """

    id_prefix = "amo"

    product = models.OneToOneField(Product, models.PROTECT, related_name="amortisation")
    starts_on = models.DateField(_("first month"))
    months = models.IntegerField(_("months"))
    reason = models.CharField(_("reason"), max_length=500)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["product_id"]
        constraints = [
            models.CheckConstraint(
                name="amortisation_months_within",
                condition=Q(months__gte=1, months__lte=MOST_MONTHS),
            ),
            models.CheckConstraint(
                name="amortisation_starts_with_month", condition=Q(starts_on__day=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.starts_on:%Y-%m} + {self.months}"

    def spread_ppm_until(self, day: date) -> int:
        """Return how much of the creation months that ended by a day take, in ppm."""
        tomorrow = date.fromordinal(day.toordinal() + 1)
        ended = 12 * (tomorrow.year - self.starts_on.year) + tomorrow.month - self.starts_on.month
        return PPM * max(0, min(self.months, ended)) // self.months

    def spread_ppm(self, first: date, last: date) -> int:
        """Return how much of the creation a stretch of days takes, in ppm.

        Stretches that follow on one another add up to the whole, exactly.
        """
        before = date.fromordinal(first.toordinal() - 1)
        return self.spread_ppm_until(last) - self.spread_ppm_until(before)


class AmortisedCost(Identified):
    """A cost of making a product, spread over the months of its plan."""

    id_prefix = "acs"

    plan = models.ForeignKey(AmortisationPlan, models.PROTECT, related_name="costs")
    kind = models.CharField(_("kind"), max_length=8, choices=Cost.Kind)
    amount_micro = models.BigIntegerField(_("amount (µ)"))
    currency = models.CharField(_("currency"), max_length=3)
    assumed = models.BooleanField(_("assumed"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["plan_id", "id"]
        constraints = [
            models.CheckConstraint(
                name="amortised_cost_kind_known",
                condition=Q(kind__in=["compute", "energy", "licences", "data", "wages", "other"]),
            ),
            models.CheckConstraint(
                name="amortised_cost_within_ledger",
                condition=Q(amount_micro__gte=0, amount_micro__lt=LARGEST_MICRO),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.kind}"

    def part_micro(self, first: date, last: date) -> int:
        """Return what falls on a stretch of days, in µ; all stretches add up to the amount."""
        before = date.fromordinal(first.toordinal() - 1)
        until = self.amount_micro * self.plan.spread_ppm_until(last) // PPM
        return until - self.amount_micro * self.plan.spread_ppm_until(before) // PPM
