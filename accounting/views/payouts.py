"""Paying out: batches of payments, their files for banks, and what became of each payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounting.core.errors import AccountingError
from accounting.forms.payouts import (
    BatchForm,
    FailureForm,
    PaidForm,
    PayoutAccountForm,
    ReasonForm,
)
from accounting.models import Ledger, Payment, PaymentEvent, PayoutBatch
from accounting.services import payout_files, payouts
from accounting.services.accounts import kept_ledgers, micro_per_coin
from accounting.services.payout_accounts import current_account, keep_account, keeps_account
from accounting.views import acts, links, notices
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Act, Section
from accounting.views.tables import Cell, Empty, Fact, Link, Pager, Table, columns, number
from contributions.errors import ContributionError
from contributions.formatting import day, money
from contributions.formatting import number as figure
from contributions.models import Organisation, User, Worker
from contributions.services.visibility import visible_organisations, visible_workers

PAGE = 200
_STATES = {
    PayoutBatch.State.DRAFTED: "busy",
    PayoutBatch.State.RELEASED: "good",
    PayoutBatch.State.CANCELLED: "warn",
}
_OUTCOMES = {"pending": "busy", "paid": "good", "returned": "bad", "rejected": "bad"}


@require_GET
@signed_in
def batches(request: SignedInRequest) -> HttpResponse:
    """List batches of payments, and what each ledger still has to pay."""
    kept = list(kept_ledgers(request.user))
    rows = list(payouts.visible_batches(request.user)[:PAGE])
    table = Table(
        caption=_("Batches, newest first"),
        columns=columns(
            _("Batch"),
            _("Ledger"),
            _("State"),
            _("Day of payment"),
            _("Payments"),
            _("Total"),
            numeric=(4, 5),
        ),
        rows=[_batch_row(row) for row in rows],
        empty=Empty(
            _("No batch yet"), _("Post a run, and collect what it owes people into a batch.")
        ),
    )
    context = {
        "title": _("Pay-outs"),
        "lead": _("One person makes a batch, another releases it; then its file goes to the bank."),
        "sections": [
            Section("due", _("What is to be paid"), _due_table(kept)),
            Section("batches", _("Batches"), table),
        ],
        "links": [
            Link(
                _("Where {} pays from").format(organisation),
                reverse("payout-account", args=[organisation.public_id]),
            )
            for organisation in sorted({one.operator for one in kept}, key=str)
            if keeps_account(request.user, organisation)
        ],
        "breadcrumb": acts.trail((_("Ledger"), reverse("ledgers")), (_("Pay-outs"), "")),
    }
    return render(request, acts.PAGE, context)


@require_http_methods(["GET", "POST"])
@signed_in
def make(request: SignedInRequest, ledger_id: str) -> HttpResponse:
    """Collect what a ledger has to pay into a batch.

    Raises:
        Http404: The reader keeps no records of its operator.
    """
    ledger = find(kept_ledgers(request.user), ledger_id)
    if not reader_of(request).acts_for(ledger.operator, roles=payouts.MAKERS):
        raise Http404(ledger_id)
    form = BatchForm(request.POST or None, initial={"execute_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            batch = payouts.make_batch(ledger=ledger, made_by=request.user, **form.cleaned_data)
        except AccountingError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The batch is made. Somebody else has to release it."))
            return HttpResponseRedirect(_url(batch))
    context = {
        "title": _("Pay out"),
        "eyebrow": str(ledger),
        "lead": _("Every posted statement that is unpaid and whose worker has an account."),
        "facts": _due_facts(ledger),
        "form": form,
        "submit": _("Make the batch"),
        "cancel_url": reverse("payouts"),
        "breadcrumb": acts.trail((_("Pay-outs"), reverse("payouts")), (_("Pay out"), "")),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)


@require_GET
@signed_in
def batch(request: SignedInRequest, batch_id: str) -> HttpResponse:
    """Show a batch: who made and released it, its files, and its payments."""
    found = find(payouts.visible_batches(request.user), batch_id)
    reader = reader_of(request)
    may = reader.acts_for(found.ledger.operator, roles=payouts.MAKERS)
    after = _payment_number(request.GET.get("after", ""))
    rows = (
        found.payments.filter(pk__gt=after)
        .with_outcome()
        .select_related("statement__worker", "payout_account")
    )
    shown = list(rows.order_by("pk")[: PAGE + 1])
    table = _payments_table(found, shown[:PAGE], may=may)
    if len(shown) > PAGE:
        table = replace(table, pager=Pager(next_url=f"?after={shown[PAGE - 1].public_id}"))
    context = {
        "title": _("Batch {}").format(found.public_id),
        "eyebrow": str(found.ledger),
        "tag": {
            "label": found.get_state_display(),
            "state": _STATES[PayoutBatch.State(found.state)],
        },
        "acts": _acts(found, reader) if may else [],
        "facts": _batch_facts(found),
        "links": _files(found) if may else [],
        "sections": [Section("payments", _("Payments"), table)],
        "notices": notices.of_operator(found.ledger.operator),
        "breadcrumb": acts.trail((_("Pay-outs"), reverse("payouts")), (found.public_id, "")),
    }
    return render(request, acts.PAGE, context)


@require_POST
@signed_in
def take(request: SignedInRequest, batch_id: str, step: str) -> HttpResponse:
    """Take a step with a batch: `release`, `cancel` or `paid`.

    Raises:
        Http404: There is no such step, or the batch is another organisation's.
    """
    found = find(payouts.visible_batches(request.user), batch_id)
    forms = {"release": None, "cancel": ReasonForm, "paid": PaidForm}
    if step not in forms:
        raise Http404(step)
    kind = forms[step]
    form = kind(request.POST) if kind else None
    if form is not None and not acts.filled(form, request):
        return HttpResponseRedirect(_url(found))
    given = form.cleaned_data if form is not None else {}
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "release": (
            lambda: payouts.release_batch(batch=found, released_by=request.user),
            _("The batch is released. Its file can go to the bank."),
        ),
        "cancel": (
            lambda: payouts.cancel_batch(
                batch=found, cancelled_by=request.user, today=timezone.localdate(), **given
            ),
            _("The batch is cancelled. Its statements wait for the next one."),
        ),
        "paid": (
            lambda: payouts.record_paid(batch=found, recorded_by=request.user, **given),
            _("The payments are posted."),
        ),
    }
    act, said = steps[step]
    return acts.done(request, act, said=said, back=_url(found))


@require_GET
@signed_in
def file(request: SignedInRequest, batch_id: str, form: str) -> HttpResponseBase:
    """Answer a released batch as `csv` or `xml` (pain.001.001.09) for the bank.

    Raises:
        Http404: There is no such form, or the reader keeps no records of the operator.
    """
    found = find(payouts.visible_batches(request.user), batch_id)
    if form not in {"csv", "xml"} or not reader_of(request).acts_for(
        found.ledger.operator, roles=payouts.MAKERS
    ):
        raise Http404(form)
    try:
        return _answer(found, form)
    except (AccountingError, ContributionError) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(_url(found))


@require_http_methods(["GET", "POST"])
@signed_in
def failure(request: SignedInRequest, payment_id: str) -> HttpResponse:
    """Record that a payment was refused, or came back.

    Raises:
        Http404: The reader keeps no records of the operator.
    """
    rows = Payment.objects.filter(batch__in=payouts.visible_batches(request.user))
    payment = find(
        rows.with_outcome().select_related("batch__ledger__operator", "statement__worker"),
        payment_id,
    )
    if not reader_of(request).acts_for(payment.batch.ledger.operator, roles=payouts.MAKERS):
        raise Http404(payment_id)
    form = FailureForm(request.POST or None, initial={"happened_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        return acts.done(
            request,
            lambda: payouts.record_failure(
                payment=payment, recorded_by=request.user, **form.cleaned_data
            ),
            said=_("Recorded. The payment can be tried again in a new batch."),
            back=_url(payment.batch),
        )
    context = {
        "title": _("A payment failed"),
        "eyebrow": payment.public_id,
        "lead": _("What had been paid is posted back to the person's account."),
        "facts": [
            Fact(_("Payee"), payment.statement.worker.pseudonym),
            Fact(_("Amount"), _coins(payment.amount_minor, payment.batch.ledger.currency)),
        ],
        "form": form,
        "submit": _("Record"),
        "cancel_url": _url(payment.batch),
        "breadcrumb": acts.trail(
            (_("Pay-outs"), reverse("payouts")),
            (payment.batch.public_id, _url(payment.batch)),
            (payment.public_id, ""),
        ),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def bank_account(request: SignedInRequest, holder_id: str) -> HttpResponse:
    """Say where a worker is paid, or from where an operator pays.

    Raises:
        Http404: There is no such holder, or it is not the reader's to say.
    """
    holder = _holder(request.user, holder_id)
    form = PayoutAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        back = reverse("accounts" if isinstance(holder, Worker) else "payouts")
        return acts.done(
            request,
            lambda: keep_account(holder=holder, details=form.details, added_by=request.user),
            said=_("The account is kept, encrypted. Payments go there from now on."),
            back=back,
        )
    kept = current_account(holder)
    ending = _("account ending in {}").format(kept.last_digits) if kept else _("none yet")
    context = {
        "title": _("Where {} is paid").format(holder)
        if isinstance(holder, Worker)
        else _("Where {} pays from").format(holder),
        "lead": _("It is kept encrypted, shown to nobody, and opened only for a bank's file."),
        "facts": [Fact(_("Present account"), ending)],
        "form": form,
        "submit": _("Keep this account"),
        "cancel_url": reverse("accounts"),
        "breadcrumb": acts.trail((_("Accounts"), reverse("accounts")), (_("Bank account"), "")),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)


def _answer(batch: PayoutBatch, form: str) -> HttpResponseBase:
    write, kind = {
        "csv": (payout_files.csv_rows, "text/csv; charset=utf-8"),
        "xml": (payout_files.pain_001, "application/xml"),
    }[form]
    response = StreamingHttpResponse(write(batch), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{batch.public_id}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def _holder(user: User, text: str) -> Worker | Organisation:
    holder: Worker | Organisation = (
        find(visible_workers(user), text)
        if text.startswith(f"{Worker.id_prefix}_")
        else find(visible_organisations(user), text)
    )
    if not keeps_account(user, holder):
        raise Http404(text)
    return holder


def _url(batch: PayoutBatch) -> str:
    return reverse("payout-batch", args=[batch.public_id])


def _coins(minor: int, currency: str) -> str:
    return f"{money(minor * micro_per_coin(currency), currency)} {currency}"


def _batch_row(row: PayoutBatch) -> list[Cell]:
    return [
        Cell(row.public_id, href=_url(row)),
        Cell(str(row.ledger)),
        Cell(str(row.get_state_display()), state=_STATES[PayoutBatch.State(row.state)]),
        Cell(day(row.execute_on)),
        number(figure(row.payments_count)),
        number(_coins(row.total_minor, row.ledger.currency), _url(row)),
    ]


def _due_table(ledgers: list[Ledger]) -> Table:
    rows = []
    for ledger in ledgers:
        due = payouts.outstanding(ledger)
        url = reverse("payout-new", args=[ledger.public_id])
        rows.append(
            [
                Cell(str(ledger), href=url),
                number(_coins(due.payable_minor, ledger.currency), url, detail=figure(due.payable)),
                number(_coins(due.failed_minor, ledger.currency), url, detail=figure(due.failed)),
                number(
                    _coins(due.without_account_minor, ledger.currency),
                    f"{reverse('accounts')}?ledger={ledger.public_id}",
                    detail=figure(due.without_account),
                ),
            ]
        )
    return Table(
        caption=_("Due, with the number of statements below each sum"),
        columns=columns(
            _("Ledger"), _("Ready"), _("Failed before"), _("Without an account"), numeric=(1, 2, 3)
        ),
        rows=rows,
        empty=Empty(
            _("Nothing is posted yet"),
            _("People are paid by posted runs."),
            reverse("runs"),
            _("See the runs"),
        ),
    )


def _due_facts(ledger: Ledger) -> list[Fact]:
    due = payouts.outstanding(ledger)
    return [
        Fact(_("Ready"), _coins(due.payable_minor, ledger.currency), detail=figure(due.payable)),
        Fact(
            _("Failed before"), _coins(due.failed_minor, ledger.currency), detail=figure(due.failed)
        ),
        Fact(
            _("Without an account"),
            _coins(due.without_account_minor, ledger.currency),
            f"{reverse('accounts')}?ledger={ledger.public_id}",
            figure(due.without_account),
        ),
    ]


def _batch_facts(batch: PayoutBatch) -> list[Fact]:
    facts = [
        Fact(_("Total"), _coins(batch.total_minor, batch.ledger.currency)),
        Fact(_("Payments"), figure(batch.payments_count)),
        Fact(_("Day of payment"), day(batch.execute_on)),
        Fact(_("Made"), f"{batch.made_at:%Y-%m-%d %H:%M} UTC", detail=batch.made_by.get_username()),
    ]
    if batch.released_at is not None and batch.released_by is not None:
        facts.append(
            Fact(
                _("Released"),
                f"{batch.released_at:%Y-%m-%d %H:%M} UTC",
                detail=batch.released_by.get_username(),
            )
        )
    return facts


def _files(batch: PayoutBatch) -> list[Link]:
    if batch.state != PayoutBatch.State.RELEASED:
        return []
    return [
        Link(_("File for the bank (pain.001.001.09)"), _file_url(batch, "xml")),
        Link(_("CSV"), _file_url(batch, "csv")),
    ]


def _file_url(batch: PayoutBatch, form: str) -> str:
    return reverse("payout-file", args=[batch.public_id, form])


def _acts(batch: PayoutBatch, reader: Reader) -> list[Act]:
    def url(step: str) -> str:
        return reverse("payout-step", args=[batch.public_id, step])

    if batch.state == PayoutBatch.State.DRAFTED:
        may_release = batch.made_by_id != reader.user.pk and reader.acts_for(
            batch.ledger.operator, roles=payouts.RELEASERS
        )
        release = Act(
            "release",
            _("Release"),
            _("Release"),
            url("release") if may_release else "",
            _("An approver of the operator who did not make this batch releases it."),
        )
        reason = ReasonForm(auto_id="cancel-%s")
        cancel = Act("cancel", _("Cancel this batch"), _("Cancel it"), url("cancel"), form=reason)
        return [release, cancel]
    if batch.payments.filter(events=None).exists():
        today = {"paid_on": timezone.localdate()}
        return [
            Act(
                "paid",
                _("The bank has paid"),
                _("Record and post"),
                url("paid"),
                _("All payments of which nothing is known yet. Record failures one by one first."),
                PaidForm(auto_id="paid-%s", initial=today),
            )
        ]
    return []


def _payments_table(batch: PayoutBatch, rows: list[Payment], *, may: bool) -> Table:
    currency = batch.ledger.currency
    return Table(
        caption=_("Payments, in {}").format(currency),
        columns=columns(
            _("Payment"),
            _("Payee"),
            _("Statement"),
            _("Amount"),
            _("State"),
            _("Failed?"),
            numeric=(3,),
        ),
        rows=[
            [
                Cell(row.public_id),
                Cell(
                    row.statement.worker.pseudonym,
                    href=links.worker_url(row.statement.worker_id),
                    detail=f"…{row.payout_account.last_digits}",
                ),
                Cell(row.statement.public_id, href=links.statement_url(row.statement_id)),
                number(money(row.amount_minor * micro_per_coin(currency), currency)),
                _outcome(batch, row),
                _failure(batch, row) if may else Cell(""),
            ]
            for row in rows
        ],
        totals=[
            Cell(_("Whole batch")),
            Cell(""),
            Cell(""),
            number(money(batch.total_minor * micro_per_coin(currency), currency)),
            Cell(""),
            Cell(""),
        ],
        empty=Empty(_("No payments on this page")),
    )


def _outcome(batch: PayoutBatch, row: Payment) -> Cell:
    outcome: str = row.outcome  # type: ignore[attr-defined]
    if outcome != "pending":
        words = str(PaymentEvent.Kind(outcome).label)
    elif batch.state == PayoutBatch.State.DRAFTED:
        words = str(batch.get_state_display())
    else:
        words = _("on its way")
    return Cell(words, state=_OUTCOMES.get(outcome, "warn"))


def _failure(batch: PayoutBatch, row: Payment) -> Cell:
    outcome: str = row.outcome  # type: ignore[attr-defined]
    if batch.state != PayoutBatch.State.RELEASED or outcome not in {"pending", "paid"}:
        return Cell("")
    return Cell(_("Record a failure"), href=reverse("payment-failure", args=[row.public_id]))


def _payment_number(text: str) -> int:
    try:
        return Payment.number_of(text)
    except Payment.DoesNotExist:
        return 0
