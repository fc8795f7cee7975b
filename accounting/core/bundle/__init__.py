"""The run bundle `huisu-run/1`: all an outsider needs to recompute a run.

`columns` names the files, `input_frames` and `derived_frames` fill them, `files` writes and
reads one, `manifest` ties them together, `archive` opens what a stranger sent.

Source: records.md, "Run bundle".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from accounting.core.bundle.archive import open_bundle, zip_bundle
from accounting.core.bundle.columns import DERIVED_TABLES, INDICATORS, table_of
from accounting.core.bundle.files import BundleUnreadable, read_frame
from accounting.core.bundle.frames import Frame
from accounting.core.bundle.manifest import Manifest, read_document, read_manifest
from accounting.core.bundle.reading import read_inputs
from accounting.core.bundle.writing import write_bundle
from accounting.core.tables import Inputs

__all__ = [
    "Bundle",
    "BundleUnreadable",
    "open_bundle",
    "read_bundle",
    "write_bundle",
    "zip_bundle",
]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was read: its inputs, and what it says was derived from them."""

    manifest: Manifest
    inputs: Inputs
    derived: dict[str, Frame]
    indicators: dict[str, str]


def read_bundle(path: Path) -> Bundle:
    """Read a bundle, a directory or a zip of one, without checking what was derived.

    Raises:
        BundleUnreadable: It is no bundle, or a damaged one.
    """
    with open_bundle(path) as directory:
        manifest = read_manifest(directory)
        derived = {
            table: read_frame(directory / name, table)
            for name in manifest.files
            if (table := table_of(name)) in DERIVED_TABLES and table is not None
        }
        return Bundle(
            manifest=manifest,
            inputs=read_inputs(directory, manifest),
            derived=derived,
            indicators=read_document(directory / INDICATORS),
        )
