"""Whole columns in and out of PostgreSQL by binary COPY.

Reading rows, not arithmetic, bounds a run. A query whose columns are all non-null bigints has
rows of one length, so a block of its binary COPY output is a NumPy array already; writing goes
the same way back.

Source: PostgreSQL manual, "COPY", binary format (signature, flags, extension, then tuples of
a 16-bit field count and, per field, a 32-bit length and the value, all big-endian).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_WRITTEN_ROWS = 65_536

Column = NDArray[np.int64] | NDArray[np.int32] | bytes
"""What can be written: 64-bit or 32-bit integers by row, or one text for all rows."""


def read_bigints(query: str, parameters: Mapping[str, object], columns: int) -> NDArray[np.int64]:
    """Run a query of non-null bigint columns.

    Args:
        query: A SELECT whose every column is `bigint` and never NULL.
        columns: How many columns it has.

    Returns:
        Array of shape (columns, rows).
    """
    record = np.dtype([("count", ">i2")] + [(f"f{i}", _FIELD_8) for i in range(columns)])
    received = bytearray()
    with connection.cursor() as cursor:
        statement = f"COPY ({query}) TO STDOUT (FORMAT binary)"
        with cursor.copy(statement, parameters) as copy:
            for block in copy:
                received += block
    body = memoryview(received)[len(_HEADER) : len(received) - len(_TRAILER)]
    rows = np.frombuffer(body, dtype=record)
    result = np.empty((columns, len(rows)), dtype=np.int64)
    for position in range(columns):
        result[position] = rows[f"f{position}"]["value"]
    return result


def write_columns(table: str, columns: Mapping[str, Column], rows: int) -> None:
    """Append rows to a table, column by column.

    Args:
        table: Name of the table, from our own code.
        columns: Column name to values (64-bit for bigint, 32-bit for integer, bytes for the
            same text in every row).
        rows: How many rows there are.
    """
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)"
        with cursor.copy(statement) as copy:
            copy.write(_HEADER)
            for start in range(0, rows, _WRITTEN_ROWS):
                stop = min(start + _WRITTEN_ROWS, rows)
                copy.write(_encode(columns, start, stop))
            copy.write(_TRAILER)


Array = NDArray[np.signedinteger[Any]]
"""Integers of 64, 32 or 16 bits, written as a PostgreSQL array of the same."""

_TYPE_IDS = {8: 20, 4: 23, 2: 21}


def write_blocks(
    table: str, columns: Sequence[str], blocks: Iterable[Sequence[int | Array | None]]
) -> None:
    """Append rows of bigints and whole arrays to a table.

    Args:
        table: Name of the table, from our own code.
        columns: Their names.
        blocks: One row after another; an integer, an array or NULL a column.
    """
    names = ", ".join(columns)
    start = struct.pack(">h", len(columns))
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)"
        with cursor.copy(statement) as copy:
            copy.write(_HEADER)
            for block in blocks:
                copy.write(start + b"".join(map(_block_field, block)))
            copy.write(_TRAILER)


def _block_field(value: int | Array | None) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    if isinstance(value, int):
        return struct.pack(">iq", 8, value)
    width = value.dtype.itemsize
    elements = np.empty(len(value), dtype=[("length", ">i4"), ("value", f">i{width}")])
    elements["length"] = width
    elements["value"] = value
    body = elements.tobytes()
    # One dimension, no NULLs, the type of an element, how many, counted from one.
    head = struct.pack(">iiiii", 1, 0, _TYPE_IDS[width], len(value), 1)
    return struct.pack(">i", len(head) + len(body)) + head + body


_FIELD_8 = np.dtype([("length", ">i4"), ("value", ">i8")])
_FIELD_4 = np.dtype([("length", ">i4"), ("value", ">i4")])


def _encode(columns: Mapping[str, Column], start: int, stop: int) -> bytes:
    fields: list[tuple[str, Any]] = [("count", ">i2")]
    for name, values in columns.items():
        if isinstance(values, bytes):
            fields.append((name, np.dtype([("length", ">i4"), ("value", f"S{len(values)}")])))
        else:
            fields.append((name, _FIELD_4 if values.dtype == np.int32 else _FIELD_8))
    block = np.empty(stop - start, dtype=np.dtype(fields))
    block["count"] = len(columns)
    for name, values in columns.items():
        if isinstance(values, bytes):
            block[name]["length"] = len(values)
            block[name]["value"] = values
        else:
            block[name]["length"] = values.dtype.itemsize
            block[name]["value"] = values[start:stop]
    return block.tobytes()
