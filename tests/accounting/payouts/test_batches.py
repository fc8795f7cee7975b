from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from accounting.models import (
    Account,
    JournalEntry,
    Ledger,
    Payment,
    PaymentEvent,
    PayoutBatch,
    Period,
    Statement,
)
from accounting.services import approving, payouts
from accounting.services.accounts import balances_by_kind, movements
from accounting.services.payout_accounts import (
    PayoutAccountUnreadable,
    clean_details,
    keep_account,
    open_details,
)
from accounting.services.reconciling import gaps, reconcile
from contributions.models import Worker
from contributions.services.identities import PersonErased, erase_person
from contributions.services.proving import prove
from tests import factories
from tests.accounting.books import PAY_DAY, Office, next_period

pytestmark = pytest.mark.django_db(transaction=True)
COIN = 10_000


@pytest.fixture
def period() -> Period:
    return factories.ready_period(amount=997)


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


@pytest.fixture
def ledger(office: Office, period: Period) -> Ledger:
    """A posted run; everybody it pays has an account."""
    entry = office.posted(period)
    assert entry.run is not None
    office.has_account()
    office.knows_accounts(entry.run)
    return entry.ledger


def outcomes(batch: PayoutBatch) -> list[str]:
    rows = batch.payments.with_outcome().order_by("pk")
    return [row.outcome for row in rows]  # type: ignore[attr-defined]


def first_payment(batch: PayoutBatch) -> Payment:
    payment = batch.payments.order_by("pk").first()
    assert payment is not None
    return payment


def test_a_batch_pays_what_the_statements_say(office: Office, ledger: Ledger) -> None:
    batch = office.batch(ledger)
    paid = dict(Statement.objects.filter(paid_minor__gt=0).values_list("pk", "paid_minor"))
    assert dict(batch.payments.values_list("statement", "amount_minor")) == paid
    assert (batch.payments_count, batch.total_minor) == (len(paid), sum(paid.values()))
    assert batch.state == PayoutBatch.State.DRAFTED


def test_nothing_is_paid_twice(office: Office, ledger: Ledger) -> None:
    batch = office.batch(ledger)
    with pytest.raises(payouts.NothingToPay):
        office.batch(ledger)
    payment = first_payment(batch)
    with pytest.raises(IntegrityError, match="payment_once"):
        Payment.objects.create(
            batch_id=900,
            statement=payment.statement,
            payout_account=payment.payout_account,
            amount_minor=payment.amount_minor,
        )


def test_workers_without_an_account_wait_and_are_counted(office: Office, period: Period) -> None:
    entry = office.posted(period)
    due = payouts.outstanding(entry.ledger)
    assert (due.payable, due.without_account) == (0, Statement.objects.count())
    with pytest.raises(payouts.NothingToPay):
        office.batch(entry.ledger)
    worker = Statement.objects.order_by("pk")[0].worker
    office.knows_account(worker)
    due = payouts.outstanding(entry.ledger)
    assert (due.payable, due.without_account) == (1, Statement.objects.count() - 1)
    assert office.batch(entry.ledger).payments_count == 1


def test_a_batch_is_released_by_another(office: Office, ledger: Ledger) -> None:
    batch = office.batch(ledger)
    with pytest.raises(approving.RoleMissing):
        payouts.release_batch(batch=batch, released_by=office.admin)
    office.recorder.memberships.update(role="approver")
    with pytest.raises(payouts.OwnBatch):
        payouts.release_batch(batch=batch, released_by=office.recorder)
    payouts.release_batch(batch=batch, released_by=office.approver)
    with pytest.raises(payouts.BatchNotDrafted):
        payouts.release_batch(batch=batch, released_by=office.approver)


def test_paid_payments_lower_what_people_are_owed(office: Office, ledger: Ledger) -> None:
    owed = balances_by_kind(ledger)[Account.Kind.PAYEE]
    batch = office.paid(ledger)
    sums = balances_by_kind(ledger)
    assert sums[Account.Kind.PAID_OUT] == batch.total_minor * COIN
    assert sums[Account.Kind.PAYEE] == owed - batch.total_minor * COIN
    assert set(outcomes(batch)) == {"paid"}
    assert gaps(reconcile(ledger)) == []
    assert not prove().problems


def test_what_is_paid_is_recorded_once(office: Office, ledger: Ledger) -> None:
    batch = office.paid(ledger)
    with pytest.raises(payouts.PaymentSettled):
        payouts.record_paid(batch=batch, paid_on=PAY_DAY, recorded_by=office.recorder)
    assert JournalEntry.objects.filter(kind="payment").count() == 1


def test_an_unreleased_batch_cannot_be_paid(office: Office, ledger: Ledger) -> None:
    batch = office.batch(ledger)
    with pytest.raises(payouts.BatchNotReleased):
        payouts.record_paid(batch=batch, paid_on=PAY_DAY, recorded_by=office.recorder)
    payment = first_payment(batch)
    with pytest.raises(IntegrityError, match="paid after"):
        PaymentEvent.objects.create(
            payment=payment,
            kind="paid",
            happened_on=PAY_DAY,
            entry=JournalEntry.objects.first(),
            recorded_by=office.recorder,
        )


def test_a_returned_payment_is_owed_again_and_retried_to_the_new_account(
    office: Office, ledger: Ledger
) -> None:
    batch = office.paid(ledger)
    payment = first_payment(batch)
    worker = payment.statement.worker
    before = balances_by_kind(ledger)[Account.Kind.PAYEE]
    event = payouts.record_failure(
        payment=payment,
        happened_on=date(2026, 12, 20),
        reason="account closed",
        recorded_by=office.recorder,
    )
    assert event.kind == PaymentEvent.Kind.RETURNED
    assert balances_by_kind(ledger)[Account.Kind.PAYEE] == before + payment.amount_minor * COIN
    assert gaps(reconcile(ledger)) == []
    with pytest.raises(payouts.NothingToPay):
        office.batch(ledger)
    with pytest.raises(payouts.PaymentSettled):
        payouts.record_failure(
            payment=payment, happened_on=PAY_DAY, reason="again", recorded_by=office.recorder
        )

    office.knows_account(worker, name="New Name")
    again = office.released(ledger, retry=True)
    retried = first_payment(again)
    assert (retried.retry_of, retried.amount_minor) == (payment, payment.amount_minor)
    assert open_details(retried.payout_account).name == "New Name"
    payouts.record_paid(batch=again, paid_on=PAY_DAY, recorded_by=office.recorder)
    assert balances_by_kind(ledger)[Account.Kind.PAYEE] == before
    assert gaps(reconcile(ledger)) == []


def test_a_refused_payment_moves_nothing_and_can_be_retried(office: Office, ledger: Ledger) -> None:
    batch = office.released(ledger)
    payment = first_payment(batch)
    with pytest.raises(ValidationError):
        payouts.record_failure(
            payment=payment, happened_on=PAY_DAY, reason=" ", recorded_by=office.recorder
        )
    payouts.record_failure(
        payment=payment, happened_on=PAY_DAY, reason="unknown", recorded_by=office.recorder
    )
    payouts.record_paid(batch=batch, paid_on=PAY_DAY, recorded_by=office.recorder)
    assert outcomes(batch).count("paid") == batch.payments_count - 1
    assert payouts.outstanding(ledger).failed == 1
    assert office.batch(ledger, retry=True).payments_count == 1
    assert gaps(reconcile(ledger)) == []


def test_a_cancelled_batch_leaves_its_statements_to_the_next(
    office: Office, ledger: Ledger
) -> None:
    batch = office.batch(ledger)
    payouts.cancel_batch(
        batch=batch, cancelled_by=office.recorder, reason="wrong day", today=PAY_DAY
    )
    assert set(outcomes(batch)) == {"cancelled"}
    with pytest.raises(payouts.BatchNotDrafted):
        payouts.release_batch(batch=batch, released_by=office.approver)
    assert payouts.outstanding(ledger).payable == batch.payments_count
    assert office.batch(ledger).total_minor == batch.total_minor


def test_the_account_tells_every_movement_with_its_balance(office: Office, ledger: Ledger) -> None:
    batch = office.paid(ledger)
    payment = first_payment(batch)
    account = Account.objects.filter(worker=payment.statement.worker)
    newest, oldest = movements(account)
    assert oldest.amount_micro == oldest.balance_micro == payment.statement.amount_micro
    assert newest.amount_micro == -payment.amount_minor * COIN
    assert newest.balance_micro == payment.statement.carried_out_micro
    assert movements(account, before=newest.posting.pk) == [oldest]


def test_corrections_are_not_paid_by_themselves(office: Office, ledger: Ledger) -> None:
    period = Period.objects.get()
    office.paid(ledger)
    next_period(period)
    product = period.revenue.get().product
    assert product is not None
    factories.contribution(factories.worker(), product, seconds=1800)
    entry = office.corrected(period)
    assert entry.run is not None
    office.knows_accounts(entry.run)
    with pytest.raises(payouts.NothingToPay):
        office.batch(ledger)


class TestGuards:
    def test_a_payment_of_another_amount_or_to_another_person_is_refused(
        self, office: Office, period: Period
    ) -> None:
        entry = office.posted(period)
        assert entry.run is not None
        office.knows_accounts(entry.run)
        statement, other = entry.run.statements.order_by("pk")[:2]
        mine = statement.worker.payout_accounts.get()
        for amount, account in (
            (statement.paid_minor + 1, mine),
            (statement.paid_minor, other.worker.payout_accounts.get()),
        ):
            with pytest.raises(IntegrityError, match="pays what a posted statement says"):
                Payment.objects.create(
                    batch_id=900, statement=statement, payout_account=account, amount_minor=amount
                )

    def test_a_statement_of_an_unposted_run_is_not_paid(
        self, office: Office, period: Period
    ) -> None:
        run = office.computed(period)
        office.knows_accounts(run)
        statement = run.statements.order_by("pk")[0]
        with pytest.raises(IntegrityError, match="pays what a posted statement says"):
            Payment.objects.create(
                batch_id=900,
                statement=statement,
                payout_account=statement.worker.payout_accounts.get(),
                amount_minor=statement.paid_minor,
            )

    def test_a_released_batch_and_its_payments_never_change(
        self, office: Office, ledger: Ledger
    ) -> None:
        batch = office.released(ledger)
        with pytest.raises(IntegrityError, match="released or cancelled"):
            PayoutBatch.objects.filter(pk=batch.pk).update(total_minor=1)
        for statement in (
            "DELETE FROM accounting_payoutbatch",
            "DELETE FROM accounting_payment",
            "DELETE FROM accounting_payoutaccount",
            "UPDATE accounting_payment SET amount_minor = amount_minor + 1",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_nothing_is_added_to_a_batch(self, office: Office, ledger: Ledger) -> None:
        batch = office.batch(ledger)
        payment = first_payment(batch)
        with pytest.raises(IntegrityError):
            Payment.objects.create(
                batch=batch,
                statement=payment.statement,
                payout_account=payment.payout_account,
                amount_minor=payment.amount_minor,
                retry_of=payment,
            )


class TestBankAccounts:
    def test_details_are_sealed_and_only_the_end_is_readable(self, office: Office) -> None:
        worker = factories.worker()
        details = clean_details(name="Ana", number="DE89 3704 0044 0532 0130 00")
        kept = keep_account(holder=worker, details=details, added_by=office.recorder)
        assert open_details(kept) == details
        assert details.is_iban
        assert kept.last_digits == "3000"
        for secret in (b"Ana", b"DE89", b"0532"):
            assert secret not in bytes(kept.sealed)

    def test_a_new_account_retires_the_old_one(self, office: Office) -> None:
        worker = factories.worker()
        for number in ("1111-2222", "3333-4444"):
            details = clean_details(name="Ana", number=number)
            kept = keep_account(holder=worker, details=details, added_by=office.recorder)
        assert [row.last_digits for row in worker.payout_accounts.filter(retired_at=None)] == [
            "4444"
        ]
        assert worker.payout_accounts.count() == 2
        assert kept.retired_at is None

    def test_a_row_in_anothers_place_does_not_open(self, office: Office) -> None:
        ana, bo = factories.worker(), factories.worker()
        details = clean_details(name="Ana", number="1111-2222")
        kept = keep_account(holder=ana, details=details, added_by=office.recorder)
        keep_account(holder=bo, details=details, added_by=office.recorder)
        kept.worker = bo
        with pytest.raises(PayoutAccountUnreadable):
            open_details(kept)

    def test_an_erased_person_has_no_readable_account_and_gets_none(
        self, office: Office, ledger: Ledger
    ) -> None:
        worker = Worker.objects.filter(statements__isnull=False).order_by("pk")[0]
        erase_person(worker=worker, by=office.admin)
        kept = worker.payout_accounts.get()
        with pytest.raises(PayoutAccountUnreadable):
            open_details(kept)
        with pytest.raises(PersonErased):
            office.knows_account(worker)
        batch = office.batch(ledger)
        assert not batch.payments.filter(statement__worker=worker).exists()

    @pytest.mark.parametrize(
        ("field", "given"),
        [
            ("number", {"number": "DE89370400440532013001"}),
            ("number", {"number": "=HYPERLINK(1)"}),
            ("number", {"number": "12"}),
            ("number", {"number": "\uff11\uff12\uff13\uff14\uff15"}),
            ("name", {"name": " "}),
            ("name", {"name": "x" * 141}),
            ("name", {"name": "Ana\u202e"}),
            ("bic", {"bic": "COBADEFF1"}),
        ],
    )
    def test_what_is_no_account_is_refused_at_its_field(
        self, field: str, given: dict[str, str]
    ) -> None:
        with pytest.raises(ValidationError) as refused:
            clean_details(**{"name": "Ana", "number": "1111-2222", **given})
        assert list(refused.value.error_dict) == [field]


def test_batches_add_up_to_all_that_was_paid(office: Office, ledger: Ledger) -> None:
    office.paid(ledger)
    total = Payment.objects.aggregate(sum=Sum("amount_minor"))["sum"]
    assert total == PayoutBatch.objects.aggregate(sum=Sum("total_minor"))["sum"]
