"""Names and contacts: sealed, read with a purpose, exported to the person, erased for good."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ValidationError
from django.db import connection

from contributions.models import (
    Contribution,
    Erasure,
    IdentityAccess,
    IdentityKey,
    LogSegment,
    SealedIdentity,
    Worker,
)
from contributions.services import checkpoints
from contributions.services.identities import (
    Identity,
    PersonErased,
    erase_person,
    keeps_identity,
    read_identity,
    write_identity,
)
from contributions.services.identity_keys import IdentityKeyMissing, key_of, seal, unseal
from contributions.services.logged import LABOUR
from contributions.services.personal_data import personal_data
from contributions.services.proving import prove
from contributions.services.receipts import receipt_for
from tests import factories

pytestmark = pytest.mark.django_db

ANA = Identity(name="Ana Wanjiru", contact="ana@example.org")


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> Path:
    """A key file that this test alone has."""
    path = tmp_path / "identity-key"
    settings.HUISU_IDENTITY_KEY_FILE = str(path)
    return path


@pytest.fixture
def worker() -> Worker:
    return factories.worker("w-1", user=factories.user())


def person(worker: Worker) -> Any:
    """The log-in of a worker."""
    return worker.user


def test_a_name_is_read_back_and_stands_nowhere_in_the_open(worker: Worker) -> None:
    write_identity(worker=worker, identity=ANA, by=person(worker))
    assert read_identity(worker=worker, by=person(worker), purpose="my own") == ANA
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.sealed || encode(k.wrapped, 'escape')"
            " FROM contributions_sealedidentity i, contributions_identitykey k"
        )
        stored = cursor.fetchone()[0]
    assert "Ana" not in stored
    assert "example" not in stored


def test_the_newest_name_counts(worker: Worker) -> None:
    write_identity(worker=worker, identity=ANA, by=person(worker))
    write_identity(worker=worker, identity=Identity(name="Ana W."), by=person(worker))
    found = read_identity(worker=worker, by=person(worker), purpose="my own")
    assert found == Identity(name="Ana W.", contact="")
    assert IdentityKey.objects.count() == 1


def test_the_database_alone_opens_nothing(worker: Worker, key_file: Path) -> None:
    write_identity(worker=worker, identity=ANA, by=person(worker))
    key_file.unlink()
    # A new key is made where none is, and it does not fit.
    with pytest.raises(IdentityKeyMissing):
        read_identity(worker=worker, by=person(worker), purpose="my own")


def test_an_older_line_of_the_key_file_still_opens(worker: Worker, key_file: Path) -> None:
    write_identity(worker=worker, identity=ANA, by=person(worker))
    older = key_file.read_text()
    key_file.write_text("A" * 43 + "=\n" + older)
    assert read_identity(worker=worker, by=person(worker), purpose="my own") == ANA


@pytest.mark.parametrize("content", ["", "short\n", "A" * 40 + "\n"])
def test_a_file_without_a_whole_key_is_refused(
    worker: Worker, key_file: Path, content: str
) -> None:
    key_file.write_text(content)
    with pytest.raises(IdentityKeyMissing):
        write_identity(worker=worker, identity=ANA, by=person(worker))


def test_one_workers_seal_is_no_others(worker: Worker) -> None:
    write_identity(worker=worker, identity=ANA, by=person(worker))
    key = key_of(worker)
    assert key is not None
    sealed = seal(key, b"x", about="a")
    assert unseal(key, sealed, about="a") == b"x"
    with pytest.raises(InvalidTag):
        unseal(key, sealed, about="b")


def test_every_access_is_noted_with_its_purpose_and_a_reading_needs_one(worker: Worker) -> None:
    officer = factories.user()
    write_identity(worker=worker, identity=ANA, by=person(worker))
    with pytest.raises(ValidationError):
        read_identity(worker=worker, by=officer, purpose=" ")
    read_identity(worker=worker, by=officer, purpose="strike pay")
    personal_data(worker=worker, by=person(worker))
    noted = IdentityAccess.objects.order_by("pk").values_list("act", "purpose", "accessed_by")
    assert list(noted) == [
        ("wrote", "", person(worker).pk),
        ("read", "strike pay", officer.pk),
        ("exported", "", person(worker).pk),
    ]


def test_erasing_destroys_the_key_and_leaves_ledger_and_proofs_standing(worker: Worker) -> None:
    user = person(worker)
    record = factories.contribution(worker, factories.product(factories.organisation()))
    write_identity(worker=worker, identity=ANA, by=user)
    checkpoints.publish()
    erase_person(worker=worker, by=user, reason="asked for it")
    worker.refresh_from_db()
    assert key_of(worker) is None
    assert (worker.user, worker.pseudonym) == (None, f"erased-{worker.pk}")
    assert SealedIdentity.objects.filter(worker=worker).exists()
    assert Contribution.objects.current().get() == record
    assert prove().problems == ()
    assert receipt_for(table=LABOUR, number=record.pk).record.statement.id == record.public_id
    kinds = list(LogSegment.objects.values_list("kind", flat=True))
    assert kinds == ["contribution", "identity", "identity_access", "erasure", "identity_access"]


def test_what_was_erased_is_neither_read_nor_written_again(worker: Worker) -> None:
    user = person(worker)
    write_identity(worker=worker, identity=ANA, by=user)
    erase_person(worker=worker, by=user)
    with pytest.raises(PersonErased):
        read_identity(worker=worker, by=user, purpose="x")
    with pytest.raises(PersonErased):
        write_identity(worker=worker, identity=ANA, by=user)
    with pytest.raises(PersonErased):
        erase_person(worker=worker, by=user)


def test_the_other_names_of_a_person_are_erased_with_them(worker: Worker) -> None:
    other = factories.worker("ana-at-cvat")
    other.merged_into = worker
    other.save()
    erase_person(worker=worker, by=person(worker))
    other.refresh_from_db()
    assert other.pseudonym == f"erased-{other.pk}"
    assert Erasure.objects.count() == 2
    assert prove().problems == ()


def test_erasing_ends_consents(worker: Worker) -> None:
    union = factories.organisation("labour_organisation")
    factories.consent(worker, union)
    factories.contribution(worker, factories.product(factories.organisation()))
    officer = factories.user(union)
    assert Contribution.objects.visible_to(officer).exists()
    erase_person(worker=worker, by=person(worker))
    assert not Contribution.objects.visible_to(officer).exists()


def test_the_person_and_their_union_handle_a_name_and_platforms_do_not(worker: Worker) -> None:
    union, platform = factories.organisation("labour_organisation"), factories.organisation()
    factories.consent(worker, union)
    factories.contribution(worker, factories.product(platform))
    assert keeps_identity(person(worker), worker)
    assert keeps_identity(factories.user(union), worker)
    assert not keeps_identity(factories.user(union, role="viewer"), worker)
    assert not keeps_identity(factories.user(platform), worker)
    assert not keeps_identity(factories.user(factories.organisation("labour_organisation")), worker)


def test_the_export_holds_all_that_is_stored_about_a_person(worker: Worker) -> None:
    other = factories.worker()
    other.merged_into = worker
    other.save()
    operator = factories.organisation()
    product = factories.product(operator)
    records = [factories.contribution(one, product) for one in (worker, other)]
    factories.contribution(factories.worker(), product)
    write_identity(worker=worker, identity=ANA, by=person(worker))
    with zipfile.ZipFile(io.BytesIO(personal_data(worker=worker, by=person(worker)))) as archive:
        parts = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert parts["identity.json"] == [{"name": ANA.name, "contact": ANA.contact}]
    assert [row["id"] for row in parts["contributions.json"]] == [
        record.public_id for record in records
    ]
    assert parts["contributions.json"][0]["worker"] == worker.public_id
    assert [row["act"] for row in parts["who_handled_my_data.json"]] == ["exported", "wrote"]
    assert {"statements.json", "lines.json", "consents.json", "disputes.json"} <= parts.keys()
