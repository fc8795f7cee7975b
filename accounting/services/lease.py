"""The lease on a run: who may compute it, and how that right is kept, lost and fenced.

How leases work in general is told in `contributions.services.lease`.
"""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounting.core.errors import AccountingError
from accounting.models import Run
from accounting.models.run import RunQuerySet
from contributions.services.lease import LEASE, MOST_ATTEMPTS, Heartbeat

__all__ = ["LEASE", "MOST_ATTEMPTS", "LeaseLost", "advance", "claim", "heartbeat", "hold"]


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


def heartbeat(run: Run) -> Heartbeat:
    """Return what extends the lease of a run while a block runs."""
    return Heartbeat(lambda: _held(run).update(leased_until=Now() + LEASE))


def _held(run: Run) -> RunQuerySet:
    return Run.objects.filter(pk=run.pk, state=Run.State.COMPUTING, lease_token=run.lease_token)
