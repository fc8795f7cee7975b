"""The policy lab in the browser: what is tried, for whom, and what never becomes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounting.models import Period, Policy, Run
from accounting.services import comparisons, simulations
from contributions.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def terms(period: Period, **changed: str) -> dict[str, str]:
    """The sliders as the policy has them, but for what is changed."""
    policy = Policy.objects.get(operator=period.operator)
    return {
        "policy": policy.public_id,
        "dividend": "3",
        "profit": "10",
        "commons": "10",
        "solidarity": "0",
        "beta": "20",
        "norm": "mean",
        "kappa": "policy",
        "half_life": "",
        "floor": "on",
    } | changed


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def test_the_policys_own_terms_change_nothing() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    page = client.get(f"/lab/{period.public_id}/", terms(period))
    assert page.status_code == 200
    assert "can never be posted or paid" in words(page)
    assert not re.search(r"[+][0-9]", words(page).split("What each choice does")[0])


def test_a_dearer_dividend_pays_more_and_is_computed_by_the_engine() -> None:
    period = factories.ready_period(amount=10_000)
    client = signed_in(factories.user(period.operator))
    page = words(client.get(f"/lab/{period.public_id}/", terms(period, dividend="5")))
    assert "300.00 500.00 +200.00" in page


def test_each_choice_is_explained_with_figures_of_this_world() -> None:
    period = factories.ready_period(amount=10_000)
    page = words(signed_in(factories.user(period.operator)).get(f"/lab/{period.public_id}/"))
    for lever in ("data dividend", "profit share", "data value", "norm", "solidarity", "Decay"):
        assert lever in page
    assert "would change hands" in page
    assert "From 3.0% to 4.0%" in page


@pytest.mark.parametrize(
    ("field", "value"), [("beta", "101"), ("norm", "guess"), ("half_life", "0"), ("dividend", "x")]
)
def test_a_term_outside_its_bounds_marks_its_field(field: str, value: str) -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    page = client.get(f"/lab/{period.public_id}/", terms(period, **{field: value}))
    assert page.status_code == 422
    assert f'href="#id_{field}"' in page.content.decode()


def test_what_was_tried_is_kept_as_a_draft_and_simulated() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    client.post(f"/lab/{period.public_id}/keep/", terms(period, beta="40") | {"version": "tried"})
    draft = Policy.objects.get(version="tried")
    assert draft.document["blend_beta_ppm"] == 400_000
    assert draft.state == Policy.State.DRAFT
    assert draft.based_on is not None
    client.post(f"/lab/{period.public_id}/simulate/", {"policy": draft.public_id})
    assert Run.objects.get().simulation


def test_simulations_of_a_period_do_not_pile_up() -> None:
    period = factories.ready_period()
    policy = Policy.objects.get()
    for _each in range(simulations.MOST_WAITING):
        simulations.request_simulation(period=period, policy=policy, requested_by=None)
    with pytest.raises(simulations.SimulationsWaiting):
        simulations.request_simulation(period=period, policy=policy, requested_by=None)


def test_a_union_tries_terms_but_sees_no_small_groups_and_no_single_strangers() -> None:
    period = factories.ready_period(amount=10_000)
    union = factories.organisation("labour_organisation")
    client = signed_in(factories.user(union))
    page = client.get(f"/lab/{period.public_id}/", terms(period, dividend="5"))
    assert page.status_code == 200
    assert not re.findall(r'href="/workers/', page.content.decode())
    assert "Too few people" in words(page)
    assert "The largest gain" not in words(page)


def test_a_regulator_tries_nothing_for_answers_could_be_subtracted() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(factories.organisation("regulator")))
    assert client.get(f"/lab/{period.public_id}/").status_code == 404
    assert "/lab/" not in client.get("/").content.decode()


def test_a_stranger_tries_nothing() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(factories.organisation()))
    for path in ("", "simulate/", "keep/"):
        url = f"/lab/{period.public_id}/{path}"
        answer = client.get(url) if path == "" else client.post(url, terms(period))
        assert answer.status_code == 404


def test_a_large_world_is_not_computed_live(monkeypatch: pytest.MonkeyPatch) -> None:
    period = factories.ready_period()
    monkeypatch.setattr(simulations, "MOST_LIVE_CONTRIBUTIONS", 2)
    client = signed_in(factories.user(period.operator))
    page = words(client.get(f"/lab/{period.public_id}/"))
    assert "too large to be computed at once" in page
    assert "Simulate Value model" in page


@pytest.mark.django_db(transaction=True)
def test_a_live_result_is_what_a_run_finds() -> None:
    period = factories.ready_period(amount=10_000)
    run = factories.computed_run(period)
    world = simulations.open_world(period=period, policy=run.policy)
    live = comparisons.of_allocation(world, world.under(run.policy.document))
    stored = comparisons.of_run(run)
    assert live.pools == stored.pools
    assert live.indicators == stored.indicators
    assert live.price == stored.price
    assert live.people == dict(run.statements.values_list("worker_id", "amount_micro"))
    assert {key: cell.amount_micro for key, cell in live.groups.items()} == {
        key: cell.amount_micro for key, cell in stored.groups.items()
    }


@pytest.mark.django_db(transaction=True)
def test_two_runs_are_compared_by_terms_pools_groups_people_and_indicators() -> None:
    period = factories.ready_period(amount=10_000)
    run = factories.computed_run(period)
    draft = factories.policy(period.operator, version="half", blend_beta_ppm=0, half_life_days=90)
    simulated = factories.simulated_run(period, draft)
    query = {"before": run.public_id, "after": simulated.public_id}
    page = signed_in(factories.user(period.operator)).get("/comparisons/", query)
    told = words(page)
    for text in ("Half-life", "Data dividend", "People, the largest"):
        assert text in told
    assert "never to be posted or paid" in told
    assert "/workers/" in page.content.decode()
    overseer = signed_in(factories.user(factories.organisation("regulator")))
    hidden = overseer.get("/comparisons/", query)
    assert hidden.status_code == 200
    assert "/workers/" not in hidden.content.decode()
    stranger = signed_in(factories.user(factories.organisation()))
    assert stranger.get("/comparisons/", query).status_code == 404
