"""Products and the licences on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contributions.currencies import minor_digits
from contributions.errors import ContributionError
from contributions.models import Licence, Product
from contributions.services.lineage import ancestors, violated_constraint


class ProductAlreadyThere(ContributionError):
    """The operator has this version of this product already."""

    code = "product_already_there"


class LicenceRevoked(ContributionError):
    """The licence was revoked before."""

    code = "licence_revoked"


@transaction.atomic
def add_product(*, product: Product) -> Product:
    """Add a version of a product.

    Raises:
        ProductAlreadyThere: The operator has this kind, name and version.
        ValidationError: A field is out of bounds.
    """
    product.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            product.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "product_version_once":
            raise ProductAlreadyThere(
                _("There is such a version already. Give the new one another version."),
                pointer="/version",
            ) from error
        raise
    return product


@transaction.atomic
def grant_licence(*, licence: Licence) -> Licence:
    """Record a traceable licence on a product.

    Raises:
        CurrencyUnknown: The terms are in no known currency.
        ValidationError: A field is out of bounds.
    """
    minor_digits(licence.currency)
    licence.full_clean()
    licence.save(force_insert=True)
    return licence


def revoke_licence(*, licence: Licence, today: date) -> None:
    """End a licence before its time.

    Raises:
        LicenceRevoked: It was revoked already; the first date stands.
    """
    changed = Licence.objects.filter(pk=licence.pk, revoked_on=None).update(revoked_on=today)
    if not changed:
        raise LicenceRevoked(_("This licence was revoked already."))


def related_products(products: Iterable[int]) -> set[int]:
    """Return the given product ids, their ancestors and all that was made with them."""
    given = list(products)
    return {*given, *ancestors(given), *later_products(given)}


def later_products(products: Iterable[int]) -> set[int]:
    """Return the ids of all that was made, at any remove, with one of the given products."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reached(id) AS (
                SELECT downstream_id FROM contributions_lineageedge
                WHERE upstream_id = ANY(%s::bigint[])
                UNION
                SELECT edge.downstream_id
                FROM contributions_lineageedge edge JOIN reached ON edge.upstream_id = reached.id
            )
            SELECT id FROM reached
            """,
            [list(products)],
        )
        return {row[0] for row in cursor.fetchall()}
