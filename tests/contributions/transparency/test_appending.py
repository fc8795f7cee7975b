"""Every record gets its leaf in its own transaction: both are there, or neither."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from accounting.services import policies
from accounting.services.logged import POLICY, RATIFICATION, RUN
from contributions.identifiers import public_id
from contributions.log.leaves import Statement, commit
from contributions.models import Contribution, LogSegment
from contributions.services import recording, transparency
from contributions.services.bulk_recording import LabourColumns, ReadFile, record_columns
from contributions.services.logged import LABOUR, LoggedTable, logged_tables
from contributions.services.recording_many import record_many
from tests import factories

UNNAMED = {
    # Where a run or policy stands may change; what it says may not.
    "accounting_run": {
        "state",
        "stage",
        "failure_code",
        "failure",
        "lease_token",
        "leased_until",
        "attempts",
    },
    # What a policy revises is no part of its text.
    "accounting_policy": {"state", "valid_to", "based_on_id"},
}


def kinds() -> list[str]:
    """The kind of every leaf, in the log's order."""
    return [kind for row in LogSegment.objects.all() for kind in [row.kind] * row.count]


def opens(table: LoggedTable, number: int, segment: LogSegment) -> bool:
    """Whether the only leaf of a segment is what a stranger computes from the row's content."""
    digest = hashlib.sha256(table.content(number)).digest()
    statement = Statement(segment.kind, public_id(table.prefix, number), digest)
    return commit(statement, bytes(segment.salts)) == bytes(segment.entries)


def columns(count: int) -> LabourColumns:
    """Labour of one worker, an hour a row."""
    operator = factories.organisation()
    fill = np.zeros(count, dtype=np.int64)
    return LabourColumns(
        external_id=[f"bulk-{number}" for number in range(count)],
        worker=fill + factories.worker().pk,
        product=fill + factories.product(operator).pk,
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


def record_bulk(count: int) -> None:
    """Import rows by columns."""
    source = recording.source_of(organisation=factories.organisation(), tool="bulk")
    record_columns(
        chunks=[columns(count)], source=source, file=ReadFile("bulk.csv"), committed_by=None
    )


@pytest.mark.django_db
class TestLeaves:
    def test_every_logged_table_commits_to_every_column_that_may_not_change(self) -> None:
        tables = list(logged_tables())
        assert {table.name for table in tables} >= {
            LABOUR.name,
            POLICY.name,
            RATIFICATION.name,
            RUN.name,
        }
        for table in tables:
            stored = {field.column for field in table.model._meta.concrete_fields}
            assert stored - set(table.columns) == UNNAMED.get(table.name, set())

    def test_a_record_its_correction_and_its_withdrawal_are_leaves_in_their_order(self) -> None:
        operator = factories.organisation()
        worker, product = factories.worker(), factories.product(operator)
        first = factories.contribution(worker, product)
        second = recording.correct(
            replaced=first,
            entry=factories.entry(worker, product, seconds=1_800),
            reason="miscounted",
            recorded_by=None,
            today=factories.TODAY,
        )
        third = recording.withdraw(
            replaced=second, reason="not mine", recorded_by=None, today=factories.TODAY
        )
        segments = list(LogSegment.objects.all())
        assert [segment.kind for segment in segments] == [
            "contribution",
            "correction",
            "correction",
        ]
        assert [segment.first_index for segment in segments] == [0, 1, 2]
        for record, segment in zip([first, second, third], segments, strict=True):
            assert opens(LABOUR, record.pk, segment)

    def test_a_leaf_commits_to_each_column(self) -> None:
        record = factories.contribution(
            factories.worker(), factories.product(factories.organisation())
        )
        segment = LogSegment.objects.get()
        assert opens(LABOUR, record.pk, segment)
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE;"
                "ALTER TABLE contributions_contribution DISABLE TRIGGER USER;"
                "UPDATE contributions_contribution SET evidence_grade = 'A'"
            )
        assert not opens(LABOUR, record.pk, segment)

    def test_the_content_of_a_row_depends_on_no_setting_of_the_session(self) -> None:
        record = factories.contribution(
            factories.worker(), factories.product(factories.organisation())
        )
        before = LABOUR.content(record.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TimeZone = 'Asia/Shanghai'; SET LOCAL DateStyle = 'German'")
        assert LABOUR.content(record.pk) == before

    def test_an_import_of_many_rows_is_a_few_segments(self) -> None:
        record_bulk(1_000)
        segment = LogSegment.objects.get()
        numbers = np.frombuffer(bytes(segment.numbers), dtype=">i8").tolist()
        assert numbers == sorted(Contribution.objects.values_list("pk", flat=True))
        at = 617
        alone = LogSegment(
            kind=segment.kind,
            entries=bytes(segment.entries)[at * 32 : at * 32 + 32],
            salts=bytes(segment.salts)[at * 16 : at * 16 + 16],
        )
        assert opens(LABOUR, numbers[at], alone)

    def test_entries_sent_by_a_program_are_leaves(self) -> None:
        operator = factories.organisation()
        worker, product = factories.worker(), factories.product(operator)
        entries = [factories.entry(worker, product) for _number in range(3)]
        record_many(
            entries=entries,
            source=recording.source_of(organisation=operator, tool="api"),
            recorded_by=None,
            today=factories.TODAY,
        )
        assert kinds() == ["contribution"] * 3

    def test_nothing_recorded_is_no_leaf(self) -> None:
        transparency.append_many(table=LABOUR, numbers=[])
        assert not LogSegment.objects.exists()

    def test_a_policy_is_a_leaf_once_it_is_in_force_and_each_signature_under_it(self) -> None:
        operator = factories.organisation()
        policy = factories.policy(operator)
        policies.propose(policy=policy)
        assert kinds() == []
        union = factories.organisation("labour_organisation")
        for side in (union, union, operator):
            policies.ratify(
                policy=policy, organisation=side, ratified_by=None, today=factories.TODAY
            )
        assert sorted(kinds()) == ["policy", "ratification", "ratification"]

    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE contributions_logsegment SET kind = 'x'",
            "DELETE FROM contributions_logsegment",
            "TRUNCATE contributions_logsegment",
        ],
    )
    def test_the_log_itself_is_only_ever_added_to(self, attack: str) -> None:
        factories.contribution(factories.worker(), factories.product(factories.organisation()))
        with (
            pytest.raises(Exception, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SET LOCAL session_replication_role = replica; {attack}")


@pytest.mark.django_db(transaction=True)
class TestBothOrNeither:
    def test_a_computed_run_is_a_leaf(self) -> None:
        run = factories.computed_run()
        segment = LogSegment.objects.get(kind="run")
        assert opens(RUN, run.pk, segment)

    def test_a_record_that_is_rolled_back_leaves_no_leaf(self) -> None:
        operator = factories.organisation()
        worker, product = factories.worker(), factories.product(operator)
        factories.contribution(worker, product)
        with transaction.atomic():
            factories.contribution(worker, product)
            transaction.set_rollback(True)
        factories.contribution(worker, product)
        assert list(LogSegment.objects.values_list("first_index", flat=True)) == [0, 1]

    def test_recorders_at_once_take_turns_and_leave_no_gap(self) -> None:
        operator = factories.organisation()
        worker, product = factories.worker(), factories.product(operator)
        factories.contribution(worker, product)
        entries = [factories.entry(worker, product) for _number in range(40)]
        source = recording.source_of(organisation=operator, tool="test")

        def record(entry: recording.Entry) -> None:
            try:
                recording.record(
                    entry=entry, source=source, recorded_by=None, today=factories.TODAY
                )
            finally:
                connections.close_all()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(record, entries))
        indexes = list(LogSegment.objects.values_list("first_index", flat=True))
        assert indexes == list(range(41))

    @pytest.mark.parametrize("at", ["before the entry", "after the entry"])
    def test_a_process_killed_between_row_and_commit_leaves_neither(
        self, worker_environment: Mapping[str, str], at: str
    ) -> None:
        operator = factories.organisation()
        worker, product = factories.worker(), factories.product(operator)
        factories.contribution(worker, product)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, at, str(worker.pk), str(product.pk)],
            env={**os.environ, **worker_environment},
            cwd=Path(settings.BASE_DIR),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
            process.stdout.close()
        assert said == "at the barrier\n"
        # The dead writer's lock goes with its connection, so the next one is not kept waiting.
        factories.contribution(worker, product)
        assert Contribution.objects.count() == 2
        assert list(LogSegment.objects.values_list("first_index", flat=True)) == [0, 1]


KILLED = """
import os, sys, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django
django.setup()
from contributions.models import Product, Worker
from contributions.services import transparency
from tests import factories

inserted = transparency._insert

def stop(segments):
    if sys.argv[1] == "after the entry":
        inserted(segments)
    print("at the barrier", flush=True)
    time.sleep(60)

transparency._insert = stop
factories.contribution(
    Worker.objects.get(pk=int(sys.argv[2])), Product.objects.get(pk=int(sys.argv[3]))
)
"""
