"""In whose name somebody speaks about a record: an organisation's, or their own as its worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from contributions.errors import ContributionError
from contributions.models import Consent, Contribution, Membership, Organisation, User, Worker
from contributions.models.labour import ContributionQuerySet

SPEAKING = (Membership.Role.ADMIN, Membership.Role.APPROVER, Membership.Role.RECORDER)
"""Who may object and take part in a dispute for an organisation."""
SIGNING = (Membership.Role.ADMIN, Membership.Role.APPROVER)
"""Who may confirm and decide for an organisation."""


class RecordReplaced(ContributionError):
    """The record was corrected or withdrawn; what counts is another version."""

    code = "record_replaced"


@dataclass(frozen=True, slots=True)
class Voice:
    """A user and the one party they speak for."""

    user: User
    organisation: Organisation | None = None
    worker: Worker | None = None

    def __post_init__(self) -> None:
        if (self.organisation is None) == (self.worker is None):
            raise AssertionError("a voice is one party's")

    def __str__(self) -> str:
        return str(self.organisation or self.worker)

    def records(self) -> ContributionQuerySet:
        """Return the records that this voice may speak about."""
        if self.worker is not None:
            return Contribution.objects.of_person(self.worker)
        if self.organisation is None:
            return Contribution.objects.none()
        return Contribution.objects.all().of_concern_to(self.organisation)


def voices(*, user: User, record: Contribution, roles: Sequence[str]) -> list[Voice]:
    """Return in whose names a user may speak about a record; the worker's own comes first."""
    found: list[Voice] = []
    own = Worker.objects.filter(user=user).first()
    if own is not None and own.pk in {record.worker_id, record.worker.merged_into_id}:
        found.append(Voice(user, worker=own))
    concerned = _concerned(record)
    if not user.is_superuser:
        concerned = concerned.filter(
            pk__in=Membership.objects.filter(user=user, role__in=roles).values("organisation")
        )
    return found + [Voice(user, organisation=one) for one in concerned.order_by("name", "pk")]


def voices_for_many(*, user: User, roles: Sequence[str]) -> list[Voice]:
    """Return in whose names a user may speak about many records at once."""
    own = Worker.objects.filter(user=user).first()
    found = [Voice(user, worker=own)] if own is not None else []
    organisations = Organisation.objects.exclude(kind=Organisation.Kind.REGULATOR).filter(
        pk__in=Membership.objects.filter(user=user, role__in=roles).values("organisation")
    )
    return found + [Voice(user, organisation=one) for one in organisations.order_by("name", "pk")]


def newest_version(record: Contribution) -> Contribution:
    """Return the last version of a record, which may be the record itself."""
    same = Contribution.objects.filter(source=record.source_id, external_id=record.external_id)
    return same.order_by("-revision")[:1].get()


def _concerned(record: Contribution) -> QuerySet[Organisation]:
    union = Organisation.Kind.LABOUR_ORGANISATION
    consents = Consent.objects.filter(
        worker__in=[record.worker_id, record.worker.merged_into_id or record.worker_id],
        withdrawn_at=None,
    )
    return Organisation.objects.filter(
        Q(pk=record.product.operator_id)
        | Q(pk=record.source.organisation_id, kind=union)
        | Q(pk__in=consents.values("organisation"), kind=union)
    )
