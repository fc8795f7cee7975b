"""The list of disputes, with facets and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from contributions import formatting
from contributions.forms.disputes import DisputeFacets
from contributions.models import Dispute
from contributions.services.disputing import contested_share
from contributions.views.access import SignedInRequest, require, sees_rows, signed_in
from contributions.views.exports import Rows, Value, answer_as, downloads
from contributions.views.pages import query_of, sections, trail
from contributions.views.paging import Sort, order_of, page_of, pager
from contributions.views.tables import Cell, Empty, Table, columns, number

SORTS = (Sort("opened", "pk"),)
FILE_COLUMNS = (
    "dispute_id",
    "contribution_id",
    "opened_for",
    "grounds",
    "contested_ppm",
    "contested_seconds",
    "opened_at",
    "due_on",
    "state",
    "decision",
    "decided_at",
    "correction_id",
)
STATES = {"open": "busy", "overdue": "bad", "decided": ""}


@signed_in
@require_safe
def disputes(request: SignedInRequest) -> HttpResponse:
    """Show the disputes about records that the reader may see."""
    require(sees_rows(request.user))
    form = DisputeFacets(request.GET)
    today = timezone.localdate()
    rows = form.narrow(_visible(request), today=today)
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Disputes"), "")),
        "sections": sections(request, "disputes"),
        "form": form,
        "table": _table(request, rows, today),
    }
    return render(request, "contributions/disputes/list.html", context)


@signed_in
@require_safe
def download(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Hand out the disputes as a file of what the same address shows as a page."""
    require(sees_rows(request.user))
    today = timezone.localdate()
    rows = DisputeFacets(request.GET).narrow(_visible(request), today=today).order_by("-pk")
    return answer_as(
        form, Rows("disputes", FILE_COLUMNS, _file_rows(rows, today), count=rows.count)
    )


def state_of(dispute: Dispute, today: date) -> str:
    """Return `open`, `overdue` or `decided`."""
    if getattr(dispute, "decision", None) is not None:
        return "decided"
    return "overdue" if dispute.due_on < today else "open"


def state_cell(dispute: Dispute, today: date) -> Cell:
    """Return how a dispute stands, as a tag."""
    state = state_of(dispute, today)
    words = {"open": _("not yet decided"), "overdue": _("overdue"), "decided": _("decided")}
    decision = getattr(dispute, "decision", None)
    return Cell(
        words[state],
        state=STATES[state] or "none",
        detail=decision.get_outcome_display() if decision else "",
    )


def _visible(request: SignedInRequest) -> QuerySet[Dispute]:
    return Dispute.objects.visible_to(request.user).select_related(
        "organisation", "worker", "decision", "contribution__worker", "contribution__product"
    )


def _table(request: SignedInRequest, rows: QuerySet[Dispute], today: date) -> Table:
    query = query_of(request)
    order = order_of("", SORTS, "-opened")
    page = page_of(rows, order=order, cursor=query.get("cursor", ""))
    count = rows.count()
    summary = ngettext("%(count)s dispute", "%(count)s disputes", count)
    return Table(
        caption=_("Disputes, newest first"),
        columns=columns(
            _("Dispute"),
            _("About"),
            _("Opened by"),
            _("Holds back"),
            _("Decide by"),
            _("State"),
            numeric=(3,),
        ),
        rows=[_cells(row, today) for row in page.rows],
        empty=Empty(
            _("There are no disputes here"),
            _("A dispute is opened on the page of the record that it is about."),
            reverse("contributions"),
            _("See the records"),
        ),
        pager=pager(page, query, summary % {"count": formatting.number(count)}),
        downloads=downloads("disputes-download", query),
    )


def _cells(row: Dispute, today: date) -> list[Cell]:
    record = row.contribution
    decided = state_of(row, today) == "decided"
    return [
        Cell(
            row.public_id,
            href=reverse("dispute", args=[row.public_id]),
            detail=formatting.day(row.opened_at.date()),
        ),
        Cell(
            f"{record.worker.pseudonym} · {record.product}",
            href=reverse("contribution", args=[record.public_id]),
            detail=formatting.day(record.occurred_on),
        ),
        Cell(str(row.organisation or row.worker)),
        number(
            _("nothing any more") if decided else formatting.share_exactly(contested_share(row))
        ),
        Cell(formatting.day(row.due_on)),
        state_cell(row, today),
    ]


def _file_rows(rows: QuerySet[Dispute], today: date) -> Iterator[Sequence[Value]]:
    for row in rows.select_related("decision__correction").iterator(500):
        decision = getattr(row, "decision", None)
        correction = decision.correction if decision else None
        yield [
            row.public_id,
            row.contribution.public_id,
            str(row.organisation or row.worker),
            row.grounds,
            row.contested_ppm,
            row.contested_seconds,
            row.opened_at.isoformat(),
            row.due_on,
            state_of(row, today),
            decision.outcome if decision else None,
            decision.decided_at.isoformat() if decision else None,
            correction.public_id if correction else None,
        ]
