"""The lease on a run: who may compute it, and how that right is kept, lost and fenced.

The lease lives in PostgreSQL and by PostgreSQL's clock, so a worker with a wrong clock changes
nothing. A heartbeat on a connection of its own extends it while the worker is alive; a dead
worker's lease lapses within `LEASE` and the sweeper hands the run to another.
"""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounting.core.errors import AccountingError
from accounting.models import Run
from accounting.models.run import RunQuerySet

LEASE = timedelta(seconds=30)
BEAT_SECONDS = 8.0
MOST_ATTEMPTS = 4


class LeaseLost(AccountingError):
    """Another worker took the run over, or somebody cancelled it."""

    code = "lease_lost"


@transaction.atomic
def claim(*, run_id: int) -> Run | None:
    """Take the lease of a run that nobody is working on.

    Returns:
        The run with a fresh `lease_token`, or None when it is finished, being computed by
        another worker, or does not exist.
    """
    run = Run.objects.select_for_update(skip_locked=True).waking().filter(pk=run_id).first()
    if run is None:
        return None
    token = uuid.uuid4()
    Run.objects.filter(pk=run_id).update(
        state=Run.State.COMPUTING,
        stage=Run.Stage.READING,
        lease_token=token,
        leased_until=Now() + LEASE,
        attempts=F("attempts") + 1,
        started_at=Now(),
    )
    return Run.objects.select_related("period__operator", "policy").get(pk=run_id)


def advance(*, run: Run, stage: str) -> None:
    """Say what the worker is doing now, and extend the lease.

    Raises:
        LeaseLost: The lease is another's.
    """
    held = _held(run).update(stage=stage, leased_until=Now() + LEASE)
    if not held:
        raise LeaseLost(f"The lease of {run.public_id} is lost.")


def hold(*, run: Run) -> Run:
    """Lock the run's row for the rest of the transaction, if the lease is still ours.

    This is the fence: whatever is written after it in the transaction is written by the one
    holder, and a worker that was taken for dead cannot write any more.

    Raises:
        LeaseLost: The lease is another's.
    """
    locked = _held(run).select_for_update().first()
    if locked is None:
        raise LeaseLost(f"The lease of {run.public_id} is lost.")
    return locked


class Heartbeat:
    """Extends a lease every few seconds from a thread of its own while a block runs."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(BEAT_SECONDS):
                if not _held(self._run).update(leased_until=Now() + LEASE):
                    return
        finally:
            # Connections belong to threads; this one must not outlive its thread.
            connections[connection.alias].close()


def _held(run: Run) -> RunQuerySet:
    return Run.objects.filter(pk=run.pk, state=Run.State.COMPUTING, lease_token=run.lease_token)
