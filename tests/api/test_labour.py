from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from contributions.models import Contribution, Product, TaskType, Worker
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """A platform's program with a product, a worker and a task type."""

    program: Program
    product: Product
    worker: Worker
    task_type: TaskType

    def document(self, **fields: Any) -> dict[str, Any]:
        """An hour of accepted work as it is sent."""
        return {
            "worker": self.worker.public_id,
            "product": self.product.public_id,
            "task_type": self.task_type.public_id,
            "occurred_on": "2026-05-01",
            "external_id": "row-1",
            "outcome": "accepted",
            "evidence_grade": "B",
            "seconds": 3600,
            "time_basis": "active",
            "units": 10,
        } | fields


@pytest.fixture
def world() -> World:
    operator = factories.organisation()
    program = Program(factories.user(operator))
    made = program.post(
        "workers",
        {"organisation": operator.public_id, "pseudonym": "Ana", "status": "crowd"},
    )
    assert made.status_code == 201, made.content
    worker = Worker.objects.get(pk=Worker.number_of(made.json()["id"]))
    return World(program, factories.product(operator), worker, factories.task_type())


def test_recorded_labour_reads_back_as_it_was_sent(world: World) -> None:
    sent = world.document(
        quality_ppm=900_000,
        wage={"amount": "31.50", "currency": "CNY"},
        occurred_at="2026-05-01T08:00:00+08:00",
        harmful_exposure=True,
    )
    answer = world.program.post("contributions", sent)
    assert answer.status_code == 201, answer.content
    read = world.program.get(answer["Location"]).json()
    assert read == answer.json()
    assert {name: read[name] for name in sent} == sent | {"occurred_at": "2026-05-01T00:00:00Z"}
    assert (read["phase"], read["revision"], read["superseded_by"]) == ("TRAIN", 0, None)


def test_a_record_of_the_same_source_id_conflicts(world: World) -> None:
    world.program.post("contributions", world.document())
    again = world.program.post("contributions", world.document(seconds=60))
    assert_problem(again, 409, "already_recorded")
    assert Contribution.objects.count() == 1


def test_a_correction_supersedes_and_the_old_record_stays(world: World) -> None:
    old = world.program.post("contributions", world.document()).json()
    answer = world.program.post(
        f"contributions/{old['id']}/corrections", {"units": 12, "reason": "two were missed"}
    )
    new = answer.json()
    assert (answer.status_code, new["units"], new["seconds"]) == (201, 12, 3600)
    assert (new["supersedes"], new["revision"]) == (old["id"], 1)
    assert world.program.get(f"contributions/{old['id']}").json()["superseded_by"] == new["id"]
    current = world.program.get("contributions?current=true").json()["items"]
    assert [row["id"] for row in current] == [new["id"]]
    again = world.program.post(
        f"contributions/{old['id']}/corrections", {"units": 13, "reason": "late"}
    )
    assert_problem(again, 409, "already_corrected")


def test_a_withdrawn_record_counts_for_nothing(world: World) -> None:
    old = world.program.post("contributions", world.document()).json()
    answer = world.program.post(f"contributions/{old['id']}/withdrawal", {"reason": "not ours"})
    assert (answer.status_code, answer.json()["withdrawn"]) == (201, True)
    assert world.program.get("contributions?current=true").json()["items"] == []


def test_bulk_lines_are_answered_one_by_one(world: World) -> None:
    lines = [
        json.dumps(world.document(external_id="a")),
        json.dumps(world.document(external_id="b", units=-1)),
        "{not json",
        json.dumps(world.document(external_id="a")),
        json.dumps(world.document(external_id="c", occurred_on="2030-01-01")),
        json.dumps(world.document(external_id="d")),
    ]
    answer = world.program.send(
        "POST",
        "contributions/bulk",
        "\n".join(lines).encode(),
        "application/x-ndjson",
        {"Idempotency-Key": "bulk"},
    )
    assert answer["Content-Type"] == "application/x-ndjson"
    results = [json.loads(line) for line in answer.content.splitlines()]
    assert [(one["line"], one["status"]) for one in results] == [
        (1, 201),
        (2, 422),
        (3, 400),
        (4, 409),
        (5, 422),
        (6, 201),
    ]
    assert results[1]["errors"][0]["pointer"] == "/units"
    recorded = Contribution.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(recorded) == ["a", "d"]


def test_a_repeated_bulk_request_records_once(world: World) -> None:
    body = "\n".join(json.dumps(world.document(external_id=f"r{n}")) for n in range(50)).encode()
    answers = [
        world.program.send(
            "POST", "contributions/bulk", body, "application/x-ndjson", {"Idempotency-Key": "k"}
        )
        for _time in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert Contribution.objects.count() == 50


def test_lineage_refuses_circles_and_more_than_the_whole(world: World) -> None:
    operator = world.product.operator
    model = factories.product(operator, kind="model")
    other = factories.product(operator, kind="model")

    def join(upstream: Product, downstream: Product, transfer_ppm: int) -> Any:
        document = {
            "upstream": upstream.public_id,
            "downstream": downstream.public_id,
            "relation": "trained_on",
            "transfer_ppm": transfer_ppm,
        }
        return world.program.post("edges", document)

    made = join(world.product, model, 600_000)
    assert made.status_code == 201, made.content
    assert world.program.get(made["Location"]).json() == made.json()
    assert_problem(join(model, world.product, 1), 409, "lineage_cycle")
    assert_problem(join(model, model, 1), 422, "lineage_to_itself")
    assert_problem(join(world.product, model, 1), 409, "lineage_edge_exists")
    assert_problem(join(world.product, other, 500_000), 422, "lineage_transfer_above_one")
    assert_problem(join(world.product, other, 1_000_001), 422, "out_of_range")


def test_products_and_task_types_can_be_added_once(world: World) -> None:
    operator = world.product.operator.public_id
    product = {"operator": operator, "kind": "model", "name": "<script>=1+1", "version": "1"}
    made = world.program.post("products", product)
    assert (made.status_code, made.json()["name"]) == (201, "<script>=1+1")
    assert_problem(world.program.post("products", product), 409, "product_already_there")
    task_type = {
        "code": "proof-reading",
        "name": "Proof reading",
        "labour_type": "DATA",
        "phase": "TRAIN",
        "unit": "page",
    }
    assert world.program.post("task-types", task_type).status_code == 201
    assert_problem(world.program.post("task-types", task_type), 409, "task_type_known")


def test_a_worker_of_a_known_pseudonym_conflicts(world: World) -> None:
    organisation = world.product.operator.public_id
    again = {"organisation": organisation, "pseudonym": "Ana", "status": "crowd"}
    assert_problem(world.program.post("workers", again), 409, "worker_known")


def test_a_licence_is_revoked_only_in_the_version_that_was_read(world: World) -> None:
    licensee = world.product.operator
    document = {
        "product": world.product.public_id,
        "licensee": licensee.public_id,
        "scope": "training",
        "fee": {"amount": "100.00", "currency": "CNY"},
        "price": {"amount": "0.000125", "currency": "CNY"},
        "starts_on": "2026-01-01",
    }
    made = world.program.post("licences", document)
    assert made.status_code == 201, made.content
    where = made["Location"]
    version = world.program.get(where)["ETag"]
    assert_problem(world.program.post(f"{where}/revocation"), 428, "version_unnamed")
    stale = world.program.post(f"{where}/revocation", If_Match='"0"')
    assert_problem(stale, 412, "version_stale")
    revoked = world.program.post(f"{where}/revocation", If_Match=version)
    assert revoked.status_code == 200, revoked.content
    assert revoked.json()["revoked_on"]
    assert world.program.get(where)["ETag"] != version
