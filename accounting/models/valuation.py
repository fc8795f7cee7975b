"""What each contribution's data was worth to one model, by a stated method."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models import Contribution, Product
from contributions.models.identified import Identified


class Valuation(Identified):
    """Data-value scores of one product's contributions, kept with method and reliability."""

    id_prefix = "val"

    product = models.ForeignKey(Product, models.PROTECT, related_name="valuations")
    method = models.CharField(_("method"), max_length=64)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    reliability_ppm = models.IntegerField(
        _("rank correlation between runs (ppm)"),
        help_text=_("Over three runs or more; it scales how far scores move pay."),
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="valuation_reliability_is_a_correlation",
                condition=Q(reliability_ppm__gte=-1_000_000, reliability_ppm__lte=1_000_000),
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.method}"


class Score(models.Model):
    """The score of one contribution, in parts per billion; negative ones claw nothing back."""

    valuation = models.ForeignKey(Valuation, models.PROTECT, related_name="scores")
    contribution = models.ForeignKey(Contribution, models.PROTECT, related_name="scores")
    score_ppb = models.BigIntegerField(_("score (parts per billion)"))

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
