from __future__ import annotations

from typing import Any

import pytest

from accounting.models import Valuation
from accounting.services import valuation_computing
from contributions.models import Organisation
from tests import factories
from tests.accounting.valuations import worlds
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)

BYTES = "application/octet-stream"


def asked(of: worlds.World, **fields: Any) -> dict[str, Any]:
    return {
        "product": of.product.public_id,
        "source": "points",
        "method": "owner_shapley",
        "title": "By program",
        "parameters": {"k": 3, "embedding": "three numbers"},
    } | fields


def data_of(of: worlds.World) -> bytes:
    return worlds.npz(worlds.points([c.external_id for c in of.contributions]))


def test_a_program_asks_sends_its_files_confirms_reads_and_uses() -> None:
    of = worlds.world()
    program = Program(of.keeper)
    made = program.post("valuations", asked(of))
    assert made.status_code == 201, made.content
    where = made["Location"]
    frozen = program.send("POST", f"{where}/validation", worlds.validation(), BYTES)
    assert frozen.json()["state"] == "frozen", frozen.content
    assert len(frozen.json()["utility_sha256"]) == 64
    staged = program.send("POST", f"{where}/data", data_of(of), BYTES)
    assert staged.json()["duplicates"] == {"copied": 0, "repeated": 0, "relabelled": 0}
    queued = program.post(f"{where}/confirmation")
    assert queued.json()["state"] == "queued"
    valuation = Valuation.objects.get()
    valuation_computing.work_on(valuation_id=valuation.pk)
    done = program.get(where).json()
    assert (done["state"], done["blocks_done"]) == ("computed", done["blocks_count"])
    scores = program.get(f"{where}/scores?ordering=-score").json()["items"]
    people = program.get(f"{where}/people").json()["items"]
    assert (len(scores), len(people)) == (4, 4)
    assert scores[0]["score_ppb"] >= scores[-1]["score_ppb"]
    assert program.post(f"{where}/use", {"moves_pay": True}).json()["moves_pay"] is True
    assert program.post(f"{where}/use", {"moves_pay": False}).json()["moves_pay"] is False


def test_the_same_key_freezes_once_and_another_file_under_it_is_refused() -> None:
    of = worlds.world()
    program = Program(of.keeper)
    where = program.post("valuations", asked(of))["Location"]
    key = {"Idempotency_Key": "once"}
    first, second = (
        program.send("POST", f"{where}/validation", worlds.validation(), BYTES, key)
        for _time in range(2)
    )
    assert (first.status_code, first.content) == (second.status_code, second.content)
    other = program.send("POST", f"{where}/validation", worlds.validation(9), BYTES, key)
    assert_problem(other, 422, "idempotency_key_reused")
    again = program.send("POST", f"{where}/validation", worlds.validation(), BYTES)
    assert_problem(again, 409, "valuation_not_waiting")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"method": "least_core"}, 422, "valuation_question_unusable"),
        ({"method": "magic"}, 422, "not_a_choice"),
        ({"parameters": {"k": 0}}, 422, "valuation_question_unusable"),
        ({"parameters": {"k": "3"}}, 422, "valuation_question_unusable"),
        ({"parameters": {"k": True}}, 422, "valuation_question_unusable"),
        ({"parameters": {"nonsense": 1}}, 422, "valuation_question_unusable"),
        ({"parameters": []}, 422, "not_an_object"),
        ({"seed": -1}, 422, "out_of_range"),
        ({"title": 5}, 422, "not_text"),
        ({"more": 1}, 422, "unknown_field"),
    ],
)
def test_a_bad_question_is_refused(change: dict[str, Any], status: int, code: str) -> None:
    of = worlds.world(1)
    answer = Program(of.keeper).post("valuations", asked(of, **change))
    assert_problem(answer, status, code)
    assert not Valuation.objects.exists()


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"\0\0", BYTES, 415, "valuation_file_unknown"),
        (b"PK\x03\x04\0", BYTES, 422, "valuation_file_damaged"),
        (b"f,label\nx,1\n", BYTES, 422, "valuation_file_damaged"),
        (b"f,label\n1,\n", BYTES, 422, "valuation_cell_unusable"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
    ],
)
def test_a_bad_file_is_refused(content: bytes, kind: str, status: int, code: str) -> None:
    of = worlds.world(1)
    program = Program(of.keeper)
    where = program.post("valuations", asked(of))["Location"]
    answer = program.send("POST", f"{where}/validation", content, kind)
    assert_problem(answer, status, code)
    assert program.get(where).json()["state"] == "draft"


def test_nobody_else_finds_or_changes_it() -> None:
    of = worlds.world(2)
    valuation = worlds.computed(of)
    where = f"valuations/{valuation.public_id}"
    stranger = Program(factories.user(factories.organisation()))
    for part in ("", "/scores", "/people"):
        assert_problem(stranger.get(where + part), 404, "not_found")
    for part in ("/confirmation", "/cancel", "/use"):
        assert_problem(stranger.post(where + part, {}), 404, "not_found")
    assert stranger.get("valuations").json()["items"] == []
    regulator = Program(factories.user(factories.organisation(Organisation.Kind.REGULATOR)))
    assert regulator.get(where).status_code == 200
    assert regulator.get(f"{where}/people").json()["items"] == []
    assert regulator.get(f"{where}/scores").json()["items"] == []
    assert_problem(regulator.post(f"{where}/use", {"moves_pay": True}), 403, "role_missing")


def test_a_finished_valuation_cannot_be_cancelled_and_an_unfinished_one_not_used() -> None:
    of = worlds.world(2)
    program = Program(of.keeper)
    done = f"valuations/{worlds.computed(of).public_id}"
    assert_problem(program.post(f"{done}/cancel"), 409, "valuation_not_cancellable")
    waiting = f"valuations/{worlds.staged(of).public_id}"
    assert_problem(
        program.post(f"{waiting}/use", {"moves_pay": True}), 409, "valuation_not_computed"
    )
    assert program.post(f"{waiting}/cancel").json()["state"] == "cancelled"
