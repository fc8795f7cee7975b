"""Correcting a posted run: the period is computed again, and the differences are booked.

Late records and corrections of a posted period change nothing in it. Its run is computed again
with them, under the same policy; when that run is approved and posted, each payee's old and new
amounts stand side by side and their difference is carried into the next open period. There it is
added to what the payee earns. What is less than nothing is held against later earnings; nobody
is asked to give money back.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounting.core.allocation import ALGORITHM
from accounting.core.errors import AccountingError
from accounting.models import Account, Delta, JournalEntry, Ledger, Period, Run
from accounting.services.entries import execute, next_entry_number, open_accounts
from accounting.services.runs import RunInProgress
from contributions.models import User
from contributions.services.lineage import violated_constraint


class NoOpenPeriod(AccountingError):
    """A correction needs a later open period to flow into."""

    code = "no_open_period"


class NothingPosted(AccountingError):
    """The period has no posted run that could be corrected."""

    code = "nothing_posted"


class NothingChanged(AccountingError):
    """The corrected run gives the same result as the posted one."""

    code = "nothing_changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a corrected run changes for one payee."""

    worker_id: int
    old_micro: int
    new_micro: int


_DIFFERENCES = """
SELECT coalesce(n.worker_id, o.worker_id), coalesce(o.amount_micro, 0),
       coalesce(n.amount_micro, 0), n.id
FROM (SELECT * FROM accounting_statement WHERE run_id = %(run)s) n
FULL JOIN (SELECT * FROM accounting_statement WHERE run_id = %(corrected)s) o
  ON o.worker_id = n.worker_id
WHERE coalesce(n.amount_micro, 0) <> coalesce(o.amount_micro, 0)
"""
_WRITE_DELTAS = f"""
INSERT INTO accounting_delta (entry_id, worker_id, old_micro, new_micro)
SELECT %(entry)s, d.worker_id, d.old_micro, d.new_micro
FROM ({_DIFFERENCES}) d (worker_id, old_micro, new_micro, statement_id) ORDER BY d.worker_id
"""  # noqa: S608 - both parts are written here
_POST_PAYEES = f"""
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, statement_id)
SELECT %(entry)s, a.id, d.new_micro - d.old_micro, d.statement_id
FROM ({_DIFFERENCES}) d (worker_id, old_micro, new_micro, statement_id)
JOIN accounting_account a
  ON a.ledger_id = %(ledger)s AND a.kind = 'payee' AND a.worker_id = d.worker_id
ORDER BY d.worker_id
"""  # noqa: S608 - both parts are written here
_POST_POOLS = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, pool_id)
SELECT %(entry)s, a.id,
       sum(CASE p.run_id WHEN %(run)s THEN -p.funded_micro ELSE p.funded_micro END), max(p.id)
FROM accounting_runpool p JOIN accounting_account a ON a.ledger_id = %(ledger)s
 AND a.kind = CASE p.kind WHEN 'licence' THEN 'licences' ELSE 'funding' END
 AND a.detail = CASE p.kind WHEN 'licence' THEN p.code ELSE p.kind END
WHERE p.run_id IN (%(run)s, %(corrected)s) GROUP BY a.id
HAVING sum(CASE p.run_id WHEN %(run)s THEN -p.funded_micro ELSE p.funded_micro END) <> 0
ORDER BY a.id
"""
_POST_ESCROW = """
INSERT INTO accounting_posting (entry_id, account_id, amount_micro, pool_id)
SELECT %(entry)s, a.id,
       sum(CASE p.run_id WHEN %(run)s THEN e.amount_micro ELSE -e.amount_micro END), max(p.id)
FROM accounting_runpool p JOIN accounting_escrowentry e ON e.pool_id = p.id
JOIN accounting_account a ON a.ledger_id = %(ledger)s
 AND a.kind = CASE e.reason WHEN 'commons' THEN 'commons' ELSE 'escrow' END
 AND a.detail = CASE e.reason WHEN 'commons' THEN '' ELSE e.reason END
WHERE p.run_id IN (%(run)s, %(corrected)s) GROUP BY a.id
HAVING sum(CASE p.run_id WHEN %(run)s THEN e.amount_micro ELSE -e.amount_micro END) <> 0
ORDER BY a.id
"""


def effective_run(period: Period) -> Run | None:
    """Return the newest posted run of a period: the first, or what corrected it last."""
    return Run.objects.filter(period=period, state=Run.State.POSTED, corrected_by=None).first()


def next_open_period(period: Period) -> Period:
    """Return the first open period after one, in the same ledger, whose run is not posted.

    Raises:
        NoOpenPeriod: There is none.
    """
    later = Period.objects.filter(
        operator=period.operator_id,
        currency=period.currency,
        starts_on__gt=period.ends_on,
        state=Period.State.OPEN,
    ).exclude(entries__kind=JournalEntry.Kind.RUN)
    found = later.order_by("starts_on").first()
    if found is None:
        raise NoOpenPeriod(
            _("A correction flows into the next open period. Open one after %(last)s.")
            % {"last": period.ends_on}
        )
    return found


@transaction.atomic
def request_recomputation(*, period: Period, requested_by: User | None) -> Run:
    """Queue a run that computes a posted period again, under the policy it was posted by.

    Enqueuing the task is the caller's, on commit.

    Raises:
        NothingPosted: The period has no posted run.
        NoOpenPeriod: There is no later period to book differences into.
        RunInProgress: The period is being computed already.
    """
    posted = effective_run(period)
    if posted is None:
        raise NothingPosted(_("This period has no posted run. Compute and post one first."))
    next_open_period(period)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                period=period,
                policy=posted.policy,
                simulation=False,
                algorithm=ALGORITHM,
                policy_sha256=posted.policy_sha256,
                requested_by=requested_by,
            )
    except IntegrityError as error:
        if violated_constraint(error) == "run_one_at_a_time":
            raise RunInProgress(
                _("This period is being computed already. Wait for that run or cancel it.")
            ) from error
        raise
    run.refresh_from_db()
    return run


def differences(*, run: Run, corrected: Run) -> list[Difference]:
    """Return what a run changes for each payee against the run it corrects, by worker."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, {"run": run.pk, "corrected": corrected.pk})
        rows = cursor.fetchall()
    return sorted((Difference(*row[:3]) for row in rows), key=lambda one: one.worker_id)


def visible_deltas(user: User) -> QuerySet[Delta]:
    """Return the deltas that a user may read payee by payee: those of accounts they may see."""
    deltas = Delta.objects.select_related("entry__ledger", "worker")
    if user.is_superuser:
        return deltas
    seen = Account.objects.visible_to(user).filter(
        ledger=OuterRef("entry__ledger"), worker=OuterRef("worker")
    )
    return deltas.filter(Exists(seen))


def write_differences(*, run: Run, corrected: Run, ledger: Ledger) -> int:
    """Write the postings by which a run differs from the one it corrects.

    Returns:
        The number of the entry they wait for.

    Raises:
        NothingChanged: There is no difference to book.
    """
    open_accounts(ledger=ledger, runs=[run, corrected])
    number = next_entry_number()
    given = {
        "run": run.pk,
        "corrected": corrected.pk,
        "ledger": ledger.pk,
        "entry": number,
    }
    written = [execute(one, given) for one in (_POST_POOLS, _POST_ESCROW, _POST_PAYEES)]
    if not any(written):
        raise NothingChanged(_("Nothing changed: the result is the one that is posted."))
    return number


def write_deltas(*, entry: JournalEntry, run: Run, corrected: Run) -> None:
    """Keep each payee's old and new amounts beside the postings of their difference."""
    execute(_WRITE_DELTAS, {"entry": entry.pk, "run": run.pk, "corrected": corrected.pk})
