"""Accounting periods, and what is assumed in them because nobody published it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contributions.models import Organisation
from contributions.models.identified import Identified


class Period(Identified):
    """One operator's accounting period in one currency."""

    id_prefix = "per"

    class State(models.TextChoices):
        """Whether figures may still be added."""

        OPEN = "open", _("open")
        CLOSING = "closing", _("closing")
        CLOSED = "closed", _("closed")

    operator = models.ForeignKey(
        Organisation, models.PROTECT, related_name="periods", verbose_name=_("operator")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)

    class Meta:
        ordering = ["-starts_on", "operator_id"]
        constraints = [
            models.UniqueConstraint(
                name="period_once", fields=["operator", "currency", "starts_on"]
            ),
            models.CheckConstraint(
                name="period_ends_after_start", condition=Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="period_state_known", condition=Q(state__in=["open", "closing", "closed"])
            ),
            models.CheckConstraint(
                name="period_currency_three_letters", condition=Q(currency__regex="^[A-Z]{3}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator} {self.starts_on:%Y-%m-%d}/{self.ends_on:%Y-%m-%d}"


class Assumption(models.Model):
    """A figure nobody published, in plain words, with what it is used for."""

    operator = models.ForeignKey(Organisation, models.CASCADE, related_name="assumptions")
    subject = models.CharField(_("subject"), max_length=100)
    text = models.CharField(_("assumption (English)"), max_length=500)
    text_zh = models.CharField(_("assumption (Chinese)"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)

    class Meta:
        ordering = ["subject"]
        constraints = [
            models.UniqueConstraint(name="assumption_once", fields=["operator", "subject"])
        ]

    def __str__(self) -> str:
        return self.subject
