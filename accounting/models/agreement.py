"""The policy as a collective agreement: versions, hashes, who ratified them, what was negotiated.

The database holds the steps too: a text never changes, a step is never skipped, nobody signs for
two sides, and nothing comes into force without every signature that it needs.
"""

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
        WITHDRAWN = "withdrawn", _("withdrawn")

    operator = models.ForeignKey(
        Organisation, models.PROTECT, related_name="policies", verbose_name=_("operator")
    )
    name = models.CharField(_("name"), max_length=200)
    version = models.CharField(_("version"), max_length=64)
    document = models.JSONField(_("document"))
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="revisions"
    )
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
                condition=Q(state__in=["draft", "proposed", "in_force", "superseded", "withdrawn"]),
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

    @property
    def sides_needed(self) -> tuple[str, ...]:
        """The sides that must sign before it comes into force."""
        both = (Ratification.Side.LABOUR, Ratification.Side.PLATFORM)
        public = self.document["negotiation"].get("public_body_signs", False)
        return (*both, Ratification.Side.PUBLIC) if public else both


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


class NegotiationStep(Identified):
    """One entry of the negotiation's record: a meeting with its minutes, a round, a publication.

    A file of minutes is kept under its SHA-256, so the record proves which file it was.
    """

    id_prefix = "neg"

    class Kind(models.TextChoices):
        """What happened."""

        MEETING = "meeting", _("meeting with minutes")
        ROUND = "round", _("date of the next yearly round")
        PUBLICATION = "publication", _("publication")
        OBJECTION = "objection", _("objection")

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="negotiation")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("recorded for")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    held_on = models.DateField(_("day"))
    parties = models.JSONField(_("parties"), default=list, blank=True)
    text = models.CharField(_("in short"), max_length=2000, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    file_sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    file_bytes = models.BigIntegerField(_("size of the file"), null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["held_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="negotiation_kind_known",
                condition=Q(kind__in=["meeting", "round", "publication", "objection"]),
            ),
            models.CheckConstraint(
                name="negotiation_file_is_hashed",
                condition=Q(file_sha256="") | Q(file_sha256__regex="^[0-9a-f]{64}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.held_on:%Y-%m-%d}"
