"""Agreements through the API: revising, comparing, negotiating, withdrawing."""

from __future__ import annotations

import base64
import hashlib

import pytest

from accounting.models import Policy
from accounting.services import policies
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


def test_a_union_drafts_a_revision_that_names_what_differs() -> None:
    operator, union = factories.organisation(), factories.organisation("labour_organisation")
    old = factories.policy_in_force(operator)
    program = Program(factories.user(union, role="approver"))
    answer = program.post(
        "policies",
        {
            "operator": operator.public_id,
            "based_on": old.public_id,
            "document": {"version": "2027", "blend_beta_ppm": 400_000},
        },
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["based_on"] == old.public_id
    assert made["sides_needed"] == ["labour", "platform"]
    compared = program.get(f"policies/{made['id']}/changes/{old.public_id}").json()
    (change,) = compared["changes"]
    assert (change["path"], change["before"], change["after"]) == (
        "blend_beta_ppm",
        200_000,
        400_000,
    )
    assert compared["warnings"] == ["blend_beta_high"]


def test_somebody_else_than_a_party_drafts_nothing() -> None:
    operator = factories.organisation()
    member = factories.user(operator, role="viewer")
    draft = {"operator": operator.public_id, "preset": "value-model"}
    assert_problem(Program(member).post("policies", draft), 403, "role_missing")


def test_one_person_never_signs_for_two_sides() -> None:
    operator, union = factories.organisation(), factories.organisation("labour_organisation")
    person = factories.user(operator, role="approver")
    person.memberships.create(organisation=union, role="approver")
    made = factories.policy(operator)
    policies.propose(policy=made)
    program = Program(person)
    path = f"policies/{made.public_id}/ratifications"
    assert program.post(path, {"organisation": operator.public_id}).status_code == 200
    second = program.post(path, {"organisation": union.public_id})
    assert_problem(second, 403, "one_person_two_sides")


def test_a_step_of_the_negotiation_keeps_its_minutes_by_hash() -> None:
    operator = factories.organisation()
    made = factories.policy_in_force(operator)
    program = Program(factories.user(operator, role="recorder"))
    path = f"policies/{made.public_id}/negotiation"
    answer = program.post(
        path,
        {
            "organisation": operator.public_id,
            "kind": "meeting",
            "held_on": "2026-10-01",
            "parties": ["Union", "Platform"],
            "file_name": "minutes.txt",
            "file_base64": base64.b64encode(b"agreed").decode(),
        },
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["file_sha256"] == hashlib.sha256(b"agreed").hexdigest()
    assert program.get(path).json()["items"] == [answer.json()]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"file_base64": "?"}, "not_base64"),
        ({"held_on": "2199-01-01"}, "invalid"),
        ({"kind": "party"}, "not_a_choice"),
        ({"url": "javascript:alert(1)"}, "invalid"),
    ],
)
def test_a_step_that_means_nothing_is_refused(fields: dict[str, str], code: str) -> None:
    operator = factories.organisation()
    made = factories.policy_in_force(operator)
    step = {"organisation": operator.public_id, "kind": "meeting", "held_on": "2026-10-01"}
    answer = Program(factories.user(operator)).post(
        f"policies/{made.public_id}/negotiation", step | fields
    )
    assert_problem(answer, 422, code)
    assert not made.negotiation.exists()


def test_a_proposal_is_withdrawn_once_and_by_its_own_side() -> None:
    operator, union = factories.organisation(), factories.organisation("labour_organisation")
    made = factories.policy(operator)
    policies.propose(policy=made)
    path = f"policies/{made.public_id}/withdrawal"
    assert_problem(Program(factories.user(union)).post(path), 403, "role_missing")
    program = Program(factories.user(operator))
    assert program.post(path).json()["state"] == Policy.State.WITHDRAWN
    assert_problem(program.post(path), 409, "policy_not_proposed")


def test_the_terms_to_agree_on_are_told_with_their_presets() -> None:
    told = Program(factories.user()).get("policy-terms").json()
    by_path = {row["path"]: row for row in told["terms"]}
    assert by_path["norm.method"]["choices"] == ["mean", "median", "mode", "individual"]
    assert by_path["blend_beta_ppm"]["presets"]["value-model"] == 200_000
    assert set(told["presets"]) == set(policies.preset_names())
    assert {row["path"] for row in told["pool_terms"]} >= {"rate_ppm", "solidarity_ppm"}
