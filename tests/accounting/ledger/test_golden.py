"""The worked example from the records to the bank: the golden numbers through the whole of it."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Sum

from accounting.cases.worked_example import worked_example
from accounting.models import (
    Account,
    EscrowEntry,
    Flow,
    JournalEntry,
    Line,
    Posting,
    RunPool,
    Statement,
)
from accounting.services import cases, payout_files, payouts
from accounting.services.accounts import balances_by_kind
from accounting.services.reconciling import gaps, reconcile
from tests.accounting.books import Office

MICRO = 1_000_000
COIN = 10_000
# value-model.md, f: what everybody gets, in coins; what is paid out, and what goes to the commons.
PAID_OUT = 11_045 * MICRO
COMMONS = 4_185 * MICRO
PER_PERSON = {
    "Ana": "2598.91",
    "Bo": "1797.48",
    "Chen": "1330.30",
    "Dee": "1116.70",
    "Gao": "595.65",
    "Eva": "705.74",
    "Fen": "564.59",
    "Hu": "2335.62",
}


def total(rows: Any, column: str = "amount_micro") -> int:
    return int(rows.aggregate(sum=Sum(column))["sum"] or 0)


@pytest.mark.django_db(transaction=True)
def test_the_worked_example_is_posted_and_paid_to_the_coin() -> None:
    period = cases.load_case(case=worked_example())
    office = Office(period.operator)
    entry = office.posted(period)
    run, ledger = entry.run, entry.ledger
    assert run is not None

    # Every table says the same sum: pools, flows, lines with escrow, statements, postings.
    assert total(RunPool.objects.filter(run=run), "funded_micro") == PAID_OUT + COMMONS
    assert total(Line.objects.filter(pool__run=run)) == PAID_OUT
    assert total(EscrowEntry.objects.filter(pool__run=run)) == COMMONS
    assert total(Flow.objects.filter(pool__run=run, upstream=None)) == PAID_OUT
    assert total(Statement.objects.filter(run=run)) == PAID_OUT
    kinds = balances_by_kind(ledger)
    assert kinds[Account.Kind.PAYEE] == PAID_OUT
    assert kinds[Account.Kind.COMMONS] == COMMONS
    assert kinds[Account.Kind.LICENCES] == -2_000 * MICRO
    assert kinds[Account.Kind.FUNDING] == -(PAID_OUT + COMMONS - 2_000 * MICRO)
    assert total(entry.postings) == 0

    # Everybody's account holds the golden amount.
    for name, golden in PER_PERSON.items():
        account = ledger.accounts.get(worker__pseudonym=name)
        owed = Decimal(total(account.postings)).scaleb(-6)
        assert abs(owed - Decimal(golden)) <= Decimal("0.01"), name

    # What the files say is what the statements pay, and what is left is carried.
    office.has_account()
    office.knows_accounts(run)
    batch = office.released(ledger)
    paid_minor = total(Statement.objects.filter(run=run), "paid_minor")
    text = b"".join(payout_files.csv_rows(batch)).decode()
    amounts = [Decimal(row["amount"]) for row in csv.DictReader(text.splitlines())]
    message = b"".join(payout_files.pain_001(batch)).decode()
    instructed = [Decimal(one) for one in re.findall(r'Ccy="CNY">([0-9.]+)<', message)]
    assert len(amounts) == len(instructed) == batch.payments_count == len(PER_PERSON)
    assert sum(amounts) == sum(instructed) == Decimal(paid_minor).scaleb(-2)
    assert f"<CtrlSum>{sum(amounts)}</CtrlSum>" in message
    assert batch.total_minor == paid_minor

    payouts.record_paid(batch=batch, paid_on=batch.execute_on, recorded_by=office.recorder)
    kinds = balances_by_kind(ledger)
    carried = total(Statement.objects.filter(run=run), "carried_out_micro")
    assert kinds[Account.Kind.PAID_OUT] == paid_minor * COIN
    assert kinds[Account.Kind.PAYEE] == carried
    assert 0 <= carried < len(PER_PERSON) * COIN
    assert paid_minor * COIN + carried == PAID_OUT
    assert sum(kinds.values()) == 0
    assert total(Posting.objects.filter(account__ledger=ledger)) == 0

    checks = reconcile(ledger)
    assert len(checks) > 15
    assert gaps(checks) == []
    call_command("reconcile", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_postings_agree_with_the_published_numbers() -> None:
    shared = Path(settings.BASE_DIR).parent / "shared" / "spec" / "worked-example.json"
    if not shared.exists():
        pytest.skip("the shared specification is not here")
    golden = json.loads(shared.read_text(encoding="utf-8"))["f"]
    period = cases.load_case(case=worked_example())
    entry = Office(period.operator).posted(period)
    assert entry.kind == JournalEntry.Kind.RUN
    for name, amount in golden["total"].items():
        owed = total(entry.postings.filter(account__worker__pseudonym=name))
        assert abs(owed - round(Decimal(str(amount)) * MICRO)) <= COIN, name
    funds = {
        "data_dividend": golden["DD"],
        "commons": golden["CF"],
        "wage_floor": golden["floor_paid"],
        "profit_share": golden["rest"],
    }
    for kind, amount in funds.items():
        put_in = -total(entry.postings.filter(account__kind="funding", account__detail=kind))
        assert abs(put_in - round(Decimal(str(amount)) * MICRO)) <= COIN, kind
