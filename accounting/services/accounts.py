"""The accounts of a ledger: opening them, what is carried between runs, and balances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import F, QuerySet, Sum, Window
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from accounting.models import Account, Ledger, Period, Posting, Statement
from accounting.services.binary_copy import read_bigints
from contributions.currencies import minor_digits
from contributions.identifiers import public_id
from contributions.models import Organisation, User
from contributions.services.visibility import OPERATORS, organisations_of

Int = NDArray[np.int64]

OVERSEERS = (Organisation.Kind.REGULATOR, Organisation.Kind.LABOUR_ORGANISATION)

# What a period starts with: all that earlier runs earned and did not pay, and the corrections
# that were booked into it or into a period before it.
_CARRIED = """
SELECT coalesce(w.merged_into_id, w.id)::bigint, sum(micro)::bigint FROM (
    SELECT s.worker_id, s.amount_micro - s.paid_minor * %(coin)s AS micro
    FROM accounting_journalentry e
    JOIN accounting_period p ON p.id = e.period_id
    JOIN accounting_statement s ON s.run_id = e.run_id
    WHERE e.kind = 'run' AND p.operator_id = %(operator)s AND p.currency = %(currency)s
      AND p.ends_on < %(starts_on)s
    UNION ALL
    SELECT d.worker_id, d.new_micro - d.old_micro
    FROM accounting_journalentry e
    JOIN accounting_period p ON p.id = e.period_id
    JOIN accounting_delta d ON d.entry_id = e.id
    WHERE e.kind = 'delta' AND p.operator_id = %(operator)s AND p.currency = %(currency)s
      AND p.starts_on <= %(starts_on)s
) parts JOIN contributions_worker w ON w.id = parts.worker_id
GROUP BY coalesce(w.merged_into_id, w.id) HAVING sum(micro) <> 0 ORDER BY 1
"""

_RECEIVED = """
SELECT coalesce(w.merged_into_id, w.id)::bigint, (sum(s.paid_minor) * %(coin)s)::bigint
FROM accounting_journalentry e
JOIN accounting_period p ON p.id = e.period_id
JOIN accounting_statement s ON s.run_id = e.run_id
JOIN contributions_worker w ON w.id = s.worker_id
WHERE e.kind = 'run' AND p.operator_id = %(operator)s AND p.currency = %(currency)s
  AND p.ends_on < %(starts_on)s
GROUP BY coalesce(w.merged_into_id, w.id) ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement of account, with the balance after it."""

    posting: Posting
    at: datetime
    what: str | Promise
    amount_micro: int
    balance_micro: int


def micro_per_coin(currency: str) -> int:
    """Return how many µ one minor unit of a currency has."""
    coin: int = 10 ** (6 - minor_digits(currency))
    return coin


def ledger_of(*, operator: Organisation, currency: str) -> Ledger:
    """Return the ledger of an operator in a currency, opening it on first use."""
    ledger, _opened = Ledger.objects.get_or_create(operator=operator, currency=currency)
    return ledger


def account(*, ledger: Ledger, kind: str, detail: str = "") -> Account:
    """Return an account that is nobody's in person, opening it on first use."""
    found, _opened = Account.objects.get_or_create(ledger=ledger, kind=kind, detail=detail)
    return found


def read_carried(period: Period) -> tuple[Int, Int]:
    """Return what is carried into a period: worker numbers, ascending, and µ, never zero."""
    table = read_bigints(_CARRIED, carried_parameters(period), columns=2)
    return table[0], table[1]


def read_received(period: Period) -> tuple[Int, Int]:
    """Return what runs of earlier periods paid: worker numbers, ascending, and µ."""
    table = read_bigints(_RECEIVED, carried_parameters(period), columns=2)
    return table[0], table[1]


def carried_query() -> str:
    """Return SQL for worker and µ carried into a period, by `carried_parameters`."""
    return _CARRIED


def carried_parameters(period: Period) -> dict[str, Any]:
    """Return the parameters of `carried_query`."""
    return {
        "coin": micro_per_coin(period.currency),
        "operator": period.operator_id,
        "currency": period.currency,
        "starts_on": period.starts_on,
    }


def visible_ledgers(user: User) -> QuerySet[Ledger]:
    """Return the ledgers whose totals a user may read: their operators', or all who oversee."""
    ledgers = Ledger.objects.select_related("operator")
    if user.is_superuser or organisations_of(user, *OVERSEERS).exists():
        return ledgers
    return ledgers.filter(operator__in=organisations_of(user, *OPERATORS))


def kept_ledgers(user: User) -> QuerySet[Ledger]:
    """Return the ledgers whose entries and payments a user may read one by one."""
    ledgers = Ledger.objects.select_related("operator")
    if user.is_superuser:
        return ledgers
    return ledgers.filter(operator__in=organisations_of(user, *OPERATORS))


def balances_by_kind(ledger: Ledger) -> dict[str, int]:
    """Return the sum of a ledger's postings by kind of account; together they are zero."""
    rows = Posting.objects.filter(account__ledger=ledger).order_by()
    sums = dict(rows.values_list("account__kind").annotate(Sum("amount_micro")))
    return {kind: int(sums.get(kind, 0)) for kind in Account.Kind.values}


def balances_by_detail(ledger: Ledger) -> list[tuple[str, str, int]]:
    """Return kind, detail and sum of all accounts that are nobody's in person."""
    rows = Posting.objects.filter(account__ledger=ledger, account__worker=None)
    return [
        (kind, detail, int(total))
        for kind, detail, total in rows.values_list("account__kind", "account__detail")
        .annotate(Sum("amount_micro"))
        .order_by("account__kind", "account__detail")
    ]


def movements(accounts: QuerySet[Account], *, before: int = 0, most: int = 200) -> list[Movement]:
    """Return the newest postings of some accounts with the running balance, newest first.

    Args:
        before: Only postings with a lower number; 0 for all.
    """
    numbers = list(accounts.values_list("pk", flat=True))
    running = Posting.objects.filter(account__in=numbers).annotate(
        balance_micro=Window(Sum("amount_micro"), order_by=F("id").asc())
    )
    rows = running.order_by("-pk").select_related(
        "account", "entry__run__period", "statement", "payment", "pool"
    )
    # The window is worked out over the whole account, so the page is cut out of it afterwards.
    return [_movement(row) for row in _page(rows, before, most)]


def _page(rows: QuerySet[Posting], before: int, most: int) -> Iterator[Posting]:
    shown = 0
    for row in rows.iterator(chunk_size=1_000):
        if before and row.pk >= before:
            continue
        yield row
        shown += 1
        if shown == most:
            return


def _movement(row: Posting) -> Movement:
    what: str | Promise = row.entry.get_kind_display()
    if row.payment is not None:
        what = f"{what} {row.payment.public_id}"
    elif row.account.kind == Account.Kind.HELD or (
        row.statement is not None and _is_held_transfer(row)
    ):
        what = _("held below the minimum payment")
    elif row.entry.run is not None:
        what = f"{what} {public_id('run', row.entry.run.pk)}"
    balance: int = row.balance_micro  # type: ignore[attr-defined]
    return Movement(row, row.entry.posted_at, what, row.amount_micro, balance)


def _is_held_transfer(row: Posting) -> bool:
    # A statement's own posting carries its amount; any other of it goes to or from `held`.
    statement: Statement | None = row.statement
    return statement is not None and row.amount_micro != statement.amount_micro
