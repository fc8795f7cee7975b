"""Attestations, disputes, persons and work histories through the API."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from contributions.log.work_history import WorkHistory, verify_history
from contributions.models import Alias, Contribution, Dispute, Erasure, Worker
from contributions.services import log_key, recording
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


class Sides:
    """Declared work on a platform's data set by a worker who consents to a union."""

    def __init__(self) -> None:
        self.platform = factories.organisation()
        self.union = factories.organisation("labour_organisation")
        self.worker: Worker = factories.worker(consents_to=self.union, user=factories.user())
        self.product = factories.product(self.platform)
        self.record: Contribution = factories.contribution(
            self.worker, self.product, evidence_grade="D"
        )
        self.officer = Program(factories.user(self.union))
        self.manager = Program(factories.user(self.platform, role="approver"))
        self.person = Program(self.worker.user)
        self.stranger = Program(factories.user(factories.organisation()))

    def opened(self, **fields: Any) -> Any:
        """Open a case as the union."""
        document = {
            "grounds": "Waiting is missing.",
            "contested_ppm": 250_000,
            "due_on": (timezone.localdate() + timedelta(days=9)).isoformat(),
        } | fields
        path = f"contributions/{self.record.public_id}/disputes"
        return self.officer.post(path, {k: v for k, v in document.items() if v is not None})


@pytest.fixture
def sides() -> Sides:
    return Sides()


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> None:
    settings.HUISU_IDENTITY_KEY_FILE = str(tmp_path / "identity-key")


class TestAttestations:
    def test_a_party_confirms_one_record_and_is_listed(self, sides: Sides) -> None:
        path = f"contributions/{sides.record.public_id}/attestations"
        made = sides.officer.post(path, {"stance": "confirms"})
        assert made.status_code == 201, made.content
        assert made.json()["organisation"] == sides.union.public_id
        listed = sides.manager.get(f"attestations?contribution={sides.record.public_id}")
        assert [row["id"] for row in listed.json()["items"]] == [made.json()["id"]]
        kept = sides.manager.get("contributions?attested=confirmed").json()["items"]
        assert [row["id"] for row in kept] == [sides.record.public_id]
        assert_problem(sides.officer.post(path, {"stance": "confirms"}), 409, "already_attested")
        assert_problem(
            sides.officer.post(path, {"stance": "objects"}), 422, "objection_unexplained"
        )

    def test_many_are_attested_at_once(self, sides: Sides) -> None:
        for grade in ("B", "D"):
            factories.contribution(sides.worker, sides.product, evidence_grade=grade)
        answer = sides.officer.post(
            "attestations/batch", {"stance": "confirms", "evidence_grade": "D"}
        )
        assert (answer.status_code, answer.json()) == (200, {"attested": 2})

    def test_whoever_signs_for_nobody_here_attests_nothing(self, sides: Sides) -> None:
        path = f"contributions/{sides.record.public_id}/attestations"
        viewer = Program(factories.user(sides.platform, role="viewer"))
        assert_problem(viewer.post(path, {"stance": "confirms"}), 403, "role_missing")
        assert_problem(sides.stranger.post(path, {"stance": "confirms"}), 404, "not_found")
        reader = Program(factories.user(sides.platform), "read")
        assert_problem(reader.post(path, {"stance": "confirms"}), 403, "scope_missing")


class TestDisputes:
    def test_a_case_is_opened_argued_and_decided(self, sides: Sides) -> None:
        made = sides.opened()
        assert made.status_code == 201, made.content
        case = made.json()
        assert (case["frozen_ppm"], case["decision"]) == (250_000, None)
        at = f"disputes/{case['id']}"
        assert made["Location"].endswith(at)
        said = sides.manager.post(f"{at}/messages", {"text": "Here is the plan."})
        assert said.status_code == 201
        texts = [row["text"] for row in sides.officer.get(f"{at}/messages").json()["items"]]
        assert texts == ["Here is the plan."]
        ended = sides.manager.post(f"{at}/decision", {"outcome": "rejected", "reason": "the log"})
        assert ended.status_code == 201, ended.content
        assert ended.json()["decision"]["outcome"] == "rejected"
        assert sides.officer.get(at).json()["frozen_ppm"] == 0
        assert_problem(
            sides.manager.post(f"{at}/decision", {"outcome": "rejected", "reason": "x"}),
            409,
            "dispute_decided",
        )

    def test_a_case_upheld_corrects_the_record(self, sides: Sides) -> None:
        at = f"disputes/{sides.opened().json()['id']}"
        verdict = {
            "outcome": "partly",
            "reason": "twenty minutes more",
            "correction": {"seconds": 4800},
        }
        ended = sides.manager.post(f"{at}/decision", verdict).json()
        newest = Contribution.objects.current().get()
        assert newest.seconds == 4800
        assert ended["decision"]["correction"] == newest.public_id

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({"contested_seconds": 60}, 422, "validation_failed"),
            ({"contested_ppm": None}, 422, "validation_failed"),
            ({"contested_ppm": 0}, 422, "out_of_range"),
            ({"contested_ppm": None, "contested_seconds": 7200}, 422, "validation_failed"),
            ({"due_on": "2020-01-01"}, 422, "validation_failed"),
            ({"grounds": ""}, 422, "blank"),
            ({"colour": "red"}, 422, "unknown_field"),
        ],
    )
    def test_a_case_that_makes_no_sense_is_refused(
        self, sides: Sides, fields: dict[str, Any], status: int, code: str
    ) -> None:
        assert_problem(sides.opened(**fields), status, code)
        assert not Dispute.objects.exists()

    def test_the_opener_does_not_decide_and_nobody_else_withdraws(self, sides: Sides) -> None:
        at = f"disputes/{sides.opened().json()['id']}"
        verdict = {"outcome": "rejected", "reason": "mine"}
        assert_problem(sides.officer.post(f"{at}/decision", verdict), 403, "own_dispute")
        gone = {"reason": "settled"}
        assert_problem(sides.manager.post(f"{at}/withdrawal", gone), 403, "not_the_opener")
        assert_problem(sides.stranger.post(f"{at}/withdrawal", gone), 404, "not_found")
        assert sides.officer.post(f"{at}/withdrawal", gone).status_code == 201
        assert sides.officer.get("disputes?state=open").json()["items"] == []
        assert len(sides.officer.get("disputes?state=decided").json()["items"]) == 1

    def test_a_record_has_one_open_case(self, sides: Sides) -> None:
        sides.opened()
        assert_problem(sides.opened(), 409, "dispute_open")
        listed = sides.manager.get("contributions?disputed=open").json()["items"]
        assert [row["id"] for row in listed] == [sides.record.public_id]


class TestPersons:
    def test_a_name_is_sealed_and_read_for_a_purpose_that_the_person_sees(
        self, sides: Sides
    ) -> None:
        at = f"workers/{sides.worker.public_id}"
        assert sides.person.post(f"{at}/identity", {"name": "Ana"}).status_code == 201
        read = sides.officer.post(f"{at}/identity-readings", {"purpose": "strike pay"})
        assert (read.status_code, read.json()) == (200, {"name": "Ana", "contact": ""})
        assert read["Cache-Control"] == "no-store"
        noted = sides.person.get(f"{at}/accesses").json()["items"]
        assert [(row["act"], row["purpose"]) for row in noted] == [
            ("read", "strike pay"),
            ("wrote", ""),
        ]
        answer = sides.manager.post(f"{at}/identity-readings", {"purpose": "pay"})
        assert_problem(answer, 403, "role_missing")
        assert_problem(sides.manager.get(f"{at}/accesses"), 404, "not_found")

    def test_a_name_is_not_kept_under_an_idempotency_key(self, sides: Sides) -> None:
        path = f"workers/{sides.worker.public_id}/identity-readings"
        answer = sides.officer.post(path, {"purpose": "pay"}, Idempotency_Key="k1")
        assert_problem(answer, 403, "key_not_allowed")

    def test_a_person_takes_their_data_along_and_is_erased(self, sides: Sides) -> None:
        at = f"workers/{sides.worker.public_id}"
        assert_problem(sides.officer.post(f"{at}/personal-data"), 403, "role_missing")
        file = sides.person.post(f"{at}/personal-data")
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            rows = json.loads(archive.read("contributions.json"))
        assert [row["id"] for row in rows] == [sides.record.public_id]
        assert sides.person.post(f"{at}/erasure", {}).status_code == 201
        assert Erasure.objects.get().worker == sides.worker
        assert_problem(sides.officer.post(f"{at}/erasure", {}), 404, "not_found")

    def test_a_work_history_holds_as_it_was_signed(self, sides: Sides) -> None:
        answer = sides.person.get(f"workers/{sides.worker.public_id}/work-history")
        made = WorkHistory.parse(answer.content.decode())
        key = log_key.signer().verifier
        assert verify_history(made, keys=[key]) == key

    def test_two_names_are_merged_and_parted_by_whoever_keeps_both(self, sides: Sides) -> None:
        other = factories.worker()
        source = recording.source_of(organisation=sides.platform, tool="cvat")
        for place, worker in enumerate((other, sides.worker)):
            Alias.objects.create(worker=worker, source=source, reference_hmac=f"{place}" * 64)
        at = f"workers/{other.public_id}"
        keeper = Program(factories.user(sides.platform, role="recorder"))
        merge = {
            "organisation": sides.platform.public_id,
            "into": sides.worker.public_id,
            "reason": "one badge",
        }
        made = keeper.post(f"{at}/merge", merge)
        assert (made.status_code, made.json()["kind"]) == (201, "merged")
        assert_problem(keeper.post(f"{at}/merge", merge), 409, "merged_already")
        assert_problem(sides.stranger.post(f"{at}/merge", merge), 404, "not_found")
        part = {"organisation": sides.platform.public_id, "reason": "two badges"}
        assert keeper.post(f"{at}/parting", part).json()["kind"] == "parted"
        assert_problem(keeper.post(f"{at}/parting", part), 409, "not_merged")
