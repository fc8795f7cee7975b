"""How an agreement comes about, and what the database itself refuses."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounting.models import NegotiationStep, Policy, Ratification, Run
from accounting.services import negotiation, policies, runs
from contributions.models import LogSegment, Organisation, User
from contributions.services.lineage import violated_constraint
from tests import factories

pytestmark = pytest.mark.django_db


def proposed(operator: Organisation, **overrides: Any) -> Policy:
    made = factories.policy(operator, **overrides)
    policies.propose(policy=made)
    return made


def sign(policy: Policy, organisation: Organisation, user: User | None = None) -> None:
    policies.ratify(
        policy=policy,
        organisation=organisation,
        ratified_by=user,
        today=factories.TODAY,
    )


def refused(statement: str, parameters: list[int | str]) -> str:
    with (
        pytest.raises(IntegrityError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, parameters)
    return violated_constraint(caught.value)


def test_one_person_never_signs_for_both_sides() -> None:
    operator, union = factories.organisation(), factories.organisation("labour_organisation")
    person = factories.user(operator)
    made = proposed(operator)
    sign(made, operator, person)
    with pytest.raises(policies.OnePersonTwoSides):
        sign(made, union, person)
    assert (
        refused(
            "INSERT INTO accounting_ratification"
            " (policy_id, organisation_id, side, policy_sha256, ratified_by_id)"
            " VALUES (%s, %s, 'labour', %s, %s)",
            [made.pk, union.pk, made.sha256, person.pk],
        )
        == "ratification_one_side_each"
    )


def test_one_person_may_sign_for_two_unions() -> None:
    operator = factories.organisation()
    person = factories.user()
    made = proposed(operator)
    for union in [factories.organisation("labour_organisation") for _each in range(2)]:
        sign(made, union, person)
    assert made.ratifications.filter(side=Ratification.Side.LABOUR).count() == 2
    assert made.state == Policy.State.PROPOSED


def test_a_policy_that_asks_for_a_public_body_waits_for_its_signature() -> None:
    operator = factories.organisation()
    made = proposed(operator, negotiation={"public_body_signs": True})
    sign(made, operator)
    sign(made, factories.organisation("labour_organisation"))
    assert made.state == Policy.State.PROPOSED
    sign(made, factories.organisation("public_body"))
    assert made.state == Policy.State.IN_FORCE


def test_the_database_brings_nothing_into_force_that_a_side_has_not_signed() -> None:
    operator = factories.organisation()
    made = proposed(operator)
    sign(made, operator)
    statement = "UPDATE accounting_policy SET state = 'in_force', valid_from = now() WHERE id = %s"
    assert refused(statement, [made.pk]) == "policy_signed"


@pytest.mark.parametrize("state", ["draft", "proposed"])
def test_the_database_lets_no_step_be_taken_back(state: str) -> None:
    made = factories.policy_in_force(factories.organisation())
    statement = "UPDATE accounting_policy SET state = %s WHERE id = %s"
    assert refused(statement, [state, made.pk]) == "policy_step"


def test_a_superseded_policy_is_never_edited() -> None:
    operator = factories.organisation()
    made = factories.policy_in_force(operator)
    factories.policy_in_force(operator, version="2027-11")
    made.refresh_from_db()
    assert made.state == Policy.State.SUPERSEDED
    statement = "UPDATE accounting_policy SET valid_to = valid_to + 1 WHERE id = %s"
    assert refused(statement, [made.pk]) == "policy_fixed"


def test_a_policy_cannot_be_born_in_force() -> None:
    made = factories.policy(factories.organisation())
    made.pk, made.version, made.state = None, "other", Policy.State.PROPOSED
    with pytest.raises(IntegrityError), transaction.atomic():
        made.save(force_insert=True)


def test_a_withdrawn_proposal_can_no_longer_be_signed() -> None:
    operator = factories.organisation()
    made = proposed(operator)
    policies.withdraw(policy=made)
    assert made.state == Policy.State.WITHDRAWN
    with pytest.raises(policies.PolicyNotProposed):
        sign(made, operator)
    with pytest.raises(policies.PolicyNotProposed):
        policies.withdraw(policy=made)


def test_minutes_are_kept_under_their_hash_and_the_step_is_logged() -> None:
    operator = factories.organisation()
    made = proposed(operator)
    step = negotiation.record_step(
        step=NegotiationStep(
            policy=made,
            organisation=operator,
            kind="meeting",
            held_on=factories.TODAY,
            parties=["Union", "Platform"],
        ),
        recorded_by=None,
        today=factories.TODAY,
        minutes=negotiation.Minutes("minutes.txt", b"We agree on three per cent."),
    )
    assert step.file_sha256 == hashlib.sha256(b"We agree on three per cent.").hexdigest()
    assert negotiation.minutes_path(step).read_bytes() == b"We agree on three per cent."
    assert LogSegment.objects.filter(kind="negotiation").count() == 1


def test_a_regulator_is_no_party_to_a_negotiation() -> None:
    made = proposed(factories.organisation())
    step = NegotiationStep(
        policy=made,
        organisation=factories.organisation("regulator"),
        kind="objection",
        held_on=factories.TODAY,
    )
    with pytest.raises(policies.NotASide):
        negotiation.record_step(step=step, recorded_by=None, today=factories.TODAY)


def test_a_run_without_an_agreement_is_a_simulation_and_stays_one() -> None:
    period = factories.ready_period()
    draft = factories.policy(period.operator, version="draft")
    run = runs.request_run(period=period, policy=draft, requested_by=None)
    assert run.simulation
    statement = "UPDATE accounting_run SET simulation = false WHERE id = %s"
    assert refused(statement, [run.pk]) == "run_simulation_kept"
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Run.objects.create(
            period=period,
            policy=draft,
            simulation=False,
            algorithm=run.algorithm,
            policy_sha256=draft.sha256,
        )
    assert violated_constraint(caught.value) == "run_unratified_is_simulation"
