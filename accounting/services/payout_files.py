"""Payment files: pain.001.001.09 for banks, CSV for everything else.

Both are streamed, and both say the same: one row or transaction per payment, amounts in the
currency's own digits, the payment's id as the end-to-end reference that comes back with it.

Source: ISO 20022, customer credit transfer initiation (pain.001.001.09); the part of the message
that is used here is described by `pain.001.001.09.xsd` beside this module.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Payment, PayoutBatch
from accounting.services.payout_accounts import AccountDetails, current_account, open_details
from accounting.services.payouts import BatchNotReleased
from contributions.currencies import minor_digits
from contributions.formatting import safe_cell
from contributions.identifiers import public_id

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA = Path(__file__).with_name("pain.001.001.09.xsd")
CSV_COLUMNS = (
    "payment",
    "statement",
    "worker",
    "name",
    "account",
    "bic",
    "amount",
    "currency",
    "execute_on",
)


class PayerAccountMissing(AccountingError):
    """The operator has not said from which account it pays."""

    code = "payer_account_missing"


class _Document:
    """An XML document that is handed out while it is written."""

    def __init__(self) -> None:
        self._bytes = BytesIO()
        self._xml = XMLGenerator(self._bytes, encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()
        self._open: list[str] = []

    def start(self, *names: str, **attributes: str) -> None:
        for name in names:
            self._xml.startElement(name, AttributesImpl(attributes))
            self._open.append(name)

    def end(self, count: int = 1) -> None:
        for _place in range(count):
            self._xml.endElement(self._open.pop())

    def text(self, name: str, text: str, **attributes: str) -> None:
        self.start(name, **attributes)
        self._xml.characters(text)
        self.end()

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        written = self._bytes.getvalue()
        self._bytes.seek(0)
        self._bytes.truncate()
        return written


def pain_001(batch: PayoutBatch) -> Iterator[bytes]:
    """Yield a released batch as a customer credit transfer initiation.

    Raises:
        BatchNotReleased: It was not released.
        PayerAccountMissing: The operator has no account to pay from.
    """
    _require_released(batch)
    payer = _payer(batch)
    return _pain(batch, payer)


def csv_rows(batch: PayoutBatch) -> Iterator[bytes]:
    """Yield a released batch as CSV that no spreadsheet takes for formulas.

    Raises:
        BatchNotReleased: It was not released.
    """
    _require_released(batch)
    return _csv(batch)


def amount(minor: int, currency: str) -> str:
    """Write coins as a decimal with the currency's digits.

    >>> amount(259891, "CNY"), amount(500, "JPY")
    ('2598.91', '500')
    """
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def reference(public_id: str) -> str:
    """Write a public id in the letters that every bank takes.

    >>> reference("pay_000000000001C")
    'PAY-000000000001C'
    """
    return public_id.replace("_", "-").upper()


def _require_released(batch: PayoutBatch) -> None:
    if batch.state != PayoutBatch.State.RELEASED:
        raise BatchNotReleased(_("This batch is not released, so it has no file yet."))


def _payer(batch: PayoutBatch) -> AccountDetails:
    account = current_account(batch.ledger.operator)
    if account is None:
        raise PayerAccountMissing(
            _("Say first from which account %(operator)s pays.")
            % {"operator": batch.ledger.operator}
        )
    return open_details(account)


def _payments(batch: PayoutBatch) -> Iterator[tuple[Payment, AccountDetails]]:
    rows = batch.payments.select_related("payout_account__worker", "statement").order_by("pk")
    for payment in rows.iterator(chunk_size=2_000):
        yield payment, open_details(payment.payout_account)


def _pain(batch: PayoutBatch, payer: AccountDetails) -> Iterator[bytes]:
    document = _Document()
    document.start("Document", xmlns=NAMESPACE)
    document.start("CstmrCdtTrfInitn")
    _header(document, batch, payer)
    document.start("PmtInf")
    _instruction(document, batch, payer)
    for payment, payee in _payments(batch):
        _transaction(document, payment, payee, batch.ledger.currency)
        yield document.taken()
    document.end(3)
    yield document.taken()


def _header(document: _Document, batch: PayoutBatch, payer: AccountDetails) -> None:
    released = batch.released_at or datetime.now(UTC)
    document.start("GrpHdr")
    document.text("MsgId", reference(batch.public_id))
    document.text("CreDtTm", f"{released.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z")
    document.text("NbOfTxs", str(batch.payments_count))
    document.text("CtrlSum", amount(batch.total_minor, batch.ledger.currency))
    document.start("InitgPty")
    document.text("Nm", payer.name)
    document.end(2)


def _instruction(document: _Document, batch: PayoutBatch, payer: AccountDetails) -> None:
    document.text("PmtInfId", reference(batch.public_id))
    document.text("PmtMtd", "TRF")
    document.text("NbOfTxs", str(batch.payments_count))
    document.text("CtrlSum", amount(batch.total_minor, batch.ledger.currency))
    document.start("ReqdExctnDt")
    document.text("Dt", batch.execute_on.isoformat())
    document.end()
    document.start("Dbtr")
    document.text("Nm", payer.name)
    document.end()
    _account(document, "DbtrAcct", payer)
    _bank(document, "DbtrAgt", payer)
    if batch.ledger.currency == "EUR":
        document.text("ChrgBr", "SLEV")


def _transaction(
    document: _Document, payment: Payment, payee: AccountDetails, currency: str
) -> None:
    document.start("CdtTrfTxInf", "PmtId")
    document.text("EndToEndId", reference(payment.public_id))
    document.end()
    document.start("Amt")
    document.text("InstdAmt", amount(payment.amount_minor, currency), Ccy=currency)
    document.end()
    if payee.bic:
        _bank(document, "CdtrAgt", payee)
    document.start("Cdtr")
    document.text("Nm", payee.name)
    document.end()
    _account(document, "CdtrAcct", payee)
    document.start("RmtInf")
    document.text("Ustrd", reference(public_id("stm", payment.statement_id)))
    document.end(2)


def _account(document: _Document, name: str, details: AccountDetails) -> None:
    document.start(name, "Id")
    if details.is_iban:
        document.text("IBAN", details.number)
    else:
        document.start("Othr")
        document.text("Id", details.number)
        document.end()
    document.end(2)


def _bank(document: _Document, name: str, details: AccountDetails) -> None:
    document.start(name, "FinInstnId")
    if details.bic:
        document.text("BICFI", details.bic)
    else:
        document.start("Othr")
        document.text("Id", "NOTPROVIDED")
        document.end()
    document.end(2)


def _csv(batch: PayoutBatch) -> Iterator[bytes]:
    currency = batch.ledger.currency
    yield _csv_line(CSV_COLUMNS)
    for payment, payee in _payments(batch):
        yield _csv_line(
            (
                payment.public_id,
                public_id("stm", payment.statement_id),
                public_id("wrk", payment.statement.worker_id),
                payee.name,
                payee.number,
                payee.bic,
                amount(payment.amount_minor, currency),
                currency,
                batch.execute_on.isoformat(),
            )
        )


def _csv_line(cells: tuple[str, ...]) -> bytes:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return line.getvalue().encode()
