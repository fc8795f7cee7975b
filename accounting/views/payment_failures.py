"""Payments that failed: recording that one was refused, or came back."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounting.forms.payouts import FailureForm
from accounting.models import Payment
from accounting.services import payouts
from accounting.views import acts, links, payout_tables
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from contributions.views.tables import Fact


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
            back=links.payout_batch_url(payment.batch),
        )
    context = {
        "title": _("A payment failed"),
        "eyebrow": payment.public_id,
        "lead": _("What had been paid is posted back to the person's account."),
        "facts": [
            Fact(_("Payee"), payment.statement.worker.pseudonym),
            Fact(
                _("Amount"),
                payout_tables.coins(payment.amount_minor, payment.batch.ledger.currency),
            ),
        ],
        "form": form,
        "submit": _("Record"),
        "cancel_url": links.payout_batch_url(payment.batch),
        "breadcrumb": acts.trail(
            (_("Pay-outs"), reverse("payouts")),
            (payment.batch.public_id, links.payout_batch_url(payment.batch)),
            (payment.public_id, ""),
        ),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)
