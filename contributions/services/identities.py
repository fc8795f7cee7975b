"""Who a worker is: writing it down sealed, reading it with a purpose, and erasing it for good.

Every act is an entry that the person can see. Erasing destroys the worker's key: what was sealed
stays where it is, for the log's sake, and can be read by nobody. Records, amounts and proofs speak
of the worker's number alone and stand.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import (
    Consent,
    Erasure,
    IdentityAccess,
    IdentityKey,
    Membership,
    Organisation,
    SealedIdentity,
    User,
    Worker,
)
from contributions.services import transparency
from contributions.services.identity_keys import key_of, make_key, seal, unseal
from contributions.services.logged import ERASURE, IDENTITY_ACCESS, SEALED_IDENTITY

LONGEST_NAME = 200
LONGEST_CONTACT = 500


class PersonErased(ContributionError):
    """The person was erased; nothing about them is kept or added any more."""

    code = "person_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A person's name, and how to reach them in their own words."""

    name: str
    contact: str = ""


def keeps_identity(user: User, worker: Worker, *roles: str) -> bool:
    """Return whether a user may handle a worker's name.

    These are the person, and members of a labour organisation that the person lets see their
    records. Platforms pay pseudonyms.

    Args:
        roles: Which roles of the organisation suffice; administrators and recorders if none is
            named.
    """
    if user.is_superuser or worker.user_id == user.pk:
        return True
    consents = Consent.objects.filter(
        worker=worker,
        withdrawn_at=None,
        organisation__kind=Organisation.Kind.LABOUR_ORGANISATION,
    )
    return Membership.objects.filter(
        user=user,
        organisation__in=consents.values("organisation"),
        role__in=roles or (Membership.Role.ADMIN, Membership.Role.RECORDER),
    ).exists()


@transaction.atomic
def write_identity(*, worker: Worker, identity: Identity, by: User) -> SealedIdentity:
    """Write a worker's name and contact down, sealed under the worker's own key.

    Raises:
        PersonErased: The person was erased.
        IdentityKeyMissing: The installation has no key.
        ValidationError: There is no name, or something is too long.
    """
    transparency.take_turn()
    _require_present(worker)
    if not identity.name.strip() or len(identity.name) > LONGEST_NAME:
        raise ValidationError({"name": _("Write the name, with at most 200 characters.")})
    if len(identity.contact) > LONGEST_CONTACT:
        raise ValidationError({"contact": _("Write at most 500 characters.")})
    content = json.dumps({"name": identity.name, "contact": identity.contact}).encode()
    key = key_of(worker) or make_key(worker)
    sealed = base64.b64encode(seal(key, content, about=_about(worker))).decode()
    made = SealedIdentity.objects.create(worker=worker, sealed=sealed, sealed_by=by)
    transparency.append(table=SEALED_IDENTITY, number=made.pk)
    note_access(worker=worker, act=IdentityAccess.Act.WROTE, by=by)
    return made


@transaction.atomic
def read_identity(*, worker: Worker, by: User, purpose: str) -> Identity | None:
    """Return who a worker is, and note who read it for what; None if it is not written down.

    Raises:
        PersonErased: The person was erased.
        IdentityKeyMissing: The installation has no key, or another one.
        ValidationError: No purpose is given.
    """
    _require_present(worker)
    if not purpose.strip():
        raise ValidationError({"purpose": _("Say what you need the name for.")})
    identity = opened_identity(worker)
    if identity is not None:
        note_access(worker=worker, act=IdentityAccess.Act.READ, by=by, purpose=purpose)
    return identity


@transaction.atomic
def erase_person(*, worker: Worker, by: User, reason: str = "") -> Erasure:
    """Destroy a worker's key and all that leads from the ledger to the person.

    The pseudonym gives way to the worker's number, the log-in is untied and consents end; so for
    the person's other names, if any were merged into this one.

    Raises:
        PersonErased: That was done before.
    """
    transparency.take_turn()
    names = Worker.objects.select_for_update().filter(Q(pk=worker.pk) | Q(merged_into=worker))
    erased = {row.pk: _erased(row, by=by, reason=reason) for row in names.order_by("pk")}
    return erased[worker.pk]


def _erased(worker: Worker, *, by: User, reason: str) -> Erasure:
    _require_present(worker)
    IdentityKey.objects.filter(worker=worker).delete()
    worker.consents.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())
    worker.pseudonym = f"erased-{worker.pk}"
    worker.user = None
    worker.save(update_fields=["pseudonym", "user"])
    made = Erasure.objects.create(worker=worker, reason=reason, erased_by=by)
    transparency.append(table=ERASURE, number=made.pk)
    note_access(worker=worker, act=IdentityAccess.Act.ERASED, by=by)
    return made


def opened_identity(worker: Worker) -> Identity | None:
    """Return who a worker is, unnoted: for `read_identity` and the person's own export."""
    kept = worker.identities.last()
    key = key_of(worker) if kept is not None else None
    if kept is None or key is None:
        return None
    content = unseal(key, base64.b64decode(kept.sealed), about=_about(worker))
    return Identity(**json.loads(content))


@transaction.atomic
def note_access(*, worker: Worker, act: str, by: User, purpose: str = "") -> IdentityAccess:
    """Note that somebody handled personal data, in one transaction with its leaf."""
    made = IdentityAccess.objects.create(worker=worker, act=act, purpose=purpose, accessed_by=by)
    transparency.append(table=IDENTITY_ACCESS, number=made.pk)
    return made


def _require_present(worker: Worker) -> None:
    if Erasure.objects.filter(worker=worker).exists():
        raise PersonErased(_("This person was erased."))


def _about(worker: Worker) -> str:
    return f"huisu-identity/1 {worker.public_id}"
