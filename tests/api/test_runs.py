from __future__ import annotations

import pytest

from accounting.models import Run
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


def test_a_run_is_queued_and_the_answer_says_where_to_follow_it() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    answer = program.post("runs", {"period": period.public_id}, Idempotency_Key="first")
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/runs/{answer.json()['id']}"
    assert answer.json()["state"] == "queued"
    assert program.get(answer["Location"]).json() == answer.json()


def test_the_same_key_gets_the_same_reply_and_makes_one_run() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    answers = [
        program.post("runs", {"period": period.public_id}, Idempotency_Key="once")
        for _time in range(3)
    ]
    assert len({(a.status_code, a.content, a["Location"]) for a in answers}) == 1
    assert Run.objects.count() == 1


def test_a_key_with_another_body_is_refused() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    program.post("runs", {"period": period.public_id}, Idempotency_Key="once")
    other = program.post(
        "runs", {"period": period.public_id, "simulation": True}, Idempotency_Key="once"
    )
    assert_problem(other, 422, "idempotency_key_reused")
    assert Run.objects.count() == 1


def test_a_second_run_of_a_period_conflicts() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    program.post("runs", {"period": period.public_id}, Idempotency_Key="a")
    second = program.post("runs", {"period": period.public_id}, Idempotency_Key="b")
    assert_problem(second, 409, "run_in_progress")


def test_a_period_without_money_conflicts() -> None:
    period = factories.period(factories.organisation())
    factories.policy_in_force(period.operator)
    program = Program(factories.user(period.operator))
    answer = program.post("runs", {"period": period.public_id}, Idempotency_Key="a")
    assert_problem(answer, 409, "period_empty")


def test_a_queued_run_can_be_cancelled_once() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    where = program.post("runs", {"period": period.public_id}, Idempotency_Key="a")["Location"]
    assert program.post(f"{where}/cancel").json()["state"] == "cancelled"
    assert_problem(program.post(f"{where}/cancel"), 409, "run_not_cancellable")


def test_a_run_that_is_not_computed_has_no_bundle() -> None:
    period = factories.ready_period()
    program = Program(factories.user(period.operator))
    where = program.post("runs", {"period": period.public_id}, Idempotency_Key="a")["Location"]
    assert_problem(program.get(f"{where}/bundle"), 409, "run_without_result")
