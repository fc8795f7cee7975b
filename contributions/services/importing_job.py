"""Large imports recorded by a worker: asked for, followed, cancelled, and taken up again.

A job is one row, and that row is the truth; Celery only wakes workers. All rows of the file are
recorded in the transaction that also ends the job, behind a fence that only the holder of the
lease passes. So whatever dies meanwhile, there are all of them or none, and they come once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import ImportJob, StagedImport, User
from contributions.models.imports import ImportJobQuerySet
from contributions.services.importing import kept_preview, lock_staged
from contributions.services.importing_commit import commit, open_questions
from contributions.services.importing_words import told
from contributions.services.lease import LEASE, MOST_ATTEMPTS, Heartbeat

ROWS_AT_ONCE: Final = 20_000
"""Files of more rows are recorded by a worker; fewer take a second or two in the request."""

_BEAT_SECONDS: Final = 1.0


class ImportJobOver(ContributionError):
    """The job is done, failed or cancelled already."""

    code = "import_job_over"


class ImportTriedTooOften(ContributionError):
    """Several workers died recording the file."""

    code = "import_tried_too_often"


class ImportLeaseLost(ContributionError):
    """Another worker took the job over, or somebody cancelled it."""

    code = "import_lease_lost"


@dataclass(slots=True)
class _Progress:
    """How far this attempt is; written by the heartbeat, for the recording has no commit yet."""

    job: ImportJob
    rows_done: int = 0
    lost: bool = False

    def passed(self, rows: int) -> None:
        """Count source rows that are through.

        Raises:
            ImportLeaseLost: The heartbeat found the lease gone.
        """
        self.rows_done += rows
        if self.lost:
            raise _lost()

    def extend(self) -> int:
        """Extend the lease and tell how far it is."""
        held = _held(self.job).update(rows_done=self.rows_done, leased_until=Now() + LEASE)
        self.lost = not held
        return held


def is_large(staged: StagedImport) -> bool:
    """Return whether a file is to be recorded by a worker.

    Raises:
        ImportNotPlanned: It has no preview since the last choice.
    """
    return kept_preview(staged).rows_read > ROWS_AT_ONCE


@transaction.atomic
def request(*, staged: StagedImport, requested_by: User | None) -> ImportJob:
    """Queue the recording of a staged file; after a failure or cancelling, queue it again.

    Raises:
        ImportNotStaged: The import is committed or discarded.
        ImportInProgress: It is queued already.
        ImportNotPlanned: It has no preview since the last choice.
        QuestionsOpen: Something is unsaid that records need.
    """
    locked = lock_staged(staged)
    found = kept_preview(locked)
    if found.questions:
        raise open_questions(sorted(found.questions))
    job, _made = ImportJob.objects.update_or_create(
        staged=locked,
        defaults={
            "state": ImportJob.State.QUEUED,
            "requested_by": requested_by,
            "requested_at": Now(),
            "rows_known": found.rows_read,
            "rows_done": 0,
            "attempts": 0,
            "lease_token": None,
            "leased_until": None,
            "failure": "",
            "failure_text": "",
            "finished_at": None,
        },
    )
    return job


def record(*, job_id: int, today: date) -> None:
    """Record a queued file, once; a second delivery finds the lease taken and does nothing.

    An anticipated error makes the job `failed` with the reason. Anything else is raised, the
    lease lapses, and the sweeper tries again a few times.
    """
    job = _claim(job_id)
    if job is None:
        return
    language = job.requested_by.language if job.requested_by else ""
    with translation.override(language or None):
        try:
            if job.attempts > MOST_ATTEMPTS:
                raise ImportTriedTooOften(_("Workers died recording this file, again and again."))
            progress = _Progress(job)
            with Heartbeat(progress.extend, seconds=_BEAT_SECONDS):
                _record(job, progress, today=today)
        except ImportLeaseLost:
            return
        except ContributionError as error:
            _fail(job, error)


@transaction.atomic
def cancel(*, staged: StagedImport) -> None:
    """Cancel a queued or running job; its worker finds the lease gone and records nothing.

    Raises:
        ImportJobOver: It is done, failed or cancelled already.
    """
    cancelled = (
        ImportJob.objects.active()
        .filter(staged=staged)
        .update(state=ImportJob.State.CANCELLED, lease_token=None, finished_at=Now())
    )
    if not cancelled:
        raise ImportJobOver(_("This import is over already."))


def staged_with_job() -> QuerySet[StagedImport]:
    """Return staged files that were given to a worker, with their jobs."""
    return StagedImport.objects.filter(job__isnull=False).select_related("job", "batch")


def forgotten_jobs() -> list[int]:
    """Return jobs that nobody works on: queued without a broker, or left by a dead worker."""
    return list(ImportJob.objects.waking().order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _claim(job_id: int) -> ImportJob | None:
    free = ImportJob.objects.select_for_update(skip_locked=True).waking()
    job = free.filter(pk=job_id).first()
    if job is None:
        return None
    ImportJob.objects.filter(pk=job_id).update(
        state=ImportJob.State.RECORDING,
        lease_token=uuid.uuid4(),
        leased_until=Now() + LEASE,
        attempts=F("attempts") + 1,
        rows_done=0,
    )
    return ImportJob.objects.select_related("staged", "requested_by").get(pk=job_id)


def _record(job: ImportJob, progress: _Progress, *, today: date) -> None:
    with transaction.atomic():
        commit(
            staged=job.staged,
            committed_by=job.requested_by,
            today=today,
            passed=progress.passed,
            by_worker=True,
        )
        held = _held(job).select_for_update().first()
        if held is None:
            raise _lost()
        held.state = ImportJob.State.DONE
        held.rows_done = progress.rows_done
        held.lease_token = None
        held.leased_until = None
        held.finished_at = Now()
        held.save()


def _fail(job: ImportJob, error: ContributionError) -> None:
    _held(job).update(
        state=ImportJob.State.FAILED,
        failure=error.code,
        failure_text=told(error),
        lease_token=None,
        leased_until=None,
        finished_at=Now(),
    )


def _held(job: ImportJob) -> ImportJobQuerySet:
    return ImportJob.objects.filter(
        pk=job.pk, state=ImportJob.State.RECORDING, lease_token=job.lease_token
    )


def _lost() -> ImportLeaseLost:
    return ImportLeaseLost(_("Somebody cancelled this import, or another worker does it."))
