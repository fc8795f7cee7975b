"""The tables of pay-outs: what is to be paid, and the batches that pay it."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Ledger, PayoutBatch
from accounting.services.accounts import micro_per_coin
from accounting.services.payouts import outstanding
from accounting.views import links
from contributions.formatting import day, money
from contributions.formatting import number as figure
from contributions.views.tables import Cell, Empty, Fact, Table, columns, number

STATES = {
    PayoutBatch.State.DRAFTED: "busy",
    PayoutBatch.State.RELEASED: "good",
    PayoutBatch.State.CANCELLED: "warn",
}
"""How the state of a batch is coloured."""


def coins(minor: int, currency: str) -> str:
    """Return a sum of whole coins (the currency's minor units) with its currency."""
    return f"{money(minor * micro_per_coin(currency), currency)} {currency}"


def batches_table(rows: Iterable[PayoutBatch]) -> Table:
    """Return batches of payments in their order."""
    return Table(
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


def due_table(ledgers: list[Ledger]) -> Table:
    """Return what each ledger has to pay, by whether it can be paid."""
    rows = []
    for ledger in ledgers:
        due = outstanding(ledger)
        url = reverse("payout-new", args=[ledger.public_id])
        rows.append(
            [
                Cell(str(ledger), href=url),
                number(coins(due.payable_minor, ledger.currency), url, detail=figure(due.payable)),
                number(coins(due.failed_minor, ledger.currency), url, detail=figure(due.failed)),
                number(
                    coins(due.without_account_minor, ledger.currency),
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


def due_facts(ledger: Ledger) -> list[Fact]:
    """Return what one ledger has to pay, by whether it can be paid."""
    due = outstanding(ledger)
    return [
        Fact(_("Ready"), coins(due.payable_minor, ledger.currency), detail=figure(due.payable)),
        Fact(
            _("Failed before"), coins(due.failed_minor, ledger.currency), detail=figure(due.failed)
        ),
        Fact(
            _("Without an account"),
            coins(due.without_account_minor, ledger.currency),
            f"{reverse('accounts')}?ledger={ledger.public_id}",
            figure(due.without_account),
        ),
    ]


def _batch_row(row: PayoutBatch) -> list[Cell]:
    return [
        Cell(row.public_id, href=links.payout_batch_url(row)),
        Cell(str(row.ledger)),
        Cell(str(row.get_state_display()), state=STATES[PayoutBatch.State(row.state)]),
        Cell(day(row.execute_on)),
        number(figure(row.payments_count)),
        number(coins(row.total_minor, row.ledger.currency), links.payout_batch_url(row)),
    ]
