"""Who sees what: other people's records are no records."""

from __future__ import annotations

import pytest
from django.test import Client

from accounting.models import Line, Policy, Run
from contributions.models import User, Worker
from tests import factories

# A run reads its inputs in a transaction of its own, so it needs rows that are committed.
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def status(client: Client, url: str) -> int:
    response = client.get(url)
    # A file that is sent is open until the answer is closed.
    response.close()
    return int(response.status_code)


def somebody_else() -> list[User]:
    """Users with no part in a run: another platform, another worker, nobody at all."""
    other_worker = factories.user()
    Worker.objects.filter(pk=factories.worker().pk).update(user=other_worker)
    return [
        factories.user(factories.organisation("platform")),
        other_worker,
        factories.user(),
    ]


@pytest.fixture
def run() -> Run:
    return factories.computed_run()


def pages_of(run: Run) -> list[str]:
    pool = run.pools.get(kind="data_dividend")
    product = run.products.all()[0].product
    base = f"/runs/{run.public_id}/"
    return [
        base,
        f"{base}progress/",
        f"{base}pools/{pool.code}/",
        f"{base}products/{product.public_id}/",
        f"{base}lines/",
        f"{base}indicators/HHI_revenue/",
        f"{base}price/",
        f"{base}bundle.zip",
        f"{base}ro-crate-metadata.json",
    ]


def test_a_run_of_somebody_else_is_no_run(run: Run) -> None:
    for client in map(signed_in, somebody_else()):
        assert {status(client, url) for url in pages_of(run)} == {404}


def test_its_operator_opens_every_page_of_a_run(run: Run) -> None:
    operator = signed_in(factories.user(run.period.operator))
    assert {status(operator, url) for url in pages_of(run)} == {200}


def test_whoever_is_not_signed_in_is_asked_to(run: Run) -> None:
    response = Client().get(f"/runs/{run.public_id}/")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_a_malformed_id_is_no_page() -> None:
    client = signed_in(factories.user(is_superuser=True))
    for text in ("run_0", "run_000000000000U", "prd_0000000000001", "1"):
        assert client.get(f"/runs/{text}/").status_code == 404


def test_a_worker_opens_their_own_lines_and_nobody_elses(run: Run) -> None:
    own, other = run.statements.all()[:2]
    user = factories.user()
    Worker.objects.filter(pk=own.worker_id).update(user=user)
    client = signed_in(user)
    assert client.get(f"/statements/{own.public_id}/").status_code == 200
    assert client.get(f"/statements/{other.public_id}/").status_code == 404
    mine = Line.objects.filter(contribution__worker=own.worker_id)
    others = Line.objects.filter(contribution__worker=other.worker_id)
    assert client.get(f"/lines/{mine[0].public_id}/").status_code == 200
    assert client.get(f"/lines/{others[0].public_id}/").status_code == 404


def test_a_worker_sees_no_other_pseudonym_on_the_run(run: Run) -> None:
    own, *others = run.statements.select_related("worker")
    user = factories.user()
    Worker.objects.filter(pk=own.worker_id).update(user=user)
    client = signed_in(user)
    pages = "".join(
        client.get(url).content.decode()
        for url in (f"/runs/{run.public_id}/", f"/runs/{run.public_id}/lines/", "/statements/")
    )
    assert own.worker.pseudonym in pages
    assert not any(other.worker.pseudonym in pages for other in others)


def test_a_regulator_sees_no_person_and_no_sum_of_few(run: Run) -> None:
    regulator = signed_in(factories.user(factories.organisation("regulator")))
    statement = run.statements.all()[0]
    line = Line.objects.filter(pool__run=run)[0]
    for url in (
        f"/statements/{statement.public_id}/",
        f"/lines/{line.public_id}/",
        f"/runs/{run.public_id}/lines/",
        f"/runs/{run.public_id}/bundle.zip",
        f"/runs/{run.public_id}/ro-crate-metadata.json",
        "/statements/",
    ):
        assert regulator.get(url).status_code == 404, url
    page = regulator.get(f"/runs/{run.public_id}/").content.decode()
    assert "suppressed" in page
    assert not any(row.worker.pseudonym in page for row in run.statements.all())


def test_a_union_reads_consenting_members_only(run: Run) -> None:
    member, other = run.statements.all()[:2]
    union = factories.organisation("labour_organisation")
    factories.consent(member.worker, union)
    client = signed_in(factories.user(union))
    assert client.get(f"/statements/{member.public_id}/").status_code == 200
    assert client.get(f"/statements/{other.public_id}/").status_code == 404
    assert client.get(f"/runs/{run.public_id}/bundle.zip").status_code == 404


def test_a_draft_is_seen_by_its_own_side_only() -> None:
    operator = factories.organisation("platform")
    draft = factories.policy(operator)
    url = f"/policies/{draft.public_id}/"
    union = signed_in(factories.user(factories.organisation("labour_organisation")))
    assert union.get(url).status_code == 404
    assert signed_in(factories.user(operator)).get(url).status_code == 200
    Policy.objects.filter(pk=draft.pk).update(state=Policy.State.PROPOSED)
    assert union.get(url).status_code == 200


@pytest.mark.parametrize(
    "kind", ["labour_organisation", "platform", "regulator", "public_body", None]
)
def test_everybody_has_a_home_page_also_when_nothing_is_recorded(kind: str | None) -> None:
    organisation = factories.organisation(kind) if kind else None
    response = signed_in(factories.user(organisation)).get("/")
    assert response.status_code == 200


def test_an_administrator_sees_the_state_of_the_installation(run: Run) -> None:
    admin = factories.user(is_superuser=True, is_staff=True)
    page = signed_in(admin).get("/").content.decode()
    assert "PostgreSQL" in page
    assert run.public_id in page


def test_a_viewer_may_not_enter_figures() -> None:
    operator = factories.organisation("platform")
    period = factories.period(operator)
    viewer = signed_in(factories.user(operator, role="viewer"))
    assert viewer.get(f"/periods/{period.public_id}/").status_code == 200
    assert viewer.get(f"/periods/{period.public_id}/add/revenue/").status_code == 404
    assert viewer.post(f"/periods/{period.public_id}/runs/", {}).status_code == 404
