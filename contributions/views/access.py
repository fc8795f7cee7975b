"""Who reads or records, and which parties and products they may see.

A record of somebody else is no record: it answers 404, never 403.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase

from contributions.models import (
    Alias,
    Contribution,
    Membership,
    Organisation,
    Product,
    User,
    Worker,
)
from contributions.models.identified import Identified
from contributions.services.products import related_products

KEEPERS = (
    Organisation.Kind.LABOUR_ORGANISATION,
    Organisation.Kind.PLATFORM,
    Organisation.Kind.PUBLIC_BODY,
)
_RECORDING = (Membership.Role.ADMIN, Membership.Role.RECORDER)

_Record = TypeVar("_Record", bound=Identified)


class SignedInRequest(HttpRequest):
    """A request whose user is signed in."""

    user: User


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Send whoever is not signed in to the log-in page and back."""
    return login_required(view)


def find(rows: QuerySet[_Record], public_id: str) -> _Record:
    """Return the record with a public id among those that may be seen.

    Raises:
        Http404: There is none, or none for this reader.
    """
    try:
        return rows.get(pk=rows.model.number_of(public_id))
    except ObjectDoesNotExist as error:
        raise Http404(public_id) from error


def recording_organisations(user: User) -> QuerySet[Organisation]:
    """Return the organisations for which a user may enter records."""
    keepers = Organisation.objects.filter(kind__in=KEEPERS)
    if user.is_superuser:
        return keepers
    return keepers.filter(memberships__user=user, memberships__role__in=_RECORDING)


def may_record(user: User) -> bool:
    """Return whether a user may enter records for anybody."""
    return recording_organisations(user).exists()


def records_for(user: User, organisation: Organisation) -> bool:
    """Return whether a user may enter records for an organisation."""
    return recording_organisations(user).filter(pk=organisation.pk).exists()


def require(allowed: object) -> None:
    """Answer 404 unless something holds.

    Raises:
        Http404: It does not.
    """
    if not allowed:
        raise Http404


def oversees(user: User) -> bool:
    """Return whether a user is a regulator's, who reads figures of groups only."""
    return user.memberships.filter(organisation__kind=Organisation.Kind.REGULATOR).exists()


def sees_rows(user: User) -> bool:
    """Return whether single records of anybody at all may be shown to a user.

    A regulator who is also a member elsewhere sees there what other members see.
    """
    elsewhere = user.memberships.exclude(organisation__kind=Organisation.Kind.REGULATOR)
    return (
        user.is_superuser
        or not oversees(user)
        or elsewhere.exists()
        or Worker.objects.filter(user=user).exists()
    )


def workers_visible_to(user: User) -> QuerySet[Worker]:
    """Return whom a user may see, by pseudonym.

    Workers see themselves; labour organisations those who consent; everybody who keeps records
    those they added or recorded work of; platforms those who worked on their products.
    """
    workers = Worker.objects.all()
    if user.is_superuser:
        return workers
    keepers = _organisations(user, *KEEPERS)
    platforms = _organisations(user, Organisation.Kind.PLATFORM, Organisation.Kind.PUBLIC_BODY)
    aliases = Alias.objects.filter(worker=OuterRef("pk"), source__organisation__in=keepers)
    work = Contribution.objects.filter(worker=OuterRef("pk")).filter(
        Q(source__organisation__in=keepers) | Q(product__operator__in=platforms)
    )
    unions = _organisations(user, Organisation.Kind.LABOUR_ORGANISATION)
    consenting = Worker.objects.filter(
        consents__organisation__in=unions, consents__withdrawn_at=None
    )
    return workers.filter(
        Q(user=user) | Q(pk__in=consenting.values("pk")) | Exists(aliases) | Exists(work)
    )


def products_visible_to(user: User) -> QuerySet[Product]:
    """Return the products a user may see.

    These are public ones; their own, those whose labour they may see and those licensed to
    them; and the ancestors and descendants of all but the public ones, which would else open
    the private products of everybody who builds on them. Regulators see every product: none
    is about a person.
    """
    products = Product.objects.select_related("operator")
    if user.is_superuser or oversees(user):
        return products
    member_of = Organisation.objects.filter(memberships__user=user)
    near = products.annotate(work=any_work(user, "product")).filter(
        Q(operator__in=member_of) | Q(licences__licensee__in=member_of) | Q(work__isnull=False)
    )
    related = related_products(near.values_list("pk", flat=True))
    return products.filter(Q(public=True) | Q(pk__in=related))


def any_work(user: User, column: str) -> Subquery:
    """Return some contribution that a user may see with the outer row in a column, or null.

    The planner turns EXISTS into a join with all labour there is. Asked row by row for one
    contribution, it finds that by the column's index and stops.
    """
    seen = Contribution.objects.visible_to(user).filter(**{column: OuterRef("pk")})
    return Subquery(seen.order_by().values("pk")[:1])


def organisations_visible_to(user: User) -> QuerySet[Organisation]:
    """Return the organisations a user belongs to; all of them to a superuser."""
    if user.is_superuser:
        return Organisation.objects.all()
    return Organisation.objects.filter(memberships__user=user)


def manages(user: User, organisation: Organisation) -> bool:
    """Return whether a user may change who belongs to an organisation."""
    return (
        user.is_superuser
        or organisation.memberships.filter(user=user, role=Membership.Role.ADMIN).exists()
    )


def _organisations(user: User, *kinds: Any) -> QuerySet[Organisation]:
    return Organisation.objects.filter(memberships__user=user, kind__in=kinds)
