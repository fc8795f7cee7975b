"""Disputes: what may be contested, who decides, and what each end leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from contributions.models import Contribution, Dispute, DisputeDecision, LogSegment, Organisation
from contributions.services import recording
from contributions.services.disputing import (
    Case,
    Contested,
    DisputeDecided,
    DisputeOpen,
    NotTheOpener,
    OwnDispute,
    Verdict,
    decide,
    frozen_shares,
    note_overdue,
    open_dispute,
    say,
)
from contributions.services.proving import prove
from contributions.services.speaking import RecordReplaced, Voice
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = factories.TODAY
DUE = TODAY + timedelta(days=30)


class Quarrel:
    """An hour of work that the platform recorded and the worker's union contests."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.union: Organisation = factories.organisation("labour_organisation")
        self.worker = factories.worker(consents_to=self.union)
        self.record = factories.contribution(self.worker, factories.product(self.platform))
        self.officer = Voice(factories.user(self.union), organisation=self.union)
        self.manager = Voice(factories.user(self.platform), organisation=self.platform)

    def open(self, record: Contribution | None = None, **contested: Any) -> Dispute:
        """Open the case."""
        return open_dispute(
            record=record or self.record,
            voice=self.officer,
            case=Case(
                grounds="Twenty minutes were waiting time.",
                contested=Contested(**(contested or {"ppm": 250_000})),
                due_on=DUE,
            ),
            today=TODAY,
        )

    def decide(self, dispute: Dispute, outcome: str, **verdict: Any) -> DisputeDecision:
        """Let the platform decide."""
        return decide(
            dispute=dispute,
            voice=verdict.pop("voice", self.manager),
            verdict=Verdict(outcome=outcome, reason="as the log shows", **verdict),
            today=TODAY,
        )


@transaction.atomic
def execute(statement: str) -> None:
    """Run SQL past the services."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")


@pytest.fixture
def quarrel() -> Quarrel:
    return Quarrel()


def test_an_open_case_holds_back_its_share_and_a_decided_one_nothing(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    assert frozen_shares() == [(quarrel.record.pk, 250_000)]
    quarrel.decide(dispute, "rejected")
    assert frozen_shares() == []
    assert Contribution.objects.current().get() == quarrel.record


def test_contested_time_holds_back_its_part_of_the_record_as_it_is_now(quarrel: Quarrel) -> None:
    quarrel.open(seconds=1200)
    assert frozen_shares() == [(quarrel.record.pk, 333_334)]
    corrected = recording.correct(
        replaced=quarrel.record,
        entry=replace(recording.entry_of(quarrel.record), seconds=2400),
        reason="counted again",
        recorded_by=None,
        today=TODAY,
    )
    assert frozen_shares() == [(quarrel.record.pk, 333_334), (corrected.pk, 500_000)]


def test_a_case_upheld_corrects_the_record_and_names_itself_as_the_reason(
    quarrel: Quarrel,
) -> None:
    dispute = quarrel.open()
    entry = replace(recording.entry_of(quarrel.record), seconds=2700)
    decision = quarrel.decide(dispute, "partly", entry=entry)
    newest = Contribution.objects.current().get()
    assert decision.correction == newest
    assert (newest.seconds, newest.supersedes) == (2700, quarrel.record)
    assert newest.reason == f"{dispute.public_id}: as the log shows"
    assert frozen_shares() == []


def test_a_case_upheld_may_end_in_withdrawing_the_record(quarrel: Quarrel) -> None:
    quarrel.decide(quarrel.open(), "upheld", withdraws_record=True)
    assert not Contribution.objects.current().exists()


def test_a_decision_has_the_effect_it_speaks_of(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    with pytest.raises(ValidationError):
        quarrel.decide(dispute, "upheld")
    with pytest.raises(ValidationError):
        quarrel.decide(dispute, "rejected", withdraws_record=True)
    assert not DisputeDecision.objects.exists()


def test_whoever_opened_a_case_and_their_organisation_do_not_decide_it(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    colleague = Voice(factories.user(quarrel.union), organisation=quarrel.union)
    turncoat = Voice(quarrel.officer.user, organisation=quarrel.platform)
    for voice in (quarrel.officer, colleague, turncoat):
        with pytest.raises(OwnDispute):
            quarrel.decide(dispute, "rejected", voice=voice)


def test_the_database_refuses_a_decision_by_the_opener(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    with pytest.raises(IntegrityError, match="whoever opened a dispute"):
        DisputeDecision.objects.create(
            dispute=dispute, outcome="rejected", reason="mine", decided_by=dispute.opened_by
        )


def test_the_party_that_opened_a_case_withdraws_it_and_no_other(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    with pytest.raises(NotTheOpener):
        quarrel.decide(dispute, "withdrawn")
    quarrel.decide(dispute, "withdrawn", voice=quarrel.officer)
    assert frozen_shares() == []


def test_a_record_has_one_open_case_at_a_time(quarrel: Quarrel) -> None:
    first = quarrel.open()
    with pytest.raises(DisputeOpen):
        quarrel.open()
    quarrel.decide(first, "rejected")
    assert quarrel.open().pk != first.pk


def test_a_decided_case_takes_neither_words_nor_a_second_decision(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    say(dispute=dispute, voice=quarrel.manager, text="Here is the log.")
    quarrel.decide(dispute, "rejected")
    with pytest.raises(DisputeDecided):
        quarrel.decide(dispute, "rejected")
    with pytest.raises(DisputeDecided):
        say(dispute=dispute, voice=quarrel.officer, text="But.")


@pytest.mark.parametrize(
    "contested",
    [
        {"ppm": 0},
        {"ppm": 1_000_001},
        {"ppm": 1, "seconds": 1},
        {"seconds": 0},
        {"seconds": 3601},
    ],
)
def test_nothing_and_more_than_all_cannot_be_contested(
    quarrel: Quarrel, contested: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        quarrel.open(**contested)


@pytest.mark.parametrize("due_on", [TODAY, TODAY + timedelta(days=367)])
def test_a_deadline_lies_within_a_year(quarrel: Quarrel, due_on: date) -> None:
    case = Case(grounds="x", contested=Contested(ppm=1), due_on=due_on)
    with pytest.raises(ValidationError):
        open_dispute(record=quarrel.record, voice=quarrel.officer, case=case, today=TODAY)


def test_what_was_replaced_is_disputed_no_more(quarrel: Quarrel) -> None:
    recording.withdraw(replaced=quarrel.record, reason="twice", recorded_by=None, today=TODAY)
    with pytest.raises(RecordReplaced):
        quarrel.open()


def test_a_missed_deadline_is_noted_once(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    assert note_overdue(today=DUE) == 0
    assert note_overdue(today=DUE + timedelta(days=1)) == 1
    assert note_overdue(today=DUE + timedelta(days=2)) == 0
    assert [row.kind for row in dispute.messages.all()] == ["overdue"]


def test_every_step_is_a_leaf_and_stays(quarrel: Quarrel) -> None:
    dispute = quarrel.open()
    say(dispute=dispute, voice=quarrel.manager, text="Here is the log.")
    quarrel.decide(dispute, "upheld", withdraws_record=True)
    kinds = list(LogSegment.objects.values_list("kind", flat=True))
    assert kinds == [
        "contribution",
        "dispute",
        "dispute_message",
        "correction",
        "dispute_decision",
    ]
    assert prove().problems == ()
    for table in ("dispute", "disputemessage", "disputedecision"):
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(IntegrityError, match="append-only"):
                execute(statement.format(f"contributions_{table}"))
