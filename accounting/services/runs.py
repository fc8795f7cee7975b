"""Runs: asking for one, computing it once, cancelling it, and waking what was forgotten."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounting.core.allocation import ALGORITHM, allocate_with_grounds
from accounting.core.bundle import write_bundle
from accounting.core.errors import AccountingError
from accounting.core.tables import Allocation
from accounting.models import Period, Policy, Run
from accounting.services import labour_segments, lease
from accounting.services.logged import RUN
from accounting.services.run_inputs import Pinned, pin, universe
from accounting.services.run_results import paid_workers, write_results
from contributions.models import Contribution, User
from contributions.services import checkpoints, transparency
from contributions.services.lineage import violated_constraint


class RunInProgress(AccountingError):
    """The period is being computed already."""

    code = "run_in_progress"


class PeriodEmpty(AccountingError):
    """The period has no revenue and no licence to share out."""

    code = "period_empty"


class NothingToShareBy(AccountingError):
    """Nobody's labour is recorded, so no pool has a weight; the money stays where it is."""

    code = "nothing_to_share_by"


class PolicyMissing(AccountingError):
    """No policy is in force for the operator."""

    code = "policy_missing"


class RunNotCancellable(AccountingError):
    """The run is finished."""

    code = "run_not_cancellable"


class RunTriedTooOften(AccountingError):
    """Several workers died computing the run."""

    code = "run_tried_too_often"


@transaction.atomic
def request_run(
    *, period: Period, policy: Policy | None, requested_by: User | None, simulation: bool = False
) -> Run:
    """Queue a run of a period. Enqueuing the task is the caller's, on commit.

    Args:
        policy: The policy to use; None for the one in force. A policy that is not in force
            makes the run a simulation.

    Raises:
        PolicyMissing: None is in force and none was named.
        PeriodEmpty: There is no money to share.
        NothingToShareBy: There is no labour to share it by.
        RunInProgress: A run of this period is queued or computing.
    """
    chosen = (
        policy
        or Policy.objects.filter(operator=period.operator, state=Policy.State.IN_FORCE).first()
    )
    if chosen is None:
        raise PolicyMissing(_("No policy is in force. Ratify one, or simulate with a draft."))
    _require_something_to_share(period)
    try:
        with transaction.atomic():
            return Run.objects.create(
                period=period,
                policy=chosen,
                simulation=simulation or chosen.state != Policy.State.IN_FORCE,
                algorithm=ALGORITHM,
                policy_sha256=chosen.sha256,
                requested_by=requested_by,
            )
    except IntegrityError as error:
        if violated_constraint(error) == "run_one_at_a_time":
            raise RunInProgress(
                _("This period is being computed already. Wait for that run or cancel it.")
            ) from error
        raise


def compute_run(*, run_id: int) -> None:
    """Compute a queued run, once; a second delivery finds the lease taken and does nothing.

    An anticipated error makes the run `failed` with the reason. Anything else is raised, the
    lease lapses, and the sweeper tries again a few times.
    """
    run = lease.claim(run_id=run_id)
    if run is None:
        return
    try:
        if run.attempts > lease.MOST_ATTEMPTS:
            raise RunTriedTooOften(_("Workers died computing this run; look into their log."))
        with lease.heartbeat(run):
            _compute(run)
    except lease.LeaseLost:
        return
    except AccountingError as error:
        _fail(run, error)


def cancel_run(*, run: Run) -> None:
    """Cancel a queued or computing run; its worker finds the lease gone and writes nothing.

    Raises:
        RunNotCancellable: The run is finished.
    """
    cancelled = (
        Run.objects.unfinished()
        .filter(pk=run.pk)
        .update(state=Run.State.CANCELLED, lease_token=None, finished_at=Now())
    )
    if not cancelled:
        raise RunNotCancellable(_("This run is finished and cannot be cancelled."))
    run.refresh_from_db()


def forgotten_runs() -> list[int]:
    """Return the ids of runs that wait for a worker: unsent, lost with a broker, or orphaned."""
    return list(Run.objects.waking().values_list("pk", flat=True))


def bundle_path(run: Run) -> Path:
    """Return where the bundle of a computed run lies."""
    return Path(settings.HUISU_DATA) / "bundles" / run.bundle_name


def _require_something_to_share(period: Period) -> None:
    if not period.revenue.exists() and not period.licence_uses.exists():
        raise PeriodEmpty(_("This period has no revenue yet. Record revenue first."))
    products = [product.pk for product in universe(period)]
    labour = Contribution.objects.current().until(period.ends_on).filter(product__in=products)
    if not labour.exists():
        raise NothingToShareBy(
            _("No labour is recorded behind these products. The revenue stays unshared.")
        )


def _compute(run: Run) -> None:
    pinned = _pin(run)
    # Signed after the snapshot was read, so every record in it lies below the checkpoint.
    checkpoint = checkpoints.covering()
    lease.advance(run=run, stage=Run.Stage.ALLOCATING)
    allocation, grounds = allocate_with_grounds(pinned.inputs)
    lease.advance(run=run, stage=Run.Stage.BUNDLING)
    directory = Path(settings.HUISU_DATA) / "bundles" / run.public_id
    manifest = write_bundle(
        directory, pinned.inputs, allocation, run_id=run.public_id, checkpoint=checkpoint
    )
    lease.advance(run=run, stage=Run.Stage.WRITING)
    try:
        with transaction.atomic():
            held = lease.hold(run=run)
            write_results(run=held, pinned=pinned, allocation=allocation, grounds=grounds)
            _finish(held, pinned, allocation, manifest)
    except lease.LeaseLost:
        # Another holder writes the same bundle under the same name; leave it to them, unless
        # the run was cancelled and nobody will.
        if Run.objects.filter(pk=run.pk, state=Run.State.CANCELLED).exists():
            shutil.rmtree(directory, ignore_errors=True)
        raise


def _pin(run: Run) -> Pinned:
    labour_segments.pack_labour()
    # One snapshot: an import that commits while we read is either all in or all out.
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        pinned = pin(period=run.period, policy=run.policy)
    labour_segments.pack(pinned.stale_segments)
    return pinned


def _finish(run: Run, pinned: Pinned, allocation: Allocation, manifest: dict[str, object]) -> None:
    price = allocation.price
    run.state = Run.State.COMPUTED
    run.stage = Run.Stage.DONE
    run.inputs_sha256 = str(manifest["inputs_sha256"])
    run.result_sha256 = str(manifest["result_sha256"])
    run.bundle_name = run.public_id
    run.price = {name: getattr(price, name) for name in price.__dataclass_fields__}
    run.notes = allocation.notes
    run.contributions_count = len(pinned.contribution_ids)
    run.payees_count = int(paid_workers(allocation).sum())
    run.lease_token = None
    run.leased_until = None
    run.save()
    Run.objects.filter(pk=run.pk).update(finished_at=Now())
    transparency.append(table=RUN, number=run.pk)


def _fail(run: Run, error: AccountingError) -> None:
    Run.objects.filter(pk=run.pk, lease_token=run.lease_token).update(
        state=Run.State.FAILED,
        failure_code=error.code,
        failure=str(error)[:1000],
        lease_token=None,
        leased_until=None,
        finished_at=Now(),
    )
