"""Joining products by lineage, and changing how much one passed on to another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contributions.errors import ContributionError
from contributions.forms.products import EdgeChangeForm, EdgeForm
from contributions.models import LineageEdge, Product, User
from contributions.services.lineage import add_edge
from contributions.services.visibility import visible_products
from contributions.views.access import SignedInRequest, find, records_for, require, signed_in
from contributions.views.pages import refuse, trail


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest, product_id: str) -> HttpResponse:
    """Join a product with one that it was made with, or that was made with it."""
    row = find(visible_products(request.user), product_id)
    require(records_for(request.user, row.operator))
    form = EdgeForm(
        request.POST or None,
        products=visible_products(request.user),
        initial={"downstream": row},
    )
    if form.is_valid() and _touches(form, row) and _kept(form, LineageEdge()):
        messages.success(request, _("The lineage is recorded."))
        return redirect("product", row.public_id)
    return _page(request, form, row, _("Add lineage"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedInRequest, edge_id: str) -> HttpResponse:
    """Change how much one product passed on to another, and on what evidence."""
    seen = visible_products(request.user)
    edges = LineageEdge.objects.filter(upstream__in=seen, downstream__in=seen)
    edge = find(edges.select_related("upstream__operator", "downstream__operator"), edge_id)
    require(_keeps(request.user, edge))
    form = EdgeChangeForm(request.POST or None, edge=edge)
    if form.is_valid() and _kept(form, edge):
        messages.success(request, _("The lineage is changed."))
        return redirect("product", edge.downstream.public_id)
    return _page(request, form, edge.downstream, f"{edge.upstream} → {edge.downstream}")


def _touches(form: EdgeForm, row: Product) -> bool:
    # Who keeps one product may say what it was made with, not join two of somebody else's.
    if row in (form.cleaned_data["upstream"], form.cleaned_data["downstream"]):
        return True
    form.add_error("downstream", _("One of the two must be %(product)s.") % {"product": row})
    return False


def _kept(form: EdgeForm, edge: LineageEdge) -> bool:
    try:
        add_edge(edge=form.fill(edge))
    except (ContributionError, ValidationError) as error:
        refuse(form, error)
        return False
    return True


def _keeps(user: User, edge: LineageEdge) -> bool:
    return records_for(user, edge.upstream.operator) or records_for(user, edge.downstream.operator)


def _page(request: SignedInRequest, form: Any, row: Product, title: str) -> HttpResponse:
    url = reverse("product", args=[row.public_id])
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Products"), reverse("products")), (str(row), url), (title, "")
        ),
        "title": title,
        "form": form,
        "submit": _("Record this lineage"),
        "cancel_url": url,
    }
    return render(request, "contributions/form_page.html", context)
