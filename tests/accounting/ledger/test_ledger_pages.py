"""The books in the browser, by everybody who may read or sign them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounting.models import JournalEntry, Period, Run
from contributions.models import User
from tests import factories
from tests.accounting.books import Office, finished, next_period

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_a_run_is_approved_and_posted_by_buttons(office: Office, period: Period) -> None:
    run = office.computed(period)
    url = f"/runs/{run.public_id}/"
    approver = as_user(office.approver)
    assert f'action="{url}approve/"' in read(approver, url)
    assert f'action="{url}approve/"' not in read(as_user(office.recorder), url)
    assert approver.post(f"{url}approve/")["Location"] == url
    assert f'action="{url}post/"' in read(approver, url)
    assert approver.post(f"{url}post/")["Location"] == url
    page = read(approver, url)
    assert "Posted" in page
    assert f'action="{url}post/"' not in page
    run.refresh_from_db()
    assert run.state == Run.State.POSTED


def test_an_own_run_has_no_button_and_a_forged_approval_is_forbidden(
    office: Office, period: Period
) -> None:
    office.recorder, office.approver = office.approver, office.recorder
    run = office.computed(period)
    client = as_user(office.recorder)
    url = f"/runs/{run.public_id}/"
    page = read(client, url)
    assert "who did not ask for this run" in page
    assert f'action="{url}approve/"' not in page
    assert client.post(f"{url}approve/").status_code == 403


def test_a_simulation_offers_no_approval(office: Office, period: Period) -> None:
    draft = factories.policy(period.operator, version="draft-2")
    run = factories.simulated_run(period, draft)
    client = as_user(office.approver)
    url = f"/runs/{run.public_id}/"
    assert "approve/" not in read(client, url)
    client.post(f"{url}approve/")
    run.refresh_from_db()
    assert run.state == Run.State.COMPUTED


def test_a_rejection_needs_a_reason(office: Office, period: Period) -> None:
    run = office.computed(period)
    client = as_user(office.approver)
    url = f"/runs/{run.public_id}/"
    client.post(f"{url}reject/", {"reason": ""})
    run.refresh_from_db()
    assert run.state == Run.State.COMPUTED
    client.post(f"{url}reject/", {"reason": "usage is missing"})
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED


def test_every_page_of_the_books_opens_and_adds_up(office: Office, period: Period) -> None:
    entry = office.posted(period)
    client = as_user(office.recorder)
    ledger = entry.ledger.public_id
    assert str(entry.ledger.operator) in read(client, "/ledger/")
    assert "Data dividend" in read(client, f"/ledger/{ledger}/")
    assert entry.postings_sha256 in read(client, f"/entries/{entry.public_id}/")
    reconciled = read(client, f"/ledger/{ledger}/reconciliation/")
    assert "Money in equals money out" in reconciled
    assert "differs" not in reconciled
    for account in entry.ledger.accounts.all():
        assert account.public_id in read(client, f"/accounts/{account.public_id}/")


def test_a_worker_finds_their_own_account_in_the_navigation(office: Office, period: Period) -> None:
    entry = office.posted(period)
    account = entry.ledger.accounts.filter(kind="payee").first()
    assert account is not None
    assert account.worker is not None
    user = factories.user()
    account.worker.user = user
    account.worker.save()
    client = as_user(user)
    assert client.get("/ledger/")["Location"] == "/accounts/"
    page = read(client, "/accounts/")
    assert re.findall(r"/accounts/(act_\w+)/", page)
    assert set(re.findall(r"/accounts/(act_\w+)/", page)) == {account.public_id}
    mine = read(client, f"/accounts/{account.public_id}/")
    assert "/statements/stm_" in mine
    assert "/entries/" not in mine
    assert client.get(f"/entries/{entry.public_id}/").status_code == 404


def test_a_union_reads_the_accounts_of_its_members_alone(office: Office, period: Period) -> None:
    entry = office.posted(period)
    union = factories.organisation("labour_organisation")
    member, other = entry.ledger.accounts.filter(kind="payee")[:2]
    assert member.worker is not None
    factories.consent(member.worker, union)
    client = as_user(factories.user(union))
    page = read(client, "/accounts/")
    assert member.public_id in page
    assert other.public_id not in page
    assert client.get(f"/accounts/{other.public_id}/").status_code == 404
    totals = read(client, f"/ledger/{entry.ledger.public_id}/")
    assert "/entries/" not in totals


def test_a_regulator_reads_totals_and_no_single_account(office: Office, period: Period) -> None:
    entry = office.posted(period)
    client = as_user(factories.user(factories.organisation("regulator"), role="viewer"))
    assert "Owed to people" in read(client, f"/ledger/{entry.ledger.public_id}/")
    for account in entry.ledger.accounts.all():
        assert client.get(f"/accounts/{account.public_id}/").status_code == 404
    assert client.get(f"/entries/{entry.public_id}/").status_code == 404
    url = f"/ledger/{entry.ledger.public_id}/reconciliation/"
    assert client.get(url).status_code == 404


def test_another_platform_sees_nothing(office: Office, period: Period) -> None:
    entry = office.posted(period)
    client = as_user(factories.user(factories.organisation()))
    assert entry.ledger.public_id not in read(client, "/ledger/")
    run: Any = entry.run
    for path in (
        f"/ledger/{entry.ledger.public_id}/",
        f"/entries/{entry.public_id}/",
        f"/runs/{run.public_id}/deltas/",
        f"/periods/{period.public_id}/closing/",
        "/payouts/new/" + entry.ledger.public_id + "/",
    ):
        assert client.get(path).status_code == 404, path
    assert client.post(f"/runs/{run.public_id}/post/").status_code == 404
    assert client.post(f"/periods/{period.public_id}/closing/start/").status_code == 404


def test_a_period_is_closed_step_by_step(office: Office, period: Period) -> None:
    url = f"/periods/{period.public_id}/closing/"
    recorder, approver = as_user(office.recorder), as_user(office.approver)
    assert url in read(recorder, f"/periods/{period.public_id}/")
    page = read(recorder, url)
    assert "must be done first" in page
    assert "Every edge has evidence" in page
    recorder.post(f"{url}start/")
    assert recorder.post(f"{url}close/", {"note": "mine"}).status_code == 403
    office.posted(period)
    approver.post(f"{url}close/", {"note": ""})
    period.refresh_from_db()
    assert period.state == Period.State.CLOSING
    approver.post(f"{url}close/", {"note": "evidence follows"})
    period.refresh_from_db()
    assert period.state == Period.State.CLOSED
    assert "evidence follows" in read(recorder, url)


def test_a_correction_shows_old_and_new(office: Office, period: Period) -> None:
    office.posted(period)
    next_period(period)
    product = period.revenue.get().product
    assert product is not None
    late = factories.contribution(factories.worker("latecomer"), product, seconds=1800)
    recorder = as_user(office.recorder)
    where = recorder.post(f"/periods/{period.public_id}/recompute/")["Location"]
    run = finished(Run.objects.get(pk=Run.number_of(where.split("/")[2])))
    approver = as_user(office.approver)
    approver.post(f"{where}approve/")
    assert "posted already" in read(approver, where)
    approver.post(f"{where}post/")
    assert JournalEntry.objects.get(run=run).kind == JournalEntry.Kind.DELTA
    page = read(approver, f"{where}deltas/")
    assert late.worker.pseudonym in page
    assert "Difference" in page
