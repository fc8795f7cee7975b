"""Disputes: opening a case about part of a record, arguing, deciding, and what runs hold back.

Every step is an entry of its own. A decision that changes something makes a correction; one that
changes nothing releases what was held, which the next run then pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Contribution, Dispute, DisputeDecision, DisputeMessage
from contributions.models.products import PPM
from contributions.services import recording, transparency
from contributions.services.logged import DISPUTE, DISPUTE_DECISION, DISPUTE_MESSAGE
from contributions.services.speaking import RecordReplaced, Voice, newest_version

_Rows = TypeVar("_Rows", bound=QuerySet[Contribution])

USUAL_DAYS = 30
MOST_DAYS = 366

# The contested part follows the record through corrections; runs take the version that counts.
_HELD = """
SELECT version.id, version.seconds, d.contested_ppm, d.contested_seconds
FROM contributions_dispute d
JOIN contributions_contribution disputed ON disputed.id = d.contribution_id
JOIN contributions_contribution version
    ON version.source_id = disputed.source_id AND version.external_id = disputed.external_id
WHERE NOT EXISTS (
    SELECT 1 FROM contributions_disputedecision decision WHERE decision.dispute_id = d.id
)
ORDER BY version.id
"""


class DisputeOpen(ContributionError):
    """There is an open case about this record; what is to be said belongs there."""

    code = "dispute_open"


class DisputeDecided(ContributionError):
    """The case was decided."""

    code = "dispute_decided"


class OwnDispute(ContributionError):
    """Whoever opened a case, or the party they opened it for, does not decide it."""

    code = "own_dispute"


class NotTheOpener(ContributionError):
    """Only the party that opened a case can withdraw it."""

    code = "not_the_opener"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """How much of a record is contested: a share of it, or so much of its time."""

    ppm: int | None = None
    seconds: int | None = None

    def of(self, seconds: int | None) -> int:
        """Return the contested share of a record of some length, in ppm.

        Time rounds up, so that no contested second is paid out.

        >>> Contested(seconds=1200).of(3600), Contested(ppm=250_000).of(None)
        (333334, 250000)
        """
        if self.ppm is not None:
            return self.ppm
        if self.seconds is None or not seconds:
            return PPM
        return min(PPM, -(-self.seconds * PPM // seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What somebody contests, why, and until when it shall be decided."""

    grounds: str
    contested: Contested
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a case ends.

    Attributes:
        entry: What the record shall say from now on; None where it is withdrawn or stays.
        withdraws_record: Whether the record counts for nothing any more.
    """

    outcome: str
    reason: str
    entry: recording.Entry | None = None
    withdraws_record: bool = False


@transaction.atomic
def open_dispute(*, record: Contribution, voice: Voice, case: Case, today: date) -> Dispute:
    """Open a case about part of a record.

    Raises:
        RecordReplaced: The record was corrected or withdrawn.
        DisputeOpen: There is an open case about it.
        ValidationError: No grounds, nothing or too much contested, or an impossible deadline.
    """
    # Openers take turns, so there cannot be two cases about one record.
    transparency.take_turn()
    if record.withdrawn or newest_version(record).pk != record.pk:
        raise RecordReplaced(_("This record was replaced. Look at what counts now."))
    if open_case(record) is not None:
        raise DisputeOpen(_("There is an open case about this record. Add to that one."))
    _require_sound(record, case.grounds, case.contested)
    if not today < case.due_on <= today + timedelta(days=MOST_DAYS):
        raise ValidationError({"due_on": _("Choose a day within a year from now.")})
    made = Dispute.objects.create(
        contribution=record,
        organisation=voice.organisation,
        worker=voice.worker,
        grounds=case.grounds,
        contested_ppm=case.contested.ppm,
        contested_seconds=case.contested.seconds,
        due_on=case.due_on,
        opened_by=voice.user,
    )
    transparency.append(table=DISPUTE, number=made.pk)
    return made


@transaction.atomic
def say(*, dispute: Dispute, voice: Voice, text: str) -> DisputeMessage:
    """Add a message to an open case.

    Raises:
        DisputeDecided: The case was decided.
        ValidationError: The message is empty.
    """
    transparency.take_turn()
    _require_open(dispute)
    if not text.strip():
        raise ValidationError({"text": _("Write a message.")})
    made = DisputeMessage.objects.create(
        dispute=dispute,
        organisation=voice.organisation,
        worker=voice.worker,
        text=text,
        written_by=voice.user,
    )
    transparency.append(table=DISPUTE_MESSAGE, number=made.pk)
    return made


@transaction.atomic
def decide(*, dispute: Dispute, voice: Voice, verdict: Verdict, today: date) -> DisputeDecision:
    """End a case; what changes in the record is a correction made with the decision.

    Raises:
        DisputeDecided: Somebody decided it first.
        OwnDispute: The decider opened it, or belongs to the party that did.
        NotTheOpener: Somebody else withdraws it.
        AlreadyCorrected: The record changed meanwhile.
        ValidationError: No reason, or a decision without the effect it must have.
    """
    transparency.take_turn()
    _require_open(dispute)
    _require_entitled(dispute, voice, verdict.outcome)
    if not verdict.reason.strip():
        raise ValidationError({"reason": _("Say why you decide so.")})
    made = DisputeDecision.objects.create(
        dispute=dispute,
        outcome=verdict.outcome,
        reason=verdict.reason,
        organisation=voice.organisation,
        correction=_effect(dispute, voice, verdict, today),
        decided_by=voice.user,
    )
    transparency.append(table=DISPUTE_DECISION, number=made.pk)
    return made


@transaction.atomic
def note_overdue(*, today: date) -> int:
    """Note in every overdue case, once, that its deadline has passed; return how many."""
    transparency.take_turn()
    late = Dispute.objects.overdue(today).exclude(messages__kind=DisputeMessage.Kind.OVERDUE)
    made = DisputeMessage.objects.bulk_create(
        DisputeMessage(dispute=dispute, kind=DisputeMessage.Kind.OVERDUE) for dispute in late
    )
    if made:
        transparency.append_many(table=DISPUTE_MESSAGE, numbers=[row.pk for row in made])
    return len(made)


def open_case(record: Contribution) -> Dispute | None:
    """Return the open case about any version of a record."""
    return (
        Dispute.objects.open()
        .filter(contribution__source=record.source_id, contribution__external_id=record.external_id)
        .first()
    )


def disputed(rows: _Rows, *, openly: bool) -> _Rows:
    """Keep records with an open case about any of their versions, or those without one."""
    about = Dispute.objects.open().filter(
        contribution__source=OuterRef("source"), contribution__external_id=OuterRef("external_id")
    )
    return rows.filter(Exists(about) if openly else ~Exists(about))


def frozen_shares() -> list[tuple[int, int]]:
    """Return what open cases hold back: row number of a record and share in ppm, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        rows = cursor.fetchall()
    return [
        (pk, Contested(ppm=ppm, seconds=contested).of(seconds))
        for pk, seconds, ppm, contested in rows
    ]


def contested_share(dispute: Dispute) -> int:
    """Return the share of the record as it is now that a case holds back, in ppm."""
    version = newest_version(dispute.contribution)
    return Contested(ppm=dispute.contested_ppm, seconds=dispute.contested_seconds).of(
        version.seconds
    )


def _require_sound(record: Contribution, grounds: str, contested: Contested) -> None:
    if not grounds.strip():
        raise ValidationError({"grounds": _("Say what the dispute is about.")})
    if (contested.ppm is None) == (contested.seconds is None):
        raise ValidationError({"share": _("Give either the contested share or the hours.")})
    if contested.ppm is not None and not 0 < contested.ppm <= PPM:
        raise ValidationError({"share": _("A share lies above 0 and is at most the whole.")})
    if contested.seconds is not None:
        if record.seconds is None:
            raise ValidationError({"hours": _("The record has no time. Give a share instead.")})
        if not 0 < contested.seconds <= record.seconds:
            raise ValidationError({"hours": _("The record has fewer hours than that.")})


def _require_open(dispute: Dispute) -> None:
    if DisputeDecision.objects.filter(dispute=dispute).exists():
        raise DisputeDecided(_("This case was decided."))


def _require_entitled(dispute: Dispute, voice: Voice, outcome: str) -> None:
    same_party = (
        voice.organisation is not None and voice.organisation == dispute.organisation
    ) or (voice.worker is not None and voice.worker == dispute.worker)
    if outcome == DisputeDecision.Outcome.WITHDRAWN:
        if not same_party:
            raise NotTheOpener(_("Only who opened a case withdraws it."))
        return
    if same_party or voice.user == dispute.opened_by or voice.organisation is None:
        raise OwnDispute(_("Somebody of another party must decide this case."))


def _effect(dispute: Dispute, voice: Voice, verdict: Verdict, today: date) -> Contribution | None:
    changes = verdict.outcome in {DisputeDecision.Outcome.UPHELD, DisputeDecision.Outcome.PARTLY}
    if changes != (verdict.entry is not None or verdict.withdraws_record):
        raise ValidationError(
            {
                "outcome": _("Say what the record shall say instead.")
                if changes
                else _("A case that is not upheld changes nothing in the record.")
            }
        )
    if not changes:
        return None
    version = newest_version(dispute.contribution)
    reason = _("%(id)s: %(reason)s") % {"id": dispute.public_id, "reason": verdict.reason}
    if verdict.entry is None:
        return recording.withdraw(
            replaced=version, reason=reason, recorded_by=voice.user, today=today
        )
    return recording.correct(
        replaced=version,
        entry=verdict.entry,
        reason=reason,
        recorded_by=voice.user,
        today=today,
    )
