"""Agreements on the pages: drafting, proposing, signing, and every field in words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounting.forms.policies import PolicyForm, complete_preset, simple_terms
from accounting.models import Policy
from accounting.services import policies
from accounting.services.policy_changes import changes
from accounting.views.policy_words import named_paths, sections
from contributions.models import Organisation, User
from tests import factories

pytestmark = pytest.mark.django_db

# Pools have a table of their own, and the name and version head the page.
COUNTS = ("TOTAL_FORMS", "INITIAL_FORMS")
TOLD_ELSEWHERE = {"format", "name", "version", "pools"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def errors_of(response: Any) -> list[str]:
    return re.findall(r'<a href="#id_[^<]*', response.content.decode())


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


def as_sent(
    operator: Organisation, *, preset: str = "value-model", **changed: Any
) -> dict[str, Any]:
    """What a browser sends when it sends the form just as it came, but for what is changed."""
    form = PolicyForm(
        None,
        document=complete_preset(preset),
        operators=Organisation.objects.all(),
        operator=operator,
    )
    sent: dict[str, Any] = {}
    for rows in (form.pools, form.skills):
        sent |= {f"{rows.prefix}-{key}": rows.management_form[key].value() for key in COUNTS}
    for part in [form.terms, *form.pools.forms, *form.skills.forms]:
        for field in part:
            value = field.value()
            if value is not False and value not in (None, "") and value != []:
                sent[field.html_name] = value.pk if isinstance(value, Organisation) else value
    return sent | {"name": "Agreement", "version": "1"} | changed


def draft(client: Client, operator: Organisation, **changed: Any) -> Any:
    return client.post("/policies/new/", as_sent(operator, **changed))


@pytest.mark.parametrize("preset", policies.preset_names())
def test_a_form_that_is_sent_back_unchanged_is_the_preset(preset: str) -> None:
    operator = factories.organisation()
    response = draft(signed_in(factories.user(operator)), operator, preset=preset)
    assert response.status_code == 302, errors_of(response)
    assert changes(Policy.objects.get().document, policies.preset(preset)) == []


def test_every_term_can_be_entered_with_its_explanation_and_bounds() -> None:
    operator = factories.organisation()
    page = signed_in(factories.user(operator)).get("/policies/new/").content.decode()
    for term in simple_terms():
        assert f'name="{term.field_name}"' in page, term.path
    assert "0 to 100 %" in page
    assert "20 % (value-model)" in page


def test_terms_pools_and_skills_are_stored_as_entered() -> None:
    operator = factories.organisation()
    response = draft(
        signed_in(factories.user(operator)),
        operator,
        **{
            "blend_beta_ppm": "12.5",
            "norm-method": "median",
            "norm-assumed_seconds_per_unit": "alignment: 90",
            "pools-1-rate_ppm": "4",
            "pools-1-solidarity_ppm": "10",
            "skills-TOTAL_FORMS": "1",
            "skills-0-of": "task_types",
            "skills-0-code": "alignment",
            "skills-0-wage": "30",
            "skills-0-training": ": 400",
            "skills-0-working_life": "60000",
        },
    )
    assert response.status_code == 302, errors_of(response)
    document = Policy.objects.get().document
    assert document["blend_beta_ppm"] == 125_000
    assert document["norm"]["method"] == "median"
    assert document["norm"]["assumed_seconds_per_unit"] == {"alignment": 90}
    assert (document["pools"][1]["rate_ppm"], document["pools"][1]["solidarity_ppm"]) == (
        40_000,
        100_000,
    )
    assert document["complexity"]["task_types"]["alignment"]["training"] == [
        {"trainer": "", "hours": 400}
    ]


def test_pools_stand_in_the_order_of_their_places_and_may_be_left_out() -> None:
    operator = factories.organisation()
    changed = {"pools-0-place": "9", "pools-4-DELETE": "on"}
    draft(signed_in(factories.user(operator)), operator, **changed)
    kinds = [pool["kind"] for pool in Policy.objects.get().document["pools"]]
    assert kinds == ["data_dividend", "wage_floor", "profit_share", "licence"]


def test_another_row_is_offered_without_a_word_about_errors() -> None:
    operator = factories.organisation()
    response = draft(
        signed_in(factories.user(operator)), operator, blend_beta_ppm="nonsense", more="pools"
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="pools-5-kind"' in page
    assert "There is a problem" not in page
    assert 'value="nonsense"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("blend_beta_ppm", "101"),
        ("pools-3-rate_ppm", "-1"),
        ("norm-cap_low_ppm", "3"),
        ("pools-2-rate_ppm", "5"),
        ("index-gpu_hours_ppm", "41"),
        ("norm-assumed_seconds_per_unit", "ninety"),
        ("half_life_days", "0"),
    ],
)
def test_a_term_outside_its_bounds_or_at_odds_marks_its_field(field: str, value: str) -> None:
    operator = factories.organisation()
    response = draft(signed_in(factories.user(operator)), operator, **{field: value})
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()
    assert not Policy.objects.exists()


def test_the_same_version_twice_is_refused() -> None:
    operator = factories.organisation()
    client = signed_in(factories.user(operator))
    draft(client, operator)
    response = draft(client, operator)
    assert "This version exists" in response.content.decode()


def test_a_revision_starts_from_its_policy_and_shows_what_differs() -> None:
    operator = factories.organisation()
    client = signed_in(factories.user(operator))
    old = factories.policy(operator, blend_beta_ppm=70_000)
    page = client.get(f"/policies/new/?from={old.public_id}").content.decode()
    assert 'value="7"' in page
    sent = as_sent(operator, **{"norm-method": "mode"})
    client.post(f"/policies/new/?from={old.public_id}", sent)
    made = Policy.objects.get(version="1")
    assert made.based_on == old
    shown = client.get(f"/policies/{made.public_id}/against/{old.public_id}/").content.decode()
    assert "2 terms differ" in shown
    assert "half-sample mode" in shown
    assert "7.0%" in shown


@pytest.mark.parametrize("as_file", [True, False])
def test_a_whole_document_can_be_handed_in(as_file: bool) -> None:
    operator = factories.organisation()
    text = json.dumps(policies.preset("pure-labour-time"))
    given = SimpleUploadedFile("policy.json", text.encode()) if as_file else text
    name = "file" if as_file else "document"
    client = signed_in(factories.user(operator))
    response = client.post("/policies/new/document/", {"operator": operator.pk, name: given})
    assert response.status_code == 302, errors_of(response)
    made = Policy.objects.get()
    answer = client.get(f"/policies/{made.public_id}/document.json")
    assert answer.json() == made.document


@pytest.mark.parametrize("text", ["[", "[1]", '{"format": "huisu-policy/1", "nmae": "x"}'])
def test_a_document_that_breaks_its_rules_marks_the_field(text: str) -> None:
    operator = factories.organisation()
    client = signed_in(factories.user(operator))
    response = client.post("/policies/new/document/", {"operator": operator.pk, "document": text})
    assert response.status_code == 422
    assert 'href="#id_document"' in response.content.decode()


def test_minutes_are_recorded_and_answered_as_they_were_handed_in() -> None:
    operator = factories.organisation()
    client = signed_in(factories.user(operator))
    made = factories.policy_in_force(operator)
    response = client.post(
        f"/policies/{made.public_id}/negotiation/",
        {
            "organisation": operator.public_id,
            "kind": "meeting",
            "held_on": "2026-10-01",
            "parties": "Union\nPlatform",
            "file": SimpleUploadedFile("minutes.html", b"<script>alert(1)</script>"),
        },
    )
    assert response.status_code == 302, errors_of(response)
    step = made.negotiation.get()
    assert step.file_sha256 in client.get(f"/policies/{made.public_id}/").content.decode()
    answer: Any = client.get(f"/policies/{made.public_id}/negotiation/{step.public_id}/minutes/")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_stranger_records_nothing_and_withdraws_nothing() -> None:
    operator = factories.organisation()
    made = factories.policy(operator)
    policies.propose(policy=made)
    stranger = signed_in(factories.user(factories.organisation()))
    for step in ("negotiation", "withdraw"):
        assert stranger.post(f"/policies/{made.public_id}/{step}/").status_code == 404
    signed_in(factories.user(operator)).post(f"/policies/{made.public_id}/withdraw/")
    made.refresh_from_db()
    assert made.state == Policy.State.WITHDRAWN


def test_both_sides_sign_on_the_page_and_the_policy_comes_into_force() -> None:
    operator = factories.organisation()
    union = factories.organisation("labour_organisation")
    platform = signed_in(factories.user(operator))
    labour = signed_in(factories.user(union))
    draft(platform, operator)
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


def test_who_signed_for_one_side_is_offered_no_other() -> None:
    operator, union = factories.organisation(), factories.organisation("labour_organisation")
    person = factories.user(operator)
    person.memberships.create(organisation=union, role="admin")
    made = factories.policy(operator)
    policies.propose(policy=made)
    client = signed_in(person)
    url = f"/policies/{made.public_id}/"
    assert f"Sign for {union}" in client.get(url).content.decode()
    client.post(f"{url}ratify/", {"organisation": operator.public_id})
    assert "Sign for" not in client.get(url).content.decode()
    assert client.post(f"{url}ratify/", {"organisation": union.public_id}).status_code == 404
