"""The verifier names what differs, and refuses what is no bundle in plain words."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from accounting.core.allocation import allocate
from accounting.core.bundle import write_bundle, zip_bundle
from accounting.core.bundle.columns import DERIVED_TABLES
from accounting.core.bundle.manifest import FileEntry, hash_of_files, sha256_of_file
from accounting.core.canonical import canonical_json, sha256_of_json
from accounting.core.tables import Inputs
from accounting.core.verify import main, verify_bundle


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, example: Inputs) -> Path:
    directory = tmp_path_factory.mktemp("bundles") / "run"
    write_bundle(directory, example, allocate(example), run_id="run_1", checkpoint="")
    return directory


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "run"))


def rehash(bundle: Path) -> None:
    """Make the manifest agree with the files, as a careful forger would."""
    document = json.loads((bundle / "manifest.json").read_bytes())
    del document["manifest_sha256"]
    for name, entry in document["files"].items():
        entry["sha256"] = sha256_of_file(bundle / name)
    files = {name: FileEntry(**entry) for name, entry in document["files"].items()}
    document["policy_sha256"] = document["files"]["policy.json"]["sha256"]
    document["inputs_sha256"] = hash_of_files(files, derived=False)
    document["result_sha256"] = hash_of_files(files, derived=True)
    document["manifest_sha256"] = sha256_of_json(document)
    (bundle / "manifest.json").write_bytes(canonical_json(document))


def replace_text(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert content.count(old.encode()) >= 1
    path.write_bytes(content.replace(old.encode(), new.encode(), 1))


def test_an_honest_bundle_holds(bundle: Path) -> None:
    verdict = verify_bundle(bundle)
    assert verdict.ok
    assert (verdict.run_id, verdict.contributions, verdict.lines) == ("run_1", 10, 24)


def test_a_zip_of_the_files_or_of_their_folder_holds(bundle: Path, tmp_path: Path) -> None:
    zip_bundle(bundle, tmp_path / "flat.zip")
    shutil.make_archive(str(tmp_path / "folder"), "zip", tmp_path, "run")
    assert verify_bundle(tmp_path / "flat.zip").ok
    assert verify_bundle(tmp_path / "folder.zip").ok


def test_a_changed_byte_in_any_file_is_found_there(bundle: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    for path in sorted(bundle.iterdir()):
        content = path.read_bytes()
        for _ in range(3):
            changed = bytearray(content)
            changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(changed)
            verdict = verify_bundle(bundle)
            assert not verdict.ok
            assert path.name in {difference.file for difference in verdict.differences}
        path.write_bytes(content)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_tampered_cell_is_named_even_if_all_hashes_were_redone(
    bundle: Path, hidden: bool
) -> None:
    replace_text(bundle / "lines.csv", "profit-share,gao,195653938", "profit-share,gao,195653939")
    if hidden:
        rehash(bundle)
    first = verify_bundle(bundle).differences[0]
    assert first.message == (
        "lines.csv, profit-share, gao (row 21), amount_micro:"
        " bundle has 195653939, recomputed 195653938."
    )
    assert (first.file, first.column) == ("lines.csv", "amount_micro")


def test_a_tampered_input_shows_in_all_that_follows_from_it(bundle: Path) -> None:
    replace_text(bundle / "contributions.csv", "720000,active", "730000,active")
    rehash(bundle)
    differing = {difference.file for difference in verify_bundle(bundle).differences}
    assert {"labour.csv", "weights.csv", "flows.csv", "lines.csv", "statements.csv"} <= differing


def test_a_missing_or_added_row_is_named(bundle: Path) -> None:
    lines = (bundle / "escrow.csv").read_text(encoding="utf-8")
    (bundle / "escrow.csv").write_bytes((lines + "wage-floor,,1,commons\r\n").encode())
    rehash(bundle)
    messages = [difference.message for difference in verify_bundle(bundle).differences]
    assert any("rows" in message and "escrow.csv" in message for message in messages)


@pytest.mark.parametrize("name", ["lines.csv", "policy.json", "indicators.json", "grades.csv"])
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert name in {difference.file for difference in verify_bundle(bundle).differences}


def test_a_file_too_many_is_named(bundle: Path) -> None:
    (bundle / "lines.parquet").write_bytes(b"")
    assert any(d.file == "lines.parquet" for d in verify_bundle(bundle).differences)
    (bundle / "notes.txt").write_bytes(b"")
    assert "notes.txt" in verify_bundle(bundle).differences[0].message


def test_a_changed_indicator_is_named(bundle: Path) -> None:
    replace_text(bundle / "indicators.json", '"lerner":"0.85', '"lerner":"0.05')
    rehash(bundle)
    first = verify_bundle(bundle).differences[0]
    assert (first.file, first.row) == ("indicators.json", "lerner")
    assert (first.bundle, first.recomputed) == ("0.050000000", "0.850000000")


def test_a_contradiction_in_the_inputs_is_named_and_not_computed(bundle: Path) -> None:
    replace_text(bundle / "edges.csv", "d1,m1,trained_on,600000", "d1,m1,trained_on,960000")
    rehash(bundle)
    assert any("more than one" in d.message for d in verify_bundle(bundle).differences)


def test_another_algorithm_is_not_ours_to_confirm(bundle: Path) -> None:
    replace_text(bundle / "manifest.json", "huisu-allocate/1", "huisu-allocate/9")
    rehash(bundle)
    first = verify_bundle(bundle).differences[0]
    assert (first.file, first.column) == ("manifest.json", "algorithm")


def _zip(path: Path, members: dict[str, bytes], **fields: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, **fields)
    return path


@pytest.mark.parametrize(
    "members",
    [
        {"../manifest.json": b"{}"},
        {"/manifest.json": b"{}"},
        {"a/manifest.json": b"{}", "b/policy.json": b"{}"},
        {"manifest.json": b"{}", "run.exe": b""},
        {"lines.csv": b"0" * 30_000_000},
        {"manifest.json": b"[" * 100_000},
        {"manifest.json": b'{"format":"huisu-run/1"}'},
        {},
    ],
)
def test_a_hostile_zip_is_refused_in_plain_words(members: dict[str, bytes], tmp_path: Path) -> None:
    verdict = verify_bundle(_zip(tmp_path / "bad.zip", members))
    assert len(verdict.differences) == 1
    assert "Traceback" not in verdict.differences[0].message


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(b"PK\x03\x04 not really")
    assert not verify_bundle(tmp_path / "bundle.zip").ok
    assert not verify_bundle(tmp_path / "nowhere").ok


def test_a_link_out_of_the_bundle_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (bundle / "lines.csv").unlink()
    (bundle / "lines.csv").symlink_to(tmp_path / "secret")
    assert "not a plain file" in verify_bundle(bundle).differences[0].message


def test_the_command_line_says_yes_or_names_the_difference(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bundle)]) == 0
    assert capsys.readouterr().out.startswith("run_1: verified. 10 contributions and 24 lines")
    replace_text(bundle / "pools.csv", "commons,commons,direct,4", "commons,commons,direct,5")
    assert main([str(bundle), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert answer["differences"][0]["column"] == "funded_micro"


def test_verification_needs_no_framework(bundle: Path) -> None:
    program = (
        "import sys\n"
        "from accounting.core.verify import main\n"
        "code = main([sys.argv[1]])\n"
        "assert not {'django', 'celery', 'psycopg'} & set(sys.modules), 'too much imported'\n"
        "sys.exit(code)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(bundle)],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_all_derived_files_are_recomputed(bundle: Path) -> None:
    for table in DERIVED_TABLES:
        content = (bundle / f"{table}.csv").read_bytes()
        header, _, rest = content.partition(b"\r\n")
        (bundle / f"{table}.csv").write_bytes(header + b"\r\n" + rest.partition(b"\r\n")[2])
        rehash(bundle)
        differing = {difference.file for difference in verify_bundle(bundle).differences}
        assert f"{table}.csv" in differing
        (bundle / f"{table}.csv").write_bytes(content)
