"""Frames to files and back: CSV by RFC 4180, Parquet above a million rows.

Reading takes nothing on trust: a header, width, number or text that this module would not have
written itself is refused with its file, row and column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from accounting.core.bundle.columns import TABLES, FileColumn
from accounting.core.bundle.frames import (
    SLICE,
    Frame,
    Vocabulary,
    Words,
    frame_length,
    slices,
    texts,
)
from accounting.core.errors import AccountingError
from accounting.core.tables import MISSING, Int, NumberedIds

PARQUET_ABOVE = 1_000_000
LINE_END = "\r\n"
READ_AT_ONCE = 8_192


class BundleUnreadable(AccountingError):
    """A bundle, or one of its files, is not what it says it is."""

    code = "bundle_unreadable"


def write_frame(directory: Path, table: str, frame: Frame) -> str:
    """Write a frame and return the name of its file."""
    if frame_length(frame) > PARQUET_ABOVE:
        name = f"{table}.parquet"
        _write_parquet(directory / name, TABLES[table], frame)
        return name
    name = f"{table}.csv"
    with (directory / name).open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=LINE_END)
        writer.writerow([column.name for column in TABLES[table]])
        for rows in slices(frame_length(frame)):
            writer.writerows(zip(*_texts(TABLES[table], frame, rows), strict=True))
    return name


def read_frame(path: Path, table: str) -> Frame:
    """Read a file of a table.

    Raises:
        BundleUnreadable: The file is damaged, or holds what `write_frame` never writes.
    """
    columns = [_Reading(path.name, column) for column in TABLES[table]]
    for _rows in _read_into(columns, path, table):
        pass
    return {column.name: column.finish() for column in columns}


def read_frames(path: Path, table: str) -> Iterator[Frame]:
    """Read a file of a table some thousand rows at a time.

    Raises:
        BundleUnreadable: The file is damaged, or holds what `write_frame` never writes.
    """
    columns = [_Reading(path.name, column) for column in TABLES[table]]
    for _rows in _read_into(columns, path, table):
        yield {column.name: column.finish() for column in columns}
        for column in columns:
            column.forget()


def _read_into(columns: list[_Reading], path: Path, table: str) -> Iterator[None]:
    try:
        if path.suffix == ".csv":
            for block in _csv_blocks(path, TABLES[table]):
                for column, cells in zip(columns, block, strict=True):
                    column.take(cells)
                yield
        else:
            for batch in _parquet_batches(path, TABLES[table]):
                for column, array in zip(columns, batch, strict=True):
                    column.take_arrow(array)
                yield
    except (csv.Error, UnicodeDecodeError, OSError, pa.ArrowException) as error:
        raise BundleUnreadable(f"{path.name} cannot be read: {error}", file=path.name) from error


def cell(frame: Frame, column: FileColumn, row: int) -> str:
    """Return one cell as it is written."""
    return texts(frame[column.name], slice(row, row + 1), optional=column.optional)[0]


class _Reading:
    """One column while it is read, block by block."""

    def __init__(self, file_name: str, column: FileColumn) -> None:
        self.name = column.name
        self._file_name = file_name
        self._column = column
        self._blocks: list[Int] = []
        self._codes: dict[str, int] = {}
        self._rows = 0

    def take(self, cells: Sequence[str]) -> None:
        if self._column.integer:
            self._append(self._integers(cells))
        else:
            self._append(self._codes_of(cells))

    def take_arrow(self, array: Any) -> None:
        if self._column.integer:
            values = array.fill_null(MISSING).to_numpy(zero_copy_only=False)
            if self._column.optional and bool((values < MISSING).any()):
                raise self._refusal("a negative figure", self._rows)
            self._append(values)
        else:
            encoded = array.dictionary_encode()
            known = self._codes_of(encoded.dictionary.to_pylist())
            self._append(known[encoded.indices.to_numpy(zero_copy_only=False)])

    def forget(self) -> None:
        """Let go of what was read, but not of how much that was."""
        self._blocks, self._codes = [], {}

    def _append(self, values: Int) -> None:
        self._blocks.append(values)
        self._rows += len(values)

    def _codes_of(self, words: Sequence[str]) -> Int:
        codes = self._codes
        return np.array([codes.setdefault(word, len(codes)) for word in words], dtype=np.int64)

    def finish(self) -> Int | Words:
        joined = np.concatenate([np.zeros(0, dtype=np.int64), *self._blocks])
        if self._column.integer:
            return joined
        words = list(self._codes)
        if any("\0" in word for word in words):
            raise self._refusal("text with a zero byte", self._rows)
        return Words(joined, words)

    def _integers(self, cells: Sequence[str]) -> Int:
        given = cells
        if self._column.optional:
            given = [word or str(MISSING) for word in cells]
        try:
            values = np.array([int(word) for word in given], dtype=np.int64)
        except (ValueError, OverflowError):
            values = np.zeros(len(given), dtype=np.int64)
        written = [str(value) for value in values.tolist()]
        if self._column.optional:
            written = ["" if word == str(MISSING) else word for word in written]
        if list(cells) != written:
            row = next(at for at, word in enumerate(cells) if word != written[at])
            raise self._refusal(f"no plain number: {cells[row][:40]!r}", self._rows + row + 1)
        return values

    def _refusal(self, what: str, row: int) -> BundleUnreadable:
        return BundleUnreadable(
            f"{self._file_name}, row {row}, {self.name}: {what}.",
            file=self._file_name,
            row=row,
            column=self.name,
        )


def _texts(columns: Sequence[FileColumn], frame: Frame, rows: slice) -> list[list[str]]:
    return [texts(frame[column.name], rows, optional=column.optional) for column in columns]


def _csv_blocks(path: Path, columns: Sequence[FileColumn]) -> Iterable[list[Sequence[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        if next(reader, None) != [column.name for column in columns]:
            raise BundleUnreadable(f"{path.name} does not have its columns.", file=path.name)
        done = 0
        while block := list(islice(reader, READ_AT_ONCE)):
            if set(map(len, block)) != {len(columns)}:
                row = next(at for at, cells in enumerate(block) if len(cells) != len(columns))
                raise BundleUnreadable(
                    f"{path.name}, row {done + row + 1} has {len(block[row])} cells instead of"
                    f" {len(columns)}.",
                    file=path.name,
                    row=done + row + 1,
                )
            yield list(zip(*block, strict=True))
            done += len(block)


def _schema(columns: Sequence[FileColumn]) -> Any:
    return pa.schema(
        [
            pa.field(column.name, pa.int64() if column.integer else pa.string(), column.optional)
            for column in columns
        ]
    )


def _write_parquet(path: Path, columns: Sequence[FileColumn], frame: Frame) -> None:
    schema = _schema(columns)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, frame_length(frame), PARQUET_ABOVE):
            rows = slice(start, start + PARQUET_ABOVE)
            arrays = [_arrow(column, frame, rows) for column in columns]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _arrow(column: FileColumn, frame: Frame, rows: slice) -> Any:
    values = frame[column.name]
    if isinstance(values, Words):
        return _arrow_text(values.codes[rows], values.words)
    unknown = values[rows] == MISSING if column.optional else None
    return pa.array(values[rows], pa.int64(), mask=unknown)


def _arrow_text(codes: Int, words: Vocabulary) -> Any:
    if isinstance(words, NumberedIds):
        return _arrow_ids(words.at(codes))
    if len(words) > len(codes):
        used, codes = np.unique(codes, return_inverse=True)
        listed = texts(Words(used, words), slice(None))
    else:
        # Text where there is none stands last, where the code of what is missing points to.
        listed = [*map(str, words), ""]
        codes = np.where(codes == MISSING, len(words), codes)
    dictionary = pa.array(listed, pa.string())
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), dictionary).cast(pa.string())


def _arrow_ids(ids: NDArray[np.str_]) -> Any:
    """Hand over plain ids, all equally long, without a Python object for each."""
    plain = ids.astype(f"S{ids.dtype.itemsize // 4}")
    if len(plain) == 0 or bool((np.strings.str_len(plain) != plain.dtype.itemsize).any()):
        return pa.array(ids.tolist(), pa.string())
    ends = np.arange(len(plain) + 1, dtype=np.int32) * plain.dtype.itemsize
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(plain)]
    return pa.Array.from_buffers(pa.string(), len(plain), buffers)


def _parquet_batches(path: Path, columns: Sequence[FileColumn]) -> Iterable[list[Any]]:
    with pq.ParquetFile(path) as file:
        if file.schema_arrow.remove_metadata() != _schema(columns):
            raise BundleUnreadable(f"{path.name} does not have its columns.", file=path.name)
        for batch in file.iter_batches(SLICE):
            yield batch.columns
