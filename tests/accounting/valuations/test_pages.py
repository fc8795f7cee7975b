"""The pages of valuations: who sees what, what forms refuse, and the whole way on foot."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounting.models import Valuation
from accounting.services import policies, valuation_computing, valuations
from contributions.models import Organisation, User
from tests import factories
from tests.accounting.valuations import worlds

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(content: bytes, name: str = "x.npz") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def points_form(of: worlds.World, **fields: Any) -> dict[str, Any]:
    return {
        "product": of.product.public_id,
        "title": "By hand",
        "method": "owner_shapley",
        "embedding": "three numbers",
        "k": "3",
        "validation": upload(worlds.validation()),
    } | fields


def data_of(of: worlds.World) -> bytes:
    return worlds.npz(worlds.points([c.external_id for c in of.contributions]))


def test_a_valuation_is_asked_shown_its_data_computed_and_used_from_the_pages() -> None:
    of = worlds.world()
    client = client_of(of.keeper)
    assert b"Ask for a valuation" in client.get("/valuations/").content
    assert b"Value data points" in client.get("/valuations/new/").content
    answer = client.post("/valuations/new/points/", points_form(of))
    assert answer.status_code == 302, answer.content.decode()
    page = answer["Location"]
    valuation = Valuation.objects.get()
    assert valuation.utility_sha256.encode() in client.get(page).content
    answer = client.post(f"{page}data/", {"file": upload(data_of(of))}, follow=True)
    assert b"No point is a copy of another" in answer.content
    client.post(f"{page}confirm/")
    valuation.refresh_from_db()
    assert valuation.state == Valuation.State.QUEUED
    assert b"valuation-progress" in client.get(page).content
    valuation_computing.work_on(valuation_id=valuation.pk)
    assert client.get(f"{page}progress/")["HX-Refresh"] == "true"
    result = client.get(page).content.decode()
    for words in ("Efficiency gap", "Stability", "leave first", "can be gamed", "Owners or points"):
        assert words in result
    answer = client.post(f"{page}use/", follow=True)
    assert b"Stop using it" in answer.content
    assert b"No run uses this valuation" in client.post(f"{page}stop/", follow=True).content


def test_a_threshold_and_a_retrained_method_are_asked_by_their_own_fields() -> None:
    of = worlds.world()
    client = client_of(of.keeper)
    fields = {"method": "threshold_shapley", "radius": "1.5"}
    assert client.post("/valuations/new/points/", points_form(of, **fields)).status_code == 302
    fields = {"method": "data_banzhaf", "model": "ridge", "most_blocks": "4"}
    assert client.post("/valuations/new/points/", points_form(of, **fields)).status_code == 302
    retrained = Valuation.objects.first()
    assert retrained is not None
    assert retrained.utility["game"]["model"] == "ridge"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"validation": ""}, "This method judges by a validation set."),
        ({"validation": upload(b"f,label\n1,a\n2,b\n", "v.csv")}, None),
        ({"validation": upload(b"\0\0\0")}, "neither CSV, Parquet, Arrow"),
        ({"k": "0"}, "greater than or equal to 1"),
        ({"method": "nonsense"}, "Select a valid choice"),
        ({"method": "threshold_shapley"}, "A threshold needs a radius above 0."),
        ({"baseline": "nan"}, "Enter a number"),
    ],
)
def test_a_form_marks_the_field_at_fault(fields: dict[str, Any], words: str | None) -> None:
    of = worlds.world(1)
    answer = client_of(of.keeper).post("/valuations/new/points/", points_form(of, **fields))
    if words is None:
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_hostile_file_is_a_marked_field() -> None:
    of = worlds.world(1)
    valuation = valuations.ask(question=worlds.question(of), requested_by=None)
    valuations.freeze(valuation=valuation, chunks=[worlds.validation()], file_name="v.npz")
    client = client_of(of.keeper)
    page = f"/valuations/{valuation.public_id}/"
    for content in (b"PK\x03\x04\0\0", b"a,label,contribution\n1,2,nobody\n"):
        answer = client.post(f"{page}data/", {"file": upload(content)})
        assert answer.status_code == 422
        assert b"field--error" in answer.content


def test_tables_and_scores_have_forms_of_their_own() -> None:
    of = worlds.world(2)
    client = client_of(of.keeper)
    common = {"product": of.product.public_id, "title": "T", "embedding": "accuracy"}
    table = {"method": "least_core", "tool": "ablation logs"}
    assert client.post("/valuations/new/table/", common | table).status_code == 302
    scores = {"method": "trak", "version": "0.3", "score_column": "tau"}
    answer = client.post("/valuations/new/scores/", common | scores)
    rows = f"contribution,tau\n{of.contributions[0].external_id},0.5\n"
    answer = client.post(f"{answer['Location']}data/", {"file": upload(rows.encode(), "s.csv")})
    assert answer.status_code == 302
    newest = Valuation.objects.first()
    assert newest is not None
    assert (newest.state, newest.provenance["version"]) == ("staged", "0.3")


def test_strangers_find_nothing() -> None:
    valuation = worlds.computed(worlds.world(2))
    stranger = client_of(factories.user(factories.organisation()))
    page = f"/valuations/{valuation.public_id}/"
    for part in ("", "progress/", "scores.csv", "comparison/", "what-if/"):
        assert stranger.get(page + part).status_code == 404
    for part in ("data/", "confirm/", "cancel/", "use/", "stop/", "validation/"):
        assert stranger.post(page + part).status_code == 404
    assert stranger.get("/valuations/new/").status_code == 404


def test_a_union_reads_what_it_may_and_changes_nothing() -> None:
    of = worlds.world(2)
    valuation = worlds.computed(of)
    union = factories.organisation(Organisation.Kind.LABOUR_ORGANISATION)
    factories.consent(of.contributions[0].worker, union)
    client = client_of(factories.user(union))
    page = f"/valuations/{valuation.public_id}/"
    content = client.get(page).content.decode()
    assert of.contributions[0].worker.pseudonym in content
    assert of.contributions[1].worker.pseudonym not in content
    assert client.post(f"{page}use/").status_code == 404
    lines = client.get(f"{page}scores.csv").getvalue().decode().splitlines()
    assert len(lines) == 2


def test_a_regulator_reads_no_single_person() -> None:
    of = worlds.world(2)
    valuation = worlds.computed(of)
    client = client_of(factories.user(factories.organisation(Organisation.Kind.REGULATOR)))
    content = client.get(f"/valuations/{valuation.public_id}/").content.decode()
    assert "Agreement of runs" in content
    for contribution in of.contributions:
        assert contribution.worker.pseudonym not in content


def test_a_worker_reads_their_own_score() -> None:
    of = worlds.world(2)
    valuation = worlds.computed(of)
    user = factories.user()
    worker = of.contributions[0].worker
    type(worker).objects.filter(pk=worker.pk).update(user=user)
    content = client_of(user).get(f"/valuations/{valuation.public_id}/").content.decode()
    assert worker.pseudonym in content
    assert of.contributions[1].worker.pseudonym not in content


def test_methods_stand_side_by_side_with_their_correlations() -> None:
    of = worlds.world()
    first = worlds.computed(of, title="Owners")
    client = client_of(of.keeper)
    page = f"/valuations/{first.public_id}/comparison/"
    assert b"Nothing to compare with yet" in client.get(page).content
    worlds.computed(of, "point_shapley", title="Points")
    content = client.get(page).content.decode()
    assert "Rank correlation" in content
    assert "Points" in content


def test_pay_is_recomputed_for_several_betas() -> None:
    period = factories.ready_period()
    product = period.operator.products.filter(kind="dataset").get()
    keeper = factories.user(period.operator)
    made = list(product.contributions.order_by("pk"))
    of = worlds.World(product, made, keeper)
    names = [c.external_id for c in made]
    valuation = worlds.computed(of, data=worlds.points(names, wrong=0.8))
    client = client_of(keeper)
    page = f"/valuations/{valuation.public_id}/what-if/"
    assert b"No run to recompute" in client.get(page).content
    factories.computed_run(period)
    content = client.get(page).content.decode()
    assert "Who would gain and who would lose" in content
    for words in ("β 0.00", "β 0.50", made[0].worker.pseudonym, "Everybody in the run"):
        assert words in content


def test_a_run_uses_the_chosen_valuation_and_explains_pay_by_it() -> None:
    period = factories.ready_period()
    product = period.operator.products.filter(kind="dataset").get()
    keeper = factories.user(period.operator)
    made = list(product.contributions.order_by("pk"))
    of = worlds.World(product, made, keeper)
    data = worlds.points([c.external_id for c in made], wrong=0.8)
    before = factories.computed_run(period)
    valuation = worlds.computed(of, data=data)
    valuations.use(valuation=valuation, chosen_by=keeper)
    draft = factories.policy(period.operator, preset="data-value-first")
    policies.propose(policy=draft)
    run = factories.simulated_run(period, draft)
    assert run.inputs_sha256 != before.inputs_sha256
    lines = {
        line.contribution_id: line
        for pool in run.pools.all()
        for line in pool.lines.all()
        if pool.code == "data-dividend"
    }
    content = client_of(keeper).get(f"/lines/{lines[made[1].pk].public_id}/").content.decode()
    assert "data value" in content
    assert f'href="/valuations/{valuation.public_id}/"' in content
