"""Who takes part: organisations and their members, workers and their names in other tools."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified


class User(AbstractUser):
    """Somebody who can log in; what they may see follows from memberships and from `worker`."""

    language = models.CharField(_("language"), max_length=10, blank=True)

    class Meta(AbstractUser.Meta):
        db_table = "contributions_user"


class Organisation(Identified):
    """A labour organisation, platform, regulator or public body."""

    id_prefix = "org"

    class Kind(models.TextChoices):
        """What an organisation is for."""

        LABOUR_ORGANISATION = "labour_organisation", _("labour organisation")
        PLATFORM = "platform", _("platform")
        REGULATOR = "regulator", _("regulator")
        PUBLIC_BODY = "public_body", _("public body")

    class Nature(models.TextChoices):
        """Whether its figures are records, a worked example, a scenario or made up."""

        RECORDED = "recorded", _("recorded")
        EXAMPLE = "example", _("worked example")
        SCENARIO = "scenario", _("scenario")
        SYNTHETIC = "synthetic", _("synthetic")

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    country = models.CharField(_("country (ISO 3166)"), max_length=2)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature, default=Nature.RECORDED)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_known",
                condition=Q(
                    kind__in=["labour_organisation", "platform", "regulator", "public_body"]
                ),
            ),
            models.CheckConstraint(
                name="organisation_country_two_letters", condition=Q(country__regex="^[A-Z]{2}$")
            ),
            models.UniqueConstraint(name="organisation_name_once", fields=["kind", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's part in an organisation."""

    class Role(models.TextChoices):
        """What a member may do."""

        ADMIN = "admin", _("administrator")
        RECORDER = "recorder", _("recorder")
        APPROVER = "approver", _("approver")
        VIEWER = "viewer", _("viewer")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["user", "organisation"]),
            models.CheckConstraint(
                name="membership_role_known",
                condition=Q(role__in=["admin", "recorder", "approver", "viewer"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.role}"


class Worker(Identified):
    """A person whose labour is recorded, known here by a pseudonym only.

    Attributes:
        merged_into: The worker who turned out to be the same person, and stands for both. One
            step only: who stands for somebody is merged into nobody.
    """

    id_prefix = "wrk"

    class Status(models.TextChoices):
        """How the person is engaged."""

        EMPLOYEE = "employee", _("employee")
        FREELANCER = "freelancer", _("freelancer")
        CROWD = "crowd", _("crowdworker")
        AGENCY = "agency", _("agency worker")
        INTERN = "intern", _("intern")
        VOLUNTEER = "volunteer", _("volunteer")
        USER = "user", _("user")

    pseudonym = models.CharField(_("pseudonym"), max_length=64)
    status = models.CharField(_("status"), max_length=12, choices=Status)
    country = models.CharField(_("country (ISO 3166)"), max_length=2, blank=True)
    wage_region = models.CharField(_("living-wage region"), max_length=64, blank=True)
    user = models.OneToOneField(User, models.SET_NULL, null=True, blank=True, related_name="worker")
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="absorbed"
    )

    class Meta:
        ordering = ["pseudonym", "id"]
        constraints = [
            models.CheckConstraint(
                name="worker_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="worker_status_known",
                condition=Q(
                    status__in=[
                        "employee",
                        "freelancer",
                        "crowd",
                        "agency",
                        "intern",
                        "volunteer",
                        "user",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="worker_country_two_letters", condition=Q(country__regex="^([A-Z]{2})?$")
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class Alias(models.Model):
    """The pseudonym of a worker in one tool: which reference there is which worker here."""

    worker = models.ForeignKey(Worker, models.PROTECT, related_name="aliases")
    source = models.ForeignKey("contributions.Source", models.PROTECT, related_name="aliases")
    reference_hmac = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(name="alias_once_a_source", fields=["source", "reference_hmac"])
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.reference_hmac[:8]}"


class Consent(models.Model):
    """A worker lets a labour organisation see their records, until withdrawn."""

    worker = models.ForeignKey(Worker, models.PROTECT, related_name="consents")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="consents")
    granted_at = models.DateTimeField(_("granted"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="consent_once",
                fields=["worker", "organisation"],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="consent_withdrawn_after_granted",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=models.F("granted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} → {self.organisation}"
