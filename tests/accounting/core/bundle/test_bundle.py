"""A bundle holds all a run was computed from, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounting.core.allocation import ALGORITHM, allocate
from accounting.core.bundle import read_bundle, write_bundle, zip_bundle
from accounting.core.bundle.columns import DERIVED_TABLES, INPUT_TABLES
from accounting.core.bundle.files import BundleUnreadable, read_frame, write_frame
from accounting.core.bundle.frames import Frame, Words, frame_length
from accounting.core.bundle.input_frames import IdsMissing, input_frames
from accounting.core.canonical import NotCanonical, canonical_json, sha256_of_json
from accounting.core.tables import Inputs
from accounting.core.verify import verify_bundle
from tests.accounting.core.changes import changed, with_cell

RECORDS = {
    "products": "product_id,kind,name,version,operator,released_on,public",
    "edges": "upstream_id,downstream_id,relation,transfer_ppm,machine_ppm",
    "contributions": (
        "contribution_id,worker_id,product_id,labour_type,task_type,phase,occurred_on,seconds,"
        "time_basis,units,quality_ppm,outcome,grade,wage_micro,evidence_grade,licence_id"
    ),
    "revenue": "revenue_id,product_id,bundle_id,channel,amount_micro",
    "scores": "contribution_id,score,valuation_id",
    "norms": "task_type,method,seconds,effective_units,producers",
    "labour": "contribution_id,credited_uh,complexity_ppm,decay_ppm,content_uh,basis",
    "pools": "pool_id,kind,flow,funded_micro,scaled_from_micro",
    "weights": "pool_id,contribution_id,weight",
    "flows": "pool_id,product_id,upstream_id,amount_micro",
    "lines": "pool_id,contribution_id,amount_micro",
    "statements": "worker_id,amount_micro,carried_in_micro,paid_minor,carried_out_micro",
    "escrow": "pool_id,product_id,amount_micro,reason",
}


def write(directory: Path, inputs: Inputs) -> dict[str, Any]:
    return write_bundle(directory, inputs, allocate(inputs), run_id="run_1", checkpoint="")


def same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray):
        return np.array_equal(left, right) and left.dtype.kind == right.dtype.kind
    if is_dataclass(left):
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
    return bool(left == right)


@pytest.mark.parametrize("table", RECORDS)
def test_the_columns_of_the_specification_come_first_and_in_its_order(table: str) -> None:
    columns = [column.name for column in (INPUT_TABLES | DERIVED_TABLES)[table]]
    assert ",".join(columns).startswith(RECORDS[table])


def test_what_was_written_reads_back(example: Inputs, tmp_path: Path) -> None:
    inputs = changed(
        example,
        "products",
        name=['A "quoted", name', "two\r\nlines", "中文", ""],
    )
    inputs = with_cell(inputs, "contributions", "seconds", 2, -1)
    manifest = write(tmp_path / "run", inputs)
    bundle = read_bundle(tmp_path / "run")
    assert same(bundle.inputs, inputs)
    assert set(bundle.derived) == set(DERIVED_TABLES)
    assert bundle.indicators == allocate(inputs).indicators
    assert (manifest["algorithm"], manifest["format"]) == (ALGORITHM, "huisu-run/1")


def test_the_same_run_gives_the_same_bytes(example: Inputs, tmp_path: Path) -> None:
    assert write(tmp_path / "a", example) == write(tmp_path / "b", example)
    zip_bundle(tmp_path / "a", tmp_path / "a.zip")
    zip_bundle(tmp_path / "b", tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert same(read_bundle(tmp_path / "a.zip").inputs, example)


def test_the_manifest_hashes_all_it_names(example: Inputs, tmp_path: Path) -> None:
    manifest = write(tmp_path / "run", example)
    stored = json.loads((tmp_path / "run" / "manifest.json").read_bytes())
    assert stored == manifest
    own = stored.pop("manifest_sha256")
    assert own == sha256_of_json(stored)
    assert stored["policy_sha256"] == sha256_of_json(example.policy_document)
    assert set(stored["files"]) == {p.name for p in (tmp_path / "run").iterdir()} - {
        "manifest.json"
    }
    derived = {
        name: entry["sha256"]
        for name, entry in stored["files"].items()
        if name.removesuffix(".csv") in DERIVED_TABLES or name == "indicators.json"
    }
    assert stored["result_sha256"] == sha256_of_json(derived)


def test_tables_stand_in_ascending_order(example: Inputs, tmp_path: Path) -> None:
    write(tmp_path / "run", example)
    for table in ("lines", "weights", "flows", "escrow", "labour", "norms", "facts", "usage"):
        lines = (tmp_path / "run" / f"{table}.csv").read_text(encoding="utf-8").splitlines()[1:]
        keys = [line.split(",")[:2] for line in lines]
        assert keys == sorted(keys)


def test_a_bundle_replaces_an_older_one_of_its_name(example: Inputs, tmp_path: Path) -> None:
    run = tmp_path / "bundles" / "run"
    write(run, example)
    (run / "stale.csv").write_text("old", encoding="utf-8")
    write(run, example)
    assert not (run / "stale.csv").exists()
    assert list(run.parent.iterdir()) == [run]


def test_nothing_is_left_of_a_bundle_that_could_not_be_written(
    example: Inputs, tmp_path: Path
) -> None:
    nameless = changed(example, "contributions", id=np.array([""] * 10))
    with pytest.raises(IdsMissing):
        write(tmp_path / "bundles" / "run", nameless)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_an_older_bundle_survives_a_newer_that_fails(example: Inputs, tmp_path: Path) -> None:
    manifest = write(tmp_path / "run", example)
    broken = replace(example, policy_document=example.policy_document | {"name": "\ud800"})
    run = allocate(example)
    with pytest.raises(NotCanonical):
        write_bundle(tmp_path / "run", broken, run, run_id="run_2", checkpoint="")
    assert read_bundle(tmp_path / "run").manifest.run_id == manifest["run_id"]


def test_large_tables_are_parquet_with_the_same_cells(
    example: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The limit of a million rows is lowered, not the code replaced.
    monkeypatch.setattr("accounting.core.bundle.files.PARQUET_ABOVE", 3)
    inputs = with_cell(example, "contributions", "seconds", 2, -1)
    write(tmp_path / "run", inputs)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"contributions.parquet", "lines.parquet", "grades.parquet"} <= names
    assert "licences.csv" in names
    assert same(read_bundle(tmp_path / "run").inputs, inputs)
    assert verify_bundle(tmp_path / "run").ok


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_frame_survives_its_file(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "accounting.core.bundle.files.PARQUET_ABOVE", 1 if suffix == "parquet" else 10
    )
    frame: Frame = {
        "cost_id": Words(np.array([0, 1, 2]), ["a", "", "c,\n"]),
        "product_id": Words(np.array([-1, 0, -1]), ["p"]),
        "kind": Words(np.array([0, 0, 0]), ["energy"]),
        "amount_micro": np.array([-5, 0, 2**62]),
        "gpu_milli_hours": np.array([-1, 0, 7]),
    }
    name = write_frame(tmp_path, "costs", frame)
    assert name == f"costs.{suffix}"
    found = read_frame(tmp_path / name, "costs")
    assert frame_length(found) == 3
    amounts, hours, ids = found["amount_micro"], found["gpu_milli_hours"], found["cost_id"]
    assert isinstance(ids, Words)
    assert isinstance(amounts, np.ndarray)
    assert isinstance(hours, np.ndarray)
    assert amounts.tolist() == [-5, 0, 2**62]
    assert hours.tolist() == [-1, 0, 7]
    assert [ids.words[code] for code in ids.codes] == ["a", "", "c,\n"]


@pytest.mark.parametrize(
    "text",
    [
        "grade\r\na\r\n\r\nb\r\n",
        "grades\r\na\r\n",
        "\ufeffgrade\r\na\r\n",
        'grade\r\n"a\r\n',
        'grade\r\n"a"b\r\n',
        "grade\r\na,b\r\n",
        "grade\r\na\0\r\n",
        "",
    ],
)
def test_a_file_we_would_not_have_written_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "grades.csv").write_bytes(text.encode())
    with pytest.raises(BundleUnreadable, match=r"grades\.csv"):
        read_frame(tmp_path / "grades.csv", "grades")


@pytest.mark.parametrize("number", ["1.0", "01", "+1", " 1", "1_0", "", "x", "\u0661", str(2**63)])
def test_a_number_written_in_another_way_is_refused(number: str, tmp_path: Path) -> None:
    header = "worker_id,amount_micro,carried_in_micro,paid_minor,carried_out_micro"
    content = f"{header}\r\nw,0,0,0,{number}\r\n"
    (tmp_path / "statements.csv").write_bytes(content.encode())
    with pytest.raises(BundleUnreadable, match="row 1, carried_out_micro"):
        read_frame(tmp_path / "statements.csv", "statements")


def test_an_unknown_figure_is_empty_and_never_negative(tmp_path: Path) -> None:
    content = "product_id,gpu_milli_hours,governance_seconds,training_flop\r\np,-1,,\r\n"
    (tmp_path / "index_inputs.csv").write_bytes(content.encode())
    with pytest.raises(BundleUnreadable, match="gpu_milli_hours"):
        read_frame(tmp_path / "index_inputs.csv", "index_inputs")


def test_every_input_table_has_all_its_columns(example: Inputs) -> None:
    frames = input_frames(example)
    assert frames.keys() == INPUT_TABLES.keys()
    for table, columns in INPUT_TABLES.items():
        assert list(frames[table]) == [column.name for column in columns]


def test_the_policy_travels_as_ratified(example: Inputs, tmp_path: Path) -> None:
    write(tmp_path / "run", example)
    stored = (tmp_path / "run" / "policy.json").read_bytes()
    assert stored == canonical_json(example.policy_document)
