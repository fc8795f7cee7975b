"""CSV and TSV, cut into rows strictly and into cells fast.

Rows are found by this module, so that each has its line number and its digest, and so that an
unclosed quote is refused where it opens instead of swallowing the rows after it. The cells of
the rows found are then cut by Arrow, which reads what is left (RFC 4180) at full speed.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from contributions.imports.limits import Limits
from contributions.imports.normal_form import RowFault
from contributions.imports.quotes import row_ends
from contributions.imports.refusals import ImportRefused
from contributions.imports.tables import TextTable, binary_digests
from contributions.imports.text import require_utf8, without_bom

BLOCK_BYTES: Final = 4 * 1024 * 1024
ROWS_A_PIECE: Final = 50_000
CELLS_MISCOUNTED: Final = "cells_miscounted"
Positions = NDArray[np.int64]


class TableEmpty(ImportRefused):
    """The file has no rows."""

    code = "table_empty"


class RowTooLong(ImportRefused):
    """A row is longer than any real row; facts: line."""

    code = "row_too_long"


class TooManyColumns(ImportRefused):
    """The table is wider than any real one; facts: limit."""

    code = "too_many_columns"


class TooManyRows(ImportRefused):
    """The table is longer than allowed; facts: limit."""

    code = "too_many_rows"


class HasNul(ImportRefused):
    """The file contains NUL bytes, so it is no text; facts: line."""

    code = "has_nul"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a delimited file is written.

    Attributes:
        delimiter: One byte between cells.
        has_header: Whether the first row names the columns; otherwise they are `column 1`, ...
    """

    delimiter: bytes
    has_header: bool = True


def split_cells(raw: str, delimiter: str) -> list[str]:
    """Cut one row, as it stands in a file, into its cells."""
    return next(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter), [])


def name_columns(cells: list[str], limits: Limits) -> list[str]:
    """Make headings usable as names: trimmed, never empty, never twice.

    Raises:
        TooManyColumns: There are more than allowed.
    """
    if len(cells) > limits.columns:
        raise TooManyColumns(limit=limits.columns)
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        base = cell.strip() or f"column {number}"
        name, again = base, 2
        while name in names:
            name, again = f"{base} ({again})", again + 1
        names.append(name)
    return names


def read_delimited(
    stream: BinaryIO,
    dialect: Dialect,
    limits: Limits,
    wanted: Collection[str] | None = None,
) -> Iterator[TextTable]:
    """Read a delimited file piece by piece, in memory bounded by the piece.

    Args:
        stream: The file, uncompressed, at its start.
        dialect: How it is written.
        limits: What is refused.
        wanted: Headings of the columns to keep, all if None.

    Raises:
        ImportRefused: One of this module's, of `quotes` or of `text`.
    """
    reader = _Reader(dialect, limits, wanted)
    rest, first = b"", True
    while block := stream.read(BLOCK_BYTES):
        block = without_bom(block) if first else block
        first = False
        whole, rest = reader.take(rest + block, last=False)
        yield from whole
    whole, _nothing = reader.take(rest, last=True)
    yield from whole
    if reader.names is None:
        raise TableEmpty


class _Reader:
    """What has to be remembered from one block of the file to the next."""

    def __init__(self, dialect: Dialect, limits: Limits, wanted: Collection[str] | None) -> None:
        self.dialect = dialect
        self.limits = limits
        self.wanted = wanted
        self.names: list[str] | None = None
        self.line = 1
        self.rows = 0
        self.bytes_read = 0

    def take(self, content: bytes, *, last: bool) -> tuple[Iterator[TextTable], bytes]:
        """Read the complete rows at the start of some bytes; hand back the rest."""
        if not content:
            return iter(()), content
        if last and not content.endswith(b"\n"):
            content += b"\n"
        if b"\0" in content:
            raise HasNul(line=self.line + content[: content.index(b"\0")].count(b"\n"))
        ends = row_ends(content, self.dialect.delimiter, self.line, last=last)
        cut = int(ends[-1]) + 1 if ends.size else 0
        if len(content) - cut > self.limits.row_bytes:
            line = self.line + content[:cut].count(b"\n")
            row_ends(content[cut:], self.dialect.delimiter, line, last=True)
            raise RowTooLong(line=line)
        whole, rest = content[:cut], content[cut:]
        require_utf8(whole, self.line)
        return self._pieces(whole, ends), rest

    def _pieces(self, content: bytes, ends: Positions) -> Iterator[TextTable]:
        if not content:
            return
        data = np.frombuffer(content, np.uint8)
        starts = np.concatenate(([0], ends[:-1] + 1))
        newlines = np.flatnonzero(data == ord("\n"))
        lines = np.searchsorted(newlines, starts) + self.line
        self.line += len(newlines)
        stops = ends - (data[np.maximum(ends - 1, 0)] == ord("\r"))
        rows = np.stack([starts, stops, lines])
        rows = rows[:, stops > starts]
        if self.names is None and rows.size:
            rows = self._read_header(content, rows)
        self.rows += rows.shape[1]
        if self.rows > self.limits.rows:
            raise TooManyRows(limit=self.limits.rows)
        done = self.bytes_read
        self.bytes_read += len(content)
        for first in range(0, rows.shape[1], ROWS_A_PIECE):
            piece = rows[:, first : first + ROWS_A_PIECE]
            is_last = first + ROWS_A_PIECE >= rows.shape[1]
            ended = len(content) if is_last else int(piece[1, -1])
            yield self._cells(content, piece, done + ended)

    def _read_header(self, content: bytes, rows: Positions) -> Positions:
        """Name the columns by the first row; hand back the others."""
        head = content[rows[0, 0] : rows[1, 0]].decode()
        cells = split_cells(head, self.dialect.delimiter.decode())
        if not self.dialect.has_header:
            self.names = name_columns([""] * len(cells), self.limits)
            return rows
        self.names = name_columns(cells, self.limits)
        return rows[:, 1:]

    def _cells(self, content: bytes, rows: Positions, bytes_read: int) -> TextTable:
        starts, stops, lines = rows
        view = memoryview(content)
        sha256 = hashlib.sha256
        spans = list(zip(starts.tolist(), stops.tolist(), strict=True))
        digests = [sha256(view[start:stop]).digest() for start, stop in spans]
        kept, miscounted, columns = self._cut(content, starts, stops)

        def raw(index: int) -> str:
            start, stop = spans[int(kept[index])]
            return content[start:stop].decode()

        return TextTable(
            columns=columns,
            lines=lines[kept],
            digests=binary_digests(
                [digests[index] for index in kept.tolist()] if miscounted else digests
            ),
            raw=raw,
            faults=[
                RowFault(
                    line=int(lines[index]),
                    column="",
                    code=CELLS_MISCOUNTED,
                    raw=content[spans[index][0] : spans[index][1]].decode(),
                )
                for index in miscounted
            ],
            bytes_read=bytes_read,
        )

    def _cut(
        self, content: bytes, starts: Positions, stops: Positions
    ) -> tuple[Positions, list[int], dict[str, pa.StringArray]]:
        """Cut rows into cells; rows with too few or too many are left out, and listed."""
        names = self.names or []
        odd: list[int] = []

        def leave_out(row: pa_csv.InvalidRow) -> str:
            odd.append(row.number - 1)
            return "skip"

        body = _contiguous(content, starts, stops)
        kept_names = [name for name in names if name in (self.wanted or names)] or names
        table = pa_csv.read_csv(
            pa.py_buffer(body),
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=len(body) + 1, column_names=names
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.dialect.delimiter.decode(),
                newlines_in_values=b'"' in content,
                ignore_empty_lines=False,
                invalid_row_handler=leave_out,
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False,
                include_columns=kept_names,
                column_types=dict.fromkeys(kept_names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        kept = np.delete(np.arange(len(starts)), odd)
        return kept, odd, {name: table.column(name).combine_chunks() for name in kept_names}


def _contiguous(content: bytes, starts: Positions, stops: Positions) -> bytes | memoryview:
    """Give the rows of some spans as one text, without the blank lines between them."""
    if np.array_equal(starts[1:], stops[:-1] + 1):
        return memoryview(content)[int(starts[0]) : int(stops[-1]) + 1]
    spans = zip(starts.tolist(), stops.tolist(), strict=True)
    return b"".join(content[start:stop] + b"\n" for start, stop in spans)
