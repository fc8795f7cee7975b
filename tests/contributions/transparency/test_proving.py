"""Whoever changes what was recorded, with whatever rights, is found and the record is named."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from contributions.models import Contribution, LogSegment
from contributions.services import checkpoints, logged, recording, transparency
from contributions.services.proving import Proof, prove
from contributions.services.recording_many import record_many
from tests import factories
from tests.tampering import tamper

LABOUR = "contributions_contribution"
SEGMENT = "contributions_logsegment"
CHECKPOINT = "contributions_logcheckpoint"


def recorded(count: int) -> list[Contribution]:
    """Record some labour by one call."""
    operator = factories.organisation()
    worker, product = factories.worker(), factories.product(operator)
    made = record_many(
        entries=[factories.entry(worker, product) for _number in range(count)],
        source=recording.source_of(organisation=operator, tool="api"),
        recorded_by=None,
        today=factories.TODAY,
    )
    return [one for one in made if isinstance(one, Contribution)]


def drop_truncate_guards() -> None:
    """Take the triggers away that refuse to empty a table."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE '%_no_truncate'"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {trigger} ON {table}")


def faults(proof: Proof) -> list[tuple[str, str]]:
    """What is wrong, by code and record."""
    return [(problem.code, problem.record) for problem in proof.problems]


@pytest.mark.django_db
class TestProving:
    def test_untouched_records_agree_with_the_log_signed_or_not(self) -> None:
        recorded(300)
        assert prove() == Proof(leaves=300, signed=0, problems=())
        checkpoints.publish()
        recorded(2)
        assert prove() == Proof(leaves=302, signed=300, problems=())

    def test_an_empty_log_agrees_with_empty_tables(self) -> None:
        assert prove() == Proof(leaves=0, signed=0, problems=())

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE contributions_contribution SET seconds = 7200",
            "UPDATE contributions_contribution SET evidence_grade = 'A'",
            "UPDATE contributions_contribution SET occurred_on = '2026-04-30'",
            "UPDATE contributions_contribution "
            "SET recorded_at = recorded_at + interval '1 microsecond'",
            "UPDATE contributions_contribution SET reason = 'x'",
        ],
    )
    @pytest.mark.parametrize("signed", [True, False])
    def test_a_changed_row_is_named(self, change: str, signed: bool) -> None:
        rows = recorded(5)
        if signed:
            checkpoints.publish()
        tamper(LABOUR, f"{change} WHERE id = %s", rows[3].pk)
        assert faults(prove()) == [("row_changed", f"contribution {rows[3].public_id}")]

    def test_the_first_of_several_changed_rows_is_named(self) -> None:
        first, second = recorded(3), recorded(3)
        checkpoints.publish()
        tamper(
            LABOUR,
            "UPDATE contributions_contribution SET units = 11 WHERE id IN (%s, %s)",
            first[2].pk,
            second[0].pk,
        )
        assert faults(prove()) == [("row_changed", f"contribution {first[2].public_id}")]

    def test_a_changed_correction_is_named_as_one(self) -> None:
        row = recorded(1)[0]
        made = recording.withdraw(
            replaced=row, reason="not mine", recorded_by=None, today=factories.TODAY
        )
        tamper(
            LABOUR, "UPDATE contributions_contribution SET withdrawn = false WHERE id = %s", made.pk
        )
        assert faults(prove()) == [("row_changed", f"correction {made.public_id}")]

    def test_a_deleted_row_is_named(self) -> None:
        rows = recorded(5)
        tamper(LABOUR, "DELETE FROM contributions_contribution WHERE id = %s", rows[1].pk)
        assert faults(prove()) == [("row_missing", f"contribution {rows[1].public_id}")]

    def test_an_emptied_table_is_named_by_its_first_row(self) -> None:
        rows = recorded(5)
        checkpoints.publish()
        drop_truncate_guards()
        tamper(LABOUR, "TRUNCATE contributions_contribution CASCADE")
        assert faults(prove()) == [("row_missing", f"contribution {rows[0].public_id}")]

    def test_a_row_that_was_slipped_in_is_named(self) -> None:
        row = recorded(2)[1]
        # What the model would write, past the service.
        row.pk, row.external_id = None, "slipped in"
        row.save(force_insert=True)
        assert faults(prove()) == [("row_unlogged", f"contribution {row.public_id}")]

    def test_rows_and_leaves_cut_off_together_are_missed_by_the_signature(self) -> None:
        recorded(4)
        kept = LogSegment.objects.get()
        later = recorded(4)
        checkpoints.publish()
        numbers = [row.pk for row in later]
        tamper(LABOUR, "DELETE FROM contributions_contribution WHERE id = ANY(%s)", numbers)
        tamper(
            SEGMENT, "DELETE FROM contributions_logsegment WHERE first_index > %s", kept.first_index
        )
        assert faults(prove()) == [("tail_cut", "")]

    def test_a_cut_tail_is_found_even_when_its_checkpoint_went_with_it(self) -> None:
        recorded(4)
        checkpoints.publish()
        later = recorded(4)
        checkpoints.publish()
        numbers = [row.pk for row in later]
        tamper(LABOUR, "DELETE FROM contributions_contribution WHERE id = ANY(%s)", numbers)
        tamper(SEGMENT, "DELETE FROM contributions_logsegment WHERE first_index >= 4")
        tamper(CHECKPOINT, "DELETE FROM contributions_logcheckpoint WHERE size > 4")
        assert faults(prove()) == [("tail_cut", "")]
        checkpoints.outside_path().unlink()
        assert faults(prove()) == []

    def test_leaves_cut_off_alone_leave_rows_without_any(self) -> None:
        recorded(2)
        later = recorded(2)
        tamper(SEGMENT, "DELETE FROM contributions_logsegment WHERE first_index >= 2")
        assert faults(prove()) == [("row_unlogged", f"contribution {later[0].public_id}")]

    def test_leaves_taken_from_the_middle_are_missed(self) -> None:
        recorded(2)
        middle = recorded(2)
        recorded(2)
        tamper(SEGMENT, "DELETE FROM contributions_logsegment WHERE first_index = 2")
        assert faults(prove()) == [
            ("leaf_missing", ""),
            ("row_unlogged", f"contribution {middle[0].public_id}"),
        ]

    def test_a_changed_leaf_is_told_from_a_changed_row(self) -> None:
        rows = recorded(3)
        checkpoints.publish()
        tamper(
            SEGMENT,
            "UPDATE contributions_logsegment "
            "SET entries = overlay(entries placing '\\x0000'::bytea from 33)",
        )
        assert faults(prove()) == [("leaf_changed", f"contribution {rows[1].public_id}")]

    def test_a_row_changed_together_with_its_leaf_is_found_by_the_signature(self) -> None:
        rows = recorded(2)
        checkpoints.publish()
        tamper(LABOUR, "UPDATE contributions_contribution SET units = 99 WHERE id = %s", rows[0].pk)
        tamper(SEGMENT, "DELETE FROM contributions_logsegment")
        transparency.append_many(table=logged.LABOUR, numbers=[row.pk for row in rows])
        assert faults(prove()) == [("row_and_leaf_changed", f"contribution {rows[0].public_id}")]

    def test_a_shortened_segment_is_a_fault_and_not_a_crash(self) -> None:
        rows = recorded(3)
        for cut in (
            "UPDATE contributions_logsegment SET numbers = substring(numbers from 1 for 20)",
            "UPDATE contributions_logsegment SET entries = substring(entries from 1 for 20)",
            "UPDATE contributions_logsegment SET salts = substring(salts from 1 for 20)",
        ):
            tamper(SEGMENT, cut)
            assert prove().problems[0].code in {"row_changed", "row_missing", "row_doubled"}
        assert prove().problems[0].record == f"contribution {rows[0].public_id}"

    def test_a_tile_that_does_not_belong_is_found(self) -> None:
        recorded(256)
        checkpoints.publish()
        tamper(
            "contributions_logtile",
            "UPDATE contributions_logtile SET root = decode(repeat('00', 32), 'hex')",
        )
        assert [code for code, _record in faults(prove())] == ["tile_changed"]

    def test_a_checkpoint_that_the_key_did_not_sign_is_found(self) -> None:
        recorded(1)
        checkpoints.publish()
        tamper(
            CHECKPOINT,
            "UPDATE contributions_logcheckpoint SET note = replace(note, E'\\n1\\n', E'\\n2\\n')",
        )
        assert faults(prove())[0][0] == "signature_does_not_hold"

    def test_a_policy_put_in_force_behind_everybodys_back_is_named(self) -> None:
        policy = factories.policy(factories.organisation())
        assert faults(prove()) == []
        tamper(
            "accounting_policy",
            "UPDATE accounting_policy SET state = 'in_force', valid_from = '2026-01-01'",
        )
        assert faults(prove()) == [("row_unlogged", f"policy {policy.public_id}")]


@pytest.mark.django_db(transaction=True)
class TestCommand:
    def test_a_computed_run_is_proven_and_its_changed_result_named(self) -> None:
        run = factories.computed_run()
        said = StringIO()
        call_command("fsck", stdout=said)
        assert "Every row is what was logged." in said.getvalue()
        tamper("accounting_run", "UPDATE accounting_run SET result_sha256 = %s", "0" * 64)
        said = StringIO()
        with pytest.raises(CommandError):
            call_command("fsck", json=True, stdout=said)
        assert json.loads(said.getvalue())["problems"][0]["record"] == f"run {run.public_id}"

    def test_the_newest_checkpoint_is_shown_and_keys_are_made(self, tmp_path: object) -> None:
        said = StringIO()
        call_command("publish_checkpoint", stdout=said)
        assert said.getvalue() == checkpoints.publish().note
        key = StringIO()
        call_command("publish_checkpoint", new_key=["union.test/log", f"{tmp_path}/k"], stdout=key)
        assert key.getvalue().startswith("union.test/log+")
        with pytest.raises(CommandError, match="not overwritten"):
            call_command("publish_checkpoint", new_key=["union.test/log", f"{tmp_path}/k"])
