"""What Celery does for the records by the clock."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from contributions.log.errors import LogError
from contributions.services import checkpoints, disputing, proving, replies

logger = logging.getLogger(__name__)


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
