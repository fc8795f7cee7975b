"""Who reads or records, and which parties and products they may see.

A record of somebody else is no record: it answers 404, never 403.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase

from contributions.models import Membership, Organisation, User, Worker
from contributions.models.identified import Identified
from contributions.services.visibility import KEEPERS, oversees

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


def own_organisations(user: User) -> QuerySet[Organisation]:
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
