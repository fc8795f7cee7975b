from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from accounting.core.verify import verify_bundle
from accounting.models import Line, Run, Statement
from contributions.models import Worker
from tests import factories
from tests.api.client import Program

# A run is computed in a snapshot of its own, so these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Run:
    return factories.computed_run()


@pytest.fixture
def program(run: Run) -> Program:
    return Program(factories.user(run.period.operator))


def test_a_computed_run_has_money_in_every_part(run: Run, program: Program) -> None:
    shown = program.get(f"runs/{run.public_id}").json()
    assert shown["state"] == "computed"
    assert shown["price"]["revenue"] == {"amount": "1000.00", "currency": "CNY"}
    for part in ("pools", "flows", "lines", "statements", "norms", "indicators"):
        answer = program.get(f"runs/{run.public_id}/{part}")
        assert answer.status_code == 200, (part, answer.content)
        assert answer.json()["items"], part
    assert program.get(f"runs/{run.public_id}/escrow").status_code == 200


def test_lines_come_page_by_page_without_gap_or_repetition(run: Run, program: Program) -> None:
    found: list[str] = []
    address = f"/api/v1/runs/{run.public_id}/lines?page_size=2&ordering=-amount"
    amounts: list[float] = []
    while address:
        answer = program.get(address)
        page = answer.json()
        found += [line["id"] for line in page["items"]]
        amounts += [float(line["amount"]["amount"]) for line in page["items"]]
        address = (page["next"] or "").removeprefix("http://testserver")
        assert ("Link" in answer) == bool(address)
    lines = Line.objects.filter(pool__run=run)
    assert sorted(found) == sorted(line.public_id for line in lines)
    assert len(found) > 2
    assert amounts == sorted(amounts, reverse=True)


def test_lines_can_be_narrowed_to_a_worker(run: Run, program: Program) -> None:
    worker = Worker.objects.earliest("pk")
    lines = program.get(f"runs/{run.public_id}/lines?worker={worker.public_id}").json()["items"]
    assert {line["worker"] for line in lines} == {worker.public_id}
    assert program.get(f"lines/{lines[0]['id']}").json() == lines[0]


def test_the_trace_of_every_line_ends_in_its_amount(run: Run, program: Program) -> None:
    for line in Line.objects.filter(pool__run=run):
        trace = program.get(f"lines/{line.public_id}/trace").json()
        assert trace["kind"] == "run"
        assert trace["reference"] == run.public_id
        results = {step["result"]["value"] for step in _steps(trace)}
        assert str(line.amount_micro) in results


def _steps(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = [step for child in node["children"] for step in _steps(child)]
    return [*node["steps"], *below]


def test_a_statement_adds_up_and_is_found_by_worker(run: Run, program: Program) -> None:
    statement = Statement.objects.filter(run=run).first()
    assert statement is not None
    worker = statement.worker.public_id
    shown = program.get(f"runs/{run.public_id}/statements/{worker}").json()
    assert program.get(f"statements/{worker}").json()["items"] == [shown]
    assert shown in program.get("statements").json()["items"]
    left = [float(shown[name]["amount"]) for name in ("amount", "carried_in")]
    right = [float(shown[name]["amount"]) for name in ("paid", "carried_out")]
    assert sum(left) == pytest.approx(sum(right), abs=1e-9)


def test_the_bundle_that_comes_down_verifies(run: Run, program: Program, tmp_path: Path) -> None:
    answer = program.get(f"runs/{run.public_id}/bundle")
    assert answer["Content-Type"] == "application/zip"
    archive = b"".join(answer.streaming_content)
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(archive)).namelist()
    place = tmp_path / "bundle.zip"
    place.write_bytes(archive)
    assert verify_bundle(place).ok


def test_the_bundle_is_described_as_an_ro_crate(run: Run, program: Program) -> None:
    described = program.get(f"runs/{run.public_id}/ro-crate").json()
    parts = {entity["@id"] for entity in described["@graph"]}
    assert "ro-crate-metadata.json" in parts
    assert any(name.endswith("manifest.json") for name in parts)
