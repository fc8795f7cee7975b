"""Reconciliation: whether a ledger adds up, equation by equation."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounting.models import Ledger
from accounting.services.accounts import balances_by_kind, kept_ledgers
from accounting.services.reconciling import Check, gaps, reconcile
from accounting.views import acts, ledger_tables, notices
from accounting.views.access import SignedInRequest, find, signed_in
from accounting.views.acts import Section
from contributions.formatting import money
from contributions.formatting import number as figure
from contributions.views.tables import Cell, Empty, Notice, Table, columns, number

_COUNTED = ("entries", "entry", "flows", "payees")
"""Checks that compare counts, not money, begin with these."""
CHECKS: dict[str, str | Promise] = {
    "pools_are_lines_and_escrow": gettext_lazy("All pools = all lines + all escrow"),
    "lines_are_statements": gettext_lazy("All lines = all statements"),
    "pool_is_lines_and_escrow": gettext_lazy("Each pool = its lines + its escrow"),
    "flows_are_lines_and_escrow": gettext_lazy("Products whose flow is not lines + escrow = 0"),
    "flow_is_lines_and_escrow": gettext_lazy("What flows to a product = its lines + its escrow"),
    "statement_is_lines": gettext_lazy("Each statement = its lines"),
    "statements_carry": gettext_lazy("Carried in + amounts = paid + carried on, all statements"),
    "statement_carries": gettext_lazy("Carried in + amount = paid + carried on"),
    "entries_without_gap": gettext_lazy("Entries count without gaps"),
    "entry_has_its_postings": gettext_lazy("Each entry has its postings"),
    "entry_unchanged": gettext_lazy("Each entry's postings have its hash"),
    "posted_is_funded": gettext_lazy("Posted from funds = the run's pools"),
    "posted_is_escrow": gettext_lazy("Posted to escrow = the run's escrow"),
    "posted_is_stated": gettext_lazy("Posted to payees = the run's statements"),
    "payees_are_owed": gettext_lazy("People whose account is not earned + corrected - paid = 0"),
    "payee_is_owed": gettext_lazy("Each account = earned + corrected - paid"),
    "batch_is_statements": gettext_lazy("Each batch = what its statements pay"),
    "paid_out_is_payments": gettext_lazy("Paid out = payments made - payments returned"),
    "money_in_is_money_out": gettext_lazy("Money in = money out"),
}


@require_GET
@signed_in
def reconciliation(request: SignedInRequest, ledger_id: str) -> HttpResponse:
    """Compare every table at every level, in the database, and show what differs."""
    found = find(kept_ledgers(request.user), ledger_id)
    checks = reconcile(found)
    wrong = gaps(checks)
    said = (
        Notice("error", _("Somebody has to explain them."), _("{} gaps").format(len(wrong)))
        if wrong
        else Notice(
            "success",
            _("{} equations hold to the millionth.").format(figure(len(checks))),
            _("Money in equals money out"),
        )
    )
    context = {
        "title": _("Reconciliation"),
        "eyebrow": str(found),
        "lead": _("Every figure is read from its own table now; nothing is stored or assumed."),
        "said": [said],
        "sections": [
            Section("checks", _("Equations"), _checks(found, checks)),
            Section(
                "balance",
                _("Trial balance"),
                ledger_tables.trial_balance(found, balances_by_kind(found)),
            ),
        ],
        "notices": notices.of_operator(found.operator),
        "breadcrumb": acts.trail(
            (_("Ledger"), reverse("ledgers")),
            (str(found), reverse("ledger", args=[found.public_id])),
            (_("Reconciliation"), ""),
        ),
    }
    return render(request, acts.PAGE, context)


def _checks(ledger: Ledger, checks: list[Check]) -> Table:
    currency = ledger.currency
    rows = []
    for name, title in CHECKS.items():
        of_kind = [check for check in checks if check.name == name]
        if not of_kind:
            continue
        wrong = gaps(of_kind)
        first = (wrong or of_kind)[0]
        is_money = not name.startswith(_COUNTED)
        both = [
            money(side, currency, exact=True) if is_money else figure(side)
            for side in (first.left_micro, first.right_micro)
        ]
        rows.append(
            [
                Cell(title, detail=first.where if wrong or len(of_kind) == 1 else ""),
                number(figure(len(of_kind))),
                number(both[0] if wrong or len(of_kind) == 1 else ""),
                number(both[1] if wrong or len(of_kind) == 1 else ""),
                Cell(_("differs"), state="bad") if wrong else Cell(_("holds"), state="good"),
            ]
        )
    return Table(
        caption=_("What must be equal"),
        columns=columns(
            _("Equation"), _("Compared"), _("Left"), _("Right"), _("Result"), numeric=(1, 2, 3)
        ),
        rows=rows,
        empty=Empty(_("Nothing is posted yet")),
    )
