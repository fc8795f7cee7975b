"""A worker takes a receipt home and anybody checks it, on the page or without Huisu."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from contributions.log.advance import HistoryRewritten
from contributions.log.keys import KeyType, SignerKey
from contributions.log.sources import open_source
from contributions.log.tiles import decode_bundle
from contributions.log.witness import witness_log
from contributions.models import Contribution, LogSegment, User
from contributions.services import checkpoints, log_key, proving, transparency
from contributions.services.logged import LABOUR
from tests import factories


def client_of(user: User) -> Client:
    """A browser of somebody who signed in."""
    client = Client()
    client.force_login(user)
    return client


def own_record() -> tuple[Contribution, Client]:
    """A record and the browser of the worker who did the work."""
    user = factories.user()
    worker = factories.worker(user=user)
    record = factories.contribution(worker, factories.product(factories.organisation()))
    return record, client_of(user)


def downloaded(client: Client, name: str, record: Contribution) -> bytes:
    """What a download of a record contains."""
    response = client.get(reverse(name, args=[record.public_id]))
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    return response.content


def tamper(statement: str) -> None:
    """Do what a database administrator can do, and leave no trace."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass, tgname FROM pg_trigger "
            "WHERE tgenabled = 'A' AND tgrelid::regclass::text LIKE 'contributions_%'"
        )
        guards = cursor.fetchall()
        for table, guard in guards:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")
        cursor.execute(statement)
        for table, guard in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")


@pytest.mark.django_db(transaction=True)
class TestReceipts:
    def test_a_receipt_and_its_record_verify_offline_in_another_process(
        self, tmp_path: Path
    ) -> None:
        record, client = own_record()
        for _number in range(3):
            factories.contribution(record.worker, record.product)
        receipt, content = tmp_path / "receipt.json", tmp_path / "record.json"
        receipt.write_bytes(downloaded(client, "contribution-receipt", record))
        content.write_bytes(downloaded(client, "contribution-content", record))
        command = [sys.executable, "-m", "contributions.log.verify", str(receipt)]
        command += ["--key", str(log_key.signer().verifier), "--record", str(content)]
        # Neither database nor settings are named to it.
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.endswith("Verified.\n"), done.stdout + done.stderr
        assert record.public_id in done.stdout
        assert json.loads(content.read_bytes())["seconds"] == record.seconds
        content.write_text(content.read_text().replace("3600", "3601"))
        assert (
            subprocess.run(
                command, cwd=settings.BASE_DIR, env={}, capture_output=True, check=False
            ).returncode
            == 1
        )

    def test_each_of_many_records_has_a_receipt(self) -> None:
        record, client = own_record()
        for _number in range(6):
            factories.contribution(record.worker, record.product)
            checkpoints.publish()
        for row in Contribution.objects.all():
            receipt = json.loads(downloaded(client, "contribution-receipt", row))
            assert receipt["statement"]["id"] == row.public_id

    def test_a_record_of_somebody_else_has_neither_receipt_nor_content(self) -> None:
        record, _client = own_record()
        stranger = client_of(factories.user())
        for name in ("contribution-receipt", "contribution-content"):
            address = reverse(name, args=[record.public_id])
            assert stranger.get(address).status_code == 404
            assert Client().get(address).status_code == 302

    def test_a_changed_record_gets_no_receipt(self) -> None:
        record, client = own_record()
        checkpoints.publish()
        tamper("UPDATE contributions_contribution SET seconds = 1")
        response = client.get(reverse("contribution-receipt", args=[record.public_id]))
        assert response.status_code == 409
        assert "There is no receipt for this record" in response.content.decode()

    def test_a_record_without_a_leaf_gets_no_receipt(self) -> None:
        record, client = own_record()
        tamper("DELETE FROM contributions_logsegment")
        response = client.get(reverse("contribution-receipt", args=[record.public_id]))
        assert response.status_code == 409

    def test_the_page_of_a_record_leads_to_both(self) -> None:
        record, client = own_record()
        page = client.get(reverse("contribution", args=[record.public_id])).content.decode()
        for name in ("contribution-receipt", "contribution-content"):
            assert reverse(name, args=[record.public_id]) in page


@pytest.mark.django_db
class TestPage:
    def test_anybody_may_check_a_receipt_by_file_or_text(self) -> None:
        record, client = own_record()
        receipt = downloaded(client, "contribution-receipt", record)
        content = downloaded(client, "contribution-content", record)
        by_text = Client().post(reverse("verify"), {"pasted": receipt.decode()})
        assert "The receipt holds" in by_text.content.decode()
        by_file = Client().post(
            reverse("verify"),
            {
                "file": SimpleUploadedFile("receipt.json", receipt),
                "record": SimpleUploadedFile("record.json", content),
            },
        )
        assert "The record you have is the one that was logged." in by_file.content.decode()

    @pytest.mark.parametrize(
        ("old", "new"), [('"index":0', '"index":1'), ('"salt":"', '"salt":"0'), ("{", "[")]
    )
    def test_an_altered_receipt_does_not_hold(self, old: str, new: str) -> None:
        record, client = own_record()
        receipt = downloaded(client, "contribution-receipt", record).decode()
        page = Client().post(reverse("verify"), {"pasted": receipt.replace(old, new, 1)})
        assert page.status_code == 200
        assert "The receipt does not hold" in page.content.decode()

    def test_a_receipt_of_another_log_does_not_hold(self, settings: object, tmp_path: Path) -> None:
        record, client = own_record()
        receipt = downloaded(client, "contribution-receipt", record).decode()
        settings.HUISU_LOG_KEY_FILE = str(tmp_path / "other-key")  # type: ignore[attr-defined]
        page = Client().post(reverse("verify"), {"pasted": receipt}).content.decode()
        assert "The receipt does not hold" in page

    @pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 4_000_001, b""])
    def test_what_cannot_be_a_receipt_is_refused_with_a_reason(self, content: bytes) -> None:
        page = Client().post(
            reverse("verify"), {"file": SimpleUploadedFile("receipt.json", content)}
        )
        assert page.status_code == 200
        assert "verdict" in page.context
        assert page.context["verdict"] is None
        assert page.context["form"].errors

    def test_the_page_tells_the_signed_state_and_the_last_comparison(self) -> None:
        page = Client().get(reverse("verify")).content.decode()
        assert "nothing is signed yet" in page
        assert "not yet" in page
        record, _client = own_record()
        checkpoints.publish()
        proving.prove_and_keep(now=timezone.now() - timedelta(days=1))
        page = Client().get(reverse("verify")).content.decode()
        assert str(log_key.signer().verifier) in page.replace("&#x2B;", "+").replace("<wbr>", "")
        assert "every row is what was logged" in page
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tamper("UPDATE contributions_contribution SET seconds = 1")
        proving.prove_and_keep(now=timezone.now())
        page = Client().get(reverse("verify")).content.decode()
        assert "differences were found" in page
        assert record.public_id not in page


@pytest.mark.django_db
class TestTiles:
    def test_before_the_first_signature_there_is_nothing(self) -> None:
        own_record()
        assert Client().get("/checkpoint").status_code == 404
        assert Client().get("/tile/0/000.p/1").status_code == 404

    def test_the_newest_checkpoint_and_the_tiles_below_it_are_public(self) -> None:
        own_record()
        note = checkpoints.publish().note
        answer = Client().get("/checkpoint")
        assert answer.content.decode() == note
        assert len(Client().get("/tile/0/000.p/1").content) == 32
        bundle = Client().get("/tile/entries/000.p/1").content
        assert decode_bundle(bundle) == [bytes(LogSegment.objects.get().entries)]

    def test_no_tile_shows_more_than_was_signed(self) -> None:
        own_record()
        checkpoints.publish()
        own_record()
        assert Client().get("/tile/0/000.p/2").status_code == 404

    @pytest.mark.parametrize(
        "path", ["0/0", "0/000.p/0", "0/000.p/256", "64/000", "x/000", "0/../checkpoint", "0/000"]
    )
    def test_what_is_no_tile_is_not_found(self, path: str) -> None:
        own_record()
        checkpoints.publish()
        assert Client().get(f"/tile/{path}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_witness_refuses_a_history_that_was_signed_anew(
    live_server: LiveServer, tmp_path: Path
) -> None:
    record, _client = own_record()
    factories.contribution(record.worker, record.product)
    witness = SignerKey.generate(name="union.test/witness", key_type=KeyType.COSIGNATURE)

    def look() -> str:
        note = witness_log(
            read=open_source(live_server.url),
            log_keys=[log_key.signer().verifier],
            signer=witness,
            state_path=tmp_path / "state",
            cosigned_at_seconds=1_800_000_000,
        )
        return str(note)

    checkpoints.publish()
    assert "union.test/witness" in look()
    factories.contribution(record.worker, record.product)
    checkpoints.publish()
    assert "union.test/witness" in look()
    # The operator changes a row, builds the whole log anew and signs it with its own key.
    tamper(
        "UPDATE contributions_contribution SET seconds = 1;"
        "DELETE FROM contributions_logsegment; DELETE FROM contributions_logcheckpoint"
    )
    checkpoints.outside_path().unlink()
    numbers = list(Contribution.objects.order_by("pk").values_list("pk", flat=True))
    transparency.append_many(table=LABOUR, numbers=numbers)
    checkpoints.publish()
    assert proving.prove().problems == ()
    with pytest.raises(HistoryRewritten):
        look()
