"""The ledger: accounts, journal entries and their postings, one ledger per operator and currency.

A posting is positive where money arrives (a payee, escrow, the commons, the bank) and negative
where it comes from (the funds of pools, licence fees, a payee who is paid). The postings of an
entry add up to zero.

An entry is written after its postings, in the same transaction, and nothing can be added to it
afterwards (`entry_is_complete`); when the transaction commits, the database adds the postings up
once more (`entry_balances`). All tables are append-only.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounting.models.period import Period
from accounting.models.result import RunPool, Statement
from accounting.models.run import Run
from contributions.models import Organisation, User, Worker
from contributions.models.identified import Identified


class Ledger(Identified):
    """The books of one operator in one currency."""

    id_prefix = "led"

    operator = models.ForeignKey(
        Organisation, models.PROTECT, related_name="ledgers", verbose_name=_("operator")
    )
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        ordering = ["operator__name", "currency"]
        constraints = [
            models.UniqueConstraint(name="ledger_once", fields=["operator", "currency"]),
            models.CheckConstraint(
                name="ledger_currency_three_letters", condition=Q(currency__regex="^[A-Z]{3}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator} · {self.currency}"


class AccountQuerySet(models.QuerySet["Account"]):
    """Questions asked of accounts."""

    def visible_to(self, user: User) -> AccountQuerySet:
        """Keep the accounts a user may read: their own, their members', their operators'."""
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
            Q(worker__user=user) | Q(worker__in=consenting) | Q(ledger__operator__in=operators)
        )

    def with_balances(self) -> AccountQuerySet:
        """Add each account's balance in µ as `balance_micro`."""
        return self.annotate(balance_micro=Coalesce(Sum("postings__amount_micro"), 0))


class Account(Identified):
    """A place where money is or comes from."""

    id_prefix = "act"

    class Kind(models.TextChoices):
        """What an account stands for."""

        FUNDING = "funding", _("funds of pools")
        LICENCES = "licences", _("licence fees payable")
        PAYEE = "payee", _("owed to payees")
        HELD = "held", _("held below the minimum payment")
        ESCROW = "escrow", _("escrow")
        COMMONS = "commons", _("commons fund")
        PAID_OUT = "paid_out", _("paid out")

    ledger = models.ForeignKey(Ledger, models.PROTECT, related_name="accounts")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    detail = models.CharField(_("detail"), max_length=128, blank=True)
    worker = models.ForeignKey(
        Worker, models.PROTECT, null=True, blank=True, related_name="accounts"
    )

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["ledger_id", "kind", "detail", "worker_id"]
        constraints = [
            models.UniqueConstraint(
                name="account_once",
                fields=["ledger", "kind", "detail", "worker"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="account_kind_known",
                condition=Q(
                    kind__in=[
                        "funding",
                        "licences",
                        "payee",
                        "held",
                        "escrow",
                        "commons",
                        "paid_out",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="account_of_worker",
                condition=Q(kind__in=["payee", "held"], worker__isnull=False)
                | (~Q(kind__in=["payee", "held"]) & Q(worker=None)),
            ),
        ]


class JournalEntry(Identified):
    """One booking: a run, the deltas of a corrected run, or payments made or sent back.

    `number` counts the entries of a ledger without gaps. `postings_sha256` is taken of
    `account:amount` of all postings in their order, joined by commas; it is what the
    transparency log commits to.
    """

    id_prefix = "ent"

    class Kind(models.TextChoices):
        """What was booked."""

        RUN = "run", _("run")
        DELTA = "delta", _("correction of a run")
        PAYMENT = "payment", _("payment")
        RETURN = "return", _("returned payment")

    ledger = models.ForeignKey(Ledger, models.PROTECT, related_name="entries")
    number = models.BigIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    period = models.ForeignKey(
        Period, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="entries")
    corrects = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    postings_count = models.BigIntegerField(_("postings"))
    postings_sha256 = models.CharField(max_length=64)
    posted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(_("posted"), db_default=Now())

    class Meta:
        ordering = ["ledger_id", "-number"]
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(name="entry_numbered_once", fields=["ledger", "number"]),
            models.UniqueConstraint(name="entry_of_run_once", fields=["run"]),
            models.UniqueConstraint(name="entry_corrects_once", fields=["corrects"]),
            models.UniqueConstraint(
                name="entry_of_period_once", fields=["period"], condition=Q(kind="run")
            ),
            models.CheckConstraint(
                name="entry_kind_known",
                condition=Q(kind="run", run__isnull=False, period__isnull=False, corrects=None)
                | Q(
                    kind="delta",
                    run__isnull=False,
                    period__isnull=False,
                    corrects__isnull=False,
                )
                | Q(kind__in=["payment", "return"], run=None, period=None, corrects=None),
            ),
            models.CheckConstraint(
                name="entry_counts_from_one", condition=Q(number__gte=1, postings_count__gte=0)
            ),
        ]


class Posting(Identified):
    """Money that arrives at an account (positive) or leaves it (negative)."""

    id_prefix = "pst"

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings", db_index=False)
    amount_micro = models.BigIntegerField(_("amount (µ)"))
    # What it follows from, for the way from a cent to its source; found through the entry.
    pool = models.ForeignKey(
        RunPool, models.PROTECT, null=True, related_name="postings", db_index=False
    )
    statement = models.ForeignKey(
        Statement, models.PROTECT, null=True, related_name="postings", db_index=False
    )
    payment = models.ForeignKey(
        "accounting.Payment", models.PROTECT, null=True, related_name="postings", db_index=False
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(name="posting_of_account", fields=["account", "id"])]
        constraints = [
            models.CheckConstraint(name="posting_not_zero", condition=~Q(amount_micro=0))
        ]


class Delta(models.Model):
    """What a corrected run changes for one payee: the old amount and the new one."""

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="deltas")
    worker = models.ForeignKey(Worker, models.PROTECT, related_name="deltas")
    old_micro = models.BigIntegerField(_("before (µ)"))
    new_micro = models.BigIntegerField(_("corrected (µ)"))

    class Meta:
        ordering = ["entry_id", "worker_id"]
        constraints = [
            models.UniqueConstraint(name="delta_once", fields=["entry", "worker"]),
            models.CheckConstraint(
                name="delta_changes_something", condition=~Q(old_micro=models.F("new_micro"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id}: {self.old_micro} → {self.new_micro} µ"

    @property
    def delta_micro(self) -> int:
        """What the payee gets more, or less if negative."""
        return self.new_micro - self.old_micro
