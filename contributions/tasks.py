"""What Celery does for the records: large imports when asked, the rest by the clock."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from contributions.log.errors import LogError
from contributions.services import checkpoints, disputing, importing_job, proving, replies

logger = logging.getLogger(__name__)


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def record_import(*, job_id: int) -> None:
    """Record a large import; safe to deliver any number of times."""
    importing_job.record(job_id=job_id, today=timezone.localdate())


@shared_task(ignore_result=True)
def sweep_imports() -> None:
    """Record what was queued while the broker was away, or left by a worker that died."""
    for job_id in importing_job.forgotten_jobs():
        importing_job.record(job_id=job_id, today=timezone.localdate())


def enqueue_import(job_id: int) -> None:
    """Wake a worker for an import; without a broker the sweeper finds it within a minute."""
    try:
        record_import.delay(job_id=job_id)
    except OperationalError:
        logger.warning("no broker: import job %s waits for the sweeper", job_id)


@shared_task(ignore_result=True)
def publish_checkpoint() -> None:
    """Sign the log as it stands; safe to deliver any number of times."""
    try:
        checkpoints.publish()
    except LogError as error:
        logger.exception("the log is not signed: %s", error.code)


@shared_task(ignore_result=True)
def prove_log() -> None:
    """Compare every logged row with the log, once a day."""
    proof = proving.prove_and_keep(now=timezone.now())
    for problem in proof.problems:
        logger.error("the tables are not what was logged: %s: %s", problem.code, problem)


@shared_task(ignore_result=True)
def forget_old_replies() -> None:
    """Drop the stored answers of idempotent requests that are past their time."""
    replies.forget_old_replies()


@shared_task(ignore_result=True)
def note_overdue_disputes() -> None:
    """Note in disputes whose deadline has passed that it has; safe to deliver again."""
    noted = disputing.note_overdue(today=timezone.localdate())
    if noted:
        logger.warning("%s disputes are overdue", noted)
