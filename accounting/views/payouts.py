"""Paying out: what is to be paid, the batches so far, and making another."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounting.core.errors import AccountingError
from accounting.forms.payouts import BatchForm
from accounting.services import payouts
from accounting.services.accounts import kept_ledgers
from accounting.services.payout_accounts import keeps_account
from accounting.views import acts, links, payout_tables
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Section
from contributions.views.tables import Link

PAGE = 200


@require_GET
@signed_in
def batches(request: SignedInRequest) -> HttpResponse:
    """List batches of payments, and what each ledger still has to pay."""
    kept = list(kept_ledgers(request.user))
    rows = payouts.visible_batches(request.user)[:PAGE]
    table = payout_tables.batches_table(rows)
    context = {
        "title": _("Pay-outs"),
        "lead": _("One person makes a batch, another releases it; then its file goes to the bank."),
        "sections": [
            Section("due", _("What is to be paid"), payout_tables.due_table(kept)),
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
            return HttpResponseRedirect(links.payout_batch_url(batch))
    context = {
        "title": _("Pay out"),
        "eyebrow": str(ledger),
        "lead": _("Every posted statement that is unpaid and whose worker has an account."),
        "facts": payout_tables.due_facts(ledger),
        "form": form,
        "submit": _("Make the batch"),
        "cancel_url": reverse("payouts"),
        "breadcrumb": acts.trail((_("Pay-outs"), reverse("payouts")), (_("Pay out"), "")),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)
