"""Large runs are added up by a worker; whoever asks first wakes it."""

from __future__ import annotations

from collections.abc import Iterable

from accounting import tasks
from accounting.models import Run
from accounting.services import run_cells


def is_pending(runs: Iterable[Run]) -> bool:
    """Return whether groups of a run are not at hand yet, and have a worker add them up."""
    waiting = [run for run in runs if run.has_result and not run_cells.are_added_up(run)]
    for run in waiting:
        if run_cells.may_be_asked_for(run):
            tasks.enqueue_adding_up(run.pk)
    return bool(waiting)
