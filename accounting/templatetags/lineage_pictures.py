"""The picture of a product's lineage, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.charts import Figure, Frame, LineageEdge, LineageNode, lineage
from contributions import formatting
from contributions.models import LineageEdge as Edge
from contributions.models import Product

register = template.Library()

MOST_PRODUCTS = 40
_COLOURS = {
    Product.Kind.DATASET: "data",
    Product.Kind.MODEL: "model",
    Product.Kind.PROMPT_LIBRARY: "prompt",
    Product.Kind.EVALUATION: "eval",
    Product.Kind.DEPLOYMENT: "ops",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A lineage to look at; `figure` is None for a product that stands alone."""

    figure: Figure | None
    lead: str
    source: str


@register.simple_tag
def lineage_picture(product: Product, seen: QuerySet[Product]) -> Picture:
    """Draw what a product was made with and what was made with it, nearest first.

    Args:
        product: The product in the middle.
        seen: The products that the reader may see; no other is drawn or counted.
    """
    products, is_whole = _around(product, seen)
    if len(products) == 1:
        return Picture(None, "", "")
    edges = Edge.objects.filter(upstream__in=products, downstream__in=products)
    figure = lineage(
        frame=_frame(product),
        nodes=[_node(row) for row in products.values()],
        edges=[_edge(edge, products) for edge in edges.order_by("pk")],
    )
    lead = _("Arrows lead from what went in to what was made. Dashed: without evidence.")
    if not is_whole:
        lead += " " + _("Only the nearest %(count)s products are drawn.") % {"count": len(products)}
    return Picture(figure, lead, _("recorded lineage"))


def _around(product: Product, seen: QuerySet[Product]) -> tuple[dict[int, Product], bool]:
    """Walk up and down edge by edge; a sibling is neither ancestor nor descendant."""
    found = {product.pk: product}
    for end, other in (("downstream", "upstream"), ("upstream", "downstream")):
        reached = {product.pk}
        while reached:
            edges = Edge.objects.filter(**{f"{end}__in": reached})
            nearest = seen.filter(pk__in=edges.values(other)).exclude(pk__in=found)
            room = MOST_PRODUCTS - len(found)
            more = list(nearest.order_by("pk")[: room + 1])
            if len(more) > room:
                return found | {row.pk: row for row in more[:room]}, False
            found |= {row.pk: row for row in more}
            reached = {row.pk for row in more}
    return found, True


def _frame(product: Product) -> Frame:
    return Frame(
        key="lineage",
        title=_("Lineage of %(product)s") % {"product": product},
        description=_("Products from the earliest on the left to the latest on the right."),
        columns=(_("Product"), _("Went into"), _("Transfer coefficient")),
        empty=_("No lineage is recorded"),
    )


def _node(row: Product) -> LineageNode:
    return LineageNode(
        key=row.public_id,
        label=str(row),
        detail=f"{row.get_kind_display()} · {row.operator}",
        kind=_COLOURS[Product.Kind(row.kind)],
        href=reverse("product", args=[row.public_id]),
    )


def _edge(edge: Edge, products: dict[int, Product]) -> LineageEdge:
    downstream = products[edge.downstream_id]
    return LineageEdge(
        upstream=products[edge.upstream_id].public_id,
        downstream=downstream.public_id,
        label=f"τ {formatting.factor(edge.transfer_ppm)}",
        is_evidenced=bool(edge.evidence),
        href=reverse("product", args=[downstream.public_id]),
    )
