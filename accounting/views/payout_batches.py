"""A batch of payments: its page, the steps it takes, and its files for banks."""

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
from django.views.decorators.http import require_GET, require_POST

from accounting.core.errors import AccountingError
from accounting.forms.payouts import PaidForm, ReasonForm
from accounting.models import Payment, PayoutBatch
from accounting.services import payout_files, payouts
from accounting.views import acts, links, notices, payment_tables, payout_tables
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Act, Section
from contributions.errors import ContributionError
from contributions.views.tables import Link, Pager

PAGE = 200


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
    table = payment_tables.payments_table(found, shown[:PAGE], may=may)
    if len(shown) > PAGE:
        table = replace(table, pager=Pager(next_url=f"?after={shown[PAGE - 1].public_id}"))
    context = {
        "title": _("Batch {}").format(found.public_id),
        "eyebrow": str(found.ledger),
        "tag": {
            "label": found.get_state_display(),
            "state": payout_tables.STATES[PayoutBatch.State(found.state)],
        },
        "acts": _acts(found, reader) if may else [],
        "facts": payment_tables.batch_facts(found),
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
        return HttpResponseRedirect(links.payout_batch_url(found))
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
    return acts.done(request, act, said=said, back=links.payout_batch_url(found))


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
        return HttpResponseRedirect(links.payout_batch_url(found))


def _answer(batch: PayoutBatch, form: str) -> HttpResponseBase:
    write, kind = {
        "csv": (payout_files.csv_rows, "text/csv; charset=utf-8"),
        "xml": (payout_files.pain_001, "application/xml"),
    }[form]
    response = StreamingHttpResponse(write(batch), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{batch.public_id}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


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


def _files(batch: PayoutBatch) -> list[Link]:
    if batch.state != PayoutBatch.State.RELEASED:
        return []
    return [
        Link(_("File for the bank (pain.001.001.09)"), _file_url(batch, "xml")),
        Link(_("CSV"), _file_url(batch, "csv")),
    ]


def _file_url(batch: PayoutBatch, form: str) -> str:
    return reverse("payout-file", args=[batch.public_id, form])


def _payment_number(text: str) -> int:
    try:
        return Payment.number_of(text)
    except Payment.DoesNotExist:
        return 0
