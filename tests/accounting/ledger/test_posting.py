from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from accounting.models import (
    Account,
    JournalEntry,
    Ledger,
    Period,
    Posting,
    Run,
    Statement,
)
from accounting.services import posting
from accounting.services.accounts import balances_by_kind
from accounting.services.reconciling import gaps, reconcile
from contributions.services.proving import prove
from tests import factories
from tests.accounting.books import Office, next_period

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


def sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_each_statement_is_one_posting_and_each_pool_a_total(
    office: Office, period: Period
) -> None:
    entry = office.posted(period)
    assert entry.run is not None
    assert (entry.number, entry.kind) == (1, JournalEntry.Kind.RUN)
    owed = entry.postings.filter(account__kind=Account.Kind.PAYEE)
    assert dict(owed.values_list("statement", "amount_micro")) == dict(
        entry.run.statements.values_list("pk", "amount_micro")
    )
    funded = entry.postings.filter(amount_micro__lt=0)
    assert {row.pool_id: -row.amount_micro for row in funded} == dict(
        entry.run.pools.exclude(funded_micro=0).values_list("pk", "funded_micro")
    )
    assert entry.postings.aggregate(sum=Sum("amount_micro"))["sum"] == 0


def test_an_entry_and_its_run_are_leaves_of_the_log(office: Office, period: Period) -> None:
    office.posted(period)
    proof = prove()
    assert not proof.problems


def test_a_run_is_posted_once_and_only_when_approved(office: Office, period: Period) -> None:
    run = office.computed(period)
    with pytest.raises(posting.RunNotApproved):
        posting.post_run(run=run, posted_by=office.approver)
    entry = office.posted(period)
    assert entry.run is not None
    with pytest.raises(posting.RunNotApproved):
        posting.post_run(run=entry.run, posted_by=office.approver)
    assert JournalEntry.objects.count() == 1


class TestGuards:
    """What the database refuses whoever asks: service, admin, ORM or plain SQL."""

    def test_a_posted_run_never_changes(self, office: Office, period: Period) -> None:
        run = office.posted(period).run
        assert run is not None
        changes: list[dict[str, Any]] = [
            {"state": Run.State.COMPUTED},
            {"state": Run.State.CANCELLED},
            {"notes": ["amended"]},
            {"price": {}},
            {"finished_at": None},
        ]
        for change in changes:
            with pytest.raises(IntegrityError, match="a posted run never changes"):
                Run.objects.filter(pk=run.pk).update(**change)
        with pytest.raises(IntegrityError):
            Run.objects.filter(pk=run.pk)._raw_delete(using="default")

    @pytest.mark.parametrize(
        "table",
        ["run", "statement", "runpool", "journalentry", "posting", "account", "delta", "ledger"],
    )
    def test_nothing_posted_can_be_truncated(
        self, office: Office, period: Period, table: str
    ) -> None:
        office.posted(period)
        with pytest.raises(IntegrityError):
            sql(f"TRUNCATE accounting_{table} CASCADE")

    @pytest.mark.parametrize("table", ["journalentry", "posting", "account", "statement"])
    def test_books_are_only_added_to(self, office: Office, period: Period, table: str) -> None:
        office.posted(period)
        for statement in (
            f"UPDATE accounting_{table} SET id = id",  # noqa: S608
            f"DELETE FROM accounting_{table}",  # noqa: S608
        ):
            with pytest.raises(IntegrityError, match="append-only"):
                sql(statement)

    def test_switching_ordinary_triggers_off_does_not_help(
        self, office: Office, period: Period
    ) -> None:
        office.posted(period)
        for statement in (
            "UPDATE accounting_posting SET amount_micro = amount_micro + 1",
            "UPDATE accounting_run SET notes = '[]'",
        ):
            with pytest.raises(IntegrityError):
                sql(f"SET LOCAL session_replication_role = replica; {statement}")

    def test_nothing_is_added_to_a_posted_run(self, office: Office, period: Period) -> None:
        run = office.posted(period).run
        assert run is not None
        with pytest.raises(IntegrityError, match="nothing is added to this run"):
            Statement.objects.create(
                run=run,
                worker=factories.worker(),
                amount_micro=1,
                carried_in_micro=0,
                paid_minor=0,
                carried_out_micro=1,
            )
        with pytest.raises(IntegrityError, match="nothing is added to this run"):
            run.indicators.create(name="invented", value="1")

    def test_an_entry_that_does_not_balance_is_refused_when_it_commits(
        self, office: Office, period: Period
    ) -> None:
        entry = office.posted(period)
        account = entry.ledger.accounts.get(kind=Account.Kind.COMMONS)
        with pytest.raises(IntegrityError, match="sum 5"):
            book(entry.ledger, office, {account: 5})

    def test_an_entry_balances_within_one_ledger(self, office: Office, period: Period) -> None:
        entry = office.posted(period)
        other = Ledger.objects.create(operator=period.operator, currency="EUR")
        foreign = Account.objects.create(ledger=other, kind=Account.Kind.COMMONS)
        account = entry.ledger.accounts.get(kind=Account.Kind.COMMONS)
        with pytest.raises(IntegrityError, match="1 in another ledger"):
            book(entry.ledger, office, {account: 5, foreign: -5})

    def test_nothing_is_added_to_an_entry(self, office: Office, period: Period) -> None:
        entry = office.posted(period)
        account = entry.ledger.accounts.get(kind=Account.Kind.COMMONS)
        with pytest.raises(IntegrityError, match="nothing is added to an entry"):
            Posting.objects.bulk_create(
                Posting(entry=entry, account=account, amount_micro=amount) for amount in (5, -5)
            )

    def test_postings_without_an_entry_do_not_commit(self, office: Office, period: Period) -> None:
        account = office.posted(period).ledger.accounts.get(kind=Account.Kind.COMMONS)
        with pytest.raises(IntegrityError, match="foreign key"):
            Posting.objects.create(entry_id=900, account=account, amount_micro=5)

    def test_entries_count_without_gaps(self, office: Office, period: Period) -> None:
        ledger = office.posted(period).ledger
        with pytest.raises(IntegrityError, match="count without gaps"):
            book(ledger, office, {}, number=3)

    def test_an_entry_of_a_run_that_nobody_approved_is_refused(
        self, office: Office, period: Period
    ) -> None:
        ledger = office.posted(period).ledger
        run = office.computed(period)
        with pytest.raises(IntegrityError, match="not approved"), transaction.atomic():
            JournalEntry.objects.create(
                ledger=ledger,
                number=2,
                kind="run",
                run=run,
                period=period,
                postings_count=0,
                postings_sha256="",
                posted_by=office.approver,
            )


@transaction.atomic
def book(ledger: Ledger, office: Office, amounts: dict[Account, int], *, number: int = 2) -> None:
    """Write a payment's entry by hand, as the services do: its postings first."""
    for account, amount in amounts.items():
        Posting.objects.create(entry_id=900, account=account, amount_micro=amount)
    JournalEntry.objects.create(
        pk=900,
        ledger=ledger,
        number=number,
        kind="payment",
        postings_count=len(amounts),
        postings_sha256="",
        posted_by=office.approver,
    )


class TestCarry:
    def test_what_a_run_could_not_pay_is_carried_into_the_next(
        self, office: Office, period: Period
    ) -> None:
        first = office.posted(period).run
        assert first is not None
        following = next_period(period)
        product = period.revenue.get().product
        assert product is not None
        factories.revenue(following, product, amount=777)
        second = office.posted(following).run
        assert second is not None
        carried = dict(first.statements.values_list("worker", "carried_out_micro"))
        for statement in second.statements.all():
            assert statement.carried_in_micro == carried[statement.worker_id]

    def test_coins_below_the_minimum_are_held_and_paid_later(self) -> None:
        period = factories.ready_period()
        factories.policy_in_force(period.operator, version="minimum", minimum_payout_minor=5_000)
        office = Office(period.operator)
        entry = office.posted(period)
        run = entry.run
        assert run is not None
        held = run.statements.filter(paid_minor=0, carried_out_micro__gte=10_000)
        assert held.exists()
        coins = sum(row.carried_out_micro // 10_000 * 10_000 for row in held)
        assert balances_by_kind(entry.ledger)[Account.Kind.HELD] == coins

        following = next_period(period)
        product = period.revenue.get().product
        assert product is not None
        factories.revenue(following, product, amount=3_000)
        office.posted(following)
        assert balances_by_kind(entry.ledger)[Account.Kind.HELD] == 0
        assert gaps(reconcile(entry.ledger)) == []

    def test_a_run_computed_before_money_was_carried_in_is_computed_again(self) -> None:
        period = factories.ready_period(amount=997)
        office = Office(period.operator)
        following = next_period(period)
        product = period.revenue.get().product
        assert product is not None
        factories.revenue(following, product, amount=777)
        stale = office.approved(following)
        with pytest.raises(posting.EarlierPeriodUnposted):
            posting.post_run(run=stale, posted_by=office.approver)
        entry = office.posted(period)
        assert entry.run is not None
        assert entry.run.statements.exclude(carried_out_micro=0).exists()
        with pytest.raises(posting.CarryStale):
            posting.post_run(run=stale, posted_by=office.approver)

    def test_periods_are_posted_in_their_order(self, office: Office, period: Period) -> None:
        earlier = factories.period(
            period.operator,
            starts_on=period.starts_on.replace(year=2025),
            ends_on=period.ends_on.replace(year=2025),
        )
        office.posted(period)
        product = period.revenue.get().product
        assert product is not None
        factories.contribution(
            factories.worker(), product, occurred_on=earlier.starts_on, seconds=60
        )
        factories.revenue(earlier, product, amount=5)
        run = office.approved(earlier)
        with pytest.raises(posting.LaterPeriodPosted):
            posting.post_run(run=run, posted_by=office.approver)


class TestReconciling:
    """A gap is found and named at whatever level it is planted."""

    def planted(self, entry: JournalEntry, statement: str) -> set[str]:
        """Which checks fail after the guards were switched off and a cell was changed."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                for table in ("lineblock", "statement", "posting", "escrowentry", "runpool"):
                    cursor.execute(f"ALTER TABLE accounting_{table} DISABLE TRIGGER USER")
                cursor.execute(statement)
            found = {check.name for check in gaps(reconcile(entry.ledger))}
            transaction.set_rollback(True)
        return found

    @pytest.mark.parametrize(
        ("statement", "names"),
        [
            (
                "UPDATE accounting_statement SET amount_micro = amount_micro + 1 WHERE id ="
                " (SELECT min(id) FROM accounting_statement)",
                {"lines_are_statements", "statement_is_lines", "statement_carries"},
            ),
            (
                "UPDATE accounting_statement SET paid_minor = paid_minor + 1 WHERE id ="
                " (SELECT min(id) FROM accounting_statement)",
                {"statement_carries", "statements_carry"},
            ),
            (
                "UPDATE accounting_escrowentry SET amount_micro = amount_micro + 1",
                {"pools_are_lines_and_escrow", "pool_is_lines_and_escrow", "posted_is_escrow"},
            ),
            (
                "UPDATE accounting_posting SET amount_micro = amount_micro + 1 WHERE id ="
                " (SELECT max(id) FROM accounting_posting)",
                {"entry_unchanged", "posted_is_stated", "payee_is_owed", "money_in_is_money_out"},
            ),
            ("DELETE FROM accounting_posting", {"entry_has_its_postings", "payees_are_owed"}),
        ],
    )
    def test_a_changed_cell_is_named(
        self, office: Office, period: Period, statement: str, names: set[str]
    ) -> None:
        entry = office.posted(period)
        assert gaps(reconcile(entry.ledger)) == []
        assert names <= self.planted(entry, statement)

    def test_the_command_exits_with_1_on_a_gap(
        self, office: Office, period: Period, capsys: pytest.CaptureFixture[str]
    ) -> None:
        entry = office.posted(period)
        call_command("reconcile", ledger=entry.ledger.public_id)
        assert "0 gaps" in capsys.readouterr().out
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounting_posting DISABLE TRIGGER USER")
                cursor.execute("UPDATE accounting_posting SET amount_micro = amount_micro + 1")
            with pytest.raises(CommandError) as refused:
                call_command("reconcile", json=True)
            assert refused.value.returncode == 1
            transaction.set_rollback(True)
        assert '"entry_unchanged"' in capsys.readouterr().out
