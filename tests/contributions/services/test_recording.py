"""What the database itself holds together when labour is recorded, corrected and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from contributions.currencies import CurrencyUnknown
from contributions.models import Contribution
from contributions.services import recording
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def work() -> Contribution:
    return factories.contribution(factories.worker(), factories.product(factories.organisation()))


def corrected(work: Contribution, reason: str = "a slip", **fields: Any) -> Contribution:
    """Correct some fields of a record."""
    return recording.correct(
        replaced=work,
        entry=replace(recording.entry_of(work), **fields),
        reason=reason,
        recorded_by=None,
        today=factories.TODAY,
    )


def test_the_same_row_of_a_source_is_recorded_once(work: Contribution) -> None:
    entry = recording.entry_of(work)
    with pytest.raises(recording.AlreadyRecorded) as caught:
        recording.record(entry=entry, source=work.source, recorded_by=None, today=factories.TODAY)
    assert caught.value.pointer == "/external_id"
    assert Contribution.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"occurred_on": date(2026, 11, 2)}, recording.WorkInTheFuture),
        ({"wage_micro": 1, "wage_currency": "XXX"}, CurrencyUnknown),
        ({"wage_micro": -1, "wage_currency": "CNY"}, ValidationError),
        ({"seconds": 0}, ValidationError),
        ({"seconds": None}, ValidationError),
        ({"seconds": 60, "time_basis": "none"}, ValidationError),
        ({"units": -1}, ValidationError),
        ({"quality_ppm": 1_000_001}, ValidationError),
        ({"outcome": "splendid"}, ValidationError),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    work: Contribution, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        corrected(work, **fields)
    assert Contribution.objects.count() == 1


def test_a_chain_of_corrections_leaves_its_last_link_current(work: Contribution) -> None:
    second = corrected(work, units=11)
    third = corrected(second, units=12)
    assert [row.units for row in Contribution.objects.current()] == [12]
    assert (third.revision, third.external_id) == (2, work.external_id)


def test_a_record_is_corrected_once(work: Contribution) -> None:
    corrected(work, units=11)
    with pytest.raises(recording.AlreadyCorrected):
        corrected(work, units=12)


def test_what_was_withdrawn_is_not_corrected(work: Contribution) -> None:
    gone = recording.withdraw(
        replaced=work, reason="twice", recorded_by=None, today=factories.TODAY
    )
    with pytest.raises(recording.AlreadyCorrected):
        corrected(gone, units=12)
    assert not Contribution.objects.current().exists()


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_correction_says_why(work: Contribution, reason: str) -> None:
    with pytest.raises(ValidationError):
        corrected(work, reason=reason)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contributions_contribution SET units = 99",
        "DELETE FROM contributions_contribution",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE contributions_contribution CASCADE",
        "SET session_replication_role = replica; UPDATE contributions_contribution SET units = 9",
    ],
)
def test_the_database_refuses_to_change_what_is_recorded(
    work: Contribution, statement: str
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    work.refresh_from_db()
    assert work.units == 10


def test_a_changed_entry_has_another_hash(work: Contribution) -> None:
    entry = recording.entry_of(work)
    assert entry.sha256() == work.row_sha256
    assert replace(entry, units=11).sha256() != work.row_sha256
