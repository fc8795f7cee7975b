"""What each contribution's data was worth to one model, by a stated method.

A valuation walks one way: its utility is frozen and hashed, then the data to be valued are
seen, then it is computed. Its row is the truth of where it stands; blocks are the parts that
workers share. What it found out is append-only, and which valuation moves pay is a record of
its own.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models import Contribution, Organisation, Product, User, Worker
from contributions.models.identified import Identified


class ValuationQuerySet(models.QuerySet["Valuation"]):
    """Questions asked of valuations."""

    def computed(self) -> ValuationQuerySet:
        """Keep valuations that have scores."""
        return self.filter(state=Valuation.State.COMPUTED)

    def unfinished(self) -> ValuationQuerySet:
        """Keep valuations that workers still owe a result."""
        return self.filter(state__in=[Valuation.State.QUEUED, Valuation.State.COMPUTING])

    def visible_to(self, user: User) -> ValuationQuerySet:
        """Keep valuations of the user's own products, of labour that concerns them, or all.

        Labour organisations and regulators see every valuation that was computed; which single
        scores they see is decided row by row.
        """
        if user.is_superuser:
            return self
        member_of = Organisation.objects.filter(memberships__user=user)
        overseers = member_of.filter(
            kind__in=[Organisation.Kind.REGULATOR, Organisation.Kind.LABOUR_ORGANISATION]
        )
        seen = Q(product__operator__in=member_of)
        computed = Q(state=Valuation.State.COMPUTED)
        if overseers.exists():
            return self.filter(seen | computed)
        own = Score.objects.filter(contribution__worker__user=user).values("valuation_id")
        return self.filter(seen | (computed & Q(pk__in=own)))


class Valuation(Identified):
    """Data-value scores of one product's contributions, kept with method and reliability.

    Attributes:
        parameters: Of the method; `accounting.services.valuation_plans` reads them.
        utility: The frozen description of what "useful" means, with its SHA-256 beside it.
        inputs: Names, sizes and digests of the files, and what was read out of them.
        duplicates: Copied and repeated points, found before the valuation.
        findings: Totals, curves and agreement; single scores have tables of their own.
    """

    id_prefix = "val"

    class Source(models.TextChoices):
        """What the values are worked out from."""

        POINTS = "points", _("data points")
        TABLE = "table", _("utility table")
        SCORES = "scores", _("scores of another tool")

    class Level(models.TextChoices):
        """Whose game pays: that of owners, or that of points added up."""

        OWNER = "owner", _("owners")
        POINT = "point", _("points, added up")

    class State(models.TextChoices):
        """Where a valuation stands."""

        DRAFT = "draft", _("waiting for its validation set")
        FROZEN = "frozen", _("utility frozen, waiting for data")
        STAGED = "staged", _("waiting to be confirmed")
        QUEUED = "queued", _("queued")
        COMPUTING = "computing", _("computing")
        COMPUTED = "computed", _("computed")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    product = models.ForeignKey(Product, models.PROTECT, related_name="valuations")
    title = models.CharField(_("title"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=6, choices=Source, default=Source.SCORES)
    method = models.CharField(_("method"), max_length=64)
    level = models.CharField(_("level"), max_length=5, choices=Level, default=Level.OWNER)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    provenance = models.JSONField(_("provenance"), default=dict, blank=True)
    seed = models.BigIntegerField(_("seed"), default=0)
    utility = models.JSONField(_("utility"), default=dict, blank=True)
    utility_sha256 = models.CharField(max_length=64, blank=True)
    inputs = models.JSONField(_("inputs"), default=dict, blank=True)
    inputs_sha256 = models.CharField(max_length=64, blank=True)
    duplicates = models.JSONField(_("duplicates"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFT)
    blocks_count = models.IntegerField(_("blocks"), default=0)
    reliability_ppm = models.IntegerField(
        _("rank correlation between runs (ppm)"),
        help_text=_("Over three runs or more; it scales how far scores move pay."),
        default=0,
    )
    runs_count = models.IntegerField(_("runs compared"), default=0)
    findings = models.JSONField(_("findings"), default=dict, blank=True)
    result_sha256 = models.CharField(max_length=64, blank=True)
    failure_code = models.CharField(_("failure"), max_length=64, blank=True)
    failure = models.CharField(_("what went wrong"), max_length=1000, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    frozen_at = models.DateTimeField(_("utility frozen"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ValuationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="valuation_reliability_is_a_correlation",
                condition=Q(reliability_ppm__gte=-1_000_000, reliability_ppm__lte=1_000_000),
            ),
            models.CheckConstraint(
                name="valuation_state_known",
                condition=Q(
                    state__in=[
                        "draft",
                        "frozen",
                        "staged",
                        "queued",
                        "computing",
                        "computed",
                        "cancelled",
                        "failed",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="valuation_source_known",
                condition=Q(source__in=["points", "table", "scores"])
                & Q(level__in=["owner", "point"]),
            ),
            models.CheckConstraint(
                name="valuation_frozen_before_data",
                condition=~Q(state__in=["frozen", "staged", "queued", "computing"])
                | ~Q(utility_sha256=""),
            ),
            models.CheckConstraint(
                name="valuation_moves_pay_by_three_runs",
                condition=Q(reliability_ppm=0) | Q(runs_count__gte=3),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.product} · {self.method}"

    @property
    def is_finished(self) -> bool:
        """Whether the valuation will not change any more."""
        return self.state in {self.State.COMPUTED, self.State.CANCELLED, self.State.FAILED}

    @property
    def is_running(self) -> bool:
        """Whether workers owe it a result."""
        return self.state in {self.State.QUEUED, self.State.COMPUTING}


class ValuationBlock(models.Model):
    """A part of a valuation that one worker computes; its sums never change once stored."""

    valuation = models.ForeignKey(Valuation, models.PROTECT, related_name="blocks")
    position = models.IntegerField(_("block"))
    sums = models.BinaryField(null=True)
    milliseconds = models.IntegerField(_("computing time (ms)"), null=True)
    lease_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(_("attempts"), default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="valuation_block_once", fields=["valuation", "position"])
        ]

    def __str__(self) -> str:
        return f"{self.valuation_id}: {self.position}"


class Score(models.Model):
    """The score of one contribution, in parts per billion; negative ones claw nothing back.

    Attributes:
        error_ppb: Standard error; None where it is not known.
        other_ppb: The value at the other level, if both were computed.
    """

    valuation = models.ForeignKey(Valuation, models.PROTECT, related_name="scores")
    contribution = models.ForeignKey(Contribution, models.PROTECT, related_name="scores")
    score_ppb = models.BigIntegerField(_("score (parts per billion)"))
    error_ppb = models.BigIntegerField(_("standard error (parts per billion)"), null=True)
    other_ppb = models.BigIntegerField(_("at the other level (parts per billion)"), null=True)

    class Meta:
        ordering = ["contribution_id"]
        constraints = [
            models.UniqueConstraint(name="score_once", fields=["valuation", "contribution"]),
            models.CheckConstraint(
                name="score_within_range",
                condition=Q(score_ppb__gt=-(2**53), score_ppb__lt=2**53),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contribution_id}: {self.score_ppb}"


class WorkerValueQuerySet(models.QuerySet["WorkerValue"]):
    """Questions asked of people's values."""

    def visible_to(self, user: User) -> WorkerValueQuerySet:
        """Keep what a user may read of single people: as with their lines of pay."""
        if user.is_superuser:
            return self
        member_of = Organisation.objects.filter(memberships__user=user)
        consenting = Worker.objects.filter(
            consents__organisation__in=member_of.filter(kind=Organisation.Kind.LABOUR_ORGANISATION),
            consents__withdrawn_at=None,
        )
        operators = member_of.filter(
            kind__in=[Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY]
        )
        return self.filter(
            Q(worker__user=user)
            | Q(worker__in=consenting)
            | Q(valuation__product__operator__in=operators)
        )


class WorkerValue(models.Model):
    """What one person's data was worth: the sum of their contributions' scores."""

    valuation = models.ForeignKey(Valuation, models.PROTECT, related_name="worker_values")
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="data_values")
    value_ppb = models.BigIntegerField(_("value (parts per billion)"))
    error_ppb = models.BigIntegerField(_("standard error (parts per billion)"), null=True)
    other_ppb = models.BigIntegerField(_("at the other level (parts per billion)"), null=True)
    contributions_count = models.IntegerField(_("contributions"))

    objects = WorkerValueQuerySet.as_manager()

    class Meta:
        ordering = ["-value_ppb", "worker_id"]
        constraints = [
            models.UniqueConstraint(name="worker_value_once", fields=["valuation", "worker"])
        ]

    def __str__(self) -> str:
        return f"{self.worker_id}: {self.value_ppb}"


class ValuationUse(models.Model):
    """From when on a valuation moves a product's pay; the newest choice holds.

    Without a valuation the choice is that no scores move it.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="valuation_uses")
    valuation = models.ForeignKey(
        Valuation, models.PROTECT, null=True, blank=True, related_name="uses"
    )
    chosen_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    chosen_at = models.DateTimeField(_("chosen"), db_default=Now())

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.valuation_id}"


def valuations_in_use(products: Any) -> dict[int, int]:
    """Return the valuation that moves pay, by product, of some products."""
    newest: dict[int, int | None] = {}
    rows = ValuationUse.objects.filter(product__in=products).order_by("pk")
    for product, valuation in rows.values_list("product_id", "valuation_id"):
        newest[product] = valuation
    return {product: chosen for product, chosen in newest.items() if chosen is not None}
