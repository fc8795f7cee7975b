from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounting.models import Run, RunDecision
from accounting.services import approving
from contributions.models import Membership
from tests import factories
from tests.accounting.books import Office

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Office:
    return Office(factories.organisation())


@pytest.fixture
def run(office: Office) -> Run:
    period = factories.ready_period()
    for user in (office.recorder, office.approver, office.admin):
        Membership.objects.filter(user=user).update(organisation=period.operator)
    return office.computed(period)


def test_somebody_else_than_who_asked_approves_by_the_results_hash(
    office: Office, run: Run
) -> None:
    decision = approving.approve_run(run=run, approved_by=office.approver)
    assert run.state == Run.State.APPROVED
    assert decision.result_sha256 == run.result_sha256


def test_nobody_approves_their_own_run(office: Office, run: Run) -> None:
    Membership.objects.filter(user=office.recorder).update(role=Membership.Role.APPROVER)
    with pytest.raises(approving.OwnRun):
        approving.approve_run(run=run, approved_by=office.recorder)


def test_the_database_refuses_an_own_approval_and_an_approval_without_decision(
    office: Office, run: Run
) -> None:
    with pytest.raises(IntegrityError, match="nobody approves their own run"):
        RunDecision.objects.create(
            run=run,
            decision="approved",
            result_sha256=run.result_sha256,
            decided_by=office.recorder,
        )
    with pytest.raises(IntegrityError, match="nobody approved this run"):
        Run.objects.filter(pk=run.pk).update(state=Run.State.APPROVED)


def test_an_approval_of_another_result_does_not_count(office: Office, run: Run) -> None:
    RunDecision.objects.create(
        run=run, decision="approved", result_sha256="0" * 64, decided_by=office.approver
    )
    with pytest.raises(IntegrityError, match="nobody approved this run"):
        Run.objects.filter(pk=run.pk).update(state=Run.State.APPROVED)


@pytest.mark.parametrize("role", ["admin", "recorder", "viewer"])
def test_only_approvers_of_the_operator_approve(run: Run, role: str) -> None:
    for organisation in (run.period.operator, factories.organisation()):
        user = factories.user(organisation, role=role)
        with pytest.raises(approving.RoleMissing):
            approving.approve_run(run=run, approved_by=user)


def test_an_approver_of_another_operator_is_refused(run: Run) -> None:
    stranger = factories.user(factories.organisation(), role="approver")
    with pytest.raises(approving.RoleMissing):
        approving.approve_run(run=run, approved_by=stranger)


def test_a_simulation_is_never_approved(office: Office, run: Run) -> None:
    draft = factories.policy(run.period.operator, version="draft-2")
    simulation = factories.simulated_run(run.period, draft)
    with pytest.raises(approving.RunIsSimulation):
        approving.approve_run(run=simulation, approved_by=office.approver)
    with pytest.raises(IntegrityError, match="run_simulation_never_posted"):
        Run.objects.filter(pk=simulation.pk).update(state=Run.State.APPROVED)


def test_a_simulation_cannot_be_declared_binding_afterwards(run: Run) -> None:
    draft = factories.policy(run.period.operator, version="draft-3")
    simulation = factories.simulated_run(run.period, draft)
    with pytest.raises(IntegrityError):
        Run.objects.filter(pk=simulation.pk).update(simulation=False)


def test_a_run_is_approved_once(office: Office, run: Run) -> None:
    approving.approve_run(run=run, approved_by=office.approver)
    with pytest.raises(approving.RunNotComputed):
        approving.approve_run(run=run, approved_by=office.approver)


def test_a_rejected_run_says_why_and_cannot_be_posted(office: Office, run: Run) -> None:
    with pytest.raises(ValidationError), transaction.atomic():
        approving.reject_run(run=run, rejected_by=office.approver, reason=" ")
    approving.reject_run(run=run, rejected_by=office.approver, reason="usage is missing")
    assert run.state == Run.State.CANCELLED
    with pytest.raises(approving.RunNotRejectable):
        approving.reject_run(run=run, rejected_by=office.approver, reason="again")
