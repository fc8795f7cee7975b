"""The policy lab for programs."""

from __future__ import annotations

from typing import Any

import pytest

from accounting.models import Period, Policy, Run
from accounting.services import simulations
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


def asked(period: Period, **fields: Any) -> dict[str, Any]:
    policy = Policy.objects.get(operator=period.operator)
    return {"period": period.public_id, "policy": policy.public_id} | fields


def test_changed_terms_are_answered_and_nothing_is_stored() -> None:
    period = factories.ready_period(amount=10_000)
    program = Program(factories.user(period.operator))
    pools = [
        pool | {"rate_ppm": 50_000} if pool["kind"] == "data_dividend" else pool
        for pool in Policy.objects.get().document["pools"]
    ]
    answer = program.post("simulations/what-if", asked(period, document={"pools": pools}))
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["simulation"] is True
    dividend = next(row for row in told["pools"] if row["key"] == ["data-dividend"])
    assert (dividend["before"]["amount"], dividend["after"]["amount"]) == ("300.00", "500.00")
    assert "gini_payout" in {row["name"] for row in told["indicators"]}
    assert all(row["formula"] and row["caution"] and row["source"] for row in told["indicators"])
    assert len(told["people"]) == 3
    assert not Run.objects.exists()


def test_terms_that_break_their_rules_are_pointed_at() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    answer = program.post(
        "simulations/what-if", asked(period, document={"blend_beta_ppm": 2_000_000})
    )
    problem = assert_problem(answer, 422, "policy_invalid")
    assert problem["errors"][0]["pointer"] == "/blend_beta_ppm"


def test_a_union_gets_no_small_groups_and_no_strangers() -> None:
    period = factories.ready_period()
    program = Program(factories.user(factories.organisation("labour_organisation")))
    told = program.post("simulations/what-if", asked(period, document={})).json()
    assert (told["groups"], told["people"], told["fewest_in_group"]) == ([], [], 5)
    gini = [row for row in told["indicators"] if row["name"] == "gini_payout"]
    assert all(row["before"] is None for row in gini)


def test_whoever_only_oversees_tries_no_terms() -> None:
    period = factories.ready_period()
    program = Program(factories.user(factories.organisation("regulator")))
    answer = program.post("simulations/what-if", asked(period, document={}))
    assert_problem(answer, 403, "role_missing")


def test_a_large_world_is_to_be_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    period = factories.ready_period()
    monkeypatch.setattr(simulations, "MOST_LIVE_CONTRIBUTIONS", 2)
    program = Program(factories.user(period.operator))
    answer = program.post("simulations/what-if", asked(period, document={}))
    assert_problem(answer, 422, "world_too_large")
    queued = program.post("simulations", asked(period), Idempotency_Key="one")
    assert queued.status_code == 202, queued.content
    assert queued.json()["simulation"] is True
    assert queued["Location"] == f"/api/v1/runs/{queued.json()['id']}"


def test_simulations_that_pile_up_conflict() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    keys = [str(number) for number in range(simulations.MOST_WAITING + 1)]
    answers = [program.post("simulations", asked(period), Idempotency_Key=key) for key in keys]
    assert_problem(answers[-1], 409, "simulations_waiting")


@pytest.mark.django_db(transaction=True)
def test_two_runs_are_compared_as_far_as_the_asker_may_see_them() -> None:
    period = factories.ready_period(amount=10_000)
    run = factories.computed_run(period)
    draft = factories.policy(period.operator, version="other", half_life_days=90)
    simulated = factories.simulated_run(period, draft)
    path = f"comparisons?before={run.public_id}&after={simulated.public_id}"
    told = Program(factories.user(period.operator)).get(path).json()
    assert told["simulation"] is True
    assert len(told["people"]) == 3
    assert told["groups"]
    overseer = Program(factories.user(factories.organisation("regulator"))).get(path).json()
    assert (overseer["people"], overseer["groups"]) == ([], [])
    stranger = Program(factories.user(factories.organisation())).get(path)
    assert_problem(stranger, 404, "not_found")
