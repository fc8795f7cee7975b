"""A run handed out is whole, described, and held against the database cell by cell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounting.cases.worked_example import worked_example
from accounting.models import Run
from accounting.services import cases
from accounting.services.verifying import verify_run
from tests import factories
from tests.tampering import tamper

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run() -> Run:
    """A computed run of the worked example."""
    return factories.computed_run(cases.load_case(case=worked_example()))


def test_an_exported_run_is_verified_by_a_stranger(run: Run, tmp_path: Path) -> None:
    call_command("export_run", run.public_id, to=tmp_path / "out")
    bundle = tmp_path / "out" / run.public_id
    answer = subprocess.run(
        [sys.executable, "-m", "accounting.core.verify", str(bundle)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout
    assert run.result_sha256 in answer.stdout


def test_a_crate_names_every_file_beside_it(run: Run, tmp_path: Path) -> None:
    call_command("export_run", run.public_id, to=tmp_path)
    crate = json.loads((tmp_path / "ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert crate["@context"] == "https://w3id.org/ro/crate/1.3/context"
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    files = {f"{run.public_id}/{path.name}" for path in (tmp_path / run.public_id).iterdir()}
    assert {part["@id"] for part in entities["./"]["hasPart"]} == files
    for name in files:
        assert int(entities[name]["contentSize"]) == (tmp_path / name).stat().st_size
    action = entities["#run"]
    assert {part["@id"] for part in action["object"] + action["result"]} | {
        f"{run.public_id}/manifest.json"
    } == files
    referred = {
        value["@id"]
        for entity in crate["@graph"]
        for value in entity.values()
        if isinstance(value, dict)
    }
    assert referred - {"https://w3id.org/ro/crate/1.3"} <= entities.keys()


def test_an_export_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    call_command("export_run", run.public_id, to=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CommandError, match="holds an export already"):
        call_command("export_run", run.public_id, to=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_that_is_not_there_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no run"):
        call_command("export_run", "run_0000000000ZZZ", to=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_database_and_bundle_of_a_run_are_alike(run: Run) -> None:
    verdict = verify_run(run=run)
    assert verdict.differences == []
    lines = sum(pool.lines.count() for pool in run.pools.all())
    assert verdict.rows > 2 * lines + run.labour.count()
    call_command("verify_run", run.public_id, recompute=True)


@pytest.mark.parametrize(
    ("table", "change", "named"),
    [
        (
            "accounting_lineblock",
            "UPDATE accounting_lineblock SET amounts[1] = amounts[1] + 1",
            ("lines", "amount_micro"),
        ),
        (
            "accounting_lineblock",
            "UPDATE accounting_lineblock SET weights[1] = weights[1] + 1",
            ("weights", "weight"),
        ),
        (
            "accounting_labourblock",
            "UPDATE accounting_labourblock SET content_uh[3] = 1",
            ("labour", "content_uh"),
        ),
        (
            "accounting_labourblock",
            "UPDATE accounting_labourblock SET basis[1] = 3",
            ("labour", "basis"),
        ),
        (
            "accounting_statement",
            "UPDATE accounting_statement SET amount_micro = amount_micro + 1",
            ("statements", "amount_micro"),
        ),
        (
            "accounting_flow",
            "UPDATE accounting_flow SET amount_micro = amount_micro + 1",
            ("flows", "amount_micro"),
        ),
        (
            "accounting_runpool",
            "UPDATE accounting_runpool SET funded_micro = funded_micro + 1",
            ("pools", "funded_micro"),
        ),
        (
            "accounting_runnorm",
            "UPDATE accounting_runnorm SET seconds = seconds + 1",
            ("norms", "seconds"),
        ),
        (
            "accounting_runindicator",
            "UPDATE accounting_runindicator SET value = '0.5'",
            ("indicators", "value"),
        ),
    ],
)
def test_a_cell_changed_in_the_database_is_named(
    run: Run, table: str, change: str, named: tuple[str, str]
) -> None:
    tamper(table, change)
    differences = verify_run(run=run).differences
    assert [(found.table, found.column) for found in differences] == [named]
    assert differences[0].database != differences[0].bundle
    with pytest.raises(CommandError, match="is not what its bundle says"):
        call_command("verify_run", run.public_id)


def test_a_row_missing_in_the_database_is_named(run: Run) -> None:
    tamper(
        "accounting_statement",
        "DELETE FROM accounting_statement WHERE id = (SELECT max(id) FROM accounting_statement)",
    )
    (difference,) = verify_run(run=run).differences
    assert (difference.table, difference.database) == ("statements", "")


def change_first_amount(text: str) -> str:
    """Add one µ to the first data row's last cell."""
    head, first, *rest = text.split("\r\n")
    *cells, amount = first.split(",")
    return "\r\n".join([head, ",".join([*cells, str(int(amount) + 1)]), *rest])


@pytest.mark.parametrize("change", [change_first_amount])
def test_a_cell_changed_in_the_bundle_is_named_on_both_ways(
    run: Run, change: Callable[[str], str], data_folder: Path
) -> None:
    file = data_folder / "bundles" / run.bundle_name / "lines.csv"
    file.write_bytes(change(file.read_bytes().decode()).encode())
    (difference,) = verify_run(run=run).differences
    assert (difference.table, difference.column) == ("lines", "amount_micro")
    assert int(difference.bundle) == int(difference.database) + 1
    answer = subprocess.run(
        [sys.executable, "-m", "accounting.core.verify", str(file.parent)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "lines.csv" in answer.stdout
    assert "amount_micro" in answer.stdout
