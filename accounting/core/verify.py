"""Verification: `python -m accounting.core.verify BUNDLE` recomputes a run from its bundle alone.

It needs neither Django nor a database. Every file is hashed and every derived figure computed
again from the inputs; the first cell that differs in each file is named. What it cannot prove is
that the inputs are those once logged: that is what the manifest's signed checkpoint is for.

Source: records.md, "Run bundle".
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from accounting.core.allocation import ALGORITHM, allocate
from accounting.core.bundle.archive import open_bundle
from accounting.core.bundle.columns import (
    INDICATORS,
    INPUT_TABLES,
    MANIFEST,
    POLICY,
    TABLES,
    is_derived,
    table_of,
)
from accounting.core.bundle.derived_frames import derived_frames
from accounting.core.bundle.files import BundleUnreadable, cell, read_frame
from accounting.core.bundle.frames import Frame, Words, frame_length, slices, texts
from accounting.core.bundle.input_frames import input_frames
from accounting.core.bundle.manifest import (
    Manifest,
    hash_of_files,
    read_document,
    read_manifest,
    sha256_of_file,
)
from accounting.core.bundle.reading import read_inputs
from accounting.core.canonical import canonical_json, sha256_of_json
from accounting.core.errors import AccountingError

NAMING_COLUMNS = 2
"""How many of its first columns name a row."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in a bundle that is not as it should be.

    Attributes:
        row: The first columns of the row, and its number counted from one; else empty.
        bundle, recomputed: What stands there and what should.
    """

    file: str
    message: str
    row: str = ""
    column: str = ""
    bundle: str = ""
    recomputed: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification; `ok` only if nothing differs."""

    run_id: str = ""
    result_sha256: str = ""
    contributions: int = 0
    lines: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the bundle says what its inputs say."""
        return not self.differences


def verify_bundle(path: Path) -> Verdict:
    """Check a bundle, a directory or a zip of one, and recompute all that is derived in it."""
    try:
        with open_bundle(path) as directory:
            return _verify(directory)
    except AccountingError as error:
        return Verdict(differences=[_refusal(error)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0 if the bundle holds, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m accounting.core.verify",
        description="Recompute a run from its bundle and name the first difference.",
    )
    parser.add_argument("bundle", type=Path, help="a bundle's directory or zip file")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    options = parser.parse_args(arguments)
    verdict = verify_bundle(options.bundle)
    if options.json:
        answer = json.dumps(asdict(verdict) | {"ok": verdict.ok}, ensure_ascii=False)
    elif verdict.ok:
        answer = (
            f"{verdict.run_id}: verified. {verdict.contributions} contributions and"
            f" {verdict.lines} lines recomputed, result {verdict.result_sha256}."
        )
    else:
        answer = "\n".join(difference.message for difference in verdict.differences)
    sys.stdout.write(f"{answer}\n")
    return 0 if verdict.ok else 1


def _verify(directory: Path) -> Verdict:
    manifest = read_manifest(directory)
    damaged = _check_manifest(directory, manifest) + _check_files(directory, manifest)
    inputs_at_fault = [found for found in damaged if not is_derived(found.file)]
    try:
        inputs = read_inputs(directory, manifest)
        allocation = allocate(inputs)
    except AccountingError as error:
        return Verdict(manifest.run_id, differences=[*damaged, _refusal(error)])
    found = list(inputs_at_fault)
    names = {table_of(name): name for name in manifest.files}
    derived = derived_frames(inputs, allocation)
    for table, frame in derived.items():
        name = names.get(table)
        if name is not None:
            found += _compare_file(directory / name, table, frame)
        else:
            found.append(_missing(f"{table}.csv"))
    found += _check_rows(manifest, input_frames(inputs) | derived)
    found += _compare_indicators(directory, allocation.indicators)
    # A cell says more than a hash; where no cell differs, the hash is all there is to say.
    named = {difference.file for difference in found}
    found += [difference for difference in damaged if difference.file not in named]
    return Verdict(
        run_id=manifest.run_id,
        result_sha256=manifest.result_sha256,
        contributions=len(inputs.contributions.id),
        lines=sum(len(pool.line_micro) for pool in allocation.pools),
        differences=found,
    )


def _check_manifest(directory: Path, manifest: Manifest) -> list[Difference]:
    document = read_document(directory / MANIFEST)
    document.pop("manifest_sha256")
    expected = {
        "manifest_sha256": (manifest.manifest_sha256, sha256_of_json(document)),
        "inputs_sha256": (manifest.inputs_sha256, hash_of_files(manifest.files, derived=False)),
        "result_sha256": (manifest.result_sha256, hash_of_files(manifest.files, derived=True)),
        "algorithm": (manifest.algorithm, ALGORITHM),
    }
    if POLICY in manifest.files:
        expected["policy_sha256"] = (manifest.policy_sha256, manifest.files[POLICY].sha256)
    return [
        _cell_difference(MANIFEST, "", column, stated, right)
        for column, (stated, right) in expected.items()
        if stated != right
    ]


def _check_files(directory: Path, manifest: Manifest) -> list[Difference]:
    present = {path.name for path in directory.iterdir()} - {MANIFEST}
    wanted = {table_of(name) for name in manifest.files}
    found = [_missing(name) for name in sorted(set(manifest.files) - present)]
    found += [
        Difference(name, f"{name}: the manifest does not name this file.")
        for name in sorted(present - set(manifest.files))
    ]
    found += [_missing(f"{table}.csv") for table in INPUT_TABLES if table not in wanted]
    for name in sorted(present & set(manifest.files)):
        stated, actual = manifest.files[name].sha256, sha256_of_file(directory / name)
        if stated != actual:
            message = f"{name}: the file's SHA-256 is {actual}, the manifest says {stated}."
            found.append(Difference(name, message, "", "sha256", actual, stated))
    return found


def _check_rows(manifest: Manifest, frames: dict[str, Frame]) -> list[Difference]:
    return [
        _cell_difference(MANIFEST, name, "rows", str(entry.rows), str(frame_length(frames[table])))
        for name, entry in manifest.files.items()
        if (table := table_of(name)) in frames and table is not None
        if entry.rows != frame_length(frames[table])
    ]


def _compare_file(path: Path, table: str, recomputed: Frame) -> list[Difference]:
    """Return the first difference between a derived file and what it should hold."""
    if not path.exists():
        return []
    try:
        stored = read_frame(path, table)
    except BundleUnreadable as error:
        return [_refusal(error)]
    row = _first_difference(table, stored, recomputed)
    if row is not None:
        for column in TABLES[table]:
            left, right = cell(stored, column, row), cell(recomputed, column, row)
            if left != right:
                naming = [cell(stored, first, row) for first in TABLES[table][:NAMING_COLUMNS]]
                label = f"{', '.join(naming)} (row {row + 1})"
                return [_cell_difference(path.name, label, column.name, left, right)]
    lengths = frame_length(stored), frame_length(recomputed)
    if lengths[0] != lengths[1]:
        message = f"{path.name}: bundle has {lengths[0]} rows, recomputed {lengths[1]}."
        return [Difference(path.name, message, "", "rows", str(lengths[0]), str(lengths[1]))]
    return []


def _first_difference(table: str, stored: Frame, recomputed: Frame) -> int | None:
    """Return the first row, of those both have, with a cell that differs."""
    length = min(frame_length(stored), frame_length(recomputed))
    for rows in slices(length):
        unequal = np.zeros(rows.stop - rows.start, dtype=bool)
        for column in TABLES[table]:
            left, right = stored[column.name], recomputed[column.name]
            if isinstance(left, Words) or isinstance(right, Words):
                pairs = zip(texts(left, rows), texts(right, rows), strict=True)
                unequal |= np.fromiter((a != b for a, b in pairs), dtype=bool)
            else:
                unequal |= left[rows] != right[rows]
        if unequal.any():
            first: int = rows.start + int(np.argmax(unequal))
            return first
    return None


def _compare_indicators(directory: Path, recomputed: dict[str, str]) -> list[Difference]:
    if not (directory / INDICATORS).exists():
        return [_missing(INDICATORS)]
    try:
        stored = read_document(directory / INDICATORS)
    except BundleUnreadable as error:
        return [_refusal(error)]
    if not isinstance(stored, dict):
        return [Difference(INDICATORS, f"{INDICATORS} is not an object of names and values.")]
    for name in sorted(set(stored) | set(recomputed)):
        if stored.get(name) != recomputed.get(name):
            left = canonical_json(stored[name]).decode() if name in stored else "nothing"
            right = recomputed.get(name, "nothing")
            return [_cell_difference(INDICATORS, name, "value", left.strip('"'), right)]
    return []


def _cell_difference(file: str, row: str, column: str, bundle: str, recomputed: str) -> Difference:
    place = ", ".join(part for part in (file, row, column) if part)
    message = f"{place}: bundle has {bundle}, recomputed {recomputed}."
    return Difference(file, message, row, column, bundle, recomputed)


def _missing(name: str) -> Difference:
    return Difference(name, f"{name}: the file is missing.")


def _refusal(error: AccountingError) -> Difference:
    return Difference(str(error.facts.get("file", "")), str(error))


if __name__ == "__main__":
    sys.exit(main())
