"""An import that dies in the middle leaves nothing, and the retry completes without duplicates."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, connection, connections

from contributions.models import Contribution, ImportBatch, StagedImport, Worker
from contributions.services import importing_commit
from tests.contributions.importing.staging import TODAY, Office, table

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 60_000


def cut_off(pid: int, done: list[bool]) -> None:
    """End the server process of a connection as soon as it copies rows."""
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while not done and time.monotonic() < deadline:
            cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
            row = cursor.fetchone()
            if row is not None and row[0].startswith("COPY contributions_contribution"):
                cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
                done.append(True)
            time.sleep(0.002)
    connections.close_all()


def test_a_database_lost_in_mid_import_leaves_nothing_and_the_retry_completes() -> None:
    office = Office()
    rows = (f"{number},w{number % 9},2026-05-01,12,3," for number in range(ROWS))
    staged = office.stage(table(*rows))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    done: list[bool] = []
    killer = threading.Thread(target=cut_off, args=(pid, done))
    killer.start()
    try:
        with pytest.raises(OperationalError):
            importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
    finally:
        killer.join()
        connection.close()
    assert done
    assert not Contribution.objects.exists()
    assert not Worker.objects.exists()
    assert not ImportBatch.objects.exists()
    staged = StagedImport.objects.get(pk=staged.pk)
    assert staged.state == StagedImport.State.STAGED
    importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
    assert Contribution.objects.count() == ROWS
    assert Worker.objects.count() == 9
