"""The ledger: its accounts and their postings, its entries, and its reconciliation."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounting.models import (
    Account,
    JournalEntry,
    Ledger,
    Payment,
    Period,
    Posting,
    Run,
    RunPool,
    Statement,
)
from accounting.services.accounts import balances_by_detail, kept_ledgers, visible_ledgers
from accounting.services.reconciling import gaps, reconcile
from contributions.api.documents import Output
from contributions.api.fields import (
    ChoiceField,
    IdField,
    IntegerField,
    Money,
    MoneyField,
    TextField,
    TimeField,
    YesNoField,
    money,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import Collection, Item, find, rendered
from contributions.models import Organisation, Worker
from contributions.services.replies import Reply

TAG = "Ledger"


class LedgerOutput(Output):
    """The books of one operator in one currency."""

    id = IdField(Ledger, source="pk")
    operator = IdField(Organisation, source="operator_id")
    currency = TextField(most=3)


class AccountOutput(Output):
    """A place where money is (positive balance) or comes from (negative)."""

    id = IdField(Account, source="pk")
    ledger = IdField(Ledger, source="ledger_id")
    kind = ChoiceField(choices=Account.Kind.values)
    detail = serializers.CharField()
    worker = IdField(Worker, source="worker_id", allow_null=True)
    balance = MoneyField(source="balance_micro", currency="ledger.currency")


class EntryOutput(Output):
    """A booking; its postings add up to zero."""

    id = IdField(JournalEntry, source="pk")
    ledger = IdField(Ledger, source="ledger_id")
    number = IntegerField()
    kind = ChoiceField(choices=JournalEntry.Kind.values)
    period = IdField(Period, source="period_id", allow_null=True)
    run = IdField(Run, source="run_id", allow_null=True)
    corrects = IdField(Run, source="corrects_id", allow_null=True)
    postings_count = IntegerField()
    postings_sha256 = serializers.CharField()
    posted_at = TimeField()


class PostingOutput(Output):
    """Money that arrives at an account, or leaves it if negative."""

    id = IdField(Posting, source="pk")
    entry = IdField(JournalEntry, source="entry_id")
    account = IdField(Account, source="account_id")
    amount = MoneyField(source="amount_micro", currency="account.ledger.currency")
    pool = IdField(RunPool, source="pool_id", allow_null=True)
    statement = IdField(Statement, source="statement_id", allow_null=True)
    payment = IdField(Payment, source="payment_id", allow_null=True)


class CheckOutput(Output):
    """An equation of the books that does not hold."""

    name = serializers.CharField()
    where = serializers.CharField()
    left_micro = IntegerField(least=-(2**63))
    right_micro = IntegerField(least=-(2**63))


class TotalOutput(Output):
    """The sum of all accounts of a kind and detail."""

    kind = ChoiceField(choices=Account.Kind.values)
    detail = serializers.CharField()
    balance = serializers.SerializerMethodField()

    @extend_schema_field(Money)
    def get_balance(self, total: dict[str, Any]) -> dict[str, str]:
        """Return the sum as money."""
        return money(total["micro"], total["currency"])


class ReconciliationOutput(Output):
    """Whether money in equals money out in every table, and where not."""

    holds = YesNoField()
    checks = IntegerField()
    gaps = CheckOutput(many=True)
    payees = serializers.SerializerMethodField()
    totals = TotalOutput(many=True)

    @extend_schema_field(Money)
    def get_payees(self, found: dict[str, Any]) -> dict[str, str]:
        """Return what payees are owed together, held sums included."""
        return money(found["payees_micro"], found["currency"])


def entry_reply(resource: Any, entry: JournalEntry) -> Reply:
    """Return the reply that an entry was written, and where it is."""
    root = resource.request.path.partition("/v1/")[0]
    shown = rendered(EntryOutput(entry).data).decode()
    return Reply(201, shown, location=f"{root}/v1/entries/{entry.public_id}")


class LedgersView(Collection):
    """Ledgers whose totals the asker may read."""

    tag = TAG
    output = LedgerOutput

    def rows(self) -> QuerySet[Ledger]:
        """Return the ledgers."""
        return visible_ledgers(self.user)


class LedgerView(Item):
    """One ledger."""

    tag = TAG
    output = LedgerOutput

    def rows(self) -> QuerySet[Ledger]:
        """Return the ledgers."""
        return visible_ledgers(self.user)


class LedgerReconciliationView(Item):
    """Reconciling a ledger."""

    tag = TAG
    output = ReconciliationOutput

    def rows(self) -> QuerySet[Ledger]:
        """Return the ledgers of the asker's own operators."""
        return kept_ledgers(self.user)

    def get(self, request: Request, **_path: str) -> Response:  # noqa: ARG002
        """Compare every table at every level in the database, and answer what differs."""
        ledger = self.found()
        checks = reconcile(ledger)
        found = gaps(checks)
        owed = Posting.objects.filter(account__ledger=ledger, account__worker__isnull=False)
        answer = {
            "holds": not found,
            "checks": len(checks),
            "gaps": found,
            "payees_micro": sum(owed.values_list("amount_micro", flat=True)),
            "currency": ledger.currency,
            "totals": [
                {"kind": kind, "detail": detail, "micro": micro, "currency": ledger.currency}
                for kind, detail, micro in balances_by_detail(ledger)
            ],
        }
        return Response(ReconciliationOutput(answer).data)


class AccountsView(Collection):
    """Accounts that the asker may read, with their balances."""

    tag = TAG
    output = AccountOutput
    filters = {
        "ledger": by_id(Ledger, "ledger", "Accounts of one ledger."),
        "kind": by_word("kind", Account.Kind.values, "Accounts of one kind."),
        "worker": by_id(Worker, "worker", "Accounts of one worker."),
    }

    def rows(self) -> QuerySet[Account]:
        """Return the accounts."""
        return Account.objects.visible_to(self.user).with_balances().select_related("ledger")


class AccountView(Item):
    """One account."""

    tag = TAG
    output = AccountOutput

    def rows(self) -> QuerySet[Account]:
        """Return the accounts."""
        return Account.objects.visible_to(self.user).with_balances().select_related("ledger")


class AccountPostingsView(Collection):
    """The statement of an account: its postings, newest first."""

    tag = TAG
    output = PostingOutput
    orders = {"-id": "-pk", "id": "pk"}

    def rows(self) -> QuerySet[Posting]:
        """Return the account's postings."""
        account = find(Account.objects.visible_to(self.user), self.kwargs["id"])
        return account.postings.select_related("account__ledger")


class EntriesView(Collection):
    """Entries of the asker's own ledgers, newest first."""

    tag = TAG
    output = EntryOutput
    orders = {"-id": "-pk", "id": "pk"}
    filters = {
        "ledger": by_id(Ledger, "ledger", "Entries of one ledger."),
        "kind": by_word("kind", JournalEntry.Kind.values, "Entries of one kind."),
        "run": by_id(Run, "run", "The entry of one run."),
        "period": by_id(Period, "period", "Entries booked into one period."),
    }

    def rows(self) -> QuerySet[JournalEntry]:
        """Return the entries."""
        return JournalEntry.objects.filter(ledger__in=kept_ledgers(self.user))


class EntryView(Item):
    """One entry."""

    tag = TAG
    output = EntryOutput

    def rows(self) -> QuerySet[JournalEntry]:
        """Return the entries."""
        return JournalEntry.objects.filter(ledger__in=kept_ledgers(self.user))


class EntryPostingsView(Collection):
    """The postings of an entry, in their order."""

    tag = TAG
    output = PostingOutput
    orders = {"id": "pk"}

    def rows(self) -> QuerySet[Posting]:
        """Return the entry's postings."""
        kept = JournalEntry.objects.filter(ledger__in=kept_ledgers(self.user))
        return find(kept, self.kwargs["id"]).postings.select_related("account__ledger")
