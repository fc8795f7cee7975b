"""Paying out: batches, their files, payments and bank accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounting.api.ledger import EntryOutput, entry_reply
from accounting.models import (
    Ledger,
    Payment,
    PaymentEvent,
    PayoutAccount,
    PayoutBatch,
    Statement,
)
from accounting.services import payout_files, payouts
from accounting.services.accounts import kept_ledgers
from accounting.services.payout_accounts import (
    clean_details,
    current_account,
    keep_account,
    keeps_account,
)
from contributions.api.documents import Input, Output
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    Money,
    RecordField,
    TextField,
    TimeField,
    YesNoField,
    money,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import Collection, Item, find
from contributions.currencies import minor_digits
from contributions.models import ApiToken, Organisation, Worker
from contributions.services.replies import Reply
from contributions.services.visibility import visible_organisations, visible_workers

TAG = "Pay-outs"


class CsvFile(BaseRenderer):
    """Lets CSV be asked for; the view answers the file itself."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *_arguments: Any, **_options: Any) -> Any:
        """Write a problem as JSON."""
        return JSONRenderer().render(data)


class XmlFile(CsvFile):
    """Lets XML be asked for."""

    media_type = "application/xml"
    format = "xml"


class PayoutAccountInput(Input):
    """A bank account."""

    name = TextField(most=140)
    number = TextField(most=60)
    bic = TextField(most=20, required=False, default="")


class PayoutAccountOutput(Output):
    """A bank account, of which only the last characters are told."""

    id = IdField(PayoutAccount, source="pk")
    worker = IdField(Worker, source="worker_id", allow_null=True)
    organisation = IdField(Organisation, source="organisation_id", allow_null=True)
    last_characters = serializers.CharField(source="last_digits")
    added_at = TimeField()


class BatchInput(Input):
    """What is to be paid: everything posted and unpaid of a ledger."""

    ledger = RecordField(Ledger, visible=kept_ledgers)
    execute_on = DayField()
    retry = YesNoField(default=False)


class BatchOutput(Output):
    """Payments that go to the bank in one file."""

    id = IdField(PayoutBatch, source="pk")
    ledger = IdField(Ledger, source="ledger_id")
    state = ChoiceField(choices=PayoutBatch.State.values)
    execute_on = DayField()
    payments_count = IntegerField()
    total = serializers.SerializerMethodField()
    made_at = TimeField()
    released_at = TimeField(allow_null=True)

    @extend_schema_field(Money)
    def get_total(self, batch: PayoutBatch) -> dict[str, str]:
        """Return the sum of the payments."""
        return _coins(batch.total_minor, batch.ledger.currency)


class PaymentOutput(Output):
    """One statement's payment; `outcome` tells what became of it."""

    id = IdField(Payment, source="pk")
    batch = IdField(PayoutBatch, source="batch_id")
    statement = IdField(Statement, source="statement_id")
    worker = IdField(Worker, source="statement.worker_id")
    amount = serializers.SerializerMethodField()
    retry_of = IdField(Payment, source="retry_of_id", allow_null=True)
    outcome = ChoiceField(choices=["pending", *PaymentEvent.Kind.values])

    @extend_schema_field(Money)
    def get_amount(self, payment: Payment) -> dict[str, str]:
        """Return the amount."""
        return _coins(payment.amount_minor, payment.batch.ledger.currency)


class SettlementInput(Input):
    """When the bank paid; without payments, everything not yet settled."""

    paid_on = DayField()
    payments = serializers.ListField(
        child=serializers.CharField(max_length=32), required=False, default=list, max_length=1000
    )


class FailureInput(Input):
    """When and why the bank refused a payment or sent it back."""

    happened_on = DayField()
    reason = TextField(most=200)


class CancellationInput(Input):
    """Why a batch is cancelled."""

    reason = TextField(most=200)


class PayoutBatchesView(Collection):
    """Batches of the asker's own ledgers, newest first."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = BatchInput
    output = BatchOutput
    key_required = True
    orders = {"-id": "-pk", "id": "pk"}
    filters = {
        "ledger": by_id(Ledger, "ledger", "Batches of one ledger."),
        "state": by_word("state", PayoutBatch.State.values, "Batches in one state."),
    }

    def rows(self) -> QuerySet[PayoutBatch]:
        """Return the batches."""
        return payouts.visible_batches(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Collect every posted statement that is unpaid and can be paid into a batch."""
        return self.write(self._make)

    def _make(self, given: Mapping[str, Any]) -> Reply:
        return self.created(payouts.make_batch(**given, made_by=self.user))


class PayoutBatchView(Item):
    """One batch."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    output: ClassVar[type[Output]] = BatchOutput

    def rows(self) -> QuerySet[PayoutBatch]:
        """Return the batches."""
        return payouts.visible_batches(self.user)


class BatchAct(PayoutBatchView):
    """Something done to a batch."""

    http_method_names = ["post"]

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: self.output}

    def act(self, batch: PayoutBatch, given: Mapping[str, Any]) -> None:
        """Do it."""
        raise NotImplementedError

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Take this step with a batch."""
        batch = self.found()
        where = request.path.rstrip("/").rpartition("/")[0]

        def effect(given: Mapping[str, Any]) -> Reply:
            self.act(batch, given)
            return self.created(batch, status=200, location=where)

        return self.write(effect)


class PayoutReleaseView(BatchAct):
    """Releasing a batch that somebody else made."""

    def act(self, batch: PayoutBatch, given: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Release it."""
        payouts.release_batch(batch=batch, released_by=self.user)


class PayoutCancellationView(BatchAct):
    """Cancelling a batch before its release."""

    input = CancellationInput

    def act(self, batch: PayoutBatch, given: Mapping[str, Any]) -> None:
        """Cancel it."""
        payouts.cancel_batch(
            batch=batch,
            cancelled_by=self.user,
            reason=given["reason"],
            today=timezone.localdate(),
        )


class PayoutSettlementView(BatchAct):
    """Recording that the bank has paid."""

    input = SettlementInput
    output = EntryOutput

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {201: EntryOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Record which payments of a released batch the bank has made, and post them."""
        batch = self.found()
        return self.write(lambda given: self._settle(batch, given))

    def _settle(self, batch: PayoutBatch, given: Mapping[str, Any]) -> Reply:
        chosen = [find(batch.payments.all(), text).pk for text in given["payments"]]
        entry = payouts.record_paid(
            batch=batch, paid_on=given["paid_on"], recorded_by=self.user, payments=chosen
        )
        return entry_reply(self, entry)


class BatchPaymentsView(Collection):
    """The payments of a batch."""

    tag = TAG
    output = PaymentOutput

    def rows(self) -> QuerySet[Payment]:
        """Return the payments."""
        batch = find(payouts.visible_batches(self.user), self.kwargs["id"])
        return _payments(batch.payments.all())


class PayoutFileView(PayoutBatchView):
    """A batch as a file for the bank."""

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        media = self.renderer_classes[0].media_type
        return {(200, media): {"type": "string", "format": "binary"}}

    def file(self, batch: PayoutBatch) -> StreamingHttpResponse:
        """Return the file."""
        raise NotImplementedError

    def get(self, request: Request, **_path: str) -> StreamingHttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Answer a released batch; only whoever may make batches gets it."""
        batch = self.found()
        self.require_role(batch.ledger.operator, *payouts.MAKERS)
        return self.file(batch)


class PayoutCsvView(PayoutFileView):
    """A batch as CSV."""

    renderer_classes = (CsvFile, JSONRenderer)

    def file(self, batch: PayoutBatch) -> StreamingHttpResponse:
        """Return the CSV file."""
        return payout_response(batch, "csv")


class PayoutPainView(PayoutFileView):
    """A batch as a credit transfer initiation, pain.001.001.09."""

    renderer_classes = (XmlFile, JSONRenderer)

    def file(self, batch: PayoutBatch) -> StreamingHttpResponse:
        """Return the XML file."""
        return payout_response(batch, "xml")


class PaymentView(Item):
    """One payment."""

    tag = TAG
    output: ClassVar[type[Output]] = PaymentOutput

    def rows(self) -> QuerySet[Payment]:
        """Return the payments the asker may see."""
        return _payments(Payment.objects.visible_to(self.user))


class PaymentFailureView(PaymentView):
    """Recording that a payment was refused or came back."""

    scope = ApiToken.Scope.ACCOUNT
    input = FailureInput
    http_method_names = ["post"]

    def rows(self) -> QuerySet[Payment]:
        """Return the payments of the asker's own operators."""
        return _payments(Payment.objects.filter(batch__in=payouts.visible_batches(self.user)))

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: PaymentOutput}

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Record a failure; what had been paid is posted back to the payee."""
        payment = self.found()
        where = request.path.rstrip("/").rpartition("/")[0]

        def effect(given: Mapping[str, Any]) -> Reply:
            payouts.record_failure(payment=payment, **given, recorded_by=self.user)
            return self.created(self.found(), status=200, location=where)

        return self.write(effect)


class AccountOfHolder(Item):
    """Where a holder's money goes."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = PayoutAccountInput
    output = PayoutAccountOutput

    def found(self) -> PayoutAccount:
        """Return the present account.

        Raises:
            Http404: There is none, or the holder is not the asker's to see.
        """
        account = current_account(self.holder())
        if account is None:
            raise Http404
        return account

    def holder(self) -> Worker | Organisation:
        """Return whose account it is."""
        raise NotImplementedError

    def post(self, request: Request, **_path: str) -> HttpResponse:
        """Keep a new account, sealed; the one before is retired."""
        holder = self.holder()
        return self.write(lambda given: self._keep(holder, given, request.path))

    def _keep(self, holder: Worker | Organisation, given: Mapping[str, Any], where: str) -> Reply:
        kept = keep_account(holder=holder, details=clean_details(**given), added_by=self.user)
        return self.created(kept, location=where)


class WorkerPayoutAccountView(AccountOfHolder):
    """Where a worker is paid."""

    def holder(self) -> Worker:
        """Return the worker."""
        worker = find(visible_workers(self.user), self.kwargs["id"])
        if not keeps_account(self.user, worker):
            raise Http404
        return worker


class OrganisationPayoutAccountView(AccountOfHolder):
    """From where an operator pays."""

    def holder(self) -> Organisation:
        """Return the operator."""
        organisation = find(visible_organisations(self.user), self.kwargs["id"])
        if not keeps_account(self.user, organisation):
            raise Http404
        return organisation


def payout_response(batch: PayoutBatch, form: str) -> StreamingHttpResponse:
    """Answer a released batch as a file to keep."""
    if form == "csv":
        content, kind = payout_files.csv_rows(batch), "text/csv; charset=utf-8"
    else:
        content, kind = payout_files.pain_001(batch), "application/xml"
    response = StreamingHttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{batch.public_id}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _payments(rows: Any) -> QuerySet[Payment]:
    shown: QuerySet[Payment] = rows.with_outcome().select_related("batch__ledger", "statement")
    return shown


def _coins(minor: int, currency: str) -> dict[str, str]:
    return money(minor * 10 ** (6 - minor_digits(currency)), currency)
