"""Journal entries: postings first, then the entry that seals them.

The database refuses postings to an entry that stands already, and adds each entry up when its
transaction commits; so an entry is whole or not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from django.db import connection
from django.db.models import Max

from accounting.models import JournalEntry, Ledger, Period, Run
from accounting.services.accounts import ledger_of
from contributions.models import User

# Opening accounts: one per payee with an amount, and one per source and destination.
_OPEN_POOL_ACCOUNTS = """
INSERT INTO accounting_account (ledger_id, kind, detail)
SELECT DISTINCT %(ledger)s, kind, detail FROM (
    SELECT CASE kind WHEN 'licence' THEN 'licences' ELSE 'funding' END AS kind,
           CASE kind WHEN 'licence' THEN code ELSE kind END AS detail
    FROM accounting_runpool WHERE run_id = ANY(%(runs)s)
    UNION ALL
    SELECT CASE e.reason WHEN 'commons' THEN 'commons' ELSE 'escrow' END,
           CASE e.reason WHEN 'commons' THEN '' ELSE e.reason END
    FROM accounting_escrowentry e JOIN accounting_runpool p ON p.id = e.pool_id
    WHERE p.run_id = ANY(%(runs)s)
) wanted ORDER BY kind, detail ON CONFLICT DO NOTHING
"""
_OPEN_PAYEE_ACCOUNTS = """
INSERT INTO accounting_account (ledger_id, kind, detail, worker_id)
SELECT DISTINCT %(ledger)s, 'payee', '', worker_id FROM accounting_statement s
WHERE run_id = ANY(%(runs)s) AND NOT EXISTS (
    SELECT 1 FROM accounting_account a WHERE a.ledger_id = %(ledger)s AND a.kind = 'payee'
      AND a.worker_id = s.worker_id AND a.detail = '')
ORDER BY worker_id ON CONFLICT DO NOTHING
"""
_SEALED = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(
    account_id::text || ':' || amount_micro::text, ',' ORDER BY id), ''), 'UTF8')), 'hex')
FROM accounting_posting WHERE entry_id = %(entry)s
"""


def locked_ledger(period: Period) -> Ledger:
    """Return a period's ledger, locked: entries take turns, so their numbers have no gaps."""
    ledger = ledger_of(operator=period.operator, currency=period.currency)
    return Ledger.objects.select_for_update().get(pk=ledger.pk)


def open_accounts(*, ledger: Ledger, runs: list[Run]) -> None:
    """Open the accounts that the postings of some runs need and that are not there yet."""
    given = {"ledger": ledger.pk, "runs": [run.pk for run in runs]}
    execute(_OPEN_POOL_ACCOUNTS, given)
    execute(_OPEN_PAYEE_ACCOUNTS, given)


def next_entry_number() -> int:
    """Reserve the row number of an entry, for postings that are written before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounting_journalentry', 'id'))")
        return int(cursor.fetchone()[0])


def seal_entry(
    *,
    number: int,
    ledger: Ledger,
    posted_by: User,
    run: Run | None = None,
    fields: dict[str, Any],
) -> JournalEntry:
    """Write an entry over the postings that bear its number; then nothing can be added."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, {"entry": number})
        count, digest = cursor.fetchone()
    last = JournalEntry.objects.filter(ledger=ledger).aggregate(last=Max("number"))["last"] or 0
    entry = JournalEntry(
        pk=number,
        ledger=ledger,
        number=last + 1,
        run=run,
        postings_count=count,
        postings_sha256=digest,
        posted_by=posted_by,
        **fields,
    )
    entry.save(force_insert=True)
    entry.refresh_from_db()
    return entry


def sealed(entry: JournalEntry) -> tuple[int, str]:
    """Count and hash the postings of an entry anew, to compare with what it says."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, {"entry": entry.pk})
        count, digest = cursor.fetchone()
    return int(count), str(digest)


def execute(statement: LiteralString, parameters: Mapping[str, Any]) -> int:
    """Run one statement of our own; return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
