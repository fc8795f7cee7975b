"""The policy as a collective agreement: versions, hashes and who ratified them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models import Organisation, User
from contributions.models.identified import Identified


class Policy(Identified):
    """A value-sharing policy: an `accounting.core.policy` document that never changes.

    A change is a new version. A run under a policy that is not in force is a simulation.
    """

    id_prefix = "pol"

    class State(models.TextChoices):
        """How far the agreement has come."""

        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("proposed")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")

    operator = models.ForeignKey(
        Organisation, models.PROTECT, related_name="policies", verbose_name=_("operator")
    )
    name = models.CharField(_("name"), max_length=200)
    version = models.CharField(_("version"), max_length=64)
    document = models.JSONField(_("document"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                name="policy_version_once", fields=["operator", "name", "version"]
            ),
            models.CheckConstraint(
                name="policy_state_known",
                condition=Q(state__in=["draft", "proposed", "in_force", "superseded"]),
            ),
            models.CheckConstraint(
                name="policy_in_force_has_start",
                condition=~Q(state="in_force") | Q(valid_from__isnull=False),
            ),
            models.CheckConstraint(
                name="policy_valid_in_order",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Ratification(models.Model):
    """One side's signature under a policy, by its hash."""

    class Side(models.TextChoices):
        """For whom an organisation signs."""

        LABOUR = "labour", _("labour side")
        PLATFORM = "platform", _("platform side")
        PUBLIC = "public", _("public body")

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="ratifications")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="ratifications")
    side = models.CharField(_("side"), max_length=8, choices=Side)
    policy_sha256 = models.CharField(max_length=64)
    ratified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ratified_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["ratified_at", "id"]
        constraints = [
            models.UniqueConstraint(name="ratification_once", fields=["policy", "organisation"]),
            models.CheckConstraint(
                name="ratification_side_known",
                condition=Q(side__in=["labour", "platform", "public"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.policy}"
