"""The tables and cards of ledgers: what each holds, its trial balance, and its entries."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models import Account, Ledger
from accounting.services.accounts import balances_by_detail, balances_by_kind, micro_per_coin
from accounting.services.payouts import outstanding
from accounting.views import links
from accounting.views.account_words import KINDS, detail_name
from contributions.formatting import money
from contributions.formatting import number as figure
from contributions.views.tables import Card, Cell, Empty, Table, columns, number

SHOWN_ENTRIES = 100


def ledgers_table(ledgers: Iterable[Ledger]) -> Table:
    """Return the totals of ledgers, one row per operator and currency."""
    rows = [(ledger, balances_by_kind(ledger)) for ledger in ledgers]
    return Table(
        caption=_("One ledger per operator and currency"),
        columns=columns(
            _("Operator"),
            _("Shared out"),
            _("Owed to people"),
            _("Escrow"),
            _("Commons"),
            _("Paid out"),
            numeric=(1, 2, 3, 4, 5),
        ),
        rows=[_ledger_row(ledger, sums) for ledger, sums in rows],
        empty=Empty(
            _("Nothing is posted yet"),
            _("A ledger opens with the first run that is approved and posted."),
            reverse("runs"),
            _("See the runs"),
        ),
    )


def sum_cards(ledger: Ledger, sums: dict[str, int], *, keeps: bool) -> list[Card]:
    """Return the sums of a ledger; whoever keeps it also sees what waits to be paid."""
    currency = ledger.currency
    owed = sums[Account.Kind.PAYEE] + sums[Account.Kind.HELD]
    shared = -sums[Account.Kind.FUNDING] - sums[Account.Kind.LICENCES]
    cards = [
        Card(_("Shared out"), money(shared, currency), "#balance", currency),
        Card(_("Owed to people"), money(owed, currency), "#balance", currency),
        Card(_("Paid out"), money(sums[Account.Kind.PAID_OUT], currency), "#balance", currency),
    ]
    if keeps:
        waiting = outstanding(ledger)
        coin = micro_per_coin(currency)
        cards.append(
            Card(
                _("Ready to be paid"),
                money(waiting.payable_minor * coin, currency),
                reverse("payouts"),
                currency,
                _("{count} statements; {without} more without an account").format(
                    count=figure(waiting.payable), without=figure(waiting.without_account)
                ),
            )
        )
    return cards


def trial_balance(ledger: Ledger, sums: dict[str, int]) -> Table:
    """Return where money came from and where it is, account by account, adding up to zero."""
    currency = ledger.currency
    balances = [
        *balances_by_detail(ledger),
        (Account.Kind.PAYEE, "", sums[Account.Kind.PAYEE]),
        (Account.Kind.HELD, "", sums[Account.Kind.HELD]),
    ]
    places = list(KINDS)
    balances.sort(key=lambda row: (places.index(row[0]), row[1]))
    every = [micro for _kind, _detail, micro in balances]
    return Table(
        caption=_("Where money came from and where it is, in {}").format(currency),
        columns=columns(_("Account"), _("Came from"), _("Is at"), numeric=(1, 2)),
        rows=[
            [
                Cell(detail_name(kind, detail), detail=KINDS[kind]),
                number(money(-micro, currency, exact=True) if micro < 0 else ""),
                number(money(micro, currency, exact=True) if micro >= 0 else ""),
            ]
            for kind, detail, micro in balances
        ],
        totals=[
            Cell(_("Together")),
            number(money(-sum(micro for micro in every if micro < 0), currency, exact=True)),
            number(money(sum(micro for micro in every if micro > 0), currency, exact=True)),
        ],
        empty=Empty(_("Nothing is posted yet")),
    )


def entries(ledger: Ledger) -> Table:
    """Return the newest entries of a ledger."""
    rows = ledger.entries.select_related("period", "run", "posted_by")[:SHOWN_ENTRIES]
    return Table(
        caption=_("Entries, newest first"),
        columns=columns(
            _("Number"), _("Kind"), _("About"), _("Posted"), _("By"), _("Postings"), numeric=(5,)
        ),
        rows=[
            [
                Cell(figure(row.number), href=reverse("entry", args=[row.public_id])),
                Cell(str(row.get_kind_display())),
                Cell(
                    str(row.period or ""),
                    href=links.run_url(row.run) if row.run else "",
                    detail=row.run.public_id if row.run else "",
                ),
                Cell(f"{row.posted_at:%Y-%m-%d %H:%M} UTC"),
                Cell(row.posted_by.get_username()),
                number(figure(row.postings_count)),
            ]
            for row in rows
        ],
        empty=Empty(_("Nothing is posted yet")),
    )


def _ledger_row(ledger: Ledger, sums: dict[str, int]) -> list[Cell]:
    url = reverse("ledger", args=[ledger.public_id])
    shared = -sums[Account.Kind.FUNDING] - sums[Account.Kind.LICENCES]
    owed = sums[Account.Kind.PAYEE] + sums[Account.Kind.HELD]
    amounts = (
        shared,
        owed,
        sums[Account.Kind.ESCROW],
        sums[Account.Kind.COMMONS],
        sums[Account.Kind.PAID_OUT],
    )
    return [
        Cell(str(ledger.operator), href=url, detail=ledger.currency),
        *(number(money(amount, ledger.currency), url) for amount in amounts),
    ]
