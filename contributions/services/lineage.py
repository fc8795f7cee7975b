"""Products and how they descend from one another."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import LineageEdge, Product


class LineageWouldClose(ContributionError):
    """The edge would make a product its own ancestor."""

    code = "lineage_cycle"


class TransferAboveOne(ContributionError):
    """The transfers leaving a product add up to more than the whole of it."""

    code = "lineage_transfer_above_one"


class EdgeAlreadyThere(ContributionError):
    """The two products are joined by an edge already."""

    code = "lineage_edge_exists"


def add_edge(*, edge: LineageEdge) -> LineageEdge:
    """Join two products; the database has the last word on circles and transfer sums.

    Raises:
        LineageWouldClose: `downstream` is an ancestor of `upstream`, or the same product.
        TransferAboveOne: More than the whole of `upstream` would be passed on.
        EdgeAlreadyThere: There is such an edge; change that one.
        ValidationError: A field is out of bounds.
    """
    if edge.upstream_id == edge.downstream_id:
        raise LineageWouldClose(_("A product cannot descend from itself."), pointer="/downstream")
    edge.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            edge.save()
    except IntegrityError as error:
        raise _named(error) from error
    return edge


def ancestors(products: Iterable[int]) -> list[int]:
    """Return the given product ids and those of everything they descend from, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reached(id) AS (
                SELECT unnest(%s::bigint[])
                UNION
                SELECT edge.upstream_id
                FROM contributions_lineageedge edge JOIN reached
                  ON edge.downstream_id = reached.id
            )
            SELECT id FROM reached ORDER BY id
            """,
            [list(products)],
        )
        return [row[0] for row in cursor.fetchall()]


def descendants(product: Product) -> list[int]:
    """Return the ids of everything made, at any remove, with the product; ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reached(id) AS (
                SELECT downstream_id FROM contributions_lineageedge WHERE upstream_id = %s
                UNION
                SELECT edge.downstream_id
                FROM contributions_lineageedge edge JOIN reached ON edge.upstream_id = reached.id
            )
            SELECT id FROM reached ORDER BY id
            """,
            [product.pk],
        )
        return [row[0] for row in cursor.fetchall()]


def _named(error: IntegrityError) -> ContributionError | IntegrityError:
    constraint = violated_constraint(error)
    if constraint == "lineage_acyclic":
        return LineageWouldClose(
            _("This edge would make a product its own ancestor. Record a new version instead."),
            pointer="/downstream",
        )
    if constraint == "lineage_transfer_at_most_one":
        return TransferAboveOne(
            _("The transfers leaving this product would add up to more than 1."),
            pointer="/transfer_ppm",
        )
    if constraint == "lineage_edge_once":
        return EdgeAlreadyThere(_("These two products are joined already."), pointer="/upstream")
    return error


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the database constraint behind an integrity error, or ''."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
