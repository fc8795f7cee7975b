"""The list of products, and adding one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.fields import PlainTextField, with_blank
from contributions.forms.names import capital
from contributions.forms.products import ProductForm
from contributions.models import LineageEdge, Product
from contributions.services.products import add_product
from contributions.services.visibility import visible_products
from contributions.views.access import SignedInRequest, recording_organisations, require, signed_in
from contributions.views.exports import Rows, Value, answer_as, downloads
from contributions.views.labour_rows import UNKNOWN
from contributions.views.pages import actions_for_recorders, query_of, refuse, trail
from contributions.views.paging import Order, Sort, order_of, page_of, pager, sortable
from contributions.views.tables import Cell, Column, Empty, Table, number

SORTS = (Sort("name", "name"), Sort("added", "pk"))
FILE_COLUMNS = (
    "product_id",
    "kind",
    "name",
    "version",
    "operator",
    "released_on",
    "public",
    "gpu_milli_hours",
    "governance_seconds",
    "training_flop",
    "parameters",
)


class ProductFacets(forms.Form):
    """By what products are narrowed down."""

    name = PlainTextField(required=False, label=gettext_lazy("Name contains"))
    kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        kind: Any = self.fields["kind"]
        choices = [(code, capital(label)) for code, label in Product.Kind.choices]
        kind.choices = with_blank(choices, _("All"))
        self.fields["name"].widget.attrs |= {"data-search": "", "autocomplete": "off"}

    def narrow(self, rows: QuerySet[Product]) -> QuerySet[Product]:
        """Keep what all facets ask for; a facet that was refused keeps nothing."""
        if not self.is_valid():
            return rows.none()
        if self.cleaned_data["name"]:
            rows = rows.filter(name__icontains=self.cleaned_data["name"])
        if self.cleaned_data["kind"]:
            rows = rows.filter(kind=self.cleaned_data["kind"])
        return rows


@signed_in
@require_safe
def products(request: SignedInRequest) -> HttpResponse:
    """Show the products that a reader may see."""
    form = ProductFacets(request.GET)
    rows = form.narrow(visible_products(request.user))
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Products"), "")),
        "actions": actions_for_recorders(request.user, (_("Add a product"), "product-new")),
        "form": form,
        "table": _table(request, rows),
    }
    return render(request, "contributions/products.html", context)


@signed_in
@require_safe
def download(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Hand out the products as a file of what the same address shows as a page."""
    order = _order(request)
    rows = ProductFacets(request.GET).narrow(visible_products(request.user))
    ordered = rows.order_by(f"{'-' if order.descending else ''}{order.sort.column}", "pk")
    return answer_as(form, Rows("products", FILE_COLUMNS, _file_rows(ordered), count=rows.count))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Add a version of a product."""
    operators = recording_organisations(request.user)
    require(operators.exists())
    form = ProductForm(request.POST or None, operators=operators)
    if form.is_valid():
        try:
            made = add_product(product=form.product())
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The product is added."))
            return redirect("product", made.public_id)
    title = _("Add a product")
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Products"), reverse("products")), (title, "")),
        "title": title,
        "lead": _("Retraining makes a new version: lineage then never turns into a circle."),
        "form": form,
        "submit": _("Add this product"),
        "cancel_url": reverse("products"),
    }
    return render(request, "contributions/form_page.html", context)


def _order(request: SignedInRequest) -> Order:
    return order_of(request.GET.get("sort", ""), SORTS, "name")


def _table(request: SignedInRequest, rows: QuerySet[Product]) -> Table:
    query, order = query_of(request), _order(request)
    counted = rows.annotate(origins_count=_edges("downstream"), uses_count=_edges("upstream"))
    page = page_of(counted, order=order, cursor=query.get("cursor", ""))
    count = rows.count()
    summary = ngettext("%(count)s product", "%(count)s products", count)
    return Table(
        caption=_("Products"),
        columns=[
            sortable(Column(_("Product")), "name", order, query),
            Column(_("Kind")),
            Column(_("Operator")),
            Column(_("Released on")),
            Column(_("Made with"), numeric=True),
            Column(_("Went into"), numeric=True),
        ],
        rows=[_cells(row) for row in page.rows],
        empty=_nothing(request),
        pager=pager(page, query, summary % {"count": formatting.number(count)}),
        downloads=downloads("products-download", query),
    )


def _edges(end: str) -> Any:
    edges = LineageEdge.objects.filter(**{end: OuterRef("pk")}).order_by().values(end)
    return Subquery(edges.annotate(found=Count("pk")).values("found"))


def _cells(row: Any) -> list[Cell]:
    return [
        Cell(
            str(row),
            href=reverse("product", args=[row.public_id]),
            detail=_("public") if row.public else "",
        ),
        Cell(capital(row.get_kind_display())),
        Cell(row.operator.name),
        Cell(formatting.day(row.released_on) if row.released_on else UNKNOWN),
        number(formatting.number(row.origins_count or 0)),
        number(formatting.number(row.uses_count or 0)),
    ]


def _nothing(request: SignedInRequest) -> Empty:
    if request.GET:
        return Empty(
            _("No product fits these filters"),
            _("Widen the filters, or clear them to see everything."),
            reverse("products"),
            _("Clear filters"),
        )
    actions = actions_for_recorders(request.user, (_("Add a product"), "product-new"))
    return Empty(
        _("No product is recorded yet"),
        _("Add the data sets and models that labour goes into, then their lineage."),
        actions[0].url if actions else "",
        actions[0].label if actions else "",
    )


def _file_rows(rows: QuerySet[Product]) -> Iterator[Sequence[Value]]:
    for row in rows.iterator():
        yield [
            row.public_id,
            row.kind,
            row.name,
            row.version,
            row.operator.name,
            row.released_on,
            row.public,
            row.gpu_milli_hours,
            row.governance_seconds,
            None if row.training_flop is None else f"{row.training_flop:f}",
            row.parameters,
        ]
