"""The page of a batch in tables: its sum and its people, and what became of each payment."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Payment, PaymentEvent, PayoutBatch
from accounting.services.accounts import micro_per_coin
from accounting.views import links, payout_tables
from contributions.formatting import day, money
from contributions.formatting import number as figure
from contributions.views.tables import Cell, Empty, Fact, Table, columns, number

_OUTCOMES = {"pending": "busy", "paid": "good", "returned": "bad", "rejected": "bad"}


def batch_facts(batch: PayoutBatch) -> list[Fact]:
    """Return the sum of a batch, and who made and released it when."""
    facts = [
        Fact(_("Total"), payout_tables.coins(batch.total_minor, batch.ledger.currency)),
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


def payments_table(batch: PayoutBatch, rows: list[Payment], *, may: bool) -> Table:
    """Return payments of a batch; whoever may record one finds where a failure goes."""
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
