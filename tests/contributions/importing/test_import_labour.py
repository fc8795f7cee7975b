"""`manage.py import_labour`: the same import from the command line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contributions.imports.mapping import write_mapping
from contributions.models import Contribution, ImportBatch, StagedImport
from tests.contributions.importing.staging import ANN, BEA, MAPPING, Office, counted, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return Office()


def run(office: Office, file: Path, **options: Any) -> str:
    """Run the command and return what it says."""
    said = StringIO()
    chosen: dict[str, Any] = {
        "organisation": office.union.public_id,
        "product": office.product.name,
        "task_type": office.task_type.code,
        "zone": "Asia/Manila",
    }
    call_command("import_labour", str(file), stdout=said, stderr=said, **(chosen | options))
    return said.getvalue()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    path = tmp_path / "work.csv"
    path.write_bytes(table(ANN, BEA, "x,eve,2026-02-30,1,1,"))
    return path


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "work.toml"
    path.write_text(write_mapping(MAPPING))
    return path


def test_a_file_is_recorded_through_a_mapping(office: Office, work: Path, mapping: Path) -> None:
    said = run(office, work, mapping=mapping)
    assert counted() == [("1", 3600, 10), ("2", 1800, 5)]
    assert "new 2, known 0" in said
    assert "line 4 day: There is no such day" in said
    assert ImportBatch.objects.get().public_id in said


def test_a_dry_run_records_nothing(office: Office, work: Path, mapping: Path) -> None:
    said = run(office, work, mapping=mapping, dry_run=True)
    assert "new 2" in said
    assert not Contribution.objects.exists()
    assert StagedImport.objects.get().state == StagedImport.State.DISCARDED


def test_the_same_file_again_is_refused_in_words(office: Office, work: Path, mapping: Path) -> None:
    run(office, work, mapping=mapping)
    with pytest.raises(CommandError, match="recorded as they are"):
        run(office, work, mapping=mapping)


def test_an_unknown_table_gets_a_guessed_mapping(office: Office, work: Path) -> None:
    with pytest.raises(CommandError, match="--mapping"):
        run(office, work)


def test_a_format_is_recognised(office: Office) -> None:
    fixtures = Path(__file__).resolve().parents[1] / "imports" / "fixtures"
    said = run(office, fixtures / "prodigy.jsonl")
    assert "read as prodigy" in said
    assert Contribution.objects.exists()


def test_a_missing_file_is_told_in_words(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(office, tmp_path / "absent.csv")
    assert not StagedImport.objects.exists()
