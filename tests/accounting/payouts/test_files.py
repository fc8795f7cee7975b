from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import defusedxml.ElementTree as ElementTree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.models import JournalEntry, PayoutBatch, Period
from accounting.services import payout_files, payouts
from accounting.services.payout_accounts import clean_details, keep_account
from accounting.services.payout_files import NAMESPACE, SCHEMA, amount
from contributions.models import Worker
from tests import factories
from tests.accounting.books import Office

PAIN = {"p": NAMESPACE}


@pytest.fixture
def period() -> Period:
    return factories.ready_period(amount=997)


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


@pytest.fixture
def entry(office: Office, period: Period) -> JournalEntry:
    entry = office.posted(period)
    assert entry.run is not None
    office.knows_accounts(entry.run)
    return entry


@pytest.fixture
def batch(office: Office, entry: JournalEntry) -> PayoutBatch:
    """A released batch: one payee with an IBAN, one with a name like a formula."""
    office.has_account()
    first, second = Worker.objects.filter(statements__run=entry.run).order_by("pk")[:2]
    iban = clean_details(name="Ana <&> Öz", number="FR1420041010050500013M02606", bic="PSSTFRPP")
    keep_account(holder=first, details=iban, added_by=office.recorder)
    formula = clean_details(name="=1+1", number="6222 0200 1234")
    keep_account(holder=second, details=formula, added_by=office.recorder)
    return office.released(entry.ledger)


def message(batch: PayoutBatch) -> Element:
    parsed: Element = ElementTree.fromstring(b"".join(payout_files.pain_001(batch)))
    return parsed


def texts(message: Element, path: str) -> list[str]:
    return [found.text or "" for found in message.findall(path, PAIN)]


@pytest.mark.django_db(transaction=True)
class TestFiles:
    def test_the_message_says_once_what_the_batch_says(self, batch: PayoutBatch) -> None:
        found = message(batch)
        assert found.tag == f"{{{NAMESPACE}}}Document"
        instructed = [Decimal(one) for one in texts(found, ".//p:InstdAmt")]
        total = Decimal(batch.total_minor).scaleb(-2)
        assert sum(instructed) == total
        assert texts(found, ".//p:CtrlSum") == [str(total), str(total)]
        assert texts(found, ".//p:NbOfTxs") == [str(batch.payments_count)] * 2
        references = texts(found, ".//p:EndToEndId")
        assert references == [
            one.public_id.replace("_", "-").upper() for one in batch.payments.order_by("pk")
        ]
        assert texts(found, ".//p:Dbtr/p:Nm") == ["Platform Ltd"]
        assert texts(found, ".//p:DbtrAcct//p:IBAN") == ["DE89370400440532013000"]
        assert "Ana <&> Öz" in texts(found, ".//p:Cdtr/p:Nm")
        assert texts(found, ".//p:CdtrAcct//p:IBAN") == ["FR1420041010050500013M02606"]
        assert "6222 0200 1234" in texts(found, ".//p:CdtrAcct//p:Othr/p:Id")

    def test_the_message_is_valid_by_its_schema(self, batch: PayoutBatch) -> None:
        etree: Any = pytest.importorskip("lxml.etree", reason="lxml reads XML schemas")
        schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
        document = etree.fromstring(b"".join(payout_files.pain_001(batch)))
        schema.assertValid(document)
        document.find(".//p:CtrlSum", PAIN).text = "plenty"
        assert not schema.validate(document)

    def test_the_rows_say_the_same_as_the_message(self, batch: PayoutBatch) -> None:
        rows = list(csv.DictReader(StringIO(b"".join(payout_files.csv_rows(batch)).decode())))
        assert [row["amount"] for row in rows] == texts(message(batch), ".//p:InstdAmt")
        assert [row["payment"] for row in rows] == [
            one.public_id for one in batch.payments.order_by("pk")
        ]

    def test_no_cell_is_a_formula(self, batch: PayoutBatch) -> None:
        text = b"".join(payout_files.csv_rows(batch)).decode()
        rows = list(csv.reader(StringIO(text)))
        assert "'=1+1" in [cell for row in rows for cell in row]
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]

    def test_a_batch_has_no_file_before_its_release(
        self, office: Office, entry: JournalEntry
    ) -> None:
        draft = office.batch(entry.ledger)
        for write in (payout_files.pain_001, payout_files.csv_rows):
            with pytest.raises(payouts.BatchNotReleased):
                write(draft)

    def test_a_bank_must_know_who_pays(self, office: Office, entry: JournalEntry) -> None:
        released = office.released(entry.ledger)
        with pytest.raises(payout_files.PayerAccountMissing):
            payout_files.pain_001(released)
        assert b"payment" in b"".join(payout_files.csv_rows(released))


@given(st.integers(1, 10**15), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_amounts_are_written_exactly_in_the_currencys_digits(minor: int, currency: str) -> None:
    digits = {"CNY": 2, "JPY": 0, "KWD": 3}[currency]
    text = amount(minor, currency)
    assert Decimal(text) == Decimal(minor).scaleb(-digits)
    assert len(text.partition(".")[2]) == digits


def test_the_schema_lies_beside_the_module() -> None:
    assert Path(SCHEMA).read_text(encoding="utf-8").startswith("<?xml")
