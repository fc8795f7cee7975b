"""Confirming records and objecting to them, one by one or all that a filter keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import Attestation, Contribution
from contributions.models.attestations import confirmations, objections
from contributions.models.labour import ContributionQuerySet
from contributions.services import transparency
from contributions.services.logged import ATTESTATION
from contributions.services.speaking import RecordReplaced, Voice, newest_version

_Rows = TypeVar("_Rows", bound=QuerySet[Contribution])


class AlreadyAttested(ContributionError):
    """The party's last word on this record is the same already."""

    code = "already_attested"


class ObjectionUnexplained(ContributionError):
    """An objection must say what is wrong."""

    code = "objection_unexplained"


@dataclass(frozen=True, slots=True)
class Standing:
    """What others say about a record, and what follows for its evidence.

    Attributes:
        evidence: The grade in effect: what is declared only rises from D to C once somebody
            else confirms it. Nothing rises further, for a word is no log.
    """

    confirmed: bool
    objected: bool
    evidence: str


@transaction.atomic
def attest(*, record: Contribution, voice: Voice, stance: str, comment: str = "") -> Attestation:
    """Say of one record, in the name of one party, that it is right or wrong.

    Raises:
        RecordReplaced: The record was corrected or withdrawn.
        AlreadyAttested: The party said the same before, and nothing to add.
        ObjectionUnexplained: It is an objection without a comment.
    """
    _require_explained(stance, comment)
    if record.withdrawn or newest_version(record).pk != record.pk:
        raise RecordReplaced(_("This record was replaced. Look at what counts now."))
    last = record.attestations.filter(organisation=voice.organisation, worker=voice.worker).last()
    said = last.stance if last else Attestation.Stance.SILENT
    if said == stance and (not comment or (last and last.comment == comment)):
        raise AlreadyAttested(_("You said so already."))
    made = Attestation.objects.create(
        contribution=record,
        organisation=voice.organisation,
        worker=voice.worker,
        stance=stance,
        comment=comment,
        made_by=voice.user,
    )
    transparency.append(table=ATTESTATION, number=made.pk)
    return made


@transaction.atomic
def attest_many(
    *, records: ContributionQuerySet, voice: Voice, stance: str, comment: str = ""
) -> int:
    """Say the same of every record that counts now among some, and that the party may judge.

    Records of which the party says so already are passed over.

    Returns:
        How many attestations were made.

    Raises:
        ObjectionUnexplained: It is an objection without a comment.
    """
    _require_explained(stance, comment)
    same = Attestation.objects.standing().filter(
        contribution=OuterRef("pk"),
        organisation=voice.organisation,
        worker=voice.worker,
        stance=stance,
    )
    chosen = records.current().filter(~Exists(same), pk__in=voice.records().values("pk"))
    query, parameters = chosen.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # The inner query is the one Django made of the facets; values go as parameters.
        cursor.execute(
            f"""
            INSERT INTO contributions_attestation
                (contribution_id, organisation_id, worker_id, stance, comment, made_by_id)
            SELECT q.id, %s, %s, %s, %s, %s FROM ({query}) AS q (id)
            RETURNING id
            """,  # noqa: S608
            [
                voice.organisation.pk if voice.organisation else None,
                voice.worker.pk if voice.worker else None,
                stance,
                comment,
                voice.user.pk,
                *parameters,
            ],
        )
        made = [row[0] for row in cursor.fetchall()]
    if made:
        transparency.append_many(table=ATTESTATION, numbers=made)
    return len(made)


def standings(records: Sequence[Contribution]) -> dict[int, Standing]:
    """Return what others say about some records, by row number."""
    numbers = [record.pk for record in records]
    last: dict[tuple[int, int | None, int | None], tuple[str, int]] = {}
    said = Attestation.objects.filter(contribution__in=numbers).order_by("contribution", "pk")
    for record, organisation, worker, stance, by in said.values_list(
        "contribution_id", "organisation_id", "worker_id", "stance", "made_by_id"
    ):
        last[record, organisation, worker] = (stance, by)
    grades = Contribution.objects.filter(pk__in=numbers).values_list(
        "pk", "evidence_grade", "recorded_by_id"
    )
    return {
        pk: _standing(
            grade,
            recorder,
            [(party, said) for (record, party, _worker), said in last.items() if record == pk],
        )
        for pk, grade, recorder in grades
    }


def _standing(
    grade: str, recorder: int | None, said: list[tuple[int | None, tuple[str, int]]]
) -> Standing:
    """Say what follows from the last words of all parties; see `confirmations`."""
    confirmed = any(
        party is not None and stance == Attestation.Stance.CONFIRMS and by != recorder
        for party, (stance, by) in said
    )
    objected = any(stance == Attestation.Stance.OBJECTS for _party, (stance, _by) in said)
    return Standing(confirmed, objected, evidence_in_effect(grade, confirmed=confirmed))


def evidence_in_effect(grade: str, *, confirmed: bool) -> str:
    """Return the grade of evidence once others were heard.

    >>> evidence_in_effect("D", confirmed=True), evidence_in_effect("B", confirmed=True)
    ('C', 'B')
    """
    declared_only = grade == Contribution.Evidence.D
    return str(Contribution.Evidence.C) if confirmed and declared_only else grade


def confirmed_only(rows: _Rows) -> _Rows:
    """Keep records that somebody else confirmed."""
    return rows.filter(Exists(confirmations()))


def objected_only(rows: _Rows) -> _Rows:
    """Keep records to which somebody objects."""
    return rows.filter(Exists(objections()))


def unattested_only(rows: _Rows) -> _Rows:
    """Keep records that are neither confirmed nor objected to."""
    return rows.filter(~Exists(confirmations()), ~Exists(objections()))


ATTESTED: dict[str, Callable[[Any], Any]] = {
    "confirmed": confirmed_only,
    "objected": objected_only,
    "none": unattested_only,
}
"""How records are narrowed down by what others say, by the word that asks for it."""


def _require_explained(stance: str, comment: str) -> None:
    if stance == Attestation.Stance.OBJECTS and not comment.strip():
        raise ObjectionUnexplained(_("Say what is wrong with the record."), pointer="/comment")
