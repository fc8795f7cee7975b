"""Who reads a page and what of it they may see.

A record of somebody else is no record: it answers 404, never 403.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounting.models import Run
from contributions.models import Consent, Membership, Organisation, User, Worker
from contributions.models.identified import Identified

FEWEST_FOR_REGULATORS = 10
FEWEST_FOR_OTHERS = 5
MAY_COMPUTE = (Membership.Role.ADMIN, Membership.Role.RECORDER, Membership.Role.APPROVER)

_Record = TypeVar("_Record", bound=Identified)


class SignedInRequest(HttpRequest):
    """A request whose user is signed in."""

    user: User


@dataclass(frozen=True, slots=True)
class Reader:
    """The person a page is made for."""

    user: User
    worker: Worker | None
    memberships: tuple[Membership, ...]

    def organisations(self, *kinds: str) -> list[Organisation]:
        """Return the organisations of these kinds that the reader belongs to."""
        return [row.organisation for row in self.memberships if row.organisation.kind in kinds]

    @property
    def role(self) -> str:
        """What the reader is foremost; it chooses the home page."""
        if self.user.is_superuser:
            return "admin"
        kinds = {row.organisation.kind for row in self.memberships}
        for kind, role in _ROLES:
            if kind in kinds:
                return role
        return "worker" if self.worker else "nobody"

    def acts_for(self, organisation: Organisation, *, roles: tuple[str, ...] = ()) -> bool:
        """Return whether the reader keeps an organisation's records, or has one of `roles`."""
        wanted = roles or (Membership.Role.ADMIN, Membership.Role.RECORDER)
        return self.user.is_superuser or any(
            row.organisation_id == organisation.pk and row.role in wanted
            for row in self.memberships
        )

    def fewest_in_cell(self, run: Run) -> int:
        """Return how many workers a group needs to be shown.

        It is 0 to whoever keeps the records, and to a union that may read all of them anyway.
        """
        if self.user.is_superuser or any(
            row.organisation_id == run.period.operator_id for row in self.memberships
        ):
            return 0
        unions = self.organisations(Organisation.Kind.LABOUR_ORGANISATION)
        if unions:
            return FEWEST_FOR_OTHERS if _pays_others(run, unions) else 0
        return FEWEST_FOR_REGULATORS

    @property
    def sees_single_rows(self) -> bool:
        """Return whether lines and statements of anybody at all may be shown."""
        return self.role in {"admin", "union", "platform", "worker"}


_ROLES = (
    (Organisation.Kind.LABOUR_ORGANISATION, "union"),
    (Organisation.Kind.PLATFORM, "platform"),
    (Organisation.Kind.PUBLIC_BODY, "platform"),
    (Organisation.Kind.REGULATOR, "regulator"),
)


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Send whoever is not signed in to the log-in page and back."""
    return login_required(view)


def reader_of(request: SignedInRequest) -> Reader:
    """Return who asks."""
    user = request.user
    return Reader(
        user=user,
        worker=Worker.objects.filter(user=user).first(),
        memberships=tuple(user.memberships.select_related("organisation")),
    )


def find(rows: QuerySet[_Record], public_id: str) -> _Record:
    """Return the record with a public id among those that may be seen.

    Raises:
        Http404: There is none, or none for this reader.
    """
    try:
        return rows.get(pk=rows.model.number_of(public_id))
    except ObjectDoesNotExist as error:
        raise Http404(public_id) from error


def find_run(request: SignedInRequest, public_id: str) -> Run:
    """Return a run that the reader may see, with its period, operator and policy."""
    rows = Run.objects.visible_to(request.user)
    return find(rows.select_related("period__operator", "policy", "requested_by"), public_id)


def find_run_with_result(request: SignedInRequest, public_id: str) -> Run:
    """Return a run whose pools and lines are written.

    Raises:
        Http404: It has no result, so none of its parts has a page.
    """
    run = find_run(request, public_id)
    if not run.has_result:
        raise Http404(public_id)
    return run


def _pays_others(run: Run, unions: list[Organisation]) -> bool:
    """Return whether a run pays anybody who has not let these unions read their records."""
    consenting = Consent.objects.filter(organisation__in=unions, withdrawn_at=None)
    return run.statements.exclude(worker__in=consenting.values("worker")).exists()
