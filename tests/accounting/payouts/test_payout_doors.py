"""Paying out through the browser and the API."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from accounting.models import Ledger, Payment, PayoutBatch, Period
from contributions.models import User, Worker
from tests import factories
from tests.accounting.books import PAY_DAY, Office
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def period() -> Period:
    return factories.ready_period()


@pytest.fixture
def office(period: Period) -> Office:
    return Office(period.operator)


@pytest.fixture
def ledger(office: Office, period: Period) -> Ledger:
    return office.posted(period).ledger


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def some_worker() -> Worker:
    return Worker.objects.filter(statements__paid_minor__gt=0).order_by("pk")[0]


class TestProgram:
    def test_people_are_paid_step_by_step(self, office: Office, ledger: Ledger) -> None:
        recorder, approver = Program(office.recorder), Program(office.approver)
        admin = Program(office.admin)
        worker = some_worker()
        bank = {"name": "Ana", "number": "6222-0001"}
        kept = recorder.post(f"workers/{worker.public_id}/payout-account", bank)
        assert (kept.status_code, kept.json()["last_characters"]) == (201, "0001")
        assert "6222" not in kept.content.decode()
        operator = ledger.operator.public_id
        payer = {"name": "Ltd", "number": "DE89370400440532013000"}
        assert admin.post(f"organisations/{operator}/payout-account", payer).status_code == 201
        asked = {"ledger": ledger.public_id, "execute_on": "2026-12-15"}
        key = uuid.uuid4().hex
        made = recorder.post("payout-batches", asked, idempotency_key=key)
        assert made.status_code == 201, made.content
        assert recorder.post("payout-batches", asked, idempotency_key=key).json() == made.json()
        assert PayoutBatch.objects.count() == 1
        where = f"payout-batches/{made.json()['id']}"
        assert_problem(recorder.get(f"{where}/csv"), 409, "batch_not_released")
        assert_problem(recorder.post(f"{where}/release"), 403, "role_missing")
        released = approver.post(f"{where}/release")
        assert released.json()["state"] == "released"
        rows = recorder.get(f"{where}/payments").json()["items"]
        assert [row["outcome"] for row in rows] == ["pending"]
        csv_file = recorder.get(f"{where}/csv", accept="text/csv")
        assert b"6222-0001" in b"".join(csv_file.streaming_content)
        pain = recorder.get(f"{where}/pain001", accept="application/xml")
        assert b"CstmrCdtTrfInitn" in b"".join(pain.streaming_content)
        paid = recorder.post(f"{where}/settlement", {"paid_on": "2026-12-16"})
        assert (paid.status_code, paid.json()["kind"]) == (201, "payment")
        again = recorder.post(f"{where}/settlement", {"paid_on": "2026-12-16"})
        assert_problem(again, 409, "payment_settled")
        failed = recorder.post(
            f"payments/{rows[0]['id']}/failure", {"happened_on": "2026-12-20", "reason": "closed"}
        )
        assert failed.json()["outcome"] == "returned"

    def test_an_own_batch_is_not_released(self, office: Office, ledger: Ledger) -> None:
        office.knows_account(some_worker())
        asked = {"ledger": ledger.public_id, "execute_on": "2026-12-15"}
        program = Program(office.approver)
        made = program.post("payout-batches", asked, idempotency_key=uuid.uuid4().hex)
        answer = program.post(f"payout-batches/{made.json()['id']}/release")
        assert_problem(answer, 403, "own_batch")

    def test_strangers_reach_neither_batches_nor_accounts(
        self, office: Office, ledger: Ledger
    ) -> None:
        office.knows_account(some_worker())
        batch = office.released(ledger)
        payment = Payment.objects.get()
        for kind in ("platform", "labour_organisation", "regulator"):
            program = Program(factories.user(factories.organisation(kind)))
            where = f"payout-batches/{batch.public_id}"
            for path in (where, f"{where}/payments", f"{where}/csv", f"{where}/pain001"):
                assert_problem(program.get(path), 404, "not_found")
            assert_problem(program.get(f"payments/{payment.public_id}"), 404, "not_found")
            path = f"workers/{some_worker().public_id}/payout-account"
            assert_problem(program.get(path), 404, "not_found")
            asked = {"ledger": ledger.public_id, "execute_on": "2026-12-15"}
            made = program.post("payout-batches", asked, idempotency_key=uuid.uuid4().hex)
            assert_problem(made, 422, "unknown_id")

    def test_a_viewer_reads_batches_but_no_bank_accounts(
        self, office: Office, ledger: Ledger
    ) -> None:
        office.knows_account(some_worker())
        batch = office.released(ledger)
        viewer = Program(factories.user(ledger.operator, role="viewer"))
        where = f"payout-batches/{batch.public_id}"
        assert viewer.get(where).status_code == 200
        assert_problem(viewer.get(f"{where}/csv"), 403, "role_missing")


class TestBrowser:
    def test_a_batch_goes_from_the_form_to_the_bank(self, office: Office, ledger: Ledger) -> None:
        office.has_account()
        office.knows_account(some_worker())
        recorder, approver = as_user(office.recorder), as_user(office.approver)
        assert "Ready" in recorder.get("/payouts/").content.decode()
        new = f"/payouts/new/{ledger.public_id}/"
        assert recorder.get(new).status_code == 200
        refused = recorder.post(new, {"execute_on": "tomorrow"})
        assert refused.status_code == 422
        url = recorder.post(new, {"execute_on": "2026-12-15"})["Location"]
        own = recorder.get(url).content.decode()
        assert "who did not make this batch" in own
        assert f'action="{url}release/"' not in own
        assert recorder.post(f"{url}release/").status_code == 403
        assert recorder.get(f"{url}file.csv")["Location"] == url
        approver.post(f"{url}release/")
        page = recorder.get(url).content.decode()
        assert "pain.001.001.09" in page
        for form in ("csv", "xml"):
            answer = recorder.get(f"{url}file.{form}")
            assert "attachment" in answer["Content-Disposition"]
            assert answer["Cache-Control"] == "no-store"
            assert answer.getvalue()
        recorder.post(f"{url}paid/", {"paid_on": PAY_DAY.isoformat()})
        payment = Payment.objects.get()
        failure = f"/payments/{payment.public_id}/failure/"
        assert failure in recorder.get(url).content.decode()
        recorder.post(failure, {"happened_on": "2026-12-20", "reason": "account closed"})
        assert "returned by the bank" in recorder.get(url).content.decode()

    @pytest.mark.usefixtures("ledger")
    def test_a_worker_says_where_they_are_paid_and_nobody_sees_it(self) -> None:
        worker = some_worker()
        worker.user = factories.user()
        worker.save()
        client = as_user(worker.user)
        url = f"/payout-account/{worker.public_id}/"
        wrong = client.post(url, {"name": "Ana", "number": "DE89370400440532013001"})
        assert wrong.status_code == 422
        assert "check digits" in wrong.content.decode()
        client.post(url, {"name": "Ana Secret", "number": "DE89370400440532013000"})
        page = client.get(url).content.decode()
        assert "3000" in page
        assert "Ana Secret" not in page
        stranger = as_user(factories.user())
        assert stranger.get(url).status_code == 404
        assert stranger.post(url, {"name": "Me", "number": "1234-5678"}).status_code == 404
