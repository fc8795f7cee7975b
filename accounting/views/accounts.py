"""Statements of account: what came in, what was paid, and what is still owed."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import Account, Ledger, Posting
from accounting.services.accounts import Movement, kept_ledgers, movements
from accounting.services.payout_accounts import current_account, keeps_account
from accounting.views import acts, links, notices
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.account_words import KINDS, account_name
from accounting.views.acts import Section
from contributions.formatting import money
from contributions.models import Worker
from contributions.views.tables import Cell, Empty, Fact, Link, Pager, Table, columns, number

PAGE = 100


@require_GET
@signed_in
def accounts(request: SignedInRequest) -> HttpResponse:
    """List the accounts of people that the reader may see, with their sums by currency."""
    rows = Account.objects.visible_to(request.user).exclude(worker=None)
    narrowed = request.GET.get("ledger", "")
    if narrowed:
        rows = rows.filter(ledger=_ledger_number(narrowed))
    after = _account_number(request.GET.get("after", ""))
    page = rows.filter(pk__gt=after).order_by("pk").with_balances()
    shown = list(page.select_related("ledger__operator", "worker")[: PAGE + 1])
    reader = reader_of(request)
    table = _accounts_table(shown[:PAGE], reader)
    if len(shown) > PAGE:
        query = f"ledger={narrowed}&" if narrowed else ""
        following = f"?{query}after={shown[PAGE - 1].public_id}"
        table = replace(table, pager=Pager(next_url=following))
    context = {
        "title": _("Accounts"),
        "lead": _("What each person earned and was not paid yet; open one for every movement."),
        "facts": _sums(rows),
        "sections": [Section("accounts", _("Accounts of people"), table)],
        "links": _own_links(reader),
        "breadcrumb": acts.trail((_("Ledger"), reverse("ledgers")), (_("Accounts"), "")),
    }
    return render(request, acts.PAGE, context)


@require_GET
@signed_in
def account(request: SignedInRequest, account_id: str) -> HttpResponse:
    """Show the statement of an account: each movement with the balance after it."""
    found = find(
        Account.objects.visible_to(request.user)
        .with_balances()
        .select_related("ledger__operator", "worker"),
        account_id,
    )
    # What is held below the minimum stands on the person's statement of account as well.
    together = (
        Account.objects.filter(ledger=found.ledger, worker=found.worker)
        if found.worker is not None
        else Account.objects.filter(pk=found.pk)
    )
    before = _posting_number(request.GET.get("before", ""))
    moved = movements(together, before=before, most=PAGE + 1)
    currency = found.ledger.currency
    balance = together.aggregate(sum=Sum("postings__amount_micro"))["sum"] or 0
    keeps = kept_ledgers(request.user).filter(pk=found.ledger_id).exists()
    context = {
        "title": _("Account of {}").format(account_name(found)),
        "eyebrow": f"{found.ledger} · {found.public_id}",
        "lead": KINDS[found.kind],
        "facts": [
            Fact(_("Balance"), f"{money(balance, currency, exact=True)} {currency}"),
            *_payment_facts(found, reader_of(request)),
        ],
        "sections": [
            Section("movements", _("Movements"), _movements_table(moved, currency, keeps=keeps))
        ],
        "notices": notices.of_operator(found.ledger.operator),
        "breadcrumb": acts.trail(
            (_("Ledger"), reverse("ledgers")),
            (_("Accounts"), reverse("accounts")),
            (account_name(found), ""),
        ),
    }
    return render(request, acts.PAGE, context)


def _accounts_table(rows: list[Account], reader: Reader) -> Table:
    return Table(
        caption=_("Accounts"),
        columns=columns(_("Account"), _("Operator"), _("Balance"), numeric=(2,)),
        rows=[
            [
                Cell(account_name(row), href=reverse("account", args=[row.public_id])),
                Cell(str(row.ledger.operator)),
                number(_balance(row), reverse("account", args=[row.public_id])),
            ]
            for row in rows
        ],
        empty=Empty(
            _("No account yet"),
            _("An account opens with the first posted run that pays somebody.")
            if reader.worker is None
            else _("Yours opens with the first posted run that pays for your work."),
        ),
    )


def _balance(account: Account) -> str:
    balance: int = account.balance_micro  # type: ignore[attr-defined]
    return f"{money(balance, account.ledger.currency)} {account.ledger.currency}"


def _sums(rows: QuerySet[Account]) -> list[Fact]:
    sums = rows.order_by().values_list("ledger__currency").annotate(Sum("postings__amount_micro"))
    return [
        Fact(_("Owed together"), f"{money(total or 0, currency)} {currency}")
        for currency, total in sorted(sums)
    ]


def _own_links(reader: Reader) -> list[Link]:
    if reader.worker is None:
        return []
    return [
        Link(_("Where I am paid"), reverse("payout-account", args=[reader.worker.public_id])),
        Link(_("My statements"), reverse("statements")),
    ]


def _payment_facts(account: Account, reader: Reader) -> list[Fact]:
    worker: Worker | None = account.worker
    if worker is None or not keeps_account(reader.user, worker):
        return []
    kept = current_account(worker)
    url = reverse("payout-account", args=[worker.public_id])
    text = _("account ending in {}").format(kept.last_digits) if kept else _("not known yet")
    return [Fact(_("Paid to"), text, url)]


def _movements_table(moved: list[Movement], currency: str, *, keeps: bool) -> Table:
    following = f"?before={moved[PAGE - 1].posting.public_id}" if len(moved) > PAGE else ""
    return Table(
        caption=_("Movements, newest first, in {}").format(currency),
        columns=columns(
            _("When"), _("What"), _("Comes from"), _("Amount"), _("Balance"), numeric=(3, 4)
        ),
        rows=[
            [
                Cell(f"{row.at:%Y-%m-%d %H:%M} UTC"),
                Cell(
                    str(row.what),
                    href=reverse("entry", args=[row.posting.entry.public_id]) if keeps else "",
                    detail=str(row.posting.entry.period or ""),
                ),
                _origin(row.posting),
                number(money(row.amount_micro, currency, exact=True)),
                number(money(row.balance_micro, currency, exact=True)),
            ]
            for row in moved[:PAGE]
        ],
        empty=Empty(_("Nothing moved yet")),
        pager=Pager(next_url=following),
    )


def _origin(posting: Posting) -> Cell:
    if posting.statement is not None:
        return Cell(posting.statement.public_id, href=links.statement_url(posting.statement.pk))
    if posting.pool is not None and posting.entry.run is not None:
        return Cell(posting.pool.code, href=links.pool_url(posting.entry.run, posting.pool))
    return Cell("")


def _ledger_number(text: str) -> int:
    try:
        return Ledger.number_of(text)
    except Ledger.DoesNotExist:
        return 0


def _account_number(text: str) -> int:
    try:
        return Account.number_of(text)
    except Account.DoesNotExist:
        return 0


def _posting_number(text: str) -> int:
    try:
        return Posting.number_of(text)
    except Posting.DoesNotExist:
        return 0
