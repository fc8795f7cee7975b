"""Disputes: a case about part of a record, what is said in it, and how it ends.

Nothing here is ever changed. A dispute is open as long as it has no decision; being overdue
follows from its deadline.
"""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.labour import Contribution
from contributions.models.parties import Organisation, User, Worker
from contributions.models.products import PPM


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Questions asked of disputes."""

    def open(self) -> DisputeQuerySet:
        """Keep what is not decided yet."""
        return self.filter(decision=None)

    def overdue(self, today: date) -> DisputeQuerySet:
        """Keep what should have been decided before today."""
        return self.open().filter(due_on__lt=today)

    def visible_to(self, user: User) -> DisputeQuerySet:
        """Keep disputes about records that a user may see."""
        if user.is_superuser:
            return self
        return self.filter(contribution__in=Contribution.objects.visible_to(user))


class Dispute(Identified):
    """A case about part of a record; until it is decided, runs hold back that part and no more.

    Exactly one of `contested_ppm` and `contested_seconds` says how much is contested. Time is
    kept as time, since its share of the record changes when the record is corrected meanwhile.
    """

    id_prefix = "dsp"

    contribution = models.ForeignKey(Contribution, models.PROTECT, related_name="disputes")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="disputes"
    )
    worker = models.ForeignKey(
        Worker, models.PROTECT, null=True, blank=True, related_name="disputes"
    )
    grounds = models.CharField(_("grounds"), max_length=2000)
    contested_ppm = models.IntegerField(_("contested share (ppm)"), null=True, blank=True)
    contested_seconds = models.IntegerField(_("contested time (s)"), null=True, blank=True)
    due_on = models.DateField(_("to be decided by"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened"), db_default=Now())

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="dispute_by_one_party",
                condition=Q(organisation=None, worker__isnull=False)
                | Q(organisation__isnull=False, worker=None),
            ),
            models.CheckConstraint(
                name="dispute_contests_something",
                condition=Q(contested_seconds=None, contested_ppm__gt=0, contested_ppm__lte=PPM)
                | Q(contested_ppm=None, contested_seconds__gt=0),
            ),
            models.CheckConstraint(name="dispute_has_grounds", condition=~Q(grounds="")),
        ]


class DisputeMessage(Identified):
    """What a party says in a dispute, or the note that its deadline has passed."""

    id_prefix = "dsm"

    class Kind(models.TextChoices):
        """Who speaks."""

        MESSAGE = "message", _("message")
        OVERDUE = "overdue", _("deadline passed")

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="messages")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.MESSAGE)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    worker = models.ForeignKey(Worker, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(_("message"), max_length=4000, blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField(_("written"), db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="dispute_message_says_something",
                condition=Q(kind="overdue", written_by=None, organisation=None, worker=None)
                | (Q(kind="message", written_by__isnull=False) & ~Q(text="")),
            ),
            models.UniqueConstraint(
                name="dispute_overdue_noted_once",
                fields=["dispute"],
                condition=Q(kind="overdue"),
            ),
        ]


class DisputeDecision(Identified):
    """How a dispute ended. What it changes is an entry of its own, named in `correction`.

    The database refuses a decision by whoever opened the case (`dispute_decided_by_another`).
    """

    id_prefix = "dsd"

    class Outcome(models.TextChoices):
        """What was decided; only the opener can withdraw a case."""

        UPHELD = "upheld", _("upheld")
        PARTLY = "partly", _("upheld in part")
        REJECTED = "rejected", _("dismissed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    dispute = models.OneToOneField(Dispute, models.PROTECT, related_name="decision")
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=450)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+"
    )
    correction = models.OneToOneField(
        Contribution, models.PROTECT, null=True, blank=True, related_name="decided_by"
    )
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("decided"), db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="dispute_outcome_has_effect",
                condition=Q(outcome__in=["upheld", "partly"], correction__isnull=False)
                | Q(outcome__in=["rejected", "withdrawn"], correction=None),
            ),
            models.CheckConstraint(name="dispute_decision_says_why", condition=~Q(reason="")),
        ]
