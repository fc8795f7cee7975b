"""What Celery wakes workers for. Delivery is a hint; the runs table says what is to be done."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from accounting.models import Run
from accounting.services import run_cells, runs, valuations

VALUATION_HELPERS = 2
"""Workers that are woken to share one valuation."""

logger = logging.getLogger(__name__)


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def compute_run(*, run_id: int) -> None:
    """Compute a run; safe to deliver any number of times."""
    runs.compute_run(run_id=run_id)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Compute what was queued while the broker was away, or left by a worker that died."""
    for run_id in runs.forgotten_runs():
        runs.compute_run(run_id=run_id)


def enqueue_run(run_id: int) -> None:
    """Wake a worker for a run; without a broker the sweeper finds the run within a minute."""
    try:
        compute_run.delay(run_id=run_id)
    except OperationalError:
        logger.warning("no broker: run %s waits for the sweeper", run_id)


@shared_task(acks_late=True, ignore_result=True)
def add_up_run(*, run_id: int) -> None:
    """Add up the groups of a large run for whoever asked; a second time finds them done."""
    run = Run.objects.select_related("period", "policy").filter(pk=run_id).first()
    if run is not None:
        run_cells.add_up(run=run)


def enqueue_adding_up(run_id: int) -> None:
    """Wake a worker to add up a run's groups; whoever looks again asks again."""
    try:
        add_up_run.delay(run_id=run_id)
    except OperationalError:
        logger.warning("no broker: the groups of run %s wait for the next reader", run_id)


@shared_task(acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def work_on_valuation(*, valuation_id: int) -> None:
    """Share in a valuation; safe to deliver any number of times, to any number of workers."""
    # Loaded here, since its arithmetic takes seconds and most processes never need it.
    from accounting.services import valuation_computing

    valuation_computing.work_on(valuation_id=valuation_id)


@shared_task(ignore_result=True)
def sweep_valuations() -> None:
    """Go on with valuations that were queued while the broker was away, or left by the dead."""
    for valuation_id in valuations.forgotten_valuations():
        work_on_valuation(valuation_id=valuation_id)


def enqueue_valuation(valuation_id: int, *, helpers: int = VALUATION_HELPERS) -> None:
    """Wake workers for a valuation; without a broker the sweep finds it within a minute."""
    try:
        for _helper in range(helpers):
            work_on_valuation.delay(valuation_id=valuation_id)
    except OperationalError:
        logger.warning("no broker: valuation %s waits for the sweeper", valuation_id)
