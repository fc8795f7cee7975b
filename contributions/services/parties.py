"""Workers, their consent, and the members of organisations."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Alias, Consent, Membership, Organisation, User, Worker
from contributions.services.lineage import violated_constraint
from contributions.services.pseudonyms import reference_hmac
from contributions.services.recording import source_of

BY_HAND = "hand"
"""The tool of records that somebody typed in."""


class WorkerKnown(ContributionError):
    """The organisation keeps a worker of this pseudonym already."""

    code = "worker_known"


class ConsentInForce(ContributionError):
    """The worker lets this organisation see their records already."""

    code = "consent_in_force"


class NoSuchUser(ContributionError):
    """Nobody signs in under this name."""

    code = "no_such_user"


class MemberAlready(ContributionError):
    """The user belongs to the organisation already."""

    code = "member_already"


class LastAdministrator(ContributionError):
    """Without this member nobody could manage the organisation."""

    code = "last_administrator"


@transaction.atomic
def add_worker(*, worker: Worker, organisation: Organisation, agreed_at: datetime | None) -> Worker:
    """Add a worker whom an organisation keeps records of.

    The alias ties the worker to the organisation before there is any work to record, and
    keeps one pseudonym from being added twice.

    Args:
        agreed_at: When the worker agreed that this labour organisation sees their records.

    Raises:
        WorkerKnown: The organisation added a worker of this pseudonym before.
        ValidationError: A field is out of bounds.
    """
    worker.full_clean()
    worker.save(force_insert=True)
    try:
        with transaction.atomic():
            Alias.objects.create(
                worker=worker,
                source=source_of(organisation=organisation, tool=BY_HAND),
                reference_hmac=reference_hmac(
                    organisation_id=organisation.pk, reference=worker.pseudonym
                ),
            )
    except IntegrityError as error:
        if violated_constraint(error) == "alias_once_a_source":
            raise WorkerKnown(
                _("You keep a worker of this pseudonym already."), pointer="/pseudonym"
            ) from error
        raise
    if agreed_at is not None:
        grant_consent(worker=worker, organisation=organisation, granted_at=agreed_at)
    return worker


@transaction.atomic
def grant_consent(*, worker: Worker, organisation: Organisation, granted_at: datetime) -> Consent:
    """Let an organisation see a worker's records from now on.

    Raises:
        ConsentInForce: It sees them already.
    """
    try:
        with transaction.atomic():
            return Consent.objects.create(
                worker=worker, organisation=organisation, granted_at=granted_at
            )
    except IntegrityError as error:
        if violated_constraint(error) == "consent_once":
            raise ConsentInForce(
                _("This organisation sees the records already."), pointer="/organisation"
            ) from error
        raise


def withdraw_consent(*, worker: Worker, organisation: Organisation, at: datetime) -> None:
    """Close a worker's records to an organisation; asking twice changes nothing."""
    worker.consents.filter(organisation=organisation, withdrawn_at=None).update(withdrawn_at=at)


@transaction.atomic
def add_member(*, organisation: Organisation, username: str, role: str) -> Membership:
    """Make a user a member of an organisation.

    Raises:
        NoSuchUser: Nobody has this user name.
        MemberAlready: The user is a member; change the role instead.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NoSuchUser(_("Nobody signs in under this name."), pointer="/username")
    membership, created = Membership.objects.get_or_create(
        user=user, organisation=organisation, defaults={"role": role}
    )
    if not created:
        raise MemberAlready(_("This user is a member already."), pointer="/username")
    return membership


@transaction.atomic
def remove_member(*, membership: Membership) -> None:
    """End a membership.

    Raises:
        LastAdministrator: Nobody would be left to manage the organisation.
    """
    # The lock makes two administrators who remove each other take turns.
    admins = Membership.objects.select_for_update().filter(
        organisation=membership.organisation, role=Membership.Role.ADMIN
    )
    if {row.pk for row in admins} == {membership.pk}:
        raise LastAdministrator(_("An organisation needs at least one administrator."))
    membership.delete()
