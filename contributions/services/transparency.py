"""Appending to the transparency log, in the very transaction that writes the rows.

So a crash leaves a row with its leaf or neither. Writers take turns by one advisory lock that is
held from the append to the commit; all hashing is done before it. Building the tree is left to
the signing (`checkpoints`), which nobody waits for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from contributions.identifiers import public_ids
from contributions.log.leaves import commit_batch, new_salts
from contributions.models.log import MOST_LEAVES
from contributions.services.logged import DIGEST_BYTES, LoggedTable

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('huisu.log'))"
_HEAD = """
SELECT first_index + count FROM contributions_logsegment ORDER BY first_index DESC LIMIT 1
"""
_INSERT = """
COPY contributions_logsegment
    (first_index, count, kind, lowest, highest, numbers, entries, salts)
FROM STDIN (FORMAT binary)
"""
_TYPES = ["int8", "int4", "varchar", "int8", "int8", "bytea", "bytea", "bytea"]


@dataclass(frozen=True, slots=True)
class _Segment:
    """Leaves that are ready but for their place."""

    kind: str
    numbers: NDArray[np.int64]
    entries: bytes
    salts: bytes


def append(*, table: LoggedTable, number: int, kind: str = "") -> None:
    """Log one row that this transaction has written.

    Args:
        kind: What the leaf is called; the table's first kind unless given.
    """
    segments = _committed(table, kind or table.kinds[0], "r.id = %(number)s", {"number": number})
    _insert(list(segments))


def append_many(*, table: LoggedTable, numbers: list[int]) -> None:
    """Log rows that this transaction has written."""
    segments = _committed(table, table.kinds[0], "r.id = ANY(%(numbers)s)", {"numbers": numbers})
    _insert(list(segments))


class Leaves:
    """Leaves of many new rows of one table, gathered while the rows are written."""

    def __init__(self, table: LoggedTable) -> None:
        self.table = table
        self._segments: list[_Segment] = []
        self._waiting: list[tuple[NDArray[np.int64], bytes]] = []

    def add(self, numbers: NDArray[np.int64], digests: bytes) -> None:
        """Take the leaves of rows that this transaction has written.

        Args:
            numbers: The n row numbers.
            digests: 32 * n bytes, hashes of the rows' canonical content (`LoggedTable.content`).
        """
        self._waiting.append((numbers, digests))
        while sum(len(numbers) for numbers, _digests in self._waiting) >= MOST_LEAVES:
            self._commit()

    def append(self) -> None:
        """Log them all, at once and in the order of their coming."""
        while self._waiting:
            self._commit()
        _insert(self._segments)
        self._segments = []

    def _commit(self) -> None:
        numbers = np.concatenate([some for some, _digests in self._waiting])
        digests = b"".join(some for _numbers, some in self._waiting)
        cut = MOST_LEAVES * DIGEST_BYTES
        self._segments.append(
            _segment(self.table, self.table.kinds[0], numbers[:MOST_LEAVES], digests[:cut])
        )
        rest = numbers[MOST_LEAVES:], digests[cut:]
        self._waiting = [rest] if len(rest[0]) else []


def take_turn() -> None:
    """Lock the log for the rest of the transaction, before it waits for anything else.

    Whoever waits for a row that another writer holds, while that one waits for the log, would
    wait for ever; so what locks rows and then appends takes its turn first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)


def head() -> int:
    """Return how many leaves the log has."""
    with connection.cursor() as cursor:
        cursor.execute(_HEAD)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _committed(
    table: LoggedTable, kind: str, condition: str, parameters: dict[str, object]
) -> Iterator[_Segment]:
    numbers, digests = table.digests(condition, parameters)
    for start in range(0, len(numbers), MOST_LEAVES):
        some = numbers[start : start + MOST_LEAVES]
        cut = slice(start * DIGEST_BYTES, (start + len(some)) * DIGEST_BYTES)
        yield _segment(table, kind, some, digests[cut])


def _segment(table: LoggedTable, kind: str, numbers: NDArray[np.int64], digests: bytes) -> _Segment:
    salts = new_salts(len(numbers))
    committed = commit_batch(
        kind=kind, ids=public_ids(table.prefix, numbers).tolist(), digests=digests, salts=salts
    )
    return _Segment(kind, numbers, committed.entries, salts)


@transaction.atomic(savepoint=False)
def _insert(segments: list[_Segment]) -> None:
    take_turn()
    first_index = head()
    with connection.cursor() as cursor, cursor.copy(_INSERT) as copy:
        copy.set_types(_TYPES)
        for segment in segments:
            copy.write_row(_row(first_index, segment))
            first_index += len(segment.numbers)


def _row(first_index: int, segment: _Segment) -> tuple[object, ...]:
    numbers = segment.numbers
    return (
        first_index,
        len(numbers),
        segment.kind,
        int(numbers.min()),
        int(numbers.max()),
        numbers.astype(">i8").tobytes(),
        segment.entries,
        segment.salts,
    )
