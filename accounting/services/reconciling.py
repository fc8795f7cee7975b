"""Reconciling: whether money in equals money out, in every table and at every level.

Each check is one question to the database that must give two equal sums. Where rows are compared
one by one, there is a check of all of them together, and one for each row that differs. Nothing
is repaired: a gap is somebody's to explain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

from django.db import connection

from accounting.models import Account, JournalEntry, Ledger, Run
from accounting.services.accounts import balances_by_kind, micro_per_coin
from accounting.services.entries import sealed
from contributions.identifiers import public_id


@dataclass(frozen=True, slots=True)
class Check:
    """One equation of the books, with both sides in µ.

    Attributes:
        name: Code of the equation.
        where: The record it is about, by public id.
    """

    name: str
    where: str
    left_micro: int
    right_micro: int

    @property
    def holds(self) -> bool:
        """Whether both sides are the same to the µ."""
        return self.left_micro == self.right_micro


# Per pool of a run: the fund, and what the next two levels make of it.
_POOLS = """
SELECT p.id, p.funded_micro,
       (SELECT coalesce(sum(amount_micro), 0) FROM accounting_line WHERE pool_id = p.id)
     + (SELECT coalesce(sum(amount_micro), 0) FROM accounting_escrowentry WHERE pool_id = p.id)
FROM accounting_runpool p WHERE p.run_id = %(run)s ORDER BY p.position
"""
# Per pool: products whose lines got more than flowed to their own labour, or where less was
# left over than is held.
_FLOWS = """
SELECT f.pool_id, f.product_id, f.amount, coalesce(l.amount, 0), coalesce(e.amount, 0)
FROM (SELECT fl.pool_id, fl.product_id, sum(fl.amount_micro) AS amount
      FROM accounting_flow fl JOIN accounting_runpool p ON p.id = fl.pool_id
      WHERE p.run_id = %(run)s AND fl.upstream_id IS NULL GROUP BY 1, 2) f
LEFT JOIN (SELECT li.pool_id, c.product_id, sum(li.amount_micro) AS amount
      FROM accounting_line li JOIN accounting_runpool p ON p.id = li.pool_id
      JOIN contributions_contribution c ON c.id = li.contribution_id
      WHERE p.run_id = %(run)s GROUP BY 1, 2) l USING (pool_id, product_id)
LEFT JOIN (SELECT es.pool_id, es.product_id, sum(es.amount_micro) AS amount
      FROM accounting_escrowentry es JOIN accounting_runpool p ON p.id = es.pool_id
      WHERE p.run_id = %(run)s AND es.product_id IS NOT NULL GROUP BY 1, 2) e
      USING (pool_id, product_id)
WHERE abs(f.amount - coalesce(l.amount, 0)) > abs(coalesce(e.amount, 0))
ORDER BY 1, 2
"""
_STATEMENTS = """
SELECT coalesce(s.id, 0), coalesce(s.amount_micro, 0), coalesce(l.amount, 0)
FROM (SELECT id, worker_id, amount_micro FROM accounting_statement WHERE run_id = %(run)s) s
FULL JOIN (SELECT coalesce(w.merged_into_id, w.id) AS worker_id, sum(li.amount_micro) AS amount
      FROM accounting_line li JOIN accounting_runpool p ON p.id = li.pool_id
      JOIN contributions_contribution c ON c.id = li.contribution_id
      JOIN contributions_worker w ON w.id = c.worker_id
      WHERE p.run_id = %(run)s GROUP BY 1) l USING (worker_id)
WHERE coalesce(s.amount_micro, 0) <> coalesce(l.amount, 0) ORDER BY 1
"""
_STATED = """
SELECT coalesce(sum(carried_in_micro + amount_micro), 0),
       coalesce(sum(paid_minor * %(coin)s + carried_out_micro), 0)
FROM accounting_statement WHERE run_id = %(run)s
"""
_CARRIES = """
SELECT id, carried_in_micro + amount_micro, paid_minor * %(coin)s + carried_out_micro
FROM accounting_statement
WHERE run_id = %(run)s
  AND carried_in_micro + amount_micro <> paid_minor * %(coin)s + carried_out_micro ORDER BY id
"""
_TOTALS = """
SELECT (SELECT coalesce(sum(funded_micro), 0) FROM accounting_runpool WHERE run_id = %(run)s),
       (SELECT coalesce(sum(li.amount_micro), 0) FROM accounting_line li
        JOIN accounting_runpool p ON p.id = li.pool_id WHERE p.run_id = %(run)s),
       (SELECT coalesce(sum(e.amount_micro), 0) FROM accounting_escrowentry e
        JOIN accounting_runpool p ON p.id = e.pool_id WHERE p.run_id = %(run)s),
       (SELECT coalesce(sum(amount_micro), 0) FROM accounting_statement WHERE run_id = %(run)s)
"""
_POSTED = """
SELECT coalesce(-sum(p.amount_micro) FILTER (WHERE a.kind IN ('funding', 'licences')), 0),
       coalesce(sum(p.amount_micro) FILTER (WHERE a.kind IN ('escrow', 'commons')), 0),
       coalesce(sum(p.amount_micro) FILTER (WHERE a.kind IN ('payee', 'held')), 0)
FROM accounting_posting p JOIN accounting_account a ON a.id = p.account_id
WHERE p.entry_id = %(entry)s
"""
# What each person is owed by the books, against what statements, corrections and payments say.
_PAYEES = """
SELECT coalesce(b.worker_id, o.worker_id), coalesce(b.micro, 0), coalesce(o.micro, 0)
FROM (SELECT a.worker_id, sum(p.amount_micro) AS micro
      FROM accounting_posting p JOIN accounting_account a ON a.id = p.account_id
      WHERE a.ledger_id = %(ledger)s AND a.kind IN ('payee', 'held') GROUP BY 1) b
FULL JOIN (SELECT worker_id, sum(micro) AS micro FROM (
      SELECT s.worker_id, s.amount_micro AS micro
      FROM accounting_journalentry e JOIN accounting_statement s ON s.run_id = e.run_id
      WHERE e.ledger_id = %(ledger)s AND e.kind = 'run'
      UNION ALL
      SELECT d.worker_id, d.new_micro - d.old_micro
      FROM accounting_journalentry e JOIN accounting_delta d ON d.entry_id = e.id
      WHERE e.ledger_id = %(ledger)s
      UNION ALL
      SELECT s.worker_id, CASE v.kind WHEN 'paid' THEN -1 ELSE 1 END * y.amount_minor * %(coin)s
      FROM accounting_payoutbatch t JOIN accounting_payment y ON y.batch_id = t.id
      JOIN accounting_statement s ON s.id = y.statement_id
      JOIN accounting_paymentevent v ON v.payment_id = y.id AND v.kind IN ('paid', 'returned')
      WHERE t.ledger_id = %(ledger)s) parts GROUP BY 1) o USING (worker_id)
WHERE coalesce(b.micro, 0) <> coalesce(o.micro, 0) ORDER BY 1
"""
_PAYMENTS = """
SELECT t.id, t.total_minor * %(coin)s,
       (SELECT coalesce(sum(s.paid_minor), 0) * %(coin)s FROM accounting_payment y
        JOIN accounting_statement s ON s.id = y.statement_id WHERE y.batch_id = t.id)
FROM accounting_payoutbatch t WHERE t.ledger_id = %(ledger)s ORDER BY t.id
"""
_PAID = """
SELECT coalesce(sum(CASE v.kind WHEN 'paid' THEN 1 ELSE -1 END * y.amount_minor), 0) * %(coin)s
FROM accounting_payoutbatch t JOIN accounting_payment y ON y.batch_id = t.id
JOIN accounting_paymentevent v ON v.payment_id = y.id AND v.kind IN ('paid', 'returned')
WHERE t.ledger_id = %(ledger)s
"""


def reconcile(ledger: Ledger) -> list[Check]:
    """Check all books of a ledger: runs, entries, payees, payments, and the whole."""
    checks = list(_of_entries(ledger))
    checks += _of_payees(ledger)
    checks += _of_whole(ledger)
    return checks


def gaps(checks: list[Check]) -> list[Check]:
    """Return the checks that do not hold."""
    return [check for check in checks if not check.holds]


def check_run(run: Run) -> list[Check]:
    """Check a run's tables against one another: pools, flows, lines, statements, carry."""
    given = {"run": run.pk, "coin": micro_per_coin(run.period.currency)}
    where = run.public_id
    [(funded, lines, escrow, stated)] = _rows(_TOTALS, given)
    checks = [
        Check("pools_are_lines_and_escrow", where, funded, lines + escrow),
        Check("lines_are_statements", where, lines, stated),
    ]
    checks += [
        Check("pool_is_lines_and_escrow", public_id("pool", pool), left, right)
        for pool, left, right in _rows(_POOLS, given)
    ]
    flows = _rows(_FLOWS, given)
    checks.append(Check("flows_are_lines_and_escrow", where, 0, len(flows)))
    checks += [
        Check("flow_is_lines_and_escrow", public_id("prd", product), flowed, paid + held)
        for _pool, product, flowed, paid, held in flows
    ]
    checks += [
        Check("statement_is_lines", public_id("stm", number) if number else where, left, right)
        for number, left, right in _rows(_STATEMENTS, given)
    ]
    [(came, went)] = _rows(_STATED, given)
    checks.append(Check("statements_carry", where, came, went))
    checks += [
        Check("statement_carries", public_id("stm", number), left, right)
        for number, left, right in _rows(_CARRIES, given)
    ]
    return checks


def _of_entries(ledger: Ledger) -> Iterator[Check]:
    entries = ledger.entries.select_related("run__period").order_by("number")
    for position, entry in enumerate(entries, start=1):
        where = entry.public_id
        yield Check("entries_without_gap", where, entry.number, position)
        count, digest = sealed(entry)
        yield Check("entry_has_its_postings", where, entry.postings_count, count)
        yield Check("entry_unchanged", where, 0, int(digest != entry.postings_sha256))
        if entry.run is not None:
            yield from check_run(entry.run)
            yield from _of_posted_run(entry, entry.run)


def _of_posted_run(entry: JournalEntry, run: Run) -> Iterator[Check]:
    [(funded, _lines, escrow, stated)] = _rows(_TOTALS, {"run": run.pk})
    if entry.corrects_id is not None:
        [(old_funded, _old, old_escrow, old_stated)] = _rows(_TOTALS, {"run": entry.corrects_id})
        funded, escrow, stated = funded - old_funded, escrow - old_escrow, stated - old_stated
    [(put_in, held, owed)] = _rows(_POSTED, {"entry": entry.pk})
    where = entry.public_id
    yield Check("posted_is_funded", where, put_in, funded)
    yield Check("posted_is_escrow", where, held, escrow)
    yield Check("posted_is_stated", where, owed, stated)


def _of_payees(ledger: Ledger) -> list[Check]:
    given = {"ledger": ledger.pk, "coin": micro_per_coin(ledger.currency)}
    differing = _rows(_PAYEES, given)
    checks = [Check("payees_are_owed", ledger.public_id, 0, len(differing))]
    checks += [
        Check("payee_is_owed", public_id("wrk", worker), left, right)
        for worker, left, right in differing
    ]
    checks += [
        Check("batch_is_statements", public_id("bat", number), left, right)
        for number, left, right in _rows(_PAYMENTS, given)
    ]
    return checks


def _of_whole(ledger: Ledger) -> list[Check]:
    balances = balances_by_kind(ledger)
    given = {"ledger": ledger.pk, "coin": micro_per_coin(ledger.currency)}
    [(paid,)] = _rows(_PAID, given)
    came_in = -balances[Account.Kind.FUNDING] - balances[Account.Kind.LICENCES]
    went_out = sum(
        balance
        for kind, balance in balances.items()
        if kind not in {Account.Kind.FUNDING, Account.Kind.LICENCES}
    )
    return [
        Check("paid_out_is_payments", ledger.public_id, balances[Account.Kind.PAID_OUT], paid),
        Check("money_in_is_money_out", ledger.public_id, came_in, went_out),
    ]


def _rows(query: LiteralString, given: dict[str, int]) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return [tuple(int(value) for value in row) for row in cursor.fetchall()]
