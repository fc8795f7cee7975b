"""Parquet files, as text tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from os import SEEK_END
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contributions.imports.delimited import TableEmpty, TooManyRows, name_columns
from contributions.imports.limits import Limits
from contributions.imports.refusals import ImportRefused
from contributions.imports.tables import TextTable, binary_digests

_ROWS_A_PIECE: Final = 50_000


class ParquetDamaged(ImportRefused):
    """The Parquet file cannot be read."""

    code = "parquet_damaged"


class ParquetTooLarge(ImportRefused):
    """The file would unpack to more than allowed; facts: limit (bytes)."""

    code = "parquet_too_large"


def read_parquet(stream: BinaryIO, limits: Limits) -> Iterator[TextTable]:
    """Read a Parquet file; nested columns become one text column a leaf, lists JSON.

    Raises:
        ParquetDamaged, ParquetTooLarge, TooManyColumns, TooManyRows, TableEmpty: As named.
    """
    try:
        size = stream.seek(0, SEEK_END)
        stream.seek(0)
        file = pq.ParquetFile(stream, memory_map=False, pre_buffer=False)
        meta = file.metadata
        unpacked = sum(
            meta.row_group(index).total_byte_size for index in range(meta.num_row_groups)
        )
        if unpacked > limits.unpacked_bytes:
            raise ParquetTooLarge(limit=limits.unpacked_bytes)
        if meta.num_rows > limits.rows:
            raise TooManyRows(limit=limits.rows)
        done = 0
        for batch in file.iter_batches(batch_size=_ROWS_A_PIECE):
            done += batch.num_rows
            yield _table(batch, done, size * done // meta.num_rows, limits)
    except (pa.ArrowException, OSError):
        raise ParquetDamaged from None
    if done == 0:
        raise TableEmpty


def _table(batch: pa.RecordBatch, done: int, bytes_read: int, limits: Limits) -> TextTable:
    flat = pa.Table.from_batches([batch])
    while any(pa.types.is_struct(field.type) for field in flat.schema):
        flat = flat.flatten()
    names = name_columns(flat.column_names, limits)
    columns = {
        name: _as_text(column.combine_chunks())
        for name, column in zip(names, flat.columns, strict=True)
    }
    listed = [column.to_pylist() for column in columns.values()]
    raws = [
        json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
        for values in zip(*listed, strict=True)
    ]
    return TextTable(
        columns=columns,
        lines=np.arange(done - batch.num_rows, done) + 1,
        digests=binary_digests([hashlib.sha256(raw.encode()).digest() for raw in raws]),
        raw=raws.__getitem__,
        bytes_read=bytes_read,
    )


def _as_text(column: pa.Array) -> pa.StringArray:
    """Write a column as a CSV file would have it."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        texts = [None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # Arrow writes other zones as local time without its offset, so say it in UTC.
        column = column.cast(pa.timestamp(kind.unit, tz="UTC"))
        stated = pc.cast(column.cast(pa.timestamp(kind.unit)), pa.string())
        return pc.binary_join_element_wise(stated, "Z", "")
    if pa.types.is_duration(kind):
        column = pc.cast(column.cast(pa.duration("ms")), pa.int64())
    text = pc.cast(column, pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)
