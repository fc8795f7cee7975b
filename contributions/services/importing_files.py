"""The files of a staged import: what was uploaded, and what was read out of it.

They lie below `settings.HUISU_DATA`, name people as their tools do, and go as soon as the import
is committed or discarded. A file is there whole or not at all, also when the disk is full.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.models import StagedImport

_BYTES_AT_ONCE: Final = 1024 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class UploadTooLarge(ContributionError):
    """The file is larger than what may be uploaded; facts: limit, in bytes."""

    code = "upload_too_large"


class NoRoomForUpload(ContributionError):
    """The disk is full; nothing of the file was kept."""

    code = "no_room_for_upload"


def no_room() -> NoRoomForUpload:
    """Return the refusal of a file that there is no room for."""
    return NoRoomForUpload(_("There is no room left to keep the file. Nothing of it was kept."))


def path_of(staged: StagedImport) -> Path:
    """Return where the uploaded file lies."""
    # Not below MEDIA_ROOT, which a web server may be told to serve.
    return Path(settings.HUISU_DATA) / "imports" / staged.public_id


def look_path(staged: StagedImport) -> Path:
    """Return where the first look at the file lies."""
    return path_of(staged).with_suffix(".look.json")


def preview_path(staged: StagedImport) -> Path:
    """Return where its newest preview lies."""
    return path_of(staged).with_suffix(".preview.json")


def store(chunks: Iterable[bytes], staged: StagedImport, largest_bytes: int) -> tuple[str, int]:
    """Keep a file as it arrives.

    Returns:
        Its SHA-256 in hexadecimal, and its size in bytes.

    Raises:
        UploadTooLarge: It has more than `largest_bytes`.
        NoRoomForUpload: The disk is full.
    """
    digest, size = hashlib.sha256(), 0
    with _opened(path_of(staged)) as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            if size > largest_bytes:
                raise UploadTooLarge(
                    _("The file is larger than what may be uploaded."), limit=largest_bytes
                )
            file.write(chunk)
    return digest.hexdigest(), size


def write(path: Path, document: dict[str, Any]) -> None:
    """Keep a document; an earlier one of that place is replaced.

    Raises:
        NoRoomForUpload: The disk is full.
    """
    with _opened(path) as file:
        file.write(json.dumps(document).encode())


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write, which takes its place when all of it is on the disk."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise no_room() from error
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def chunks_of(path: Path) -> Iterator[bytes]:
    """Read a file piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(_BYTES_AT_ONCE):
            yield chunk


def remove_files(staged: StagedImport) -> None:
    """Remove the file and all that was read out of it."""
    for path in (path_of(staged), look_path(staged), preview_path(staged)):
        path.unlink(missing_ok=True)


@contextmanager
def kept_only_if_all_goes_well(staged: StagedImport) -> Iterator[None]:
    """Remove the files of an import if something inside fails."""
    try:
        yield
    except BaseException:
        remove_files(staged)
        raise
