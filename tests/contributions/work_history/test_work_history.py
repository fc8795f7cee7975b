"""A work history tells what is recorded, and holds offline exactly as it was signed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.canonical import Json
from contributions.log.errors import LogError
from contributions.log.keys import KeyType, SignerKey
from contributions.log.receipt import Receipt
from contributions.log.verify import check_receipt
from contributions.log.work_history import (
    HistoryAltered,
    MalformedHistory,
    WorkHistory,
    sign_history,
    verify_history,
)
from contributions.models import IdentityAccess, Worker
from contributions.services import log_key
from contributions.services.identities import Identity, write_identity
from contributions.services.work_history import NothingToTell, signed_history, told_history
from tests import factories

TODAY = date(2026, 11, 20)
KEY = SignerKey.generate(name="example.org/log", key_type=KeyType.NOTE)
TOLD: dict[str, Json] = {"worker": {"id": "wrk_1"}, "made_on": "2026-11-20", "seconds": 7}


def test_what_was_signed_holds_and_survives_writing_and_reading() -> None:
    made = sign_history(TOLD, KEY)
    assert verify_history(WorkHistory.parse(str(made)), keys=[KEY.verifier]) == KEY.verifier
    indented = json.dumps(json.loads(str(made)), indent=2)
    assert verify_history(WorkHistory.parse(indented), keys=[KEY.verifier]) == KEY.verifier


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_changed_byte_goes_unnoticed(place: int, bit: int) -> None:
    raw = bytearray(str(sign_history(TOLD, KEY)).encode())
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises((LogError, UnicodeDecodeError)):
        verify_history(WorkHistory.parse(raw.decode()), keys=[KEY.verifier])


def test_a_history_put_under_the_note_of_another_is_found() -> None:
    made = sign_history(TOLD, KEY)
    swapped = WorkHistory(TOLD | {"seconds": 8}, made.note, made.key)
    with pytest.raises(HistoryAltered):
        verify_history(swapped, keys=[KEY.verifier])


@pytest.mark.parametrize("told", [{}, {"worker": {"id": "w"}}, {"worker": "w", "made_on": "x"}])
def test_a_history_of_nobody_is_not_signed(told: dict[str, Any]) -> None:
    with pytest.raises(MalformedHistory):
        sign_history(told, KEY)


@pytest.fixture
def worker() -> Worker:
    return factories.worker("w-1", user=factories.user())


@pytest.mark.django_db
class TestTelling:
    def test_hours_stand_by_how_they_are_known_and_the_unknown_stays_unknown(
        self, worker: Worker
    ) -> None:
        product = factories.product(factories.organisation())
        factories.contribution(worker, product)
        factories.contribution(worker, product, seconds=1800, time_basis="self_declared")
        factories.contribution(worker, product, seconds=None, time_basis="none")
        factories.contribution(factories.worker(), product)
        told: Any = told_history(worker=worker, today=TODAY)
        assert told["hours_by_time_basis"] == [
            {"time_basis": "active", "records": 1, "seconds": 3600},
            {"time_basis": "none", "records": 1, "seconds": None},
            {"time_basis": "self_declared", "records": 1, "seconds": 1800},
        ]
        assert (told["records"], told["seconds"], told["records_without_time"]) == (3, 5400, 1)
        assert told["work"][0]["units"] == 30
        assert len(told["recorded"]) == 3

    def test_work_under_another_name_of_the_person_is_told_too(self, worker: Worker) -> None:
        other = factories.worker()
        other.merged_into = worker
        other.save()
        factories.contribution(other, factories.product(factories.organisation()))
        assert told_history(worker=worker, today=TODAY)["records"] == 1

    def test_public_products_made_with_the_work_are_named_and_private_ones_not(
        self, worker: Worker
    ) -> None:
        operator = factories.organisation()
        data_set = factories.product(operator)
        public = factories.product(operator, kind="model", public=True)
        factories.edge(data_set, public, 1_000)
        factories.edge(data_set, factories.product(operator, kind="model"), 1_000)
        factories.contribution(worker, data_set)
        told: Any = told_history(worker=worker, today=TODAY)
        assert [row["id"] for row in told["made_with_it"]] == [public.public_id]

    def test_without_work_there_is_nothing_to_sign(self, worker: Worker) -> None:
        with pytest.raises(NothingToTell):
            signed_history(worker=worker, today=TODAY)

    def test_anybody_checks_the_file_offline(self, worker: Worker, tmp_path: Path) -> None:
        factories.contribution(worker, factories.product(factories.organisation()))
        made = str(signed_history(worker=worker, today=TODAY))
        key = str(log_key.signer().verifier)
        good, bad = tmp_path / "good.json", tmp_path / "bad.json"
        good.write_text(made)
        bad.write_text(made.replace('"records":1', '"records":2', 1))
        assert "Verified." in checked(good, key)
        assert "was altered after it was signed" in checked(bad, key)
        assert "not signed by" in checked(good, str(KEY.verifier))


def checked(file: Path, key: str) -> str:
    """What the command says of a file."""
    command = [sys.executable, "-m", "contributions.log.verify", str(file), "--key", key]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=django_settings.BASE_DIR, check=False
    )
    return done.stdout


@pytest.mark.django_db
class TestPages:
    def own(self, worker: Worker) -> Client:
        """The browser of a worker who has worked an hour."""
        factories.contribution(worker, factories.product(factories.organisation()))
        client = Client()
        assert worker.user is not None
        client.force_login(worker.user)
        return client

    def test_the_page_is_printed_and_the_file_holds_on_the_page_of_checks(
        self, worker: Worker
    ) -> None:
        client = self.own(worker)
        page = client.get(reverse("work-history", args=[worker.public_id]))
        assert "huisu-work-history/1" in page.content.decode()
        file = client.get(reverse("work-history-file", args=[worker.public_id]))
        text = file.content.decode()
        verdict = Client().post(reverse("verify"), {"pasted": text})
        assert "The work history holds" in verdict.content.decode()
        altered = text.replace('"seconds":3600', '"seconds":7200')
        verdict = Client().post(reverse("verify"), {"pasted": altered})
        assert "The work history does not hold" in verdict.content.decode()

    def test_the_name_stands_in_it_only_if_the_person_asks(
        self, worker: Worker, settings: Any, tmp_path: Path
    ) -> None:
        settings.HUISU_IDENTITY_KEY_FILE = str(tmp_path / "identity-key")
        client = self.own(worker)
        assert worker.user is not None
        write_identity(worker=worker, identity=Identity(name="Ana Wanjiru"), by=worker.user)
        url = reverse("work-history-file", args=[worker.public_id])
        assert "Ana Wanjiru" not in client.get(url).content.decode()
        assert "Ana Wanjiru" in client.get(url, {"name": "yes"}).content.decode()
        assert IdentityAccess.objects.filter(act="read").count() == 1

    def test_receipts_come_with_the_records_they_are_about(self, worker: Worker) -> None:
        client = self.own(worker)
        factories.contribution(factories.worker(), factories.product(factories.organisation()))
        file = client.get(reverse("work-receipts", args=[worker.public_id]))
        record = worker.contributions.get().public_id
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            assert sorted(archive.namelist()) == [
                f"{record}.receipt.json",
                f"{record}.record.json",
            ]
            receipt = Receipt.parse(archive.read(f"{record}.receipt.json").decode())
            content = archive.read(f"{record}.record.json")
        keys = [log_key.signer().verifier]
        assert check_receipt(receipt, keys=keys, witnesses=[], record=content)

    def test_nobody_else_takes_it_along(self, worker: Worker) -> None:
        self.own(worker)
        stranger = Client()
        stranger.force_login(factories.user(factories.organisation()))
        for name in ("work-history", "work-history-file", "work-receipts"):
            assert stranger.get(reverse(name, args=[worker.public_id])).status_code == 404

    def test_without_work_the_page_leads_back_with_a_reason(self, worker: Worker) -> None:
        client = Client()
        assert worker.user is not None
        client.force_login(worker.user)
        answer = client.get(reverse("work-history", args=[worker.public_id]), follow=True)
        assert "No labour is recorded yet" in answer.content.decode()
