"""Imports through the API: sent as curl sends them, planned, recorded by a worker, undone."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django.live_server_helper import LiveServer

from contributions.imports.mapping import write_mapping
from contributions.models import Contribution, ImportBatch, ImportJob, StagedImport
from contributions.services import importing_job
from tests import factories
from tests.api.client import Program, assert_problem, token_for
from tests.contributions.importing.staging import ANN, BEA, MAPPING, TODAY, table

pytestmark = pytest.mark.django_db

BAD = "x,eve,2026-02-30,1,1,"


class Union:
    """A labour organisation's program, and what its files are about."""

    def __init__(self) -> None:
        self.union = factories.organisation("labour_organisation")
        self.user = factories.user(self.union, "recorder")
        self.program = Program(self.user)
        self.product = factories.product(factories.organisation(), public=True)

    def send(self, content: bytes, *, name: str = "work.csv", key: str = "k1", **more: str) -> Any:
        """POST a file."""
        form = {"file": SimpleUploadedFile(name, content), **more}
        return self.program.send(
            "POST",
            "imports",
            encode_multipart(BOUNDARY, form),
            MULTIPART_CONTENT,
            {"Idempotency_Key": key},
        )

    def staged(self, content: bytes) -> str:
        """POST a file that can be read; return its id."""
        answer = self.send(content)
        assert answer.status_code == 201, answer.content
        number: str = answer.json()["id"]
        return number

    def plan(self, number: str, **more: Any) -> Any:
        """Say how a file is read."""
        said: dict[str, Any] = {
            "mapping": write_mapping(MAPPING),
            "product": self.product.public_id,
            "task_type": factories.task_type().public_id,
            "zone": "Asia/Manila",
        }
        return self.program.post(f"imports/{number}/plan", said | more)

    def recorded(self, number: str) -> dict[str, Any]:
        """Have a file recorded, and say how the import stands then."""
        answer = self.program.post(f"imports/{number}/commit", Idempotency_Key="commit")
        assert answer.status_code == 202, answer.content
        importing_job.record(job_id=ImportJob.objects.latest("pk").pk, today=TODAY)
        shown: dict[str, Any] = self.program.get(f"imports/{number}").json()
        return shown


@pytest.fixture
def union() -> Union:
    return Union()


class TestWalk:
    def test_a_file_is_sent_planned_recorded_and_undone(self, union: Union) -> None:
        sent = union.send(table(ANN, BEA, BAD))
        number = sent.json()["id"]
        assert sent["Location"] == f"/api/v1/imports/{number}"
        assert sent.json()["state"] == "staged"
        assert "entry" in sent.json()["columns"]
        assert 'tool = "' in sent.json()["guess"]
        planned = union.plan(number)
        assert planned.status_code == 200, planned.content
        shown = planned.json()
        assert (shown["state"], shown["questions"]) == ("previewed", [])
        assert shown["effect"]["new"] == 2
        assert shown["totals"]["rows_rejected"] == 1
        hour_and_a_half = 5_400_000
        assert shown["totals"]["time"] == [
            {
                "time_basis": "self_declared",
                "rows": 2,
                "milliseconds_in_file": hour_and_a_half,
                "milliseconds_recorded": hour_and_a_half,
            }
        ]
        done = union.recorded(number)
        assert (done["state"], done["rows_done"], done["rows_known"]) == ("committed", 3, 3)
        assert done["totals"] == shown["totals"]
        batch = ImportBatch.objects.get()
        assert done["batch"] == batch.public_id
        assert Contribution.objects.filter(recorded_by=union.user).count() == 2
        undone = union.program.post(f"imports/{number}/undo")
        assert undone.json()["state"] == "undone"
        assert not Contribution.objects.current().exists()

    def test_a_commit_answers_202_with_the_place_to_ask(self, union: Union) -> None:
        number = union.staged(table(ANN))
        union.plan(number)
        answer = union.program.post(f"imports/{number}/commit", Idempotency_Key="c")
        assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/imports/{number}")
        assert answer.json()["state"] == "queued"
        again = union.program.post(f"imports/{number}/commit", Idempotency_Key="c")
        assert again.content == answer.content
        assert_problem(
            union.program.post(f"imports/{number}/commit", Idempotency_Key="d"),
            409,
            "import_in_progress",
        )
        assert ImportJob.objects.count() == 1

    def test_a_question_is_answered_in_the_plan(self, union: Union) -> None:
        number = union.staged(table(ANN, "5,eva@example.org,,10,1,"))
        assert union.plan(number).json()["questions"] == ["day"]
        refused = union.program.post(f"imports/{number}/commit", Idempotency_Key="c")
        assert_problem(refused, 409, "import_questions_open")
        assert union.plan(number, occurred_on="2026-05-09").json()["questions"] == []
        assert union.recorded(number)["state"] == "committed"

    def test_a_failure_is_told_and_cancelling_is_possible(self, union: Union) -> None:
        for key, state in (("first", "committed"), ("again", "failed")):
            number = union.send(table(ANN), key=key).json()["id"]
            union.plan(number)
            shown = union.recorded(number) if key == "first" else self.queued(union, number)
            assert shown["state"] == state
        assert shown["failure"] == "nothing_new"
        union.program.post(f"imports/{number}/commit", Idempotency_Key="third")
        cancelled = union.program.post(f"imports/{number}/cancellation")
        assert cancelled.json()["state"] == "cancelled"
        over = union.program.post(f"imports/{number}/cancellation")
        assert_problem(over, 409, "import_job_over")
        assert union.program.post(f"imports/{number}/discard").json()["state"] == "discarded"

    def queued(self, union: Union, number: str) -> dict[str, Any]:
        union.program.post(f"imports/{number}/commit", Idempotency_Key="second")
        importing_job.record(job_id=ImportJob.objects.latest("pk").pk, today=TODAY)
        shown: dict[str, Any] = union.program.get(f"imports/{number}").json()
        return shown


class TestRejectedRows:
    def test_errors_come_page_by_page_and_as_a_file(self, union: Union) -> None:
        bad = [f"{number},w,2026-05-01,x,3," for number in range(25)]
        number = union.staged(table(ANN, *bad))
        union.plan(number)
        lines: list[int] = []
        address = f"imports/{number}/errors?page_size=10"
        while address:
            page = union.program.get(address).json()
            lines += [item["line"] for item in page["items"]]
            address = (page["next"] or "").removeprefix("http://testserver")
        assert lines == list(range(3, 28))
        assert page["items"][0]["code"] == "duration_malformed" or page["items"][0]["detail"]
        file = union.program.get(f"imports/{number}/rejected", Accept="text/csv")
        assert file["Content-Type"].startswith("text/csv")
        assert len(file.content.decode().splitlines()) == 26
        assert_problem(
            union.program.get(f"imports/{number}/errors?cursor=abc"), 400, "cursor_invalid"
        )

    def test_there_are_none_before_the_plan(self, union: Union) -> None:
        number = union.staged(table(ANN))
        assert_problem(union.program.get(f"imports/{number}/errors"), 409, "import_not_planned")


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "content", "status", "code"),
        [
            ("work.csv", b"\x89PNG\r\n\x1a\n\x00\x00", 415, "file_no_table"),
            ("work.csv", b"worker,id\nJos\xe9,1\n", 422, "not_utf8"),
            ("work.csv", b'worker,id\n"ann,1\nbea,2\n', 422, "quote_unclosed"),
            ("work.csv", b"", 422, "file_empty"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_a_problem_and_leaves_nothing(
        self, union: Union, name: str, content: bytes, status: int, code: str
    ) -> None:
        problem = assert_problem(union.send(content, name=name), status, code)
        assert problem["detail"]
        assert not StagedImport.objects.exists()

    def test_a_body_beyond_the_bound_is_refused_before_it_is_read(self, union: Union) -> None:
        answer = union.program.client.generic(
            "POST",
            "/api/v1/imports",
            b"short",
            MULTIPART_CONTENT,
            headers=union.program.headers | {"Idempotency-Key": "k"},
            CONTENT_LENGTH=str(51 * 1024 * 1024),
        )
        assert_problem(answer, 413, "body_too_large")

    def test_what_is_no_form_of_one_file_is_refused(self, union: Union) -> None:
        key = {"Idempotency_Key": "k"}
        plain = union.program.send("POST", "imports", b"{}", headers=key)
        assert_problem(plain, 415, "unsupported_media_type")
        form = encode_multipart(BOUNDARY, {"organisation": union.union.public_id})
        answer = union.program.send("POST", "imports", form, MULTIPART_CONTENT, key)
        assert_problem(answer, 422, "required")
        cut = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("a.csv", b"a,b\n")})[:60]
        answer = union.program.send("POST", "imports", cut, MULTIPART_CONTENT, key)
        assert answer.status_code in {400, 422}
        assert not StagedImport.objects.exists()

    def test_a_key_is_needed_and_repeats_the_answer_whatever_the_borders(
        self, union: Union
    ) -> None:
        form = {"file": SimpleUploadedFile("work.csv", table(ANN))}
        answer = union.program.send(
            "POST", "imports", encode_multipart(BOUNDARY, form), MULTIPART_CONTENT
        )
        assert_problem(answer, 400, "idempotency_key_missing")
        first = union.send(table(ANN))
        border = "another"
        again = union.program.send(
            "POST",
            "imports",
            encode_multipart(border, {"file": SimpleUploadedFile("work.csv", table(ANN))}),
            f"multipart/form-data; boundary={border}",
            {"Idempotency_Key": "k1"},
        )
        assert again.content == first.content
        assert StagedImport.objects.count() == 1
        assert_problem(union.send(table(BEA)), 422, "idempotency_key_reused")

    @pytest.mark.parametrize(
        ("more", "pointer"),
        [
            ({"zone": "Asia/Atlantis"}, "/zone"),
            ({"mapping": "no toml"}, "/mapping"),
            ({"format": "mturk"}, "/format"),
            ({"idle_cap_seconds": 0}, "/idle_cap_seconds"),
            ({"colour": "red"}, "/colour"),
        ],
    )
    def test_a_wrong_plan_marks_its_field(
        self, union: Union, more: dict[str, Any], pointer: str
    ) -> None:
        answer = union.plan(union.staged(table(ANN)), **more)
        assert answer.status_code == 422
        assert pointer in {error["pointer"] for error in answer.json()["errors"]}

    def test_nothing_is_undone_that_was_not_recorded(self, union: Union) -> None:
        number = union.staged(table(ANN))
        undone = union.program.post(f"imports/{number}/undo")
        assert_problem(undone, 409, "import_not_committed")

    def test_others_see_nothing_of_it(self, union: Union) -> None:
        number = union.staged(table(ANN))
        stranger = Union().program
        assert stranger.get("imports").json()["items"] == []
        for path in ("", "/errors", "/rejected"):
            assert_problem(stranger.get(f"imports/{number}{path}"), 404, "not_found")
        for step in ("plan", "commit", "cancellation", "discard", "undo"):
            answer = stranger.post(f"imports/{number}/{step}", {}, Idempotency_Key="k")
            assert_problem(answer, 404, "not_found")
        viewer = Program(factories.user(union.union, "viewer"))
        assert viewer.get("imports").json()["items"] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
def test_curl_sends_a_file_and_a_worker_records_it(live_server: LiveServer, tmp_path: Path) -> None:
    union = Union()
    token = token_for(union.user)
    path = tmp_path / "work.csv"
    path.write_bytes(table(ANN, BEA))

    def curl(*arguments: str) -> Any:
        done = subprocess.run(
            ["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {token}", *arguments],  # noqa: S607
            capture_output=True,
            check=True,
        )
        return json.loads(done.stdout)

    root = f"{live_server.url}/api/v1/imports"
    number = curl("-H", "Idempotency-Key: a", "-F", f"file=@{path}", root)["id"]
    union.plan(number)
    as_json = ("-H", "Content-Type: application/json", "-d", "{}")
    curl("-H", "Idempotency-Key: b", *as_json, f"{root}/{number}/commit")
    deadline = time.monotonic() + 60
    while (state := curl(f"{root}/{number}")["state"]) != "committed":
        assert state in {"queued", "recording"}
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert Contribution.objects.count() == 2
