"""One product: its measures, its lineage both ways, its licences and the labour in it."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contributions import formatting
from contributions.forms.names import capital
from contributions.models import Licence, LineageEdge, Product, User
from contributions.services.visibility import visible_products
from contributions.views.access import (
    SignedInRequest,
    find,
    recording_organisations,
    records_for,
    signed_in,
)
from contributions.views.labour_groups import labour_in
from contributions.views.labour_rows import UNKNOWN
from contributions.views.pages import nature_notices, trail
from contributions.views.tables import Cell, Empty, Fact, Link, Table, columns, number


@signed_in
@require_safe
def product(request: SignedInRequest, product_id: str) -> HttpResponse:
    """Show one product."""
    seen = visible_products(request.user)
    row = find(seen, product_id)
    keeps = records_for(request.user, row.operator)
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Products"), reverse("products")), (str(row), "")),
        "notices": nature_notices(row.operator),
        "product": row,
        "eyebrow": f"{capital(row.get_kind_display())} · {row.operator}",
        "facts": _facts(row),
        "links": _links(row),
        "actions": _actions(row) if keeps else [],
        "origins": _edges(request.user, row, seen, upward=True),
        "uses": _edges(request.user, row, seen, upward=False),
        "licences": _licences(row, may_revoke=keeps),
        "labour": labour_in(request.user, row),
        "seen": seen,
    }
    return render(request, "contributions/product.html", context)


def _actions(row: Product) -> list[Link]:
    record = f"{reverse('contribution-new')}?{urlencode({'product': row.public_id})}"
    return [
        Link(_("Record work by hand"), record),
        Link(_("Add lineage"), reverse("edge-new", args=[row.public_id])),
        Link(_("Add a licence"), reverse("licence-new", args=[row.public_id])),
    ]


def _facts(row: Product) -> list[Fact]:
    gpu = None if row.gpu_milli_hours is None else Decimal(row.gpu_milli_hours).scaleb(-3)
    flop = UNKNOWN if row.training_flop is None else f"{row.training_flop:.3E}".replace("E+", "e")
    governance = row.governance_seconds
    return [
        Fact(
            _("Released on"),
            formatting.day(row.released_on) if row.released_on else UNKNOWN,
        ),
        Fact(_("Public"), _("yes") if row.public else _("no")),
        Fact(_("GPU-hours"), UNKNOWN if gpu is None else formatting.number(gpu)),
        Fact(
            _("Data-governance hours"),
            UNKNOWN if governance is None else formatting.hours_of_seconds(governance),
        ),
        Fact(_("Training FLOP"), flop),
        Fact(
            _("Parameters"),
            UNKNOWN if row.parameters is None else formatting.number(row.parameters),
        ),
    ]


def _links(row: Product) -> list[Link]:
    given = row.external_refs.get("links", []) if isinstance(row.external_refs, dict) else []
    # Only addresses of the web become links; whatever else was imported stays text elsewhere.
    return [Link(url, url) for url in map(str, given) if url.startswith(("https://", "http://"))]


def _edges(user: User, row: Product, seen: QuerySet[Product], *, upward: bool) -> Table:
    keeping = set(recording_organisations(user).values_list("pk", flat=True))
    end = "upstream" if upward else "downstream"
    edges = row.origins if upward else row.uses
    found = edges.filter(**{f"{end}__in": seen}).select_related(f"{end}__operator")
    return Table(
        caption=_("Made with") if upward else _("Went into"),
        columns=columns(_("Product"), _("Relation"), _("Transfer τ"), _("Evidence"), numeric=(2,)),
        rows=[_edge_cells(edge, getattr(edge, end), row, keeping) for edge in found],
        empty=Empty(
            _("No earlier product is recorded") if upward else _("No later product is recorded")
        ),
    )


def _edge_cells(edge: LineageEdge, other: Product, row: Product, keeping: set[int]) -> list[Cell]:
    may_change = keeping & {other.operator_id, row.operator_id}
    return [
        Cell(
            str(other),
            href=reverse("product", args=[other.public_id]),
            detail=f"{other.get_kind_display()} · {other.operator}",
        ),
        Cell(edge.get_relation_display()),
        number(
            formatting.factor(edge.transfer_ppm),
            reverse("edge", args=[edge.public_id]) if may_change else "",
            detail=_("assumed") if edge.assumed else "",
        ),
        Cell(edge.evidence) if edge.evidence else Cell(_("no evidence"), state="warn"),
    ]


def _licences(row: Product, *, may_revoke: bool) -> Table:
    found = row.licences.select_related("licensee")
    heads = [_("Licensee"), _("Scope"), _("Terms"), _("From"), _("Until")]
    return Table(
        caption=_("Licences on this product"),
        columns=columns(*heads),
        rows=[_licence_cells(licence, may_revoke=may_revoke) for licence in found],
        empty=Empty(_("No licence is recorded")),
    )


def _licence_cells(licence: Licence, *, may_revoke: bool) -> list[Cell]:
    terms = []
    if licence.fee_micro:
        terms.append(_("%(amount)s per period") % {"amount": _amount(licence, licence.fee_micro)})
    if licence.price_micro:
        terms.append(_("%(amount)s per unit") % {"amount": _amount(licence, licence.price_micro)})
    if licence.percentage_ppm:
        share = formatting.share(licence.percentage_ppm)
        terms.append(_("%(share)s of the base") % {"share": share})
    if licence.revoked_on:
        until = Cell(formatting.day(licence.revoked_on), detail=_("revoked"))
    else:
        url = reverse("licence-revoke", args=[licence.public_id]) if may_revoke else ""
        until = Cell(
            formatting.day(licence.expires_on) if licence.expires_on else _("no end"),
            href=url,
            detail=_("Follow the date to revoke it.") if url else "",
        )
    return [
        Cell(licence.licensee.name),
        Cell(licence.scope),
        Cell(" + ".join(terms) or _("free of charge")),
        Cell(formatting.day(licence.starts_on)),
        until,
    ]


def _amount(licence: Licence, micro: int) -> str:
    exact = micro % 10_000 != 0
    return f"{formatting.money(micro, licence.currency, exact=exact)} {licence.currency}"
