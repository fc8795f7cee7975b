"""Confirming and objecting: by whom, of what, with which effect on the evidence."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from contributions.models import Attestation, Contribution, LogSegment, Organisation
from contributions.services import recording
from contributions.services.attesting import (
    AlreadyAttested,
    ObjectionUnexplained,
    attest,
    attest_many,
    standings,
)
from contributions.services.proving import prove
from contributions.services.speaking import SIGNING, RecordReplaced, Voice, voices
from tests import factories

pytestmark = pytest.mark.django_db

CONFIRMS = Attestation.Stance.CONFIRMS
OBJECTS = Attestation.Stance.OBJECTS
SILENT = Attestation.Stance.SILENT


class Shop:
    """A platform with a data set, and a union to which its worker consents."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.union: Organisation = factories.organisation("labour_organisation")
        self.product = factories.product(self.platform)
        self.worker = factories.worker(consents_to=self.union)
        self.officer = factories.user(self.union)
        self.voice = Voice(self.officer, organisation=self.union)

    def work(self, **fields: Any) -> Contribution:
        """Work of the worker, declared only."""
        values = {"evidence_grade": "D"} | fields
        return factories.contribution(self.worker, self.product, **values)


@transaction.atomic
def execute(statement: str) -> None:
    """Run SQL past the services."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_confirmation_by_another_makes_declared_work_confirmed_work(shop: Shop) -> None:
    record = shop.work()
    attest(record=record, voice=shop.voice, stance=CONFIRMS)
    standing = standings([record])[record.pk]
    assert (standing.confirmed, standing.objected, standing.evidence) == (True, False, "C")


def test_a_confirmation_lifts_no_grade_above_what_a_word_can_prove(shop: Shop) -> None:
    record = shop.work(evidence_grade="B")
    attest(record=record, voice=shop.voice, stance=CONFIRMS)
    assert standings([record])[record.pk].evidence == "B"


def test_the_workers_own_word_is_no_second_pair_of_eyes(shop: Shop) -> None:
    record = shop.work()
    attest(record=record, voice=Voice(shop.officer, worker=shop.worker), stance=CONFIRMS)
    assert standings([record])[record.pk].evidence == "D"


def test_whoever_entered_a_record_does_not_support_it_by_confirming_it(shop: Shop) -> None:
    record = recording.record(
        entry=factories.entry(shop.worker, shop.product, evidence_grade="D"),
        source=recording.source_of(organisation=shop.union, tool="hand"),
        recorded_by=shop.officer,
        today=factories.TODAY,
    )
    attest(record=record, voice=shop.voice, stance=CONFIRMS)
    assert standings([record])[record.pk].evidence == "D"
    colleague = Voice(factories.user(shop.platform), organisation=shop.platform)
    attest(record=record, voice=colleague, stance=CONFIRMS)
    assert standings([record])[record.pk].evidence == "C"


def test_the_last_word_of_a_party_counts_and_older_ones_stay(shop: Shop) -> None:
    record = shop.work()
    attest(record=record, voice=shop.voice, stance=CONFIRMS)
    attest(record=record, voice=shop.voice, stance=OBJECTS, comment="ten items, not twelve")
    assert standings([record])[record.pk].objected
    assert not standings([record])[record.pk].confirmed
    attest(record=record, voice=shop.voice, stance=SILENT)
    assert not standings([record])[record.pk].objected
    assert record.attestations.count() == 3


def test_saying_the_same_twice_is_refused(shop: Shop) -> None:
    record = shop.work()
    attest(record=record, voice=shop.voice, stance=CONFIRMS)
    with pytest.raises(AlreadyAttested):
        attest(record=record, voice=shop.voice, stance=CONFIRMS)


def test_an_objection_says_why_and_the_database_insists(shop: Shop) -> None:
    record = shop.work()
    with pytest.raises(ObjectionUnexplained):
        attest(record=record, voice=shop.voice, stance=OBJECTS, comment=" ")
    with pytest.raises(IntegrityError, match="attestation_objection_says_why"):
        Attestation.objects.create(
            contribution=record, worker=shop.worker, stance=OBJECTS, made_by=shop.officer
        )


def test_what_was_replaced_is_attested_no_more(shop: Shop) -> None:
    record = shop.work()
    recording.withdraw(replaced=record, reason="twice", recorded_by=None, today=factories.TODAY)
    with pytest.raises(RecordReplaced):
        attest(record=record, voice=shop.voice, stance=CONFIRMS)


def test_a_batch_attests_what_counts_once_and_nothing_of_strangers(shop: Shop) -> None:
    mine = [shop.work() for _number in range(4)]
    attest(record=mine[0], voice=shop.voice, stance=CONFIRMS)
    recording.withdraw(replaced=mine[1], reason="twice", recorded_by=None, today=factories.TODAY)
    stranger = factories.contribution(factories.worker(), shop.product)
    made = attest_many(records=Contribution.objects.all(), voice=shop.voice, stance=CONFIRMS)
    assert made == 2
    assert not stranger.attestations.exists()
    assert {row.pk for row in mine if row.attestations.exists()} == {
        mine[0].pk,
        mine[2].pk,
        mine[3].pk,
    }
    assert attest_many(records=Contribution.objects.all(), voice=shop.voice, stance=CONFIRMS) == 0


def test_attestations_are_leaves_and_stay_as_they_are(shop: Shop) -> None:
    made = attest(record=shop.work(), voice=shop.voice, stance=CONFIRMS)
    shop.work()
    attest_many(records=Contribution.objects.all(), voice=shop.voice, stance=CONFIRMS)
    kinds = list(LogSegment.objects.values_list("kind", "count"))
    assert kinds.count(("attestation", 1)) == 2
    assert prove().problems == ()
    for statement in ("UPDATE {} SET comment = 'x'", "DELETE FROM {}", "TRUNCATE {}"):
        with pytest.raises(IntegrityError, match="append-only"):
            execute(statement.format("contributions_attestation"))
    made.refresh_from_db()
    assert made.comment == ""


def test_only_concerned_parties_have_a_voice(shop: Shop) -> None:
    record = shop.work()
    viewer = factories.user(shop.platform, role="viewer")
    outsider = factories.user(factories.organisation("labour_organisation"))
    assert [str(one) for one in voices(user=shop.officer, record=record, roles=SIGNING)] == [
        shop.union.name
    ]
    assert voices(user=viewer, record=record, roles=SIGNING) == []
    assert voices(user=outsider, record=record, roles=SIGNING) == []
