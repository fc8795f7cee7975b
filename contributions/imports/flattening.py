"""Nested records laid out flat: one text column for each dotted path to a single value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa

from contributions.imports.delimited import TooManyColumns
from contributions.imports.documents import Json, Record, at_path, digest_of
from contributions.imports.normal_form import RowFault
from contributions.imports.tables import TextTable, binary_digests

_RECORDS_A_PIECE = 5_000
_MOST_COLUMNS = 1_000
_DEEPEST = 20


def flatten(record: Json, path: str = "") -> dict[str, str]:
    """List the single values in a record: dotted path to text; nulls and lists left out."""
    found: dict[str, str] = {}
    pending: list[tuple[str, Json, int]] = [(path, record, 0)]
    while pending:
        place, value, depth = pending.pop()
        if isinstance(value, dict) and depth < _DEEPEST:
            prefix = f"{place}." if place else ""
            pending.extend((f"{prefix}{key}", part, depth + 1) for key, part in value.items())
        elif value is not None and not isinstance(value, dict | list):
            found[place] = scalar_text(value)
    return found


def scalar_text(value: bool | int | Decimal | str) -> str:
    """Write a single value as a table would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def tabulate(records: Iterator[Record | RowFault], explode: str | None) -> Iterator[TextTable]:
    """Lay records out as tables.

    Args:
        records: The records, and the faults among them.
        explode: Dotted path to a list of objects; each of them becomes a row of its own, its
            values under `path[].key`, beside those of the record it is in.
    """
    rows: list[tuple[int, dict[str, str], bytes, str]] = []
    faults: list[RowFault] = []
    bytes_read = 0
    for record in records:
        if isinstance(record, RowFault):
            faults.append(record)
            continue
        bytes_read = record.bytes_read
        rows.extend(_spread(record, explode))
        if len(rows) >= _RECORDS_A_PIECE:
            yield _table(rows, faults, bytes_read)
            rows, faults = [], []
    if rows or faults:
        yield _table(rows, faults, bytes_read)


def _spread(
    record: Record, explode: str | None
) -> Iterator[tuple[int, dict[str, str], bytes, str]]:
    own = flatten(record.value)
    if explode is None:
        yield record.line, own, record.digest, record.raw
        return
    items = at_path(record.value, explode)
    for item in items if isinstance(items, list) else ():
        cells = own | flatten(item, f"{explode}[]")
        raw = json.dumps(item, ensure_ascii=False, default=str)
        yield record.line, cells, digest_of([dict(own), item]), raw


def _table(
    rows: list[tuple[int, dict[str, str], bytes, str]], faults: list[RowFault], bytes_read: int
) -> TextTable:
    names = list(dict.fromkeys(name for _line, cells, _digest, _raw in rows for name in cells))
    if len(names) > _MOST_COLUMNS:
        raise TooManyColumns(limit=_MOST_COLUMNS)
    raws = [raw for _line, _cells, _digest, raw in rows]
    return TextTable(
        columns={
            name: pa.array([cells.get(name) or None for _l, cells, _d, _r in rows], pa.string())
            for name in names
        },
        lines=np.array([line for line, _cells, _digest, _raw in rows], np.int64),
        digests=binary_digests([digest for _line, _cells, digest, _raw in rows]),
        raw=raws.__getitem__,
        faults=faults,
        bytes_read=bytes_read,
    )
