"""Labour recorded by whole columns: leaves, foreign keys and what the database refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contributions.models import Contribution, ImportBatch, ImportedTrait, Source
from contributions.services import bulk_recording, proving
from contributions.services.bulk_recording import (
    MISSING,
    NO_MOMENT,
    LabourColumns,
    ReadFile,
    record_columns,
)
from contributions.services.bulk_references import ReferenceMissing
from contributions.services.logged import LABOUR
from contributions.services.recording import AlreadyRecorded, source_of
from tests import factories

MICROSECONDS = 1_000_000


def columns(count: int, **changed: Any) -> LabourColumns:
    """Rows of one worker, an hour each."""
    fill = np.zeros(count, dtype=np.int64)
    rows = LabourColumns(
        external_id=[f"bulk-{number}" for number in range(count)],
        worker=fill + factories.worker().pk,
        product=fill + factories.product(factories.organisation()).pk,
        task_type=fill + factories.task_type().pk,
        phase=fill,
        occurred_day=fill + 20_000,
        seconds=fill + 3_600,
        time_basis=fill,
        units=fill + 1,
        quality_ppm=fill + 1_000_000,
        outcome=fill,
        role=fill,
        grade=fill - 1,
        grades=[],
        wage_micro=fill,
        wage_currency="",
        evidence=fill + 1,
    )
    return replace(rows, **changed)


def source() -> Source:
    return source_of(organisation=factories.organisation(), tool="bulk")


def record(rows: LabourColumns, into: Source | None = None) -> ImportBatch:
    return record_columns(
        chunks=[rows], source=into or source(), file=ReadFile("bulk.csv"), committed_by=None
    )


@pytest.mark.django_db
class TestColumns:
    def test_what_is_unknown_stays_unknown_and_the_rest_is_kept_to_the_microsecond(self) -> None:
        reviewer = factories.worker().pk
        moment = 20_000 * 86_400 * MICROSECONDS + 1_500_000
        record(
            columns(
                2,
                occurred_at=np.array([NO_MOMENT, moment]),
                seconds=np.array([MISSING, 60]),
                time_basis=np.array([4, 0]),
                reviewer=np.array([MISSING, reviewer]),
                machine_share_ppm=np.array([MISSING, 0]),
                row_sha256=bytes(32) + b"\xff" * 32,
                evidence_sha256="ab" * 32,
            )
        )
        first, second = Contribution.objects.order_by("pk")
        assert (first.occurred_at, first.seconds, first.reviewer_id) == (None, None, None)
        assert second.occurred_at is not None
        assert second.occurred_at.isoformat() == "2024-10-04T00:00:01.500000+00:00"
        assert (second.seconds, second.reviewer_id, second.machine_share_ppm) == (60, reviewer, 0)
        assert (first.row_sha256, second.row_sha256) == ("00" * 32, "ff" * 32)
        assert second.evidence_sha256 == "ab" * 32

    def test_control_items_and_drafts_are_recorded_as_what_they_are(self) -> None:
        flags = np.array([True, False, False])
        record(columns(3, is_control=flags, prelabelled=flags[::-1]))
        found = ImportedTrait.objects.order_by("pk").values_list(
            "contribution__external_id", "is_control", "prelabelled"
        )
        assert list(found) == [("bulk-0", True, False), ("bulk-2", False, True)]

    def test_more_rows_than_a_piece_are_all_recorded_and_proven(self) -> None:
        count = 20_000
        assert record(columns(count)).rows_recorded == count
        assert Contribution.objects.count() == count
        assert [p for p in proving.prove().problems if p.code != "log_key_missing"] == []

    def test_a_known_id_is_a_named_conflict_and_leaves_nothing(self) -> None:
        into = source()
        record(columns(1), into)
        again = replace(columns(1), external_id=["bulk-0"])
        with pytest.raises(AlreadyRecorded):
            record(again, into)
        assert Contribution.objects.count() == 1
        assert ImportBatch.objects.count() == 1


@pytest.mark.django_db
class TestForeignKeys:
    @pytest.mark.parametrize("name", ["worker", "product", "task_type", "reviewer"])
    def test_a_row_that_names_nobody_is_refused_by_the_name_of_its_key(self, name: str) -> None:
        rows = columns(2, **{name: np.array([10**9, 10**9])})
        with pytest.raises(ReferenceMissing) as refusal:
            record(rows)
        assert f"{name}_id" in refusal.value.constraint
        assert not Contribution.objects.exists()

    def test_checks_of_the_table_hold_while_keys_stand_back(self) -> None:
        with pytest.raises(IntegrityError, match="contribution_seconds_positive"):
            record(columns(1, seconds=np.array([0])))

    def test_triggers_of_keys_are_back_after_the_rows(self) -> None:
        record(columns(1))
        with connection.cursor() as cursor:
            cursor.execute("SHOW session_replication_role")
            assert cursor.fetchone() == ("origin",)

    def test_another_trigger_on_the_table_keeps_all_of_them_at_work(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION pg_temp.mark() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN NEW.reason := 'seen'; RETURN NEW; END $$;"
                "CREATE TRIGGER marks BEFORE INSERT ON contributions_contribution "
                "FOR EACH ROW EXECUTE FUNCTION pg_temp.mark()"
            )
        with pytest.raises(bulk_recording.LeavesDiffer):
            record(columns(1))

    @pytest.mark.usefixtures("plain_user")
    def test_a_user_who_may_not_set_triggers_aside_is_checked_row_by_row(self) -> None:
        record(columns(2))
        assert Contribution.objects.count() == 2
        with transaction.atomic():
            record(replace(columns(1), worker=np.array([10**9]), external_id=["other"]))
            with pytest.raises(IntegrityError, match="worker_id"), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)


@pytest.fixture
def plain_user() -> Iterator[None]:
    """Be a user of the database without its owner's rights."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE huisu_plain")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO huisu_plain")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO huisu_plain")
        cursor.execute("SET ROLE huisu_plain")
        yield
        cursor.execute("RESET ROLE")


class TestContent(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        ids=st.lists(
            st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40),
            min_size=1,
            max_size=5,
            unique=True,
        ),
        grade=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10),
        moment=st.integers(0, 4 * 10**15),
    )
    def test_leaves_are_those_that_the_database_hashes(
        self, ids: list[str], grade: str, moment: int
    ) -> None:
        count = len(ids)
        record(
            columns(
                count,
                external_id=ids,
                grades=[grade],
                grade=np.zeros(count, dtype=np.int64),
                occurred_at=np.full(count, moment),
                occurred_day=np.full(count, moment // (86_400 * MICROSECONDS)),
                wage_micro=np.arange(count),
                wage_currency="PHP",
            )
        )
        stored = Contribution.objects.filter(batch__isnull=False).order_by("pk")
        assert list(stored.values_list("external_id", flat=True)) == ids
        # Recording compared the leaves already; this says that it compared something.
        assert len(LABOUR.digests("true", {})[0]) == count
