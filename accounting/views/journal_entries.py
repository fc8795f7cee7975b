"""Entries of a ledger: what each is about, and its postings page by page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounting.models import JournalEntry, Posting
from accounting.services.accounts import kept_ledgers
from accounting.views import acts, links, notices
from accounting.views.access import SignedInRequest, find, signed_in
from accounting.views.account_words import account_name
from accounting.views.acts import Section
from contributions.formatting import money
from contributions.formatting import number as figure
from contributions.views.tables import Cell, Empty, Fact, Pager, Table, columns, number

PAGE = 200


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


def _number(text: str) -> int:
    try:
        return Posting.number_of(text)
    except Posting.DoesNotExist:
        return 0
