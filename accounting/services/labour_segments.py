"""Recorded labour in packed segments: ten million rows are read as columns in a second.

A segment holds the contributions of one stretch of row numbers, each column in as few bytes as
its figures need. Contributions are only ever added, so a segment with as many rows as the
table has in its stretch holds exactly those rows; one with fewer is not used, and is packed
again later. What counts as current (nothing corrected, withdrawn or undone) is decided while
reading, because a later row can change that.

Decision 0007 says what was measured.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
from django.db import connection
from numpy.typing import NDArray

from accounting.core.tables import EVIDENCE_GRADES, OUTCOMES, PHASES, TIME_BASES
from accounting.models import LabourSegment
from accounting.services.binary_copy import read_bigints

Int = NDArray[np.int64]

SHIFT = 16
"""A segment holds 2^16 row numbers."""

COLUMNS = (
    "id",
    "worker",
    "product",
    "task_type",
    "phase",
    "occurred_day",
    "seconds",
    "time_basis",
    "units",
    "quality_ppm",
    "outcome",
    "grade",
    "wage_micro",
    "currency",
    "evidence",
    "batch",
    "withdrawn",
)
_ROWS = """
SELECT c.id, c.worker_id, c.product_id, c.task_type_id,
    (array_position(%(phases)s::text[], c.phase::text) - 1)::bigint,
    (c.occurred_on - date '1970-01-01')::bigint,
    coalesce(c.seconds, -1)::bigint,
    (array_position(%(bases)s::text[], c.time_basis::text) - 1)::bigint,
    coalesce(c.units, -1),
    coalesce(c.quality_ppm, -1)::bigint,
    (array_position(%(outcomes)s::text[], c.outcome::text) - 1)::bigint,
    (array_position(%(grades)s::text[], c.grade::text) - 1)::bigint,
    c.wage_micro,
    (array_position(%(currencies)s::text[], c.wage_currency::text) - 1)::bigint,
    (array_position(%(evidence)s::text[], c.evidence_grade::text) - 1)::bigint,
    coalesce(c.batch_id, -1),
    c.withdrawn::int::bigint
FROM contributions_contribution c
"""
_COUNTS = "SELECT id >> 16, count(*) FROM contributions_contribution GROUP BY 1 ORDER BY 1"
_GRADES = "SELECT DISTINCT c.grade FROM contributions_contribution c"
_CURRENCIES = "SELECT DISTINCT c.wage_currency FROM contributions_contribution c"
# Only stretches that no new row number can fall into any more are worth packing.
_UNPACKED = """
SELECT number
FROM (SELECT min(id) >> 16 AS first, max(id) >> 16 AS last
      FROM contributions_contribution) ends,
    generate_series(first, last - 1) number
WHERE NOT EXISTS (SELECT 1 FROM accounting_laboursegment s WHERE s.number = number.number)
    AND EXISTS (
        SELECT 1 FROM contributions_contribution c
        WHERE c.id >= number << 16 AND c.id < (number + 1) << 16
    )
ORDER BY number
"""
_STRETCH = """
JOIN unnest(%(numbers)s::bigint[]) n ON c.id >= n << 16 AND c.id < (n + 1) << 16
"""
_BODY_START = struct.Struct("<I")


class _Head(msgspec.Struct, array_like=True):
    """What stands before the columns: their texts, then (lowest value, bytes a row) of each."""

    rows: int
    grades: list[str]
    currencies: list[str]
    columns: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Block:
    """Some contributions by column; grades and currencies are positions in its own texts."""

    columns: dict[str, Int]
    grades: list[str]
    currencies: list[str]


@dataclass(frozen=True, slots=True)
class Packing:
    """How recorded labour lies in the database, as a snapshot sees it.

    Attributes:
        packed: Numbers of the segments that are complete.
        loose: Numbers of the stretches that must be read row by row.
        stale: Those of them with a segment that lacks rows.
        rows: How many contributions there are.
    """

    packed: list[int]
    loose: list[int]
    stale: list[int]
    rows: int


def pack_labour() -> int:
    """Pack every full stretch that is not packed yet; call it outside of a run's snapshot.

    Returns:
        How many segments were written.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UNPACKED)
        numbers = [number for (number,) in cursor.fetchall()]
    pack(numbers)
    return len(numbers)


def pack(numbers: Iterable[int]) -> None:
    """Pack some stretches, anew where they are packed already."""
    for number in numbers:
        block = read_loose([number])
        rows = len(block.columns["id"])
        LabourSegment.objects.update_or_create(
            number=number, defaults={"rows": rows, "body": pack_block(block)}
        )


def packing() -> Packing:
    """Find out which segments the present snapshot may use."""
    counted = read_bigints(_COUNTS, {}, columns=2)
    segments = dict(LabourSegment.objects.values_list("number", "rows"))
    there = list(zip(*counted.tolist(), strict=True))
    return Packing(
        packed=[number for number, rows in there if segments.get(number) == rows],
        loose=[number for number, rows in there if segments.get(number) != rows],
        stale=[number for number, rows in there if segments.get(number, rows) != rows],
        rows=int(counted[1].sum()),
    )


def read_packed(numbers: list[int]) -> Iterator[Block]:
    """Read segments in ascending order, one at a time."""
    query = "SELECT body FROM accounting_laboursegment WHERE number = ANY(%s) ORDER BY number"
    with connection.cursor() as cursor:
        statement = f"COPY ({query}) TO STDOUT (FORMAT binary)"
        with cursor.copy(statement, [numbers]) as copy:
            copy.set_types(["bytea"])
            for (body,) in copy.rows():
                yield unpack_block(body)


def read_loose(numbers: list[int]) -> Block:
    """Read whole stretches row by row."""
    return _read_rows(_STRETCH, {"numbers": numbers})


def read_products(products: list[int], until: date) -> Block:
    """Read the contributions to some products up to a day row by row, by index."""
    condition = "WHERE c.product_id = ANY(%(products)s::bigint[]) AND c.occurred_on <= %(until)s"
    return _read_rows(condition, {"products": products, "until": until})


def _read_rows(condition: str, parameters: Mapping[str, list[int] | date]) -> Block:
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for name, query in (("grades", _GRADES), ("currencies", _CURRENCIES)):
            cursor.execute(f"{query} {condition}", parameters)
            found[name] = sorted(text for (text,) in cursor.fetchall())
    codes = {
        "phases": list(PHASES),
        "bases": list(TIME_BASES),
        "outcomes": list(OUTCOMES),
        "evidence": list(EVIDENCE_GRADES),
    }
    rows = read_bigints(
        f"{_ROWS} {condition} ORDER BY c.id",
        {**codes, **found, **parameters},
        columns=len(COLUMNS),
    )
    return Block(dict(zip(COLUMNS, rows, strict=True)), found["grades"], found["currencies"])


def pack_block(block: Block) -> bytes:
    """Write a block as bytes: a length, what `_Head` says, then column after column."""
    lowest: list[tuple[int, int]] = []
    parts: list[bytes] = []
    for name in COLUMNS:
        values = block.columns[name]
        low, high = int(values.min()), int(values.max())
        width = next(size for size in (0, 1, 2, 4, 8) if high - low < 1 << 8 * size)
        lowest.append((low, width))
        if width:
            parts.append((values - low).astype(f"<u{width}").tobytes())
    head = msgspec.json.encode(
        _Head(len(block.columns["id"]), block.grades, block.currencies, lowest)
    )
    return b"".join([_BODY_START.pack(len(head)), head, *parts])


def unpack_block(body: bytes) -> Block:
    """Read what `pack_block` wrote."""
    (length,) = _BODY_START.unpack_from(body)
    at = _BODY_START.size + length
    head = msgspec.json.decode(body[_BODY_START.size : at], type=_Head)
    columns: dict[str, Int] = {}
    for name, (low, width) in zip(COLUMNS, head.columns, strict=True):
        if width:
            packed = np.frombuffer(body, f"<u{width}", head.rows, at)
            columns[name] = np.add(packed, low, dtype=np.int64, casting="unsafe")
        else:
            columns[name] = np.full(head.rows, low, dtype=np.int64)
        at += width * head.rows
    return Block(columns, head.grades, head.currencies)
