"""What others say about a record: they confirm it, object to it, or take either back."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.labour import Contribution
from contributions.models.parties import Organisation, User, Worker


class AttestationQuerySet(models.QuerySet["Attestation"]):
    """Questions asked of attestations."""

    def standing(self) -> AttestationQuerySet:
        """Keep the last word of each party on each record."""
        later = Attestation.objects.filter(
            Q(organisation=OuterRef("organisation")) | Q(worker=OuterRef("worker")),
            contribution=OuterRef("contribution"),
            pk__gt=OuterRef("pk"),
        )
        return self.filter(~Exists(later))


class Attestation(Identified):
    """An organisation or the worker confirms a record, objects to it, or takes that back.

    It is about one version of a record: what was confirmed is what was read. Rows are only ever
    added; the last word of a party counts.
    """

    id_prefix = "att"

    class Stance(models.TextChoices):
        """What is said."""

        CONFIRMS = "confirms", _("confirms")
        OBJECTS = "objects", _("objects")
        SILENT = "silent", _("takes it back")

    contribution = models.ForeignKey(
        Contribution, models.PROTECT, related_name="attestations", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="attestations"
    )
    worker = models.ForeignKey(
        Worker, models.PROTECT, null=True, blank=True, related_name="attestations"
    )
    stance = models.CharField(_("stance"), max_length=8, choices=Stance)
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), db_default=Now())

    objects = AttestationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(name="attestation_of_record", fields=["contribution", "id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="attestation_by_one_party",
                condition=Q(organisation=None, worker__isnull=False)
                | Q(organisation__isnull=False, worker=None),
            ),
            models.CheckConstraint(
                name="attestation_stance_known",
                condition=Q(stance__in=["confirms", "objects", "silent"]),
            ),
            models.CheckConstraint(
                name="attestation_objection_says_why",
                condition=~Q(stance="objects") | ~Q(comment=""),
            ),
        ]


def confirmations() -> models.QuerySet[Attestation]:
    """Return the standing confirmations that support the outer row, a contribution.

    Nobody supports a record by confirming what they entered themselves, and the worker's own
    word is a declaration, not a second pair of eyes.
    """
    return Attestation.objects.standing().filter(
        Q(contribution__recorded_by=None) | ~Q(made_by=F("contribution__recorded_by")),
        contribution=OuterRef("pk"),
        stance=Attestation.Stance.CONFIRMS,
        organisation__isnull=False,
    )


def objections() -> models.QuerySet[Attestation]:
    """Return the standing objections to the outer row, a contribution."""
    return Attestation.objects.standing().filter(
        contribution=OuterRef("pk"), stance=Attestation.Stance.OBJECTS
    )
