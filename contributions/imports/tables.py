"""A piece of a table as text: what every flat file becomes before anyone interprets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributions.imports.normal_form import DIGEST_BYTES, RowFault

_BETWEEN_CELLS = ',;|\t" '


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of a table, for readers that go row by row.

    Attributes:
        line: Line or record number in the file, from 1.
        cells: Heading to text; missing cells are left out.
        digest: SHA-256 of the row.
        raw: The row as it stands in the file.
    """

    line: int
    cells: Mapping[str, str]
    digest: bytes
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Consecutive rows of a table, cells as text.

    Attributes:
        columns: Heading to cells, null where missing.
        lines: Line or record number of each row, from 1.
        digests: SHA-256 of each row, one binary(32) a row.
        raw: Row index to the row as it stands in the file.
        faults: Rows that could not be cut into cells at all.
        bytes_read: How far into the file the piece ends.
    """

    columns: Mapping[str, pa.StringArray]
    lines: NDArray[np.int64]
    digests: pa.Array
    raw: Callable[[int], str]
    faults: Sequence[RowFault] = field(default_factory=tuple)
    bytes_read: int = 0

    def __len__(self) -> int:
        return len(self.lines)

    def rows(self) -> Iterator[SourceRow]:
        """Go through the rows that have at least one filled cell."""
        names = list(self.columns)
        listed = [column.to_pylist() for column in self.columns.values()]
        digests = self.digests.to_pylist()
        for index, values in enumerate(zip(*listed, strict=True)):
            cells = {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }
            if cells:
                yield SourceRow(
                    line=int(self.lines[index]),
                    cells=cells,
                    digest=digests[index],
                    raw=self.raw(index),
                )

    def without_empty_rows(self) -> TextTable:
        """Leave out rows that hold nothing; tools write them between pages."""
        filled = np.zeros(len(self), np.bool_)
        for column in self.columns.values():
            filled |= np.asarray(pc.is_valid(column))
        for index in np.flatnonzero(~filled).tolist():
            # The columns at hand may be only those that someone wanted.
            filled[index] = bool(self.raw(index).strip(_BETWEEN_CELLS))
        if filled.all():
            return self
        kept = np.flatnonzero(filled)
        raw = self.raw
        return TextTable(
            columns={name: column.take(pa.array(kept)) for name, column in self.columns.items()},
            lines=self.lines[kept],
            digests=self.digests.take(pa.array(kept)),
            raw=lambda index: raw(int(kept[index])),
            faults=self.faults,
            bytes_read=self.bytes_read,
        )


def binary_digests(digests: Sequence[bytes]) -> pa.Array:
    """Lay SHA-256 digests out as a column."""
    joined = pa.py_buffer(b"".join(digests))
    return pa.Array.from_buffers(pa.binary(DIGEST_BYTES), len(digests), [None, joined])
