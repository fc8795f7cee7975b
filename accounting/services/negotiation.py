"""The record of a negotiation: meetings with their minutes, rounds, publications, objections."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import NegotiationStep, Policy
from accounting.services.logged import NEGOTIATION
from accounting.services.policies import side_of
from contributions.models import Organisation, User
from contributions.services import transparency

LARGEST_FILE_BYTES = 20_000_000


class MinutesTooLarge(AccountingError):
    """The file of minutes is larger than is kept here."""

    code = "minutes_too_large"
    pointer = "/file"


@dataclass(frozen=True, slots=True)
class Minutes:
    """A file of minutes as it was handed in."""

    name: str
    content: bytes


@transaction.atomic
def record_step(
    *,
    step: NegotiationStep,
    recorded_by: User | None,
    today: date,
    minutes: Minutes | None = None,
) -> NegotiationStep:
    """Add a step to the record of a policy's negotiation; it is never changed.

    Args:
        step: Not stored yet, without its file.
        minutes: The file, kept under its SHA-256.

    Raises:
        NotASide: The organisation it is recorded for is no party.
        MinutesTooLarge: The file is too large.
        ValidationError: A field is out of bounds, or what happened lies in the future.
    """
    side_of(policy=step.policy, organisation=step.organisation)
    if step.kind != NegotiationStep.Kind.ROUND and step.held_on > today:
        raise ValidationError({"held_on": _("This day lies in the future.")})
    if minutes is not None:
        if len(minutes.content) > LARGEST_FILE_BYTES:
            raise MinutesTooLarge(_("A file of minutes has at most 20 MB."))
        step.file_name = minutes.name[:200]
        step.file_bytes = len(minutes.content)
        step.file_sha256 = _kept(minutes.content)
    step.recorded_by = recorded_by
    step.full_clean()
    step.save(force_insert=True)
    transparency.append(table=NEGOTIATION, number=step.pk)
    return step


def minutes_path(step: NegotiationStep) -> Path:
    """Return where the file of a step lies."""
    return _folder() / step.file_sha256


def may_record(*, policy: Policy, organisation: Organisation) -> bool:
    """Return whether an organisation is a party that may add to the record of a policy."""
    try:
        side_of(policy=policy, organisation=organisation)
    except AccountingError:
        return False
    return policy.state != Policy.State.DRAFT or organisation.pk == policy.operator_id


def _kept(content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    path = _folder() / sha256
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return sha256


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "minutes"
