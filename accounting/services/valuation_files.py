"""Where the files of a valuation lie, and how they get there.

The file as it was uploaded is read once, in a process of its own, into arrays of ours; these
stay, since a valuation must be open to recomputation. The upload itself is removed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import Valuation
from accounting.valuation.files.limits import Limits
from accounting.valuation.files.reading import Content, read_arrays, read_file
from accounting.valuation.files.scores import Columns

LONGEST_NAME: Final = 200
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class ValuationFileTooLarge(AccountingError):
    """The file is larger than what may be uploaded; facts: limit, in bytes."""

    code = "upload_too_large"


class NoRoomForValuation(AccountingError):
    """The disk is full; nothing of the file was kept."""

    code = "no_room_for_upload"


class ValuationFilesChanged(AccountingError):
    """What lies on disk is not what was read when the valuation was asked."""

    code = "valuation_files_changed"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was read.

    Attributes:
        name: As it was called.
        sha256: Of the upload.
        size_bytes: Of the upload.
        arrays_sha256: Of what was read out of it.
    """

    name: str
    sha256: str
    size_bytes: int
    arrays_sha256: str

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON holds it."""
        return {name: getattr(self, name) for name in Stored.__dataclass_fields__}


def folder_of(valuation: Valuation) -> Path:
    """Return where the files of a valuation lie."""
    return Path(settings.HUISU_DATA) / "valuations" / valuation.public_id


def take(
    *,
    valuation: Valuation,
    chunks: Iterable[bytes],
    file_name: str,
    content: Content,
    columns: Columns | None = None,
) -> Stored:
    """Store an upload, read it into arrays, and keep these alone.

    Raises:
        ValuationFileTooLarge: It has more bytes than may be uploaded.
        NoRoomForValuation: The disk is full.
        FileRefused: It cannot be used, and why.
    """
    bounds = Limits()
    folder = folder_of(valuation)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    upload = folder / f"{content.value}.upload"
    into = path_of(valuation, content)
    with _room(), _removed(upload):
        sha256, size = _store(chunks, upload, bounds.file_bytes)
        fresh = into.with_suffix(".new")
        read_file(upload, content, into=fresh, columns=columns, limits=bounds)
        arrays_sha256 = digest_of(fresh)
        fresh.replace(into)
    name = Path(file_name).name[-LONGEST_NAME:] or content.value
    return Stored(name, sha256, size, arrays_sha256)


def path_of(valuation: Valuation, content: str) -> Path:
    """Return where the arrays of a kind of content lie."""
    return folder_of(valuation) / f"{content}.npz"


def load(valuation: Valuation, content: str, *, sha256: str) -> dict[str, npt.NDArray[Any]]:
    """Read arrays back, if they are still the same bytes.

    Raises:
        ValuationFilesChanged: They are not, or they are gone.
    """
    path = path_of(valuation, content)
    if not path.exists() or digest_of(path) != sha256:
        raise ValuationFilesChanged(
            _("The files of this valuation are not what was uploaded."), content=str(content)
        )
    return read_arrays(path)


def keep(valuation: Valuation, content: str, arrays: dict[str, npt.NDArray[Any]]) -> str:
    """Keep arrays of our own making; return their digest."""
    path = path_of(valuation, content)
    with _room(), path.with_suffix(".new").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    path.with_suffix(".new").replace(path)
    return digest_of(path)


def forget(valuation: Valuation) -> None:
    """Remove the files of a valuation."""
    shutil.rmtree(folder_of(valuation), ignore_errors=True)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoomForValuation(
                _("There is no room left to keep the file. Nothing of it was kept.")
            ) from error
        raise


@contextmanager
def _removed(upload: Path) -> Iterator[None]:
    try:
        yield
    finally:
        upload.unlink(missing_ok=True)


def _store(chunks: Iterable[bytes], path: Path, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            if size > most:
                raise ValuationFileTooLarge(
                    _("The file is larger than what may be uploaded."), limit=most
                )
            file.write(chunk)
    return digest.hexdigest(), size
