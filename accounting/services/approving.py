"""Approving a run's result, or rejecting it: always somebody else than who asked for the run."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Policy, Run, RunDecision
from accounting.services.logged import RUN_DECISION
from contributions.models import Membership, Organisation, User
from contributions.services import transparency


class OwnRun(AccountingError):
    """Whoever asked for a run does not approve it."""

    code = "own_run"


class RunNotComputed(AccountingError):
    """Only a computed run can be approved."""

    code = "run_not_computed"


class RunIsSimulation(AccountingError):
    """A simulation binds nobody: it is never approved or posted."""

    code = "run_is_simulation"


class RunNotRejectable(AccountingError):
    """The run has no result to reject, or it is posted."""

    code = "run_not_rejectable"


class RoleMissing(AccountingError):
    """The user has no role in the organisation that lets them do this."""

    code = "role_missing"


def require_role(*, user: User, organisation: Organisation, roles: tuple[str, ...]) -> None:
    """Refuse unless a user has one of some roles in an organisation.

    Raises:
        RoleMissing: They have none of them.
    """
    if user.is_superuser:
        return
    member = Membership.objects.filter(user=user, organisation=organisation, role__in=roles)
    if not member.exists():
        raise RoleMissing(
            _("Your role in %(organisation)s does not allow this.") % {"organisation": organisation}
        )


def may_approve(*, user: User, run: Run) -> bool:
    """Return whether a user is an approver of the run's operator and did not ask for the run."""
    return run.requested_by_id != user.pk and _is_approver(user, run)


@transaction.atomic
def approve_run(*, run: Run, approved_by: User) -> RunDecision:
    """Approve a computed run, by the hash of its result.

    Raises:
        OwnRun: They asked for the run themselves.
        RoleMissing: They are no approver of the operator.
        RunIsSimulation: It was computed under a policy that nobody ratified.
        RunNotComputed: It has no result, or is approved already.
    """
    transparency.take_turn()
    locked = Run.objects.select_for_update().select_related("policy").get(pk=run.pk)
    require_role(
        user=approved_by,
        organisation=locked.period.operator,
        roles=(Membership.Role.APPROVER,),
    )
    if locked.requested_by_id == approved_by.pk:
        raise OwnRun(_("You asked for this run. Somebody else has to approve it."))
    _require_binding(locked)
    if locked.state != Run.State.COMPUTED:
        raise RunNotComputed(_("Only a run that is computed and not yet approved can be."))
    decision = RunDecision.objects.create(
        run=locked,
        decision=RunDecision.Decision.APPROVED,
        result_sha256=locked.result_sha256,
        decided_by=approved_by,
    )
    Run.objects.filter(pk=locked.pk).update(state=Run.State.APPROVED)
    transparency.append(table=RUN_DECISION, number=decision.pk)
    run.refresh_from_db()
    return decision


@transaction.atomic
def reject_run(*, run: Run, rejected_by: User, reason: str) -> RunDecision:
    """Reject a result that is not posted; the run becomes cancelled and says why.

    Raises:
        RoleMissing: They are neither approver nor administrator of the operator.
        RunNotRejectable: It has no result, or it is posted.
    """
    transparency.take_turn()
    locked = Run.objects.select_for_update().get(pk=run.pk)
    require_role(
        user=rejected_by,
        organisation=locked.period.operator,
        roles=(Membership.Role.APPROVER, Membership.Role.ADMIN),
    )
    if locked.state not in {Run.State.COMPUTED, Run.State.APPROVED}:
        raise RunNotRejectable(_("Only a result that is not posted can be rejected."))
    decision = RunDecision(
        run=locked,
        decision=RunDecision.Decision.REJECTED,
        result_sha256=locked.result_sha256,
        reason=reason.strip(),
        decided_by=rejected_by,
    )
    decision.full_clean()
    decision.save()
    Run.objects.filter(pk=locked.pk).update(state=Run.State.CANCELLED)
    transparency.append(table=RUN_DECISION, number=decision.pk)
    run.refresh_from_db()
    return decision


def _is_approver(user: User, run: Run) -> bool:
    return (
        user.is_superuser
        or Membership.objects.filter(
            user=user, organisation=run.period.operator_id, role=Membership.Role.APPROVER
        ).exists()
    )


def _require_binding(run: Run) -> None:
    if run.simulation or run.policy.state not in {Policy.State.IN_FORCE, Policy.State.SUPERSEDED}:
        raise RunIsSimulation(
            _("This run is a simulation: no ratified policy stands behind it. Nobody is owed it.")
        )
