"""CSV, Parquet and Arrow files as pieces of one table, within limits."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from accounting.valuation.files.limits import Limits
from accounting.valuation.files.refusals import (
    ColumnUnusable,
    FileDamaged,
    FileTooLarge,
    FileUnknown,
)

ROWS_A_PIECE: Final = 20_000
CSV_BLOCK_BYTES: Final = 4 * 1024 * 1024
LONGEST_HEAD: Final = 1024 * 1024
PARQUET_MAGIC: Final = b"PAR1"
ARROW_MAGIC: Final = b"ARROW1"
ARROW_STREAM_MAGIC: Final = b"\xff\xff\xff\xff"
ZIP_MAGIC: Final = b"PK"

IsText = Callable[[str], bool]


def read_tables(stream: BinaryIO, limits: Limits, *, is_text: IsText) -> Iterator[pa.RecordBatch]:
    """Read a table piece by piece; what kind of file it is, its first bytes tell.

    Args:
        stream: The file, at its start.
        limits: What is refused.
        is_text: Whether a CSV column of a name holds text; all others hold numbers.

    Raises:
        FileUnknown: It is of another kind.
        FileDamaged: It cannot be read.
        FileTooLarge: It holds more rows, columns or bytes than is taken.
    """
    with _readable():
        head = stream.read(8)
        stream.seek(0)
        pieces = _pieces(head, stream, limits, is_text)
    rows = size = 0
    with _readable():
        for piece in pieces:
            rows += piece.num_rows
            size += piece.nbytes
            if rows > limits.rows:
                raise FileTooLarge("the file has too many rows", limit=limits.rows)
            if size > limits.table_bytes:
                raise FileTooLarge("the file holds too much", limit=limits.table_bytes)
            yield piece


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError, csv.Error) as error:
        raise FileDamaged("the file cannot be read to its end") from error


def _pieces(
    head: bytes, stream: BinaryIO, limits: Limits, is_text: IsText
) -> Iterator[pa.RecordBatch]:
    if head.startswith(PARQUET_MAGIC):
        return _parquet(stream, limits)
    if head.startswith(ARROW_MAGIC):
        return _arrow_file(stream, limits)
    if head.startswith(ARROW_STREAM_MAGIC):
        return _arrow_stream(stream, limits)
    if head.startswith(ZIP_MAGIC) or b"\0" in head or not head:
        raise FileUnknown("this is no CSV, Parquet or Arrow file")
    return _csv(stream, limits, is_text)


def _parquet(stream: BinaryIO, limits: Limits) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(stream, memory_map=False, pre_buffer=False)
    meta = file.metadata
    unpacked = sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))
    if unpacked > limits.table_bytes:
        raise FileTooLarge("the file unpacks to too much", limit=limits.table_bytes)
    _require_columns(file.schema_arrow.names, limits)
    return iter(file.iter_batches(batch_size=ROWS_A_PIECE))


def _arrow_file(stream: BinaryIO, limits: Limits) -> Iterator[pa.RecordBatch]:
    file = pa.ipc.open_file(stream)
    _require_columns(file.schema.names, limits)
    return _batches(file)


def _batches(file: pa.ipc.RecordBatchFileReader) -> Iterator[pa.RecordBatch]:
    for index in range(file.num_record_batches):
        batch = file.get_batch(index)
        batch.validate(full=True)
        yield batch


def _arrow_stream(stream: BinaryIO, limits: Limits) -> Iterator[pa.RecordBatch]:
    file = pa.ipc.open_stream(stream)
    _require_columns(file.schema.names, limits)

    def checked() -> Iterator[pa.RecordBatch]:
        for batch in file:
            batch.validate(full=True)
            yield batch

    return checked()


def _csv(stream: BinaryIO, limits: Limits, is_text: IsText) -> Iterator[pa.RecordBatch]:
    names = _heading(stream, limits)
    text = pa.string()
    return iter(
        pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=CSV_BLOCK_BYTES, skip_rows=1, column_names=names
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=False),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: text if is_text(name) else pa.float64() for name in names},
                strings_can_be_null=False,
                null_values=[""],
            ),
        )
    )


def _heading(stream: BinaryIO, limits: Limits) -> list[str]:
    line = stream.readline(LONGEST_HEAD + 1)
    stream.seek(0)
    if len(line) > LONGEST_HEAD:
        raise FileTooLarge("the heading is too long", limit=LONGEST_HEAD)
    cells = next(csv.reader(io.StringIO(line.decode("utf-8-sig"))), [])
    names = [cell.strip() for cell in cells]
    _require_columns(names, limits)
    return names


def _require_columns(names: list[str], limits: Limits) -> None:
    if len(names) > limits.columns:
        raise FileTooLarge("the table has too many columns", limit=limits.columns)
    if len(set(names)) < len(names):
        raise ColumnUnusable("two columns have one name")
    if "" in names:
        raise ColumnUnusable("a column has no name", place=names.index("") + 1)
