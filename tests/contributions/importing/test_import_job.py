"""Large imports by a real worker: killed, delivered again, cancelled, and cut from its database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from config.embedded.processes import Worker
from contributions.models import Contribution, ImportBatch, ImportJob, LogSegment, StagedImport
from contributions.services import importing, importing_files, importing_job, proving
from contributions.tasks import enqueue_import
from tests.contributions.importing.staging import TODAY, Office, table

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 60_000
MOST_SECONDS = 120.0


def rows(count: int = ROWS) -> bytes:
    """A file that takes a worker a few seconds."""
    return table(*(f"{number},w{number % 9},2026-05-01,12,3," for number in range(count)))


@pytest.fixture
def job() -> ImportJob:
    """A large import that is asked for, and that no worker knows of yet."""
    staged = Office().stage(rows())
    importing.preview(staged=staged, today=TODAY)
    return importing_job.request(staged=staged, requested_by=None)


def wait_for(condition: Callable[[], Any], seconds: float = MOST_SECONDS) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def state_of(job: ImportJob) -> str:
    job.refresh_from_db()
    return job.state


def copying() -> list[int]:
    """The processes of the server that take rows in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND state = 'active' AND query LIKE 'COPY contributions_contribution %'"
        )
        return [row[0] for row in cursor.fetchall()]


def lapse(job: ImportJob) -> None:
    """Let the lease of a dead worker be over at once rather than in half a minute."""
    ImportJob.objects.filter(pk=job.pk).update(leased_until="2000-01-01T00:00Z")


def require_all_or_nothing(job: ImportJob) -> None:
    """Whatever happened: nothing partial is there, and the log is that of the tables."""
    counted = Contribution.objects.count()
    assert counted == (ROWS if job.state == ImportJob.State.DONE else 0)
    assert ImportBatch.objects.count() == (1 if counted else 0)
    assert sum(LogSegment.objects.values_list("count", flat=True)) == counted
    assert proving.prove().problems == ()


class TestWorker:
    @pytest.mark.usefixtures("celery_worker_process")
    def test_a_worker_records_the_file_and_tells_how_far_it_is(self, job: ImportJob) -> None:
        seen: set[int] = set()

        def finished() -> bool:
            state = state_of(job)
            seen.add(job.rows_done)
            return state == ImportJob.State.DONE

        enqueue_import(job.pk)
        wait_for(finished)
        assert (job.rows_known, job.rows_done) == (ROWS, ROWS)
        assert all(0 <= rows_done <= ROWS for rows_done in seen)
        assert StagedImport.objects.get().state == StagedImport.State.COMMITTED
        require_all_or_nothing(job)

    @pytest.mark.usefixtures("celery_worker_process")
    def test_ten_deliveries_record_the_file_once(self, job: ImportJob) -> None:
        for _delivery in range(10):
            enqueue_import(job.pk)
        wait_for(lambda: state_of(job) == ImportJob.State.DONE)
        time.sleep(1)
        assert job.attempts == 1
        require_all_or_nothing(job)

    def test_a_killed_worker_leaves_nothing_and_another_completes(
        self,
        job: ImportJob,
        worker_environment: Mapping[str, str],
        tmp_path: Path,
    ) -> None:
        with Worker(environment=worker_environment, log=tmp_path / "first.log") as worker:
            enqueue_import(job.pk)
            wait_for(copying)
            worker.kill()
        wait_for(lambda: not copying())
        assert state_of(job) == ImportJob.State.RECORDING
        require_all_or_nothing(job)
        lapse(job)
        assert importing_job.forgotten_jobs() == [job.pk]
        with Worker(environment=worker_environment, log=tmp_path / "second.log"):
            enqueue_import(job.pk)
            wait_for(lambda: state_of(job) == ImportJob.State.DONE)
        assert job.attempts == 2
        require_all_or_nothing(job)

    @pytest.mark.usefixtures("celery_worker_process")
    def test_cancelling_ends_a_running_import_and_leaves_nothing(self, job: ImportJob) -> None:
        enqueue_import(job.pk)
        wait_for(copying)
        importing_job.cancel(staged=job.staged)
        wait_for(lambda: not copying())
        time.sleep(2)
        assert state_of(job) == ImportJob.State.CANCELLED
        require_all_or_nothing(job)
        again = importing_job.request(staged=job.staged, requested_by=None)
        enqueue_import(again.pk)
        wait_for(lambda: state_of(again) == ImportJob.State.DONE)
        require_all_or_nothing(again)


class TestDatabase:
    def test_a_server_killed_in_mid_import_recovers_and_the_retry_completes(
        self,
        job: ImportJob,
        worker_environment: Mapping[str, str],
        tmp_path: Path,
    ) -> None:
        """A backend killed by SIGKILL makes PostgreSQL end all of them and recover, as a crash."""
        with Worker(environment=worker_environment, log=tmp_path / "worker.log") as worker:
            enqueue_import(job.pk)
            wait_for(copying)
            crash(copying()[0])
            wait_for(answers)
            assert not worker.has_died()
            assert state_of(job) == ImportJob.State.RECORDING
            require_all_or_nothing(job)
            lapse(job)
            enqueue_import(job.pk)
            wait_for(lambda: state_of(job) == ImportJob.State.DONE)
        require_all_or_nothing(job)


def crash(pid: int) -> None:
    """Kill a process of the server as a power cut would."""
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:
        pytest.skip("this user may not kill the server's processes")


def answers() -> bool:
    """Whether the database answers again."""
    connections.close_all()
    with contextlib.suppress(Exception), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return True
    return False


class TestAnswers:
    def test_a_refusal_ends_the_job_with_its_reason(self) -> None:
        office = Office()
        office.commit(rows(3))
        staged = office.stage(rows(3))
        importing.preview(staged=staged, today=TODAY)
        job = importing_job.request(staged=staged, requested_by=None)
        importing_job.record(job_id=job.pk, today=TODAY)
        assert (state_of(job), job.failure) == (ImportJob.State.FAILED, "nothing_new")
        assert "recorded as they are" in job.failure_text

    def test_nobody_changes_or_discards_what_is_being_recorded(self, job: ImportJob) -> None:
        with pytest.raises(importing.ImportInProgress):
            importing.discard(staged=job.staged)
        with pytest.raises(importing.ImportInProgress):
            importing_job.request(staged=job.staged, requested_by=None)

    def test_a_job_that_kills_its_workers_is_given_up(self, job: ImportJob) -> None:
        ImportJob.objects.filter(pk=job.pk).update(attempts=4)
        importing_job.record(job_id=job.pk, today=TODAY)
        assert (state_of(job), job.failure) == (ImportJob.State.FAILED, "import_tried_too_often")

    def test_what_is_over_cannot_be_cancelled(self, job: ImportJob) -> None:
        importing_job.cancel(staged=job.staged)
        with pytest.raises(importing_job.ImportJobOver):
            importing_job.cancel(staged=job.staged)


class TestFullDisk:
    @pytest.fixture
    def small_disk(self, tmp_path: Path, settings: Any) -> Any:
        """A folder for data on a disk of two megabytes."""
        folder = tmp_path / "small"
        folder.mkdir()
        mounted = subprocess.run(
            ["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:
            pytest.skip("this user may not mount a small disk")
        settings.HUISU_DATA = folder
        yield folder
        subprocess.run(["/bin/umount", str(folder)], check=True)

    def test_an_upload_that_does_not_fit_is_refused_and_leaves_no_residue(
        self, small_disk: Path
    ) -> None:
        with pytest.raises(importing_files.NoRoomForUpload):
            importing.stage(
                chunks=[rows(1)[:32], *[b"x" * 1024 * 1024] * 3],
                file_name="large.csv",
                organisation=Office().union,
                uploaded_by=None,
            )
        assert [path for path in small_disk.rglob("*") if path.is_file()] == []
        assert not StagedImport.objects.exists()

    def test_a_preview_that_does_not_fit_is_refused_and_the_upload_stays(
        self, small_disk: Path
    ) -> None:
        bad = "\n".join(f"{number},w,2026-05-01,x,3," for number in range(60_000))
        staged = Office().stage(table(bad))
        with pytest.raises(importing_files.NoRoomForUpload):
            importing.preview(staged=staged, today=TODAY)
        assert importing_files.path_of(staged).exists()
        assert not list(small_disk.rglob("*.preview.json"))
