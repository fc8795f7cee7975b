"""Recording labour one entry at a time, correcting and withdrawing it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contributions.currencies import minor_digits
from contributions.errors import ContributionError
from contributions.models import Contribution, Organisation, Source, User
from contributions.services import transparency
from contributions.services.lineage import violated_constraint
from contributions.services.logged import LABOUR


class AlreadyRecorded(ContributionError):
    """The source's record is here already."""

    code = "already_recorded"


class WorkInTheFuture(ContributionError):
    """The day of work lies ahead."""

    code = "work_in_the_future"


class AlreadyCorrected(ContributionError):
    """Somebody corrected the record first; the correction must build on theirs."""

    code = "already_corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One batch of labour as a caller states it; ids are row numbers, money is in µ.

    `None` means unknown and is never the same as zero. See `Contribution` for the fields.
    """

    worker_id: int
    product_id: int
    task_type_id: int
    phase: str
    occurred_on: date
    external_id: str
    outcome: str
    evidence_grade: str
    occurred_at: datetime | None = None
    seconds: int | None = None
    time_basis: str = "none"
    units: int | None = None
    quality_ppm: int | None = None
    machine_share_ppm: int | None = None
    role: str = "execute"
    grade: str = ""
    wage_micro: int = 0
    wage_currency: str = ""
    paid_through_ppm: int | None = None
    harmful_exposure: bool = False
    evidence_sha256: str = ""
    reviewer_id: int | None = None

    def sha256(self) -> str:
        """Hash the entry in a fixed form, so that a changed row is told from a repeated one."""
        text = json.dumps(asdict(self), sort_keys=True, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def source_of(*, organisation: Organisation, tool: str, instance: str = "") -> Source:
    """Return the source that an organisation reads from, making it on first use."""
    source, _created = Source.objects.get_or_create(
        organisation=organisation, tool=tool, instance=instance
    )
    return source


@transaction.atomic
def record(*, entry: Entry, source: Source, recorded_by: User | None, today: date) -> Contribution:
    """Record one batch of labour.

    Raises:
        AlreadyRecorded: The source has a record of this external id.
        WorkInTheFuture: The day of work is after `today`.
        CurrencyUnknown: The wage is in no known currency.
        ValidationError: A field is out of bounds, by field.
    """
    contribution = _contribution(entry, source=source, recorded_by=recorded_by)
    return _save(contribution, today=today)


@transaction.atomic
def correct(
    *, replaced: Contribution, entry: Entry, reason: str, recorded_by: User | None, today: date
) -> Contribution:
    """Replace a record by a corrected one; the old one stays, superseded.

    Raises:
        AlreadyCorrected: The record was corrected or withdrawn before.
        ValidationError: No reason, or a field out of bounds.
    """
    contribution = _contribution(entry, source=replaced.source, recorded_by=recorded_by)
    _continue(contribution, replaced=replaced, reason=reason)
    return _save(contribution, today=today)


@transaction.atomic
def withdraw(
    *, replaced: Contribution, reason: str, recorded_by: User | None, today: date
) -> Contribution:
    """Withdraw a record: it stays, superseded by a copy that counts for nothing.

    Raises:
        AlreadyCorrected: The record was corrected or withdrawn before.
        ValidationError: No reason.
    """
    contribution = _contribution(
        entry_of(replaced), source=replaced.source, recorded_by=recorded_by
    )
    contribution.withdrawn = True
    _continue(contribution, replaced=replaced, reason=reason)
    return _save(contribution, today=today)


def entry_of(contribution: Contribution) -> Entry:
    """Return a record as the entry that would make it, to edit for a correction."""
    fields = {name: getattr(contribution, name) for name in Entry.__dataclass_fields__}
    return Entry(**fields)


def _contribution(entry: Entry, *, source: Source, recorded_by: User | None) -> Contribution:
    fields = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return Contribution(**fields, source=source, recorded_by=recorded_by, row_sha256=entry.sha256())


def _continue(contribution: Contribution, *, replaced: Contribution, reason: str) -> None:
    transparency.take_turn()
    # The lock makes two people who correct the same record at once take turns.
    Contribution.objects.select_for_update().get(pk=replaced.pk)
    if replaced.withdrawn or Contribution.objects.filter(supersedes=replaced).exists():
        raise AlreadyCorrected(
            _("This record was corrected or withdrawn meanwhile. Look at the newest version.")
        )
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the record is corrected.")})
    contribution.supersedes = replaced
    contribution.revision = replaced.revision + 1
    contribution.external_id = replaced.external_id
    contribution.reason = reason


def _save(contribution: Contribution, *, today: date) -> Contribution:
    if contribution.occurred_on > today:
        raise WorkInTheFuture(_("The day of work is still to come."), pointer="/occurred_on")
    if contribution.wage_micro:
        minor_digits(contribution.wage_currency)
    already = AlreadyRecorded(
        _("This source has a record with that id already. Correct that one."),
        pointer="/external_id",
    )
    # Asked before the constraints are, which would only say that something is not unique.
    if Contribution.objects.filter(
        source_id=contribution.source_id,
        external_id=contribution.external_id,
        revision=contribution.revision,
    ).exists():
        raise already
    contribution.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            contribution.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "contribution_once_a_source":
            raise already from error
        raise
    transparency.append(
        table=LABOUR,
        number=contribution.pk,
        kind="correction" if contribution.supersedes_id else "contribution",
    )
    return contribution
