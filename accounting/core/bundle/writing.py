"""Writing a bundle: complete under its name, or not there at all.

Source: records.md, "Run bundle"; trust.md, fault 20.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from accounting.core.allocation import ALGORITHM
from accounting.core.bundle.columns import INDICATORS, MANIFEST, POLICY
from accounting.core.bundle.derived_frames import derived_frames
from accounting.core.bundle.files import write_frame
from accounting.core.bundle.frames import frame_length
from accounting.core.bundle.input_frames import input_frames
from accounting.core.bundle.manifest import FileEntry, manifest_document, sha256_of_file
from accounting.core.canonical import canonical_json, sha256_of_json
from accounting.core.tables import Allocation, Inputs

READABLE = 0o755


def write_bundle(
    directory: Path, inputs: Inputs, allocation: Allocation, *, run_id: str, checkpoint: str
) -> dict[str, Any]:
    """Write the bundle of a run and return its manifest.

    All files are written and synced beside `directory` first and then take its name at once, so
    no reader and no crash ever leaves half a bundle. A bundle already there is replaced.

    Args:
        directory: Where the bundle goes; its parent is created if need be.
        checkpoint: The signed log checkpoint that covers the inputs, empty if there is none.

    Raises:
        IdsMissing: Contributions have no public ids.
        NotCanonical: The policy holds something that has no canonical JSON form.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        files = _write_files(staging, inputs, allocation)
        manifest = manifest_document(
            {
                "run_id": run_id,
                "operator": inputs.operator,
                "period_start": inputs.period.start.isoformat(),
                "period_end": inputs.period.end.isoformat(),
                "currency": inputs.period.currency,
                "minor_digits": inputs.period.minor_digits,
                "policy_sha256": sha256_of_json(inputs.policy_document),
                "algorithm": ALGORITHM,
                "checkpoint": checkpoint,
            },
            files,
        )
        (staging / MANIFEST).write_bytes(canonical_json(manifest))
        staging.chmod(READABLE)
        _sync(staging)
        _put_in_place(staging, directory)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest


def _write_files(staging: Path, inputs: Inputs, allocation: Allocation) -> dict[str, FileEntry]:
    rows: dict[str, int] = {}
    for table, frame in input_frames(inputs).items():
        rows[write_frame(staging, table, frame)] = frame_length(frame)
    for table, frame in derived_frames(inputs, allocation).items():
        rows[write_frame(staging, table, frame)] = frame_length(frame)
    for name, document in ((POLICY, inputs.policy_document), (INDICATORS, allocation.indicators)):
        (staging / name).write_bytes(canonical_json(document))
        rows[name] = len(document)
    return {
        name: FileEntry(sha256=sha256_of_file(staging / name), rows=count)
        for name, count in sorted(rows.items())
    }


def _put_in_place(staging: Path, directory: Path) -> None:
    if directory.exists():
        # A directory cannot be renamed over a full one; the old bundle steps aside first.
        old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        directory.rename(old)
        try:
            staging.rename(directory)
        except OSError:
            old.rename(directory)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        staging.rename(directory)
    _sync_directory(directory.parent)


def _sync(staging: Path) -> None:
    for path in staging.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    _sync_directory(staging)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
