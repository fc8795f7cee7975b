"""Which parties, products and licences a user may see.

What is not visible does not exist for the asker: its id answers 404 like one that was never given.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from contributions.models import (
    Alias,
    Consent,
    Contribution,
    Licence,
    LineageEdge,
    Organisation,
    Product,
    User,
    Worker,
)
from contributions.services.products import related_products

OPERATORS = (Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY)
KEEPERS = (*OPERATORS, Organisation.Kind.LABOUR_ORGANISATION)


def organisations_of(user: User, *kinds: str) -> QuerySet[Organisation]:
    """Return the organisations a user is a member of, of some kinds or of all."""
    rows = Organisation.objects.filter(memberships__user=user)
    return rows.filter(kind__in=kinds) if kinds else rows


def oversees(user: User) -> bool:
    """Return whether a user reads for a regulator: figures of groups, never single persons."""
    return organisations_of(user, Organisation.Kind.REGULATOR).exists()


def visible_organisations(user: User) -> QuerySet[Organisation]:
    """Return a user's own organisations, and those whose products or licences they may see."""
    if user.is_superuser or oversees(user):
        return Organisation.objects.all()
    return Organisation.objects.filter(
        Q(pk__in=organisations_of(user).values("pk"))
        | Q(pk__in=visible_products(user).values("operator_id"))
        | Q(pk__in=visible_licences(user).values("licensee_id"))
    )


def visible_workers(user: User) -> QuerySet[Worker]:
    """Return whom a user may see, by pseudonym.

    Workers see themselves; labour organisations those who consent; whoever keeps records those
    they added or recorded work of; operators those who worked on their products.
    """
    if user.is_superuser:
        return Worker.objects.all()
    keepers = organisations_of(user, *KEEPERS)
    work = Contribution.objects.filter(worker=OuterRef("pk")).filter(
        Q(source__organisation__in=keepers)
        | Q(product__operator__in=organisations_of(user, *OPERATORS))
    )
    added = Alias.objects.filter(worker=OuterRef("pk"), source__organisation__in=keepers)
    consents = Consent.objects.filter(
        worker=OuterRef("pk"), organisation__in=keepers, withdrawn_at=None
    )
    # Somebody's other names, once they are known to be theirs, are theirs to see.
    own = Q(user=user) | Q(merged_into__user=user)
    return Worker.objects.filter(own | Exists(work) | Exists(added) | Exists(consents))


def visible_products(user: User) -> QuerySet[Product]:
    """Return public products, those near a user, and those one sees from these along lineage.

    Near are the products of the user's organisations, those licensed to them and those whose
    labour they may see. Regulators see every product: none is about a person.
    """
    if user.is_superuser or oversees(user):
        return Product.objects.all()
    own = organisations_of(user)
    near = Product.objects.annotate(work=any_work(user, "product")).filter(
        Q(operator__in=own) | Q(licences__licensee__in=own) | Q(work__isnull=False)
    )
    # What public products lead to stays closed: it may be private to whoever builds on them.
    related = related_products(near.values_list("pk", flat=True))
    return Product.objects.filter(Q(public=True) | Q(pk__in=related))


def any_work(user: User, column: str) -> Subquery:
    """Return some contribution that a user may see with the outer row in a column, or null.

    The planner turns EXISTS into a join with all labour there is. Asked row by row for one
    contribution, it finds that by the column's index and stops.
    """
    seen = Contribution.objects.visible_to(user).filter(**{column: OuterRef("pk")})
    return Subquery(seen.order_by().values("pk")[:1])


def visible_edges(user: User) -> QuerySet[LineageEdge]:
    """Return the edges both ends of which a user may see."""
    if user.is_superuser or oversees(user):
        return LineageEdge.objects.all()
    seen = list(visible_products(user).values_list("pk", flat=True))
    return LineageEdge.objects.filter(upstream__in=seen, downstream__in=seen)


def visible_licences(user: User) -> QuerySet[Licence]:
    """Return licences that bind a user's organisations; regulators see all of them."""
    if user.is_superuser or oversees(user):
        return Licence.objects.all()
    own = organisations_of(user)
    return Licence.objects.filter(Q(product__operator__in=own) | Q(licensee__in=own))
