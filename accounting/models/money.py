"""What came in and what it cost: revenue, usage, costs, and the benchmarks beside them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounting.models.period import Period
from contributions.models import Licence, Organisation, Product, User
from contributions.models.identified import Identified

LARGEST_MICRO = 2**53
"""Above this a sum of money is refused: no cell of a ledger needs nine thousand million."""


class Bundle(Identified):
    """Products sold together at one price, such as a subscription that no meter divides."""

    id_prefix = "bun"

    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="bundles")
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(name="bundle_name_once", fields=["operator", "name"])
        ]

    def __str__(self) -> str:
        return self.name


class Revenue(Identified):
    """Income of a period from a product or a bundle; a refund is negative."""

    id_prefix = "rev"

    class Channel(models.TextChoices):
        """How the money was earned."""

        API = "api", _("API calls")
        SUBSCRIPTION = "subscription", _("subscription")
        LICENCE = "licence", _("licence")
        INTEGRATION = "integration", _("integration")
        OTHER = "other", _("other")

    period = models.ForeignKey(Period, models.PROTECT, related_name="revenue")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="revenue"
    )
    bundle = models.ForeignKey(
        Bundle, models.PROTECT, null=True, blank=True, related_name="revenue"
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    amount_micro = models.BigIntegerField(_("amount (µ)"))
    assumed = models.BooleanField(_("assumed"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "revenue"
        constraints = [
            models.CheckConstraint(
                name="revenue_of_product_or_bundle",
                condition=Q(product__isnull=False, bundle=None)
                | Q(product=None, bundle__isnull=False),
            ),
            models.CheckConstraint(
                name="revenue_channel_known",
                condition=Q(channel__in=["api", "subscription", "licence", "integration", "other"]),
            ),
            models.CheckConstraint(
                name="revenue_within_ledger",
                condition=Q(amount_micro__gt=-LARGEST_MICRO, amount_micro__lt=LARGEST_MICRO),
            ),
        ]


class Usage(Identified):
    """How much a product was used in a period; within a bundle it divides the price."""

    id_prefix = "use"

    period = models.ForeignKey(Period, models.PROTECT, related_name="usage")
    product = models.ForeignKey(Product, models.PROTECT, related_name="usage")
    bundle = models.ForeignKey(Bundle, models.PROTECT, null=True, blank=True, related_name="usage")
    unit = models.CharField(_("unit"), max_length=32)
    quantity = models.BigIntegerField(_("quantity"))
    assumed = models.BooleanField(_("assumed"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "usage"
        constraints = [
            models.CheckConstraint(name="usage_not_negative", condition=Q(quantity__gte=0))
        ]


class Cost(Identified):
    """A cost of the period; everything but wages is constant capital."""

    id_prefix = "cst"

    class Kind(models.TextChoices):
        """What was paid for."""

        COMPUTE = "compute", _("compute")
        ENERGY = "energy", _("energy")
        LICENCES = "licences", _("licences")
        DATA = "data", _("data")
        WAGES = "wages", _("wages")
        OTHER = "other", _("other")

    period = models.ForeignKey(Period, models.PROTECT, related_name="costs")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="costs"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    amount_micro = models.BigIntegerField(_("amount (µ)"))
    gpu_milli_hours = models.BigIntegerField(_("GPU time (1/1000 h)"), default=0)
    assumed = models.BooleanField(_("assumed"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="cost_kind_known",
                condition=Q(kind__in=["compute", "energy", "licences", "data", "wages", "other"]),
            ),
            models.CheckConstraint(
                name="cost_not_negative",
                condition=Q(
                    amount_micro__gte=0, amount_micro__lt=LARGEST_MICRO, gpu_milli_hours__gte=0
                ),
            ),
        ]


class LicenceUse(models.Model):
    """What a licence's terms apply to in a period: units used and the base of its percentage."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="licence_uses")
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="uses")
    units = models.BigIntegerField(_("units"), default=0)
    base_micro = models.BigIntegerField(_("base (µ)"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="licence_use_once", fields=["period", "licence"]),
            models.CheckConstraint(
                name="licence_use_not_negative", condition=Q(units__gte=0, base_micro__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.licence} · {self.period}"


class Fact(models.Model):
    """A declared figure of a period that no other table holds; names in `core.tables.Facts`."""

    class Name(models.TextChoices):
        """What is declared."""

        CAPITAL_ADVANCED = "capital_advanced", _("capital advanced")
        UNLOGGED_HOURS = "unlogged_hours", _("hours nobody recorded (estimate)")
        REALISED_SHARE = "realised_share", _("share of the product's life already sold")
        PORTABILITY = "portability", _("portability of an asset")
        PRICE = "price", _("price per unit")
        MARGINAL_COST = "marginal_cost", _("marginal cost per unit")
        EXPIRED_ESCROW = "expired_escrow", _("expired escrow released to the commons")

    period = models.ForeignKey(Period, models.PROTECT, related_name="facts")
    name = models.CharField(_("name"), max_length=16, choices=Name)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="facts"
    )
    item = models.CharField(_("item"), max_length=100, blank=True)
    value = models.DecimalField(_("value"), max_digits=24, decimal_places=6)
    weight = models.DecimalField(_("weight"), max_digits=12, decimal_places=6, default=1)
    assumed = models.BooleanField(_("assumed"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        ordering = ["name", "item", "id"]
        constraints = [
            models.UniqueConstraint(
                name="fact_once",
                fields=["period", "name", "product", "item"],
                nulls_distinct=False,
            ),
            # NaN is greater than every number to PostgreSQL, so a lower bound lets it pass.
            models.CheckConstraint(
                name="fact_finite_and_not_negative",
                condition=Q(value__gte=0, value__lt=10**17, weight__gte=0, weight__lt=10**6),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.item}".strip()


class LivingWage(models.Model):
    """A living-wage benchmark: region, hourly amount, and who published it."""

    region = models.CharField(_("region"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3)
    micro_per_hour = models.BigIntegerField(_("amount per hour (µ)"))
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=300)

    class Meta:
        ordering = ["region", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                name="living_wage_once", fields=["region", "currency", "valid_from"]
            ),
            models.CheckConstraint(name="living_wage_positive", condition=Q(micro_per_hour__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.valid_from:%Y-%m-%d}"


class FxRate(models.Model):
    """A rate of exchange with its day and source: one `base` is `rate` `quote`.

    An operator's own rate counts for its own periods and goes before a rate of everybody's, which
    names no organisation. Rates are never changed; a later day's takes over.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="fx_rates"
    )
    base = models.CharField(_("base currency"), max_length=3)
    quote = models.CharField(_("quote currency"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)
    valid_on = models.DateField(_("day"))
    source = models.CharField(_("source"), max_length=300)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["base", "quote", "-valid_on"]
        constraints = [
            models.UniqueConstraint(
                name="fx_rate_once",
                fields=["organisation", "base", "quote", "valid_on"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="fx_rate_positive_and_finite", condition=Q(rate__gt=0, rate__lt=10**10)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.valid_on:%Y-%m-%d}"
