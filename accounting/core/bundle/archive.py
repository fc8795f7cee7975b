"""Opening a bundle somebody sent: a directory, or a zip of one, taken as hostile.

A bundle is a flat set of known file names. Links, folders, unknown names, encrypted or
inflated members are refused before anything is read.
"""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accounting.core.bundle.columns import INDICATORS, MANIFEST, POLICY, table_of
from accounting.core.bundle.files import BundleUnreadable

LARGEST_BUNDLE = 32 * 2**30
LARGEST_INFLATION = 200
SMALL = 2**20
"""Members up to a mebibyte may compress as well as they like."""
CHUNK = 2**20
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@contextmanager
def open_bundle(path: Path) -> Iterator[Path]:
    """Yield a directory with the bundle's files; that of a zip exists only meanwhile.

    Raises:
        BundleUnreadable: The path is no bundle, or one that must not be unpacked.
    """
    if path.is_dir():
        _check_directory(path)
        yield path
    elif path.is_file():
        with tempfile.TemporaryDirectory(prefix="huisu-bundle-") as unpacked:
            _unpack(path, Path(unpacked))
            yield Path(unpacked)
    else:
        raise BundleUnreadable("There is no bundle at this path.", path=str(path))


def zip_bundle(directory: Path, target: Path) -> None:
    """Pack a bundle; the same bundle always gives the same bytes.

    Raises:
        FileExistsError: There is something at the target already.
    """
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.iterdir()):
            entry = zipfile.ZipInfo(path.name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as packed:
                while chunk := source.read(CHUNK):
                    packed.write(chunk)


def is_bundle_file(name: str) -> bool:
    """Tell whether a bundle may contain a file of this name."""
    return name in {MANIFEST, POLICY, INDICATORS} or table_of(name) is not None


def _check_directory(directory: Path) -> None:
    size = 0
    for path in sorted(directory.iterdir()):
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise BundleUnreadable(f"{path.name!r} is not a plain file.", file=path.name)
        if not is_bundle_file(path.name):
            raise BundleUnreadable(f"{path.name!r} does not belong in a bundle.", file=path.name)
        size += status.st_size
    if size > LARGEST_BUNDLE:
        raise BundleUnreadable("The bundle is too large.", bytes=size)


def _unpack(path: Path, directory: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked_members(archive)
            for name, entry in members.items():
                _unpack_member(archive, entry, directory / name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BundleUnreadable(f"The zip file cannot be read: {error}") from error


def _checked_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    folder = _common_folder(entries)
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename.removeprefix(folder)
        if not is_bundle_file(name) or name in members:
            raise BundleUnreadable(f"{name[:80]!r} does not belong in a bundle.", file=name[:80])
        if entry.flag_bits & 1:
            raise BundleUnreadable(f"{name} is encrypted.", file=name)
        if entry.file_size > max(SMALL, entry.compress_size * LARGEST_INFLATION):
            raise BundleUnreadable(f"{name} unpacks to far more than it should.", file=name)
        members[name] = entry
    if sum(entry.file_size for entry in entries) > LARGEST_BUNDLE:
        raise BundleUnreadable("The bundle is too large.")
    return members


def _common_folder(entries: list[zipfile.ZipInfo]) -> str:
    """Return the one folder all members lie in, if the directory itself was zipped."""
    folders = {entry.filename.partition("/")[0] for entry in entries if "/" in entry.filename}
    if len(folders) != 1 or not all("/" in entry.filename for entry in entries):
        return ""
    return f"{folders.pop()}/"


def _unpack_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    # The size in the directory of a zip is only a claim, so bytes are counted as they come.
    left = entry.file_size
    with archive.open(entry) as packed, target.open("xb") as file:
        while chunk := packed.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BundleUnreadable(f"{target.name} is larger than it says.", file=target.name)
            file.write(chunk)
