"""The ledgers: what each holds, where its money came from, and where it is."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Ledger
from accounting.services.accounts import balances_by_kind, kept_ledgers, visible_ledgers
from accounting.views import acts, ledger_tables, notices
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Section
from contributions.views.tables import Link


@require_GET
@signed_in
def ledgers(request: SignedInRequest) -> HttpResponse:
    """List the ledgers whose totals the reader may see; a worker goes to their own account."""
    reader = reader_of(request)
    if reader.role in {"worker", "nobody"}:
        return HttpResponseRedirect(reverse("accounts"))
    table = ledger_tables.ledgers_table(visible_ledgers(request.user))
    context = {
        "title": _("Ledger"),
        "lead": _("Double entry, one ledger per operator and currency, balanced to the millionth."),
        "sections": [Section("ledgers", _("Ledgers"), table)],
        "links": [Link(_("Accounts of people"), reverse("accounts"))]
        if reader.sees_single_rows
        else [],
        "breadcrumb": acts.trail((_("Ledger"), "")),
    }
    return render(request, acts.PAGE, context)


@require_GET
@signed_in
def ledger(request: SignedInRequest, ledger_id: str) -> HttpResponse:
    """Show a ledger: its trial balance, and its entries to whoever keeps it."""
    found = find(visible_ledgers(request.user), ledger_id)
    keeps = kept_ledgers(request.user).filter(pk=found.pk).exists()
    sums = balances_by_kind(found)
    sections = [Section("balance", _("Trial balance"), ledger_tables.trial_balance(found, sums))]
    if keeps:
        sections.append(Section("entries", _("Entries"), ledger_tables.entries(found)))
    context = {
        "title": str(found),
        "eyebrow": _("Ledger"),
        "cards": ledger_tables.sum_cards(found, sums, keeps=keeps),
        "sections": sections,
        "links": _links(found) if keeps else [],
        "notices": notices.of_operator(found.operator),
        "breadcrumb": acts.trail((_("Ledger"), reverse("ledgers")), (str(found), "")),
    }
    return render(request, acts.PAGE, context)


def _links(ledger: Ledger) -> list[Link]:
    return [
        Link(_("Reconcile"), reverse("reconciliation", args=[ledger.public_id])),
        Link(_("Pay out"), reverse("payout-new", args=[ledger.public_id])),
        Link(_("Batches of payments"), reverse("payouts")),
        Link(_("Accounts of people"), f"{reverse('accounts')}?ledger={ledger.public_id}"),
    ]
