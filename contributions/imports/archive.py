"""Zip files, opened only after a look at what they would unpack to."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from contributions.imports.limits import Limits
from contributions.imports.refusals import ImportRefused

_MOST_RATIO: Final = 400
_RATIO_MATTERS_BYTES: Final = 1024 * 1024


class ArchiveDamaged(ImportRefused):
    """The zip file cannot be read."""

    code = "archive_damaged"


class ArchiveEncrypted(ImportRefused):
    """The zip file asks for a password."""

    code = "archive_encrypted"


class ArchiveTooLarge(ImportRefused):
    """The zip file would unpack to more than allowed, as zip bombs do; facts: limit (bytes)."""

    code = "archive_too_large"


class ArchiveTooMany(ImportRefused):
    """The zip file has more members than allowed; facts: limit."""

    code = "archive_too_many"


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a zip: its path there, and its stem, which some tools use as a user name."""

    path: str
    stem: str


def open_archive(stream: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Open a zip file whose members together stay within the limits.

    The sizes in its directory are binding: reading a member stops at the size stated there.

    Raises:
        ArchiveDamaged, ArchiveEncrypted, ArchiveTooLarge, ArchiveTooMany: As named.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise ArchiveDamaged from None
    entries = archive.infolist()
    if len(entries) > limits.members:
        raise ArchiveTooMany(limit=limits.members)
    if any(entry.flag_bits & 1 for entry in entries):
        raise ArchiveEncrypted
    unpacked = sum(entry.file_size for entry in entries)
    bombs = [entry for entry in entries if _is_bomb(entry)]
    if unpacked > limits.unpacked_bytes or bombs:
        raise ArchiveTooLarge(limit=limits.unpacked_bytes)
    return archive


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    packed = max(entry.compress_size, 1)
    return entry.file_size > _RATIO_MATTERS_BYTES and entry.file_size / packed > _MOST_RATIO


def members(archive: zipfile.ZipFile) -> Iterator[Member]:
    """List the plain files of a zip, without what operating systems add to it."""
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if not (entry.is_dir() or hidden or link):
            yield Member(entry.filename, path.stem)


def read_member(archive: zipfile.ZipFile, path: str) -> bytes:
    """Unpack one member.

    Raises:
        ArchiveDamaged: Its content does not match its checksum or its compression.
    """
    try:
        return archive.read(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise ArchiveDamaged from None
