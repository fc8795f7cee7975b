"""What Celery does for the records by the clock."""

from __future__ import annotations

import logging

from celery import shared_task

from contributions.log.errors import LogError
from contributions.services import checkpoints

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def publish_checkpoint() -> None:
    """Sign the log as it stands; safe to deliver any number of times."""
    try:
        checkpoints.publish()
    except LogError as error:
        logger.exception("the log is not signed: %s", error.code)
