"""The manifest: what a bundle is, and a hash over everything in it.

`manifest_sha256` covers the manifest without itself, so that no byte of a bundle can change
unnoticed; `result_sha256` covers the derived files alone and names a result wherever it was
computed.

Source: records.md, "Run bundle".
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec

from accounting.core.bundle.columns import MANIFEST, is_derived
from accounting.core.bundle.files import BundleUnreadable
from accounting.core.canonical import canonical_json, sha256_of_json
from accounting.core.errors import AccountingError
from accounting.core.tables import Period

FORMAT = "huisu-run/1"
LARGEST_DOCUMENT = 64 * 2**20

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class FileEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the manifest says of a file; `rows` counts the rows of a table, else entries."""

    sha256: Sha256
    rows: Annotated[int, msgspec.Meta(ge=0)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manifest as it stands in the bundle."""

    format: str
    run_id: str
    operator: str
    period_start: str
    period_end: str
    currency: str
    minor_digits: int
    policy_sha256: Sha256
    algorithm: str
    files: dict[str, FileEntry]
    checkpoint: str
    inputs_sha256: Sha256
    result_sha256: Sha256
    manifest_sha256: Sha256

    def period(self) -> Period:
        """Return the period.

        Raises:
            BundleUnreadable: A day is not written as ISO 8601 has it.
        """
        return Period(
            start=read_date(MANIFEST, self.period_start),
            end=read_date(MANIFEST, self.period_end),
            currency=self.currency,
            minor_digits=self.minor_digits,
        )


def manifest_document(description: dict[str, Any], files: dict[str, FileEntry]) -> dict[str, Any]:
    """Complete a manifest with its files and the hashes over them."""
    document: dict[str, Any] = {
        "format": FORMAT,
        **description,
        "files": {name: msgspec.to_builtins(entry) for name, entry in files.items()},
        "inputs_sha256": hash_of_files(files, derived=False),
        "result_sha256": hash_of_files(files, derived=True),
    }
    return document | {"manifest_sha256": sha256_of_json(document)}


def hash_of_files(files: dict[str, FileEntry], *, derived: bool) -> str:
    """Return one hash over the names and hashes of all input, or of all derived files."""
    return sha256_of_json(
        {name: entry.sha256 for name, entry in files.items() if is_derived(name) == derived}
    )


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of an unpacked bundle.

    Raises:
        BundleUnreadable: It is missing, damaged, or of a format this code does not know.
    """
    document = read_document(directory / MANIFEST)
    try:
        manifest = msgspec.convert(document, Manifest, strict=True)
    except msgspec.ValidationError as error:
        raise BundleUnreadable(f"{MANIFEST}: {error}", file=MANIFEST) from error
    if manifest.format != FORMAT:
        raise BundleUnreadable(f"{MANIFEST}: the format is not {FORMAT}.", file=MANIFEST)
    return manifest


def read_document(path: Path) -> Any:
    """Read a JSON document of a bundle.

    Raises:
        BundleUnreadable: It is missing, too large, no JSON, or not in canonical form.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_DOCUMENT else b""
        document = msgspec.json.decode(content)
        canonical = canonical_json(document)
    except (OSError, ValueError, RecursionError, AccountingError) as error:
        raise BundleUnreadable(f"{path.name} cannot be read: {error}", file=path.name) from error
    if canonical != content:
        raise BundleUnreadable(f"{path.name} is not in canonical form.", file=path.name)
    return document


def read_date(file_name: str, text: str) -> date:
    """Read a day written as YYYY-MM-DD.

    Raises:
        BundleUnreadable: It is written in any other way.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BundleUnreadable(f"{file_name}: {text[:40]!r} is no date.", file=file_name) from error
    if day.isoformat() != text:
        raise BundleUnreadable(f"{file_name}: {text[:40]!r} is no date.", file=file_name)
    return day


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
