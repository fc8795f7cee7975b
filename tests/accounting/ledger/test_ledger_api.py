"""Runs, periods and the ledger through the API, by the roles that may."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from accounting.models import JournalEntry, Period, Run
from contributions.models import User
from tests import factories
from tests.accounting.books import Office, finished, next_period
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


def asked_run(period: Period, user: User) -> Run:
    """A run that a user asked for through the API, computed in this process."""
    answer = Program(user).post(
        "runs", {"period": period.public_id}, idempotency_key=uuid.uuid4().hex
    )
    assert answer.status_code == 202, answer.content
    return finished(Run.objects.get(pk=Run.number_of(answer.json()["id"])))


def test_a_run_is_approved_by_another_and_posted_with_an_entry(
    office: Office, period: Period
) -> None:
    run = asked_run(period, office.recorder)
    where = f"runs/{run.public_id}"
    recorder, approver = Program(office.recorder), Program(office.approver)
    assert_problem(recorder.post(f"{where}/approval"), 403, "role_missing")
    assert_problem(approver.post(f"{where}/posting"), 409, "run_not_approved")
    approved = approver.post(f"{where}/approval")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    posted = approver.post(f"{where}/posting")
    assert posted.status_code == 201
    assert approver.get(posted["Location"]).json() == posted.json()
    assert_problem(approver.post(f"{where}/posting"), 409, "run_not_approved")
    assert_problem(approver.post(f"{where}/rejection", {"reason": "no"}), 409, "run_not_rejectable")

    entry = posted.json()["id"]
    rows = approver.get(f"entries/{entry}/postings").json()["items"]
    assert len(rows) == posted.json()["postings_count"]
    accounts = approver.get("accounts").json()["items"]
    assert {row["kind"] for row in accounts} == {"funding", "commons", "payee"}
    assert approver.get(f"accounts/{accounts[0]['id']}").status_code == 200
    ledger = posted.json()["ledger"]
    answer = approver.get(f"ledgers/{ledger}/reconciliation").json()
    assert (answer["holds"], answer["gaps"]) == (True, [])


def test_an_own_run_is_not_approved(office: Office, period: Period) -> None:
    run = asked_run(period, office.approver)
    answer = Program(office.approver).post(f"runs/{run.public_id}/approval")
    assert_problem(answer, 403, "own_run")
    run.refresh_from_db()
    assert run.state == Run.State.COMPUTED


def test_a_simulation_is_neither_approved_nor_posted(office: Office, period: Period) -> None:
    draft = factories.policy(period.operator, version="draft-2")
    run = factories.simulated_run(period, draft)
    approver = Program(office.approver)
    assert_problem(approver.post(f"runs/{run.public_id}/approval"), 409, "run_is_simulation")
    assert_problem(approver.post(f"runs/{run.public_id}/posting"), 409, "run_not_approved")


def test_entries_cannot_be_deleted(office: Office, period: Period) -> None:
    entry = office.posted(period)
    answer = Program(office.approver).send("DELETE", f"entries/{entry.public_id}")
    assert_problem(answer, 405, "method_not_allowed")


def test_a_period_is_closed_by_two_and_then_takes_nothing(office: Office, period: Period) -> None:
    where = f"periods/{period.public_id}"
    recorder, approver = Program(office.recorder), Program(office.approver)
    points = {row["code"]: row for row in recorder.get(f"{where}/checklist").json()["points"]}
    assert points["run_unposted"]["state"] == "blocking"
    assert points["edges_without_evidence"]["count"] == 1
    assert_problem(approver.post(f"{where}/closure", {}), 409, "period_not_closing")
    assert approver.post(f"{where}/closing").json()["state"] == "closing"
    assert_problem(approver.post(f"{where}/closure", {"note": "x"}), 403, "own_closing")
    assert recorder.post(f"{where}/reopening", {"note": "usage"}).json()["state"] == "open"
    assert recorder.post(f"{where}/closing").json()["state"] == "closing"
    assert_problem(approver.post(f"{where}/closure", {"note": "x"}), 409, "checklist_blocks")
    office.posted(period)
    assert_problem(approver.post(f"{where}/closure", {}), 422, "note_missing")
    closed = approver.post(f"{where}/closure", {"note": "evidence follows"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    cost = {
        "period": period.public_id,
        "kind": "compute",
        "amount": {"amount": "7.00", "currency": "CNY"},
    }
    assert_problem(recorder.post("costs", cost), 409, "period_closed")
    assert_problem(recorder.post(f"{where}/closing"), 409, "period_not_open")


def test_a_paid_run_corrected_shows_old_and_new_side_by_side(
    office: Office, period: Period
) -> None:
    office.posted(period)
    recorder = Program(office.recorder)
    where = f"periods/{period.public_id}/recomputation"
    assert_problem(recorder.post(where), 409, "no_open_period")
    following = next_period(period)
    product = period.revenue.get().product
    assert product is not None
    late = factories.contribution(factories.worker(), product, seconds=1800)
    queued = recorder.post(where)
    assert queued.status_code == 202
    run = finished(Run.objects.get(pk=Run.number_of(queued.json()["id"])))
    approver = Program(office.approver)
    approver.post(f"runs/{run.public_id}/approval")
    entry = approver.post(f"runs/{run.public_id}/posting").json()
    assert (entry["kind"], entry["period"]) == ("delta", following.public_id)
    rows = {
        row["worker"]: row for row in approver.get(f"runs/{run.public_id}/deltas").json()["items"]
    }
    new = rows[late.worker.public_id]
    assert new["old"]["amount"] == "0.00"
    assert new["delta"] == new["new"]


@pytest.mark.parametrize("kind", ["platform", "labour_organisation", "regulator"])
def test_strangers_find_no_run_entry_or_account(office: Office, period: Period, kind: str) -> None:
    entry = office.posted(period)
    run: Any = entry.run
    program = Program(factories.user(factories.organisation(kind)))
    account = entry.ledger.accounts.first()
    assert account is not None
    for path in (
        f"entries/{entry.public_id}",
        f"entries/{entry.public_id}/postings",
        f"accounts/{account.public_id}",
        f"accounts/{account.public_id}/postings",
        f"ledgers/{entry.ledger.public_id}/reconciliation",
    ):
        assert_problem(program.get(path), 404, "not_found")
    for path in (
        f"runs/{run.public_id}/approval",
        f"runs/{run.public_id}/posting",
        f"periods/{period.public_id}/closing",
    ):
        assert_problem(program.post(path), 404, "not_found")
    assert JournalEntry.objects.count() == 1


def test_a_worker_reads_their_own_account_and_no_other(office: Office, period: Period) -> None:
    entry = office.posted(period)
    mine, other = entry.ledger.accounts.filter(kind="payee")[:2]
    user = factories.user()
    assert mine.worker is not None
    mine.worker.user = user
    mine.worker.save()
    program = Program(user)
    assert [row["id"] for row in program.get("accounts").json()["items"]] == [mine.public_id]
    rows = program.get(f"accounts/{mine.public_id}/postings").json()["items"]
    assert [row["entry"] for row in rows] == [entry.public_id]
    assert_problem(program.get(f"accounts/{other.public_id}"), 404, "not_found")
