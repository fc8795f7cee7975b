"""The log is signed as it grows, and never when it shrank or changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounting.services.runs import bundle_path
from contributions.log.advance import HistoryRewritten, LogRolledBack
from contributions.log.checkpoint import open_checkpoint
from contributions.log.merkle import MemoryTree
from contributions.log.tiles import TileAddress, TileNodes, read_tile, tiles_of
from contributions.models import LogCheckpoint, LogSegment
from contributions.services import checkpoints, log_key, transparency
from contributions.services.log_reading import entries, leaf_hashes, tile_reader
from contributions.services.logged import LABOUR
from contributions.services.recording import source_of
from contributions.services.recording_many import record_many
from tests import factories

UNLOCK = "ALTER TABLE contributions_logsegment DISABLE TRIGGER USER; "


def recorded(count: int) -> None:
    """Record some labour by one call."""
    operator = factories.organisation()
    worker, product = factories.worker(), factories.product(operator)
    record_many(
        entries=[factories.entry(worker, product) for _number in range(count)],
        source=source_of(organisation=operator, tool="api"),
        recorded_by=None,
        today=factories.TODAY,
    )


def tampered(statement: str) -> None:
    """Do what somebody with full rights on the database can do."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {UNLOCK}{statement}")


@pytest.mark.django_db
class TestSigning:
    def test_the_signed_root_is_that_of_all_entries_however_they_arrived(self) -> None:
        for count in (3, 250, 1, 300, 2):
            recorded(count)
            note = checkpoints.publish().note
        size = 556
        signed = open_checkpoint(note, [log_key.signer().verifier])
        tree = MemoryTree(leaf_hashes(entries(0, size)))
        assert (signed.size, signed.root) == (size, tree.frontier.root())

    def test_every_tile_of_a_signed_tree_is_served(self) -> None:
        for count in (255, 2, 400):
            recorded(count)
            checkpoints.publish()
        size = 657
        read = tile_reader(size)
        tree = MemoryTree(leaf_hashes(entries(0, size)))
        for address in tiles_of(size):
            hashes = [
                tree.node(8 * (address.level or 0), address.index * 256 + place)
                for place in range(address.width)
            ]
            assert read_tile(read, address) == b"".join(hashes)
        assert read(TileAddress(0, 2, 146).path) is None
        assert TileNodes(read, size).node(9, 0) == tree.node(9, 0)

    def test_what_is_signed_is_not_signed_again(self) -> None:
        recorded(1)
        assert checkpoints.publish() == checkpoints.publish()
        assert LogCheckpoint.objects.count() == 1

    def test_a_log_that_was_set_back_is_not_signed(self) -> None:
        recorded(2)
        recorded(2)
        checkpoints.publish()
        tampered(
            "DELETE FROM contributions_logsegment WHERE first_index > 0;"
            "ALTER TABLE contributions_logcheckpoint DISABLE TRIGGER USER;"
            "DELETE FROM contributions_logcheckpoint"
        )
        with pytest.raises(LogRolledBack):
            checkpoints.publish()
        assert checkpoints.covering() == ""

    def test_a_log_that_was_rewritten_is_not_signed(self) -> None:
        recorded(2)
        checkpoints.publish()
        tampered(
            "UPDATE contributions_logsegment SET entries = overlay(entries placing '\\x00' from 1);"
            "ALTER TABLE contributions_logcheckpoint DISABLE TRIGGER USER;"
            "DELETE FROM contributions_logcheckpoint"
        )
        with pytest.raises(HistoryRewritten):
            checkpoints.publish()

    def test_without_a_key_records_get_leaves_and_nothing_is_signed(self, settings: Any) -> None:
        settings.HUISU_LOG_KEY_FILE = ""
        recorded(1)
        assert LogSegment.objects.count() == 1
        with pytest.raises(log_key.LogKeyMissing):
            checkpoints.publish()
        assert checkpoints.covering() == ""

    def test_a_key_that_cannot_be_read_is_named(self, settings: Any, tmp_path: Path) -> None:
        settings.HUISU_LOG_KEY_FILE = str(tmp_path)
        with pytest.raises(log_key.LogKeyUnusable):
            log_key.signer()

    def test_a_local_key_is_made_once_and_read_by_its_owner_alone(
        self, settings: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "keys" / "log"
        settings.HUISU_LOG_KEY_FILE = str(path)
        assert log_key.signer() == log_key.signer()
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(log_key.LogKeyUnusable):
            log_key.make_key(name="other/log", path=path)


@pytest.mark.django_db(transaction=True)
class TestRuns:
    def test_a_bundle_cites_a_checkpoint_that_covers_its_inputs(self) -> None:
        run = factories.computed_run()
        manifest = json.loads((bundle_path(run) / "manifest.json").read_text())
        signed = open_checkpoint(manifest["checkpoint"], [log_key.signer().verifier])
        leaves = LogSegment.objects.filter(kind__in=LABOUR.kinds)
        assert all(row.first_index + row.count <= signed.size for row in leaves)
        assert signed.size < transparency.head()

    def test_a_run_does_not_fail_because_the_log_cannot_be_signed(self, settings: Any) -> None:
        settings.HUISU_LOG_KEY_FILE = ""
        run = factories.computed_run()
        assert run.state == run.State.COMPUTED
        assert json.loads((bundle_path(run) / "manifest.json").read_text())["checkpoint"] == ""
