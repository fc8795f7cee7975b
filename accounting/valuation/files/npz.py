"""NumPy archives, without pickles, their sizes checked before anything is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from accounting.valuation.files.limits import Limits
from accounting.valuation.files.refusals import FileDamaged, FileTooLarge

MOST_MEMBERS: Final = 64
Array = npt.NDArray[Any]


def read_archive(stream: BinaryIO, limits: Limits) -> Mapping[str, Array]:
    """Read all arrays of an .npz file.

    Raises:
        FileDamaged: It is no such archive, or holds pickled objects.
        FileTooLarge: It holds, or claims to hold, more than is taken.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise FileTooLarge("the archive has too many members", limit=MOST_MEMBERS)
            if sum(member.file_size for member in members) > limits.table_bytes:
                raise FileTooLarge("the archive unpacks to too much", limit=limits.table_bytes)
            return {
                member.filename.removesuffix(".npy"): _array(archive, member, limits)
                for member in members
            }
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise FileDamaged("this is no archive of plain arrays") from error
    except RuntimeError as error:
        # What zipfile says of an archive with a password.
        raise FileDamaged("the archive is locked") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> Array:
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(version)
        shape, _order, dtype = read(file)
        # A few bytes may claim any shape; what they claim is checked against what is there.
        claimed = int(np.prod([int(side) for side in shape], dtype=object)) * dtype.itemsize
        if claimed > min(limits.table_bytes, member.file_size):
            raise FileTooLarge("an array claims too much", limit=limits.table_bytes)
    with archive.open(member) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
