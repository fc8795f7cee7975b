"""The list of recorded labour: facets, totals, pages and files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from contributions.forms.facets import FacetForm
from contributions.models import Contribution, Product, Source, User, Worker
from contributions.models.labour import ContributionQuerySet
from contributions.services.attesting import standings
from contributions.services.speaking import SIGNING, voices_for_many
from contributions.services.visibility import visible_products
from contributions.views import labour_rows
from contributions.views.access import (
    SignedInRequest,
    own_organisations,
    require,
    sees_rows,
    signed_in,
)
from contributions.views.exports import Rows, answer_as, downloads
from contributions.views.pages import actions_for_recorders, query_of, sections, trail
from contributions.views.paging import Order, Sort, order_of, page_of, pager, sortable
from contributions.views.tables import Column, Empty, Link, Table

SORTS = (Sort("recorded", "pk"), Sort("day", "occurred_on"), Sort("hours", "known_seconds"))
_NEWEST = 1_000
LABOUR_COLUMNS = (
    (Column(gettext_lazy("Day")), "day"),
    (Column(gettext_lazy("Worker")), ""),
    (Column(gettext_lazy("Product")), ""),
    (Column(gettext_lazy("Task")), ""),
    (Column(gettext_lazy("Hours"), numeric=True), "hours"),
    (Column(gettext_lazy("Units"), numeric=True), ""),
    (Column(gettext_lazy("Outcome")), ""),
    (Column(gettext_lazy("Evidence")), ""),
    (Column(gettext_lazy("Source")), ""),
)


@signed_in
@require_safe
def contributions(request: SignedInRequest) -> HttpResponse:
    """Show recorded labour, narrowed, sorted and added up."""
    require(sees_rows(request.user))
    form = facets_of(request)
    rows = form.narrow(_visible(request))
    totals = labour_rows.hours_by_basis(rows)
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Contributions"), "")),
        "sections": sections(request, "contributions"),
        "actions": [
            *actions_for_recorders(
                request.user,
                (_("Record work by hand"), "contribution-new"),
                (_("Import a file"), "import-new"),
            ),
            *_speaking(request),
        ],
        "form": form,
        "totals": labour_rows.totals_table(totals, empty=_nothing(request)) if totals else None,
        "table": _table(request, rows, sum(row.records for row in totals)),
    }
    return render(request, "contributions/contributions.html", context)


@signed_in
@require_safe
def download(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Hand out recorded labour as a file of what the same address shows as a page."""
    require(sees_rows(request.user))
    order = _order(request)
    sign = "-" if order.descending else ""
    rows = facets_of(request).narrow(_visible(request))
    ordered = rows.order_by(f"{sign}{order.sort.column}", f"{sign}pk")
    return answer_as(
        form,
        Rows(
            "contributions",
            labour_rows.FILE_COLUMNS,
            labour_rows.file_rows(ordered),
            count=rows.count,
            kinds=labour_rows.FILE_KINDS,
        ),
    )


def facets_of(request: SignedInRequest) -> FacetForm:
    """Return the facets that an address asks for, with what this reader may choose from."""
    user = request.user
    sources = _sources(user, request.GET.get("source", ""))
    single_worker = Worker.objects.filter(user=user).exists() and not user.memberships.exists()
    products = visible_products(user)
    if single_worker:
        products = Product.objects.filter(contributions__worker__user=user).distinct()
    return FacetForm(request.GET, products=products, sources=sources, single_worker=single_worker)


def _sources(user: User, asked: str) -> QuerySet[Source]:
    """Return the sources to choose from: one's own, and those of the newest work one may see.

    Asking of every source there is whether it holds anything visible would take a look at all
    labour of everybody. One that the address names is offered if it does.
    """
    if user.is_superuser:
        return Source.objects.all()
    seen = Contribution.objects.visible_to(user)
    newest = seen.order_by("-pk").values_list("source", flat=True)[:_NEWEST]
    offered = set(newest)
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    if number not in offered and seen.filter(source=number).exists():
        offered.add(number)
    return Source.objects.filter(Q(pk__in=offered) | Q(organisation__in=own_organisations(user)))


def kept_by(form: FacetForm, user: User) -> ContributionQuerySet:
    """Return the records that a user may see and the facets keep."""
    return form.narrow(Contribution.objects.visible_to(user))


def _visible(request: SignedInRequest) -> ContributionQuerySet:
    return Contribution.objects.visible_to(request.user).annotate(
        known_seconds=Coalesce(Cast("seconds", BigIntegerField()), 0)
    )


def _order(request: SignedInRequest) -> Order:
    return order_of(request.GET.get("sort", ""), SORTS, "-recorded")


def _table(request: SignedInRequest, rows: ContributionQuerySet, count: int) -> Table:
    query = query_of(request)
    order = _order(request)
    # Sorted by what is small, and only then completed: all labour there is may have to be sorted.
    narrow = rows.only("pk", "occurred_on", "seconds")
    page = page_of(narrow, order=order, cursor=query.get("cursor", ""))
    related = Contribution.objects.select_related("worker", "product", "task_type", "source")
    whole = related.in_bulk([row.pk for row in page.rows])
    said = standings(page.rows)
    return Table(
        caption=_("Recorded labour"),
        columns=[
            sortable(column, key, order, query) if key else column for column, key in LABOUR_COLUMNS
        ],
        rows=[labour_rows.labour_cells(whole[row.pk], said.get(row.pk)) for row in page.rows],
        empty=_nothing(request),
        pager=pager(page, query, labour_rows.records_counted(count)),
        downloads=downloads("contributions-download", query),
    )


def _speaking(request: SignedInRequest) -> list[Link]:
    """Return the way to say the same of all that the facets keep, for whoever may."""
    if not voices_for_many(user=request.user, roles=SIGNING):
        return []
    query = {key: value for key, value in query_of(request).items() if key != "cursor"}
    url = reverse("contributions-attest")
    return [Link(_("Confirm or object to all of these"), f"{url}?{urlencode(query)}")]


def _nothing(request: SignedInRequest) -> Empty:
    if request.GET:
        return Empty(
            _("No record fits these filters"),
            _("Widen the filters, or clear them to see everything."),
            reverse("contributions"),
            _("Clear filters"),
        )
    actions = actions_for_recorders(request.user, (_("Record work by hand"), "contribution-new"))
    url = actions[0].url if actions else ""
    label = actions[0].label if actions else ""
    return Empty(
        _("No labour is recorded yet"),
        _("What is recorded here can be traced to every cent it earns."),
        url,
        label,
    )
