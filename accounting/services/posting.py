"""Posting an approved run: its sums become double-entry postings, once, and never change again.

All of it is written set by set inside the database: one posting per statement, and totals of
pools and of escrow; the lines stay the detail. The first run of a period is posted whole. A
later one corrects it: the differences are booked into the next open period (`deltas`).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import JournalEntry, Ledger, Period, Run
from accounting.services import deltas
from accounting.services.accounts import carried_parameters, carried_query, micro_per_coin
from accounting.services.approving import require_role
from accounting.services.entries import (
    execute,
    locked_ledger,
    next_entry_number,
    open_accounts,
    seal_entry,
)
from accounting.services.logged import ENTRY
from contributions.models import Membership, User
from contributions.services import transparency

POSTERS = (Membership.Role.APPROVER, Membership.Role.ADMIN)


class RunNotApproved(AccountingError):
    """Only an approved run can be posted."""

    code = "run_not_approved"


class CarryStale(AccountingError):
    """What is carried into the period changed after the run was computed."""

    code = "carry_stale"


class LaterPeriodPosted(AccountingError):
    """A later period is posted, so this one cannot be posted before it any more."""

    code = "later_period_posted"


class EarlierPeriodUnposted(AccountingError):
    """An earlier period of the ledger still has money to share out."""

    code = "earlier_period_unposted"


_STALE = """
SELECT (SELECT count(*) FROM accounting_statement s
        LEFT JOIN ({carried}) c (worker_id, micro) ON c.worker_id = s.worker_id
        WHERE s.run_id = %(run)s AND s.carried_in_micro <> coalesce(c.micro, 0))
     + (SELECT count(*) FROM accounting_journalentry e
        JOIN accounting_period p ON p.id = e.period_id
        WHERE e.kind = 'delta' AND p.operator_id = %(operator)s AND p.currency = %(currency)s
          AND p.starts_on <= %(starts_on)s AND e.posted_at > %(started_at)s)
"""

_POST_POOLS = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, pool_id)
SELECT %(entry)s, a.id, -p.funded_micro, p.id
FROM accounting_runpool p JOIN accounting_account a ON a.ledger_id = %(ledger)s
 AND a.kind = CASE p.kind WHEN 'licence' THEN 'licences' ELSE 'funding' END
 AND a.detail = CASE p.kind WHEN 'licence' THEN p.code ELSE p.kind END
WHERE p.run_id = %(run)s AND p.funded_micro <> 0 ORDER BY p.position
"""
_POST_ESCROW = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, pool_id)
SELECT %(entry)s, a.id, sum(e.amount_micro), p.id
FROM accounting_runpool p JOIN accounting_escrowentry e ON e.pool_id = p.id
JOIN accounting_account a ON a.ledger_id = %(ledger)s
 AND a.kind = CASE e.reason WHEN 'commons' THEN 'commons' ELSE 'escrow' END
 AND a.detail = CASE e.reason WHEN 'commons' THEN '' ELSE e.reason END
WHERE p.run_id = %(run)s GROUP BY a.id, p.id, p.position HAVING sum(e.amount_micro) <> 0
ORDER BY p.position, a.id
"""
_POST_STATEMENTS = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, statement_id)
SELECT %(entry)s, a.id, s.amount_micro, s.id
FROM accounting_statement s JOIN accounting_account a
  ON a.ledger_id = %(ledger)s AND a.kind = 'payee' AND a.worker_id = s.worker_id
WHERE s.run_id = %(run)s AND s.amount_micro <> 0 ORDER BY s.id
"""

# Whole coins that stay below the minimum payment are held as a liability of their own, and
# given back to the payee's account by the run that pays them.
_HOLDING = """
CREATE TEMPORARY TABLE huisu_holding ON COMMIT DROP AS
SELECT s.id AS statement_id, s.worker_id,
       CASE WHEN s.paid_minor = 0 AND s.carried_out_micro >= %(coin)s
            THEN s.carried_out_micro / %(coin)s * %(coin)s ELSE 0 END
       - coalesce(h.micro, 0) AS micro
FROM accounting_statement s LEFT JOIN (
    SELECT a.worker_id, sum(p.amount_micro)::bigint AS micro
    FROM accounting_account a JOIN accounting_posting p ON p.account_id = a.id
    WHERE a.ledger_id = %(ledger)s AND a.kind = 'held' GROUP BY a.worker_id
) h ON h.worker_id = s.worker_id
WHERE s.run_id = %(run)s
"""
_OPEN_HELD_ACCOUNTS = """
INSERT INTO accounting_account (ledger_id, kind, detail, worker_id)
SELECT %(ledger)s, 'held', '', worker_id FROM huisu_holding WHERE micro <> 0
ORDER BY worker_id ON CONFLICT DO NOTHING
"""
_POST_HOLDING = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, statement_id)
SELECT %(entry)s, a.id, CASE a.kind WHEN 'held' THEN h.micro ELSE -h.micro END, h.statement_id
FROM huisu_holding h JOIN accounting_account a ON a.ledger_id = %(ledger)s
 AND a.kind IN ('payee', 'held') AND a.worker_id = h.worker_id
WHERE h.micro <> 0 ORDER BY h.statement_id, a.id
"""


@transaction.atomic
def post_run(*, run: Run, posted_by: User) -> JournalEntry:
    """Post an approved run.

    Raises:
        RoleMissing: They are neither approver nor administrator of the operator.
        RunNotApproved: It is not approved, or posted already.
        CarryStale: Money was carried on since it was computed; compute it again.
        LaterPeriodPosted: A later period is posted.
        EarlierPeriodUnposted: An earlier one is not.
        NoOpenPeriod: It corrects a posted run, and no later period is open.
    """
    transparency.take_turn()
    locked = Run.objects.select_for_update().select_related("period__operator").get(pk=run.pk)
    period = locked.period
    require_role(user=posted_by, organisation=period.operator, roles=POSTERS)
    if locked.state != Run.State.APPROVED:
        raise RunNotApproved(_("Only an approved run can be posted, and only once."))
    ledger = locked_ledger(period)
    corrected = deltas.effective_run(period)
    if corrected is None:
        _require_turn(period)
        _require_carry(locked)
        number = _write_postings(locked, ledger)
        fields = {"kind": JournalEntry.Kind.RUN, "period": period}
    else:
        target = deltas.next_open_period(period)
        number = deltas.write_differences(run=locked, corrected=corrected, ledger=ledger)
        fields = {"kind": JournalEntry.Kind.DELTA, "period": target, "corrects": corrected}
    entry = seal_entry(number=number, ledger=ledger, posted_by=posted_by, run=locked, fields=fields)
    if corrected is not None:
        deltas.write_deltas(entry=entry, run=locked, corrected=corrected)
    Run.objects.filter(pk=locked.pk).update(state=Run.State.POSTED)
    transparency.append(table=ENTRY, number=entry.pk)
    run.refresh_from_db()
    return entry


def _require_turn(period: Period) -> None:
    ledger = Period.objects.filter(operator=period.operator_id, currency=period.currency)
    posted = ledger.filter(entries__kind=JournalEntry.Kind.RUN)
    if posted.filter(starts_on__gt=period.ends_on).exists():
        raise LaterPeriodPosted(
            _("A later period is posted already. Record this money there instead.")
        )
    waiting = (
        ledger.filter(ends_on__lt=period.starts_on)
        .exclude(state=Period.State.CLOSED)
        .exclude(entries__kind=JournalEntry.Kind.RUN)
    )
    for earlier in waiting:
        if earlier.revenue.exists() or earlier.licence_uses.exists():
            raise EarlierPeriodUnposted(
                _("Post the period %(period)s first: it comes before.") % {"period": earlier}
            )


def _require_carry(run: Run) -> None:
    query = _STALE.replace("{carried}", carried_query())
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            {"run": run.pk, "started_at": run.started_at, **carried_parameters(run.period)},
        )
        stale = int(cursor.fetchone()[0])
    if stale:
        raise CarryStale(
            _("What is carried in has changed since this run was computed. Compute it again.")
        )


def _write_postings(run: Run, ledger: Ledger) -> int:
    open_accounts(ledger=ledger, runs=[run])
    number = next_entry_number()
    given = {
        "run": run.pk,
        "ledger": ledger.pk,
        "entry": number,
        "coin": micro_per_coin(run.period.currency),
    }
    for statement in (
        _POST_POOLS,
        _POST_ESCROW,
        _POST_STATEMENTS,
        _HOLDING,
        _OPEN_HELD_ACCOUNTS,
        _POST_HOLDING,
        "DROP TABLE huisu_holding",
    ):
        execute(statement, given)
    return number
