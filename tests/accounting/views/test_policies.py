"""Agreements on the pages: drafting, proposing, signing, and every field in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounting.models import Policy
from accounting.services import policies
from accounting.views.policy_words import named_paths, sections
from contributions.models import User
from tests import factories

pytestmark = pytest.mark.django_db

# Pools have a table of their own, and the name and version head the page.
TOLD_ELSEWHERE = {"format", "name", "version", "pools"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def paths(document: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in document.items():
        path = f"{prefix}{key}"
        whole = path in {
            "norm.assumed_seconds_per_unit",
            "complexity.task_types",
            "complexity.grades",
        }
        found |= paths(value, f"{path}.") if isinstance(value, dict) and not whole else {path}
    return found


def test_every_field_of_a_policy_is_explained() -> None:
    document = factories.policy(factories.organisation()).document
    assert paths(document) - TOLD_ELSEWHERE == named_paths()


def test_every_preset_can_be_told() -> None:
    for name in policies.preset_names():
        document = factories.policy(factories.organisation(), preset=name).document
        assert all(section.table.rows for section in sections(document))


def draft(client: Client, **fields: Any) -> Any:
    given = {"preset": "value-model", "name": "Agreement", "version": "1"} | fields
    return client.post("/policies/new/", given)


def test_a_draft_keeps_the_preset_where_nothing_was_entered() -> None:
    operator = factories.organisation()
    draft(signed_in(factories.user(operator)), operator=operator.pk, profit_share="12.5")
    pools = {pool["kind"]: pool["rate_ppm"] for pool in Policy.objects.get().document["pools"]}
    assert pools["profit_share"] == 125_000
    assert pools["data_dividend"] == 30_000


@pytest.mark.parametrize(("field", "value"), [("beta", "101"), ("profit_share", "-1")])
def test_a_rate_outside_its_bounds_marks_the_field(field: str, value: str) -> None:
    operator = factories.organisation()
    response = draft(signed_in(factories.user(operator)), operator=operator.pk, **{field: value})
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert not Policy.objects.exists()


def test_the_same_version_twice_is_refused() -> None:
    operator = factories.organisation()
    client = signed_in(factories.user(operator))
    draft(client, operator=operator.pk)
    response = draft(client, operator=operator.pk)
    assert "This version exists" in response.content.decode()


def test_both_sides_sign_on_the_page_and_the_policy_comes_into_force() -> None:
    operator = factories.organisation()
    union = factories.organisation("labour_organisation")
    platform = signed_in(factories.user(operator))
    labour = signed_in(factories.user(union))
    draft(platform, operator=operator.pk)
    made = Policy.objects.get()
    url = f"/policies/{made.public_id}/"
    platform.post(f"{url}propose/")
    assert f"Sign for {union}" in labour.get(url).content.decode()
    for client, side in ((platform, operator), (labour, union)):
        client.post(f"{url}ratify/", {"organisation": side.public_id})
    made.refresh_from_db()
    assert made.state == Policy.State.IN_FORCE


def test_nobody_signs_for_an_organisation_of_others() -> None:
    operator = factories.organisation()
    made = factories.policy(operator)
    policies.propose(policy=made)
    union = factories.organisation("labour_organisation")
    stranger = signed_in(factories.user(factories.organisation("labour_organisation")))
    viewer = signed_in(factories.user(union, role="viewer"))
    for client in (stranger, viewer):
        url = f"/policies/{made.public_id}/ratify/"
        assert client.post(url, {"organisation": union.public_id}).status_code == 404
    assert not made.ratifications.exists()


def test_much_data_value_is_warned_of() -> None:
    operator = factories.organisation()
    made = factories.policy(operator, blend_beta_ppm=400_000)
    page = signed_in(factories.user(operator)).get(f"/policies/{made.public_id}/")
    assert "Data value above 30 %" in page.content.decode()
