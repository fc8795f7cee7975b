"""Paying out: where people want their money, batches of payments, and what became of each.

A payment pays one statement, once: the database refuses a second one unless the first failed
(`payment_once`, `payment_retried_once`). What happened to it is told by its events.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounting.models.ledger import JournalEntry, Ledger
from accounting.models.result import Statement
from contributions.models import Organisation, User, Worker
from contributions.models.identified import Identified


class PayoutAccount(Identified):
    """A bank account of a worker or of an operator; its details are kept encrypted only.

    A changed account is a new row; the old one is retired and stays with its payments.
    """

    id_prefix = "pac"

    worker = models.ForeignKey(
        Worker, models.PROTECT, null=True, blank=True, related_name="payout_accounts"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="payout_accounts"
    )
    sealed = models.BinaryField()
    last_digits = models.CharField(_("last characters"), max_length=4)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("added"), db_default=Now())
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="payout_account_of_worker_once",
                fields=["worker"],
                condition=Q(retired_at=None, worker__isnull=False),
            ),
            models.UniqueConstraint(
                name="payout_account_of_organisation_once",
                fields=["organisation"],
                condition=Q(retired_at=None, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="payout_account_has_one_holder",
                condition=Q(worker__isnull=False, organisation=None)
                | Q(worker=None, organisation__isnull=False),
            ),
        ]


class PayoutBatch(Identified):
    """Payments that go to the bank in one file, made by one person and released by another."""

    id_prefix = "bat"

    class State(models.TextChoices):
        """Where a batch stands."""

        DRAFTED = "drafted", _("waiting for release")
        RELEASED = "released", _("released")
        CANCELLED = "cancelled", _("cancelled")

    ledger = models.ForeignKey(Ledger, models.PROTECT, related_name="batches")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.DRAFTED)
    execute_on = models.DateField(_("day of payment"))
    payments_count = models.BigIntegerField(_("payments"))
    total_minor = models.BigIntegerField(_("total (minor units)"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"), db_default=Now())
    released_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "payout batches"
        constraints = [
            models.CheckConstraint(
                name="batch_state_known",
                condition=Q(state__in=["drafted", "released", "cancelled"]),
            ),
            models.CheckConstraint(
                name="batch_released_by_another",
                condition=Q(state="released", released_by__isnull=False)
                & ~Q(released_by=F("made_by"))
                | (~Q(state="released") & Q(released_by=None)),
            ),
            models.CheckConstraint(
                name="batch_pays_something",
                condition=Q(payments_count__gt=0, total_minor__gt=0),
            ),
        ]


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Questions asked of payments."""

    def visible_to(self, user: User) -> PaymentQuerySet:
        """Keep the payments whose statements a user may read."""
        if user.is_superuser:
            return self
        return self.filter(statement__in=Statement.objects.visible_to(user))

    def with_outcome(self) -> PaymentQuerySet:
        """Add the newest event's kind as `outcome`; `pending` if there is none."""
        newest = PaymentEvent.objects.filter(payment=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            outcome=Coalesce(Subquery(newest.values("kind")[:1]), Value("pending"))
        )

    def failed(self) -> PaymentQuerySet:
        """Keep payments that did not arrive and were not tried again."""
        return self.filter(events__kind__in=FAILED, retried_by=None).distinct()


class Payment(Identified):
    """One statement's payment on its way to one account."""

    id_prefix = "pay"

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payments")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="payments")
    payout_account = models.ForeignKey(PayoutAccount, models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField(_("amount (minor units)"))
    retry_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="retried_by"
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="payment_once", fields=["statement"], condition=Q(retry_of=None)
            ),
            models.CheckConstraint(name="payment_positive", condition=Q(amount_minor__gt=0)),
        ]


FAILED = ("returned", "rejected", "cancelled")
"""Kinds of events after which a payment may be tried again."""


class PaymentEvent(Identified):
    """What became of a payment: it was paid, sent back, refused by the bank, or never sent."""

    id_prefix = "pev"

    class Kind(models.TextChoices):
        """What happened."""

        PAID = "paid", _("paid")
        RETURNED = "returned", _("returned by the bank")
        REJECTED = "rejected", _("refused by the bank")
        CANCELLED = "cancelled", _("cancelled before it was sent")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    kind = models.CharField(_("what happened"), max_length=9, choices=Kind)
    happened_on = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    entry = models.ForeignKey(
        JournalEntry, models.PROTECT, null=True, blank=True, related_name="payment_events"
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="payment_event_once", fields=["payment", "kind"]),
            models.CheckConstraint(
                name="payment_event_known",
                condition=Q(kind__in=["paid", "returned"], entry__isnull=False)
                | Q(kind__in=["rejected", "cancelled"], entry=None),
            ),
            models.CheckConstraint(
                name="payment_failure_has_reason", condition=Q(kind="paid") | ~Q(reason="")
            ),
        ]
