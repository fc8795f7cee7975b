"""The ledger: where money is and where it came from, entry by entry, and whether it adds up."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounting.models import Account, EscrowEntry, JournalEntry, Ledger, Posting
from accounting.services.accounts import (
    balances_by_detail,
    balances_by_kind,
    kept_ledgers,
    micro_per_coin,
    visible_ledgers,
)
from accounting.services.payouts import outstanding
from accounting.services.reconciling import Check, gaps, reconcile
from accounting.views import acts, links, notices
from accounting.views.access import SignedInRequest, find, reader_of, signed_in
from accounting.views.acts import Section
from accounting.views.tables import (
    Card,
    Cell,
    Empty,
    Fact,
    Link,
    Notice,
    Pager,
    Table,
    columns,
    number,
)
from accounting.views.words import POOL_NAMES
from contributions.formatting import money
from contributions.formatting import number as figure
from contributions.models import Membership

PAGE = 200
SHOWN_ENTRIES = 100
_EVERY_ROLE = tuple(Membership.Role.values)

KINDS: dict[str, str | Promise] = {
    Account.Kind.FUNDING: gettext_lazy("What the operator puts into the pools by the policy."),
    Account.Kind.LICENCES: gettext_lazy("Fees of licences that are owed to licensed labour."),
    Account.Kind.PAYEE: gettext_lazy("What people earned and were not paid yet."),
    Account.Kind.HELD: gettext_lazy("Coins below the agreed minimum payment; they stay theirs."),
    Account.Kind.ESCROW: gettext_lazy("Money that is nobody's yet, by reason."),
    Account.Kind.COMMONS: gettext_lazy("Money for public projects."),
    Account.Kind.PAID_OUT: gettext_lazy("What banks have paid to people."),
}
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
def ledgers(request: SignedInRequest) -> HttpResponse:
    """List the ledgers whose totals the reader may see; a worker goes to their own account."""
    reader = reader_of(request)
    if reader.role in {"worker", "nobody"}:
        return HttpResponseRedirect(reverse("accounts"))
    rows = [(ledger, balances_by_kind(ledger)) for ledger in visible_ledgers(request.user)]
    table = Table(
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
    sections = [Section("balance", _("Trial balance"), _trial_balance(found, sums))]
    if keeps:
        sections.append(Section("entries", _("Entries"), _entries(found)))
    context = {
        "title": str(found),
        "eyebrow": _("Ledger"),
        "cards": _cards(found, sums, keeps=keeps),
        "sections": sections,
        "links": _links(found) if keeps else [],
        "notices": notices.of_operator(found.operator),
        "breadcrumb": acts.trail((_("Ledger"), reverse("ledgers")), (str(found), "")),
    }
    return render(request, acts.PAGE, context)


@require_GET
@signed_in
def entry(request: SignedInRequest, entry_id: str) -> HttpResponse:
    """Show an entry with its postings, largest totals first, then payee by payee."""
    rows = JournalEntry.objects.filter(ledger__in=kept_ledgers(request.user))
    found = find(
        rows.select_related("ledger__operator", "period", "run", "corrects", "posted_by"), entry_id
    )
    after = _number(request.GET.get("after", ""))
    postings = found.postings.select_related("account__worker", "pool__run").order_by("pk")
    shown = list(postings.filter(pk__gt=after)[: PAGE + 1])
    context = {
        "title": _("Entry {}").format(found.number),
        "eyebrow": str(found.ledger),
        "lead": _("The postings add up to zero; the database refuses an entry that does not."),
        "facts": _entry_facts(found),
        "sections": [Section("postings", _("Postings"), _postings(found, shown))],
        "notices": notices.of_operator(found.ledger.operator),
        "breadcrumb": acts.trail(
            (_("Ledger"), reverse("ledgers")),
            (str(found.ledger), reverse("ledger", args=[found.ledger.public_id])),
            (_("Entry {}").format(found.number), ""),
        ),
    }
    return render(request, acts.PAGE, context)


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
            Section("balance", _("Trial balance"), _trial_balance(found, balances_by_kind(found))),
        ],
        "notices": notices.of_operator(found.operator),
        "breadcrumb": acts.trail(
            (_("Ledger"), reverse("ledgers")),
            (str(found), reverse("ledger", args=[found.public_id])),
            (_("Reconciliation"), ""),
        ),
    }
    return render(request, acts.PAGE, context)


def account_name(account: Account) -> str:
    """Return an account in words: whose it is, or what it is for."""
    if account.worker is not None:
        if account.kind == Account.Kind.HELD:
            return _("{worker}, held below the minimum").format(worker=account.worker.pseudonym)
        return account.worker.pseudonym
    return detail_name(account.kind, account.detail)


def detail_name(kind: str, detail: str) -> str:
    """Return an account that is nobody's in person in words."""
    if kind == Account.Kind.FUNDING:
        return _("For the pool: {}").format(POOL_NAMES.get(detail, detail))
    if kind == Account.Kind.LICENCES:
        return f"{POOL_NAMES['licence']} {detail.rpartition('-')[2]}"
    words = str(Account.Kind(kind).label)
    words = f"{words[:1].upper()}{words[1:]}"
    if kind == Account.Kind.ESCROW:
        return f"{words}: {EscrowEntry.Reason(detail).label}"
    return words


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


def _cards(ledger: Ledger, sums: dict[str, int], *, keeps: bool) -> list[Card]:
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


def _links(ledger: Ledger) -> list[Link]:
    return [
        Link(_("Reconcile"), reverse("reconciliation", args=[ledger.public_id])),
        Link(_("Pay out"), reverse("payout-new", args=[ledger.public_id])),
        Link(_("Batches of payments"), reverse("payouts")),
        Link(_("Accounts of people"), f"{reverse('accounts')}?ledger={ledger.public_id}"),
    ]


def _trial_balance(ledger: Ledger, sums: dict[str, int]) -> Table:
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


def _entries(ledger: Ledger) -> Table:
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


def _entry_facts(entry: JournalEntry) -> list[Fact]:
    facts = [
        Fact(_("Kind"), str(entry.get_kind_display())),
        Fact(
            _("Posted"),
            f"{entry.posted_at:%Y-%m-%d %H:%M:%S} UTC",
            detail=entry.posted_by.get_username(),
        ),
        Fact(_("Postings"), figure(entry.postings_count)),
    ]
    if entry.period is not None:
        url = reverse("period", args=[entry.period.public_id])
        facts.append(Fact(_("Period"), str(entry.period), url))
    if entry.run is not None:
        facts.append(Fact(_("Run"), entry.run.public_id, links.run_url(entry.run)))
    if entry.corrects is not None and entry.run is not None:
        facts.append(
            Fact(
                _("Corrects"),
                entry.corrects.public_id,
                links.run_url(entry.run, "run-deltas"),
                _("see old and new side by side"),
            )
        )
    facts.append(Fact(_("Hash of the postings"), hash=entry.postings_sha256))
    return facts


def _postings(entry: JournalEntry, shown: list[Posting]) -> Table:
    currency = entry.ledger.currency
    following = f"?after={shown[PAGE - 1].public_id}" if len(shown) > PAGE else ""
    return Table(
        caption=_("Postings in their order, in {}").format(currency),
        columns=columns(_("Account"), _("Pool or statement"), _("Amount"), numeric=(2,)),
        rows=[
            [
                Cell(
                    account_name(row.account),
                    href=reverse("account", args=[row.account.public_id]),
                    detail=str(row.account.get_kind_display()),
                ),
                _source(row),
                number(money(row.amount_micro, currency, exact=True)),
            ]
            for row in shown[:PAGE]
        ],
        empty=Empty(_("This entry moved nothing")),
        pager=Pager(next_url=following),
    )


def _source(row: Posting) -> Cell:
    if row.pool is not None:
        return Cell(row.pool.code, href=links.pool_url(row.pool.run, row.pool))
    if row.statement_id is not None:
        return Cell(_("statement"), href=links.statement_url(row.statement_id))
    return Cell("")


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


def _number(text: str) -> int:
    try:
        return Posting.number_of(text)
    except Posting.DoesNotExist:
        return 0
