from __future__ import annotations

from pathlib import Path

import pytest

from accounting.cases.case import Worker
from accounting.cases.reading import (
    CaseFileInvalid,
    catalogue,
    provenance,
    read_csv,
    shaped,
    task_types,
)

LABOUR_TYPES = {"PROMPT", "DATA", "MODEL", "EVAL", "OPS", "INTEG", "COMPL", "BIZ"}


def test_provenance_lines_are_no_rows_and_empty_cells_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("# Source: here: and there\n# Licence: CC0-1.0\nwho,hours\nana,\n")
    assert read_csv(path) == [{"who": "ana", "hours": None}]
    assert provenance(path) == {"source": "here: and there", "licence": "CC0-1.0"}


def test_a_row_with_a_missing_cell_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("who,hours\nana,1\nbo\n")
    with pytest.raises(CaseFileInvalid, match="row 2 has 1 cells"):
        read_csv(path)


def test_an_unknown_status_is_refused_by_its_field() -> None:
    row = {"key": "ana", "status": "serf", "country": "CN", "region": "x"}
    with pytest.raises(CaseFileInvalid, match="status"):
        shaped(row, Worker, file=Path("workers.toml"))


def test_the_catalogue_covers_all_eight_labour_types() -> None:
    assert {task_type.labour_type for task_type in catalogue()} == LABOUR_TYPES


def test_a_parent_counts_the_same_unit_and_labour_type_as_its_child() -> None:
    by_code = {task_type.code: task_type for task_type in catalogue()}
    children = [task_type for task_type in catalogue() if task_type.parent]
    assert children
    for child in children:
        parent = by_code[str(child.parent)]
        assert (parent.unit, parent.labour_type) == (child.unit, child.labour_type)


def test_a_task_type_brings_its_parent() -> None:
    assert [kind.code for kind in task_types(["text-labelling"])] == ["labelling", "text-labelling"]


def test_a_task_type_nobody_listed_is_refused() -> None:
    with pytest.raises(CaseFileInvalid, match="idling"):
        task_types(["idling"])
