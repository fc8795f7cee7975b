from __future__ import annotations

from typing import Any

import pytest

from accounting.models import Period, Policy
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def period() -> Period:
    return factories.period(factories.organisation())


@pytest.fixture
def program(period: Period) -> Program:
    return Program(factories.user(period.operator))


def test_periods_of_an_operator_do_not_overlap(period: Period, program: Program) -> None:
    document = {
        "operator": period.operator.public_id,
        "starts_on": "2027-01-01",
        "ends_on": "2027-03-31",
        "currency": "CNY",
    }
    made = program.post("periods", document)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert program.get(made["Location"]).json() == made.json()
    assert_problem(program.post("periods", document), 409, "periods_overlap")
    assert_problem(
        program.post("periods", document | {"ends_on": "2026-12-31"}), 422, "ends_before_start"
    )


def test_declared_figures_are_listed_with_their_period(period: Period, program: Program) -> None:
    product = factories.product(period.operator).public_id
    bundle = program.post("bundles", {"operator": period.operator.public_id, "name": "Suite"})
    amount = {"amount": "-12.30", "currency": "CNY"}
    figures: dict[str, dict[str, Any]] = {
        "revenue": {"product": product, "channel": "api", "amount": amount},
        "usage": {
            "product": product,
            "bundle": bundle.json()["id"],
            "unit": "token",
            "quantity": 5,
        },
        "costs": {"kind": "compute", "amount": {"amount": "7.00", "currency": "CNY"}},
        "facts": {"name": "unlogged_hours", "value": "12.5"},
    }
    for path, document in figures.items():
        made = program.post(path, document | {"period": period.public_id})
        assert made.status_code == 201, (path, made.content)
        assert program.get(made["Location"]).json()["items"] == [made.json()]
        assert {name: made.json()[name] for name in document} == document


def test_a_closed_period_takes_no_figures(period: Period, program: Program) -> None:
    factories.closed(period)
    cost = {
        "period": period.public_id,
        "kind": "compute",
        "amount": {"amount": "7.00", "currency": "CNY"},
    }
    assert_problem(program.post("costs", cost), 409, "period_closed")


def test_a_policy_comes_into_force_when_both_sides_have_signed(period: Period) -> None:
    operator = period.operator
    platform = Program(factories.user(operator))
    labour = factories.organisation("labour_organisation")
    union = Program(factories.user(labour))
    drafted = platform.post(
        "policies",
        {
            "operator": operator.public_id,
            "preset": "value-model",
            "document": {"name": "Ours", "blend_beta_ppm": 100_000},
        },
    )
    assert drafted.status_code == 201, drafted.content
    assert drafted.json()["document"]["blend_beta_ppm"] == 100_000
    where = drafted["Location"]
    assert union.get(where).status_code == 404
    early = platform.post(f"{where}/ratifications", {"organisation": operator.public_id})
    assert_problem(early, 409, "policy_not_proposed")
    assert platform.post(f"{where}/proposal").json()["state"] == "proposed"
    assert_problem(platform.post(f"{where}/proposal"), 409, "policy_not_draft")
    signed = union.post(f"{where}/ratifications", {"organisation": labour.public_id})
    assert signed.json()["state"] == "proposed"
    done = platform.post(f"{where}/ratifications", {"organisation": operator.public_id})
    assert done.json()["state"] == "in_force"
    assert {one["side"] for one in done.json()["ratifications"]} == {"labour", "platform"}


def test_a_policy_that_breaks_its_own_rules_is_refused(period: Period, program: Program) -> None:
    for document in ({"blend_beta_ppm": 2_000_000}, {"no_such_rule": 1}, {"norm": {"method": 5}}):
        answer = program.post(
            "policies",
            {
                "operator": period.operator.public_id,
                "preset": "value-model",
                "document": document,
            },
        )
        assert_problem(answer, 422, "policy_invalid")
    assert Policy.objects.count() == 0
