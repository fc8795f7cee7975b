"""Paying out: batches of payments, made by one person and released by another.

A batch takes every posted statement that has coins to pay, has not been paid, and whose worker
has an account. Its payments are written set by set; what became of them is told by events.
Only when the bank has paid are postings written: the payee's claim goes down by what was paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import (
    Account,
    JournalEntry,
    Ledger,
    Payment,
    PaymentEvent,
    PayoutBatch,
    Statement,
)
from accounting.services.accounts import account, kept_ledgers, micro_per_coin
from accounting.services.approving import require_role
from accounting.services.entries import execute, next_entry_number, seal_entry
from accounting.services.logged import ENTRY, PAYMENT, PAYMENT_EVENT
from contributions.models import Membership, User
from contributions.services import transparency

MAKERS = (Membership.Role.ADMIN, Membership.Role.RECORDER, Membership.Role.APPROVER)
RELEASERS = (Membership.Role.APPROVER,)


class NothingToPay(AccountingError):
    """No posted statement waits for a payment that could be made."""

    code = "nothing_to_pay"


class BatchNotDrafted(AccountingError):
    """The batch is released or cancelled already."""

    code = "batch_not_drafted"


class BatchNotReleased(AccountingError):
    """Nobody released the batch, so nothing of it was sent."""

    code = "batch_not_released"


class OwnBatch(AccountingError):
    """Whoever made a batch does not release it."""

    code = "own_batch"


class PaymentSettled(AccountingError):
    """It is known already what became of the payment, and this cannot follow."""

    code = "payment_settled"


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What a ledger still has to pay.

    Attributes:
        payable_minor: Coins of statements that a batch would take now.
        failed_minor: Coins that came back or were refused and can be tried again.
        without_account_minor: Coins whose workers have no account yet.
    """

    payable: int
    payable_minor: int
    failed: int
    failed_minor: int
    without_account: int
    without_account_minor: int


@dataclass(frozen=True, slots=True)
class _News:
    """What became of payments, and who says so."""

    kind: str
    happened_on: date
    reason: str
    recorded_by: User


_COLLECT = """
INSERT INTO accounting_payment
    (batch_id, statement_id, payout_account_id, amount_minor, retry_of_id)
SELECT %(batch)s, s.id, a.id, s.paid_minor, failed.id
FROM accounting_journalentry e
JOIN accounting_statement s ON s.run_id = e.run_id
JOIN accounting_payoutaccount a ON a.worker_id = s.worker_id AND a.retired_at IS NULL
JOIN contributions_identitykey k ON k.worker_id = s.worker_id
LEFT JOIN accounting_payment failed ON failed.statement_id = s.id AND NOT EXISTS (
    SELECT 1 FROM accounting_payment later WHERE later.retry_of_id = failed.id)
WHERE e.ledger_id = %(ledger)s AND e.kind = 'run' AND s.paid_minor > 0
  AND (failed.id IS NULL OR EXISTS (
    SELECT 1 FROM accounting_paymentevent v WHERE v.payment_id = failed.id
      AND (v.kind = 'cancelled' OR %(retry)s AND v.kind IN ('returned', 'rejected'))))
ORDER BY s.id
"""
_MOVE = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, statement_id, payment_id)
SELECT %(entry)s, a.id, %(sign)s * p.amount_minor * %(coin)s, p.statement_id, p.id
FROM accounting_payment p JOIN accounting_statement s ON s.id = p.statement_id
JOIN accounting_account a
  ON a.ledger_id = %(ledger)s AND a.kind = 'payee' AND a.worker_id = s.worker_id
WHERE p.id = ANY(%(payments)s) ORDER BY p.id
"""
_MOVE_TOTAL = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro)
SELECT %(entry)s, %(bank)s, -sum(amount_micro) FROM accounting_posting WHERE entry_id = %(entry)s
"""
_TELL = """
INSERT INTO accounting_paymentevent
    (payment_id, kind, happened_on, reason, entry_id, recorded_by_id)
SELECT id, %(kind)s, %(happened_on)s, %(reason)s, %(entry)s, %(recorded_by)s
FROM accounting_payment WHERE id = ANY(%(payments)s) ORDER BY id RETURNING id
"""


@transaction.atomic
def make_batch(
    *, ledger: Ledger, execute_on: date, made_by: User, retry: bool = False
) -> PayoutBatch:
    """Collect what is to be paid into a batch that waits for its release.

    Args:
        retry: Take along payments that came back or were refused, to the workers' present
            accounts. What a cancelled batch left is taken along anyway.

    Raises:
        RoleMissing: They keep no records of the operator.
        NothingToPay: No statement waits, or none of their workers has an account.
    """
    transparency.take_turn()
    require_role(user=made_by, organisation=ledger.operator, roles=MAKERS)
    locked = Ledger.objects.select_for_update().get(pk=ledger.pk)
    number = _next_batch_number()
    given = {"batch": number, "ledger": locked.pk, "retry": retry}
    if not execute(_COLLECT, given):
        raise NothingToPay(
            _("No posted statement waits for a payment to somebody who has an account.")
        )
    payments = Payment.objects.filter(batch=number)
    sums = payments.aggregate(count=Count("pk"), total=Sum("amount_minor"))
    batch = PayoutBatch(
        pk=number,
        ledger=locked,
        execute_on=execute_on,
        payments_count=sums["count"],
        total_minor=sums["total"],
        made_by=made_by,
    )
    batch.save(force_insert=True)
    transparency.append_many(
        table=PAYMENT, numbers=list(payments.order_by("pk").values_list("pk", flat=True))
    )
    batch.refresh_from_db()
    return batch


@transaction.atomic
def release_batch(*, batch: PayoutBatch, released_by: User) -> None:
    """Release a batch: its files may go to the bank.

    Raises:
        RoleMissing: They are no approver of the operator.
        OwnBatch: They made it themselves.
        BatchNotDrafted: It is released or cancelled.
    """
    locked = _locked(batch)
    require_role(user=released_by, organisation=locked.ledger.operator, roles=RELEASERS)
    if locked.made_by_id == released_by.pk:
        raise OwnBatch(_("You made this batch. Somebody else has to release it."))
    _require_drafted(locked)
    PayoutBatch.objects.filter(pk=locked.pk).update(
        state=PayoutBatch.State.RELEASED, released_by=released_by, released_at=Now()
    )
    batch.refresh_from_db()


@transaction.atomic
def cancel_batch(*, batch: PayoutBatch, cancelled_by: User, reason: str, today: date) -> None:
    """Cancel a batch that was not released; its statements wait for the next one.

    Raises:
        RoleMissing: They keep no records of the operator.
        BatchNotDrafted: It is released or cancelled.
    """
    transparency.take_turn()
    locked = _locked(batch)
    require_role(user=cancelled_by, organisation=locked.ledger.operator, roles=MAKERS)
    _require_drafted(locked)
    PayoutBatch.objects.filter(pk=locked.pk).update(state=PayoutBatch.State.CANCELLED)
    news = _News(
        PaymentEvent.Kind.CANCELLED,
        today,
        reason.strip() or _("cancelled before it was sent"),
        cancelled_by,
    )
    events = _tell(list(locked.payments.values_list("pk", flat=True)), news, entry=None)
    transparency.append_many(table=PAYMENT_EVENT, numbers=events)
    batch.refresh_from_db()


@transaction.atomic
def record_paid(
    *, batch: PayoutBatch, paid_on: date, recorded_by: User, payments: Sequence[int] = ()
) -> JournalEntry:
    """Record that the bank has paid, and post it.

    Args:
        payments: Row numbers of payments; empty for all of which nothing is known yet.

    Raises:
        RoleMissing: They keep no records of the operator.
        BatchNotReleased: It was not released.
        PaymentSettled: One of them is settled, or nothing is left to settle.
    """
    transparency.take_turn()
    locked = _locked(batch)
    ledger = Ledger.objects.select_for_update().get(pk=locked.ledger_id)
    require_role(user=recorded_by, organisation=ledger.operator, roles=MAKERS)
    _require_released(locked)
    pending = locked.payments.filter(events=None)
    if payments:
        pending = pending.filter(pk__in=payments)
    chosen = list(pending.order_by("pk").values_list("pk", flat=True))
    if not chosen or (payments and len(chosen) != len(set(payments))):
        raise PaymentSettled(_("What became of this payment is recorded already."))
    return _settle(ledger, chosen, _News(PaymentEvent.Kind.PAID, paid_on, "", recorded_by))


@transaction.atomic
def record_failure(
    *, payment: Payment, happened_on: date, reason: str, recorded_by: User
) -> PaymentEvent:
    """Record that the bank refused a payment, or sent back one that it had made.

    What was paid and came back is posted back to the payee. Either can be tried again in a
    later batch.

    Raises:
        RoleMissing: They keep no records of the operator.
        BatchNotReleased: The payment was never sent.
        PaymentSettled: It failed before.
    """
    transparency.take_turn()
    batch = _locked(payment.batch)
    ledger = Ledger.objects.select_for_update().get(pk=batch.ledger_id)
    require_role(user=recorded_by, organisation=ledger.operator, roles=MAKERS)
    _require_released(batch)
    before = set(payment.events.values_list("kind", flat=True))
    _require_reason(reason)
    kind = PaymentEvent.Kind.RETURNED if before else PaymentEvent.Kind.REJECTED
    if before - {PaymentEvent.Kind.PAID}:
        raise PaymentSettled(_("This payment failed before. Try it again in a new batch."))
    news = _News(kind, happened_on, reason.strip(), recorded_by)
    if before:
        _settle(ledger, [payment.pk], news)
    else:
        events = _tell([payment.pk], news, entry=None)
        transparency.append_many(table=PAYMENT_EVENT, numbers=events)
    return payment.events.get(kind=kind)


def outstanding(ledger: Ledger) -> Outstanding:
    """Return what a ledger still has to pay, and to how many statements."""
    posted = Statement.objects.filter(
        run__entries__ledger=ledger, run__entries__kind=JournalEntry.Kind.RUN, paid_minor__gt=0
    )
    unpaid = posted.filter(payments=None)
    reachable = Q(worker__payout_accounts__retired_at=None) & Q(
        worker__payout_accounts__isnull=False
    )
    cancelled = posted.filter(
        payments__events__kind=PaymentEvent.Kind.CANCELLED, payments__retried_by=None
    )
    failed = posted.filter(
        payments__events__kind__in=[PaymentEvent.Kind.RETURNED, PaymentEvent.Kind.REJECTED],
        payments__retried_by=None,
    )
    waiting = _counted(unpaid.filter(reachable)), _counted(cancelled.filter(reachable))
    return Outstanding(
        sum(count for count, _total in waiting),
        sum(total for _count, total in waiting),
        *_counted(failed),
        *_counted(unpaid.exclude(reachable)),
    )


def visible_batches(user: User) -> QuerySet[PayoutBatch]:
    """Return the batches of a user's operators."""
    return PayoutBatch.objects.filter(ledger__in=kept_ledgers(user)).select_related(
        "ledger__operator", "made_by", "released_by"
    )


def _counted(rows: QuerySet[Statement]) -> tuple[int, int]:
    sums = rows.aggregate(count=Count("pk", distinct=True), total=Sum("paid_minor"))
    return int(sums["count"]), int(sums["total"] or 0)


def _settle(ledger: Ledger, payments: list[int], news: _News) -> JournalEntry:
    returned = news.kind == PaymentEvent.Kind.RETURNED
    number = next_entry_number()
    given = {
        "entry": number,
        "ledger": ledger.pk,
        "payments": payments,
        "sign": 1 if returned else -1,
        "coin": micro_per_coin(ledger.currency),
        "bank": account(ledger=ledger, kind=Account.Kind.PAID_OUT).pk,
    }
    execute(_MOVE, given)
    execute(_MOVE_TOTAL, given)
    booked = JournalEntry.Kind.RETURN if returned else JournalEntry.Kind.PAYMENT
    entry = seal_entry(
        number=number, ledger=ledger, posted_by=news.recorded_by, fields={"kind": booked}
    )
    events = _tell(payments, news, entry=entry)
    transparency.append(table=ENTRY, number=entry.pk)
    transparency.append_many(table=PAYMENT_EVENT, numbers=events)
    return entry


def _tell(payments: list[int], news: _News, *, entry: JournalEntry | None) -> list[int]:
    """Write one event for each payment; return the events' row numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TELL,
            {
                "payments": payments,
                "kind": news.kind,
                "happened_on": news.happened_on,
                "reason": news.reason,
                "entry": entry.pk if entry else None,
                "recorded_by": news.recorded_by.pk,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _locked(batch: PayoutBatch) -> PayoutBatch:
    rows = PayoutBatch.objects.select_for_update(of=("self",))
    return rows.select_related("ledger__operator").get(pk=batch.pk)


def _require_drafted(batch: PayoutBatch) -> None:
    if batch.state != PayoutBatch.State.DRAFTED:
        raise BatchNotDrafted(_("This batch is released or cancelled already."))


def _require_released(batch: PayoutBatch) -> None:
    if batch.state != PayoutBatch.State.RELEASED:
        raise BatchNotReleased(_("This batch is not released, so nothing of it was sent."))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("Say what the bank gave as the reason.")})


def _next_batch_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounting_payoutbatch', 'id'))")
        return int(cursor.fetchone()[0])
