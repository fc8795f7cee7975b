"""Recording labour by the million: whole columns in one transaction, all rows or none.

Rows reach the table by binary COPY with their foreign keys checked as sets (`bulk_references`),
and their leaves are hashed here from the same columns (`bulk_rows`) while the database is busy
with the rows. A sample of them is compared with what the database would have hashed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from contributions.models import Contribution, ImportBatch, ImportedTrait, Source, User
from contributions.models.labour import Phase
from contributions.services import transparency
from contributions.services.bulk_copying import Copier
from contributions.services.bulk_references import References
from contributions.services.bulk_rows import (
    MISSING,
    NO_MOMENT,
    Int,
    Laid,
    digests_of,
    told_rows,
)
from contributions.services.lineage import violated_constraint
from contributions.services.logged import LABOUR
from contributions.services.recording import AlreadyRecorded

__all__ = ["MISSING", "NO_MOMENT", "Int", "LabourColumns", "ReadFile", "record_columns"]

Flags = NDArray[np.bool_]

_ROWS_AT_ONCE: Final = 16_384
_SAMPLES: Final = 64
_ONCE_A_SOURCE: Final = "contribution_once_a_source"
# What a source states of a row; its digest is of these, unless the source has a digest itself.
_STATED: Final = tuple(
    name
    for name in LABOUR.columns
    if name not in {"id", "row_sha256", "source_id", "batch_id", "recorded_by_id", "recorded_at"}
)


_SEQUENCE: Final = "SELECT pg_get_serial_sequence(%s, 'id')"
_NEW_NUMBERS: Final = """
SELECT min(n), max(n), CASE WHEN max(n) - min(n) + 1 > count(*) THEN array_agg(n ORDER BY n) END
FROM (SELECT nextval(%s::regclass) AS n FROM generate_series(1, %s)) taken
"""


class LeavesDiffer(Exception):
    """The leaves hashed here are not those of the rows as stored: a bug, nothing is kept."""


@dataclass(frozen=True, slots=True)
class LabourColumns:
    """Equally long columns of labour to record.

    Attributes:
        external_id: Id in the source, distinct within it; a list or an Arrow column.
        worker, product, task_type: Row numbers.
        phase, time_basis, outcome, role, evidence: Positions among the choices of the model.
        occurred_day: Days since 1970-01-01.
        seconds, units, quality_ppm: `MISSING` where unknown, never zero for unknown.
        grade: Position in `grades`, or `MISSING`.
        wage_micro: In `wage_currency`; zero for unpaid work.
        occurred_at: Microseconds since 1970, `NO_MOMENT` where unknown; None if nowhere known.
        reviewer: Row numbers of workers, or `MISSING`; None if nowhere known.
        machine_share_ppm: `MISSING` where unknown; None if nowhere known.
        row_sha256: Digests of the source's rows, 32 bytes each; None to hash what is recorded.
        evidence_sha256: Digest of what supports all rows, in hexadecimal; '' if nothing does.
        is_control: Golden and attention-check items; None if there are none.
        prelabelled: Items that a machine had drafted; None if there are none.
    """

    external_id: list[str] | pa.Array
    worker: Int
    product: Int
    task_type: Int
    phase: Int
    occurred_day: Int
    seconds: Int
    time_basis: Int
    units: Int
    quality_ppm: Int
    outcome: Int
    role: Int
    grade: Int
    grades: list[str]
    wage_micro: Int
    wage_currency: str
    evidence: Int
    occurred_at: Int | None = None
    reviewer: Int | None = None
    machine_share_ppm: Int | None = None
    row_sha256: bytes | None = None
    evidence_sha256: str = ""
    is_control: Flags | None = None
    prelabelled: Flags | None = None

    def pieces(self, rows: int) -> Iterator[LabourColumns]:
        """Cut the columns into runs of so many rows at most."""
        for start in range(0, len(self.worker), rows):
            part = slice(start, start + rows)
            changed: dict[str, Any] = {
                one.name: getattr(self, one.name)[part]
                for one in fields(self)
                if isinstance(getattr(self, one.name), np.ndarray)
            }
            if self.row_sha256 is not None:
                changed["row_sha256"] = self.row_sha256[start * 32 : (start + rows) * 32]
            yield replace(self, external_id=self.external_id[part], **changed)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Where the columns were read from, and how."""

    name: str
    sha256: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def record_columns(
    *,
    chunks: Iterable[LabourColumns],
    source: Source,
    file: ReadFile,
    committed_by: User | None,
) -> ImportBatch:
    """Record batches of labour from columns, streamed to the database chunk by chunk.

    Raises:
        AlreadyRecorded: The source has a record of one of the external ids.
        IntegrityError: A row breaks a named constraint, or names a row that is not there.
    """
    batch = ImportBatch.objects.create(
        source=source,
        file_name=file.name,
        file_sha256=file.sha256,
        options=file.options,
        rows_read=0,
        rows_recorded=0,
        committed_by=committed_by,
    )
    rows = _Rows(batch)
    try:
        # What fails in COPY comes from the driver; named as Django names it, a lost database is
        # answered as unavailable, and a row that is there already as a conflict.
        with transaction.atomic(), connection.wrap_database_errors:
            with rows.copier.started():
                for chunk in chunks:
                    rows.add(chunk)
            rows.close()
    except IntegrityError as error:
        if violated_constraint(error) == _ONCE_A_SOURCE:
            raise AlreadyRecorded(_("A row of this file is recorded already.")) from error
        raise
    batch.rows_read = batch.rows_recorded = rows.count
    batch.save(update_fields=["rows_read", "rows_recorded"])
    rows.leaves.append()
    return batch


class _Rows:
    """The rows of one batch on their way into the table and the log."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.count = 0
        self.references = References(LABOUR.name)
        self.copier = Copier(LABOUR.name, around=self.references.around)
        self.traits = _Traits()
        self.leaves = transparency.Leaves(LABOUR)
        self.recorded_at = _now()
        self._samples: dict[int, bytes] = {}
        self._free = np.zeros(0, np.int64)
        with connection.cursor() as cursor:
            cursor.execute(_SEQUENCE, [LABOUR.name])
            self._sequence: str = cursor.fetchone()[0]

    def add(self, chunk: LabourColumns) -> None:
        """Copy rows into the table and keep their leaves."""
        for piece in chunk.pieces(_ROWS_AT_ONCE):
            self._add(piece)

    def _add(self, piece: LabourColumns) -> None:
        count = len(piece.worker)
        numbers = self._numbers(count)
        columns = _laid(piece) | {
            "id": Laid.whole(numbers, size=8),
            "source_id": Laid.same_whole(self.batch.source_id, size=8),
            "batch_id": Laid.same_whole(self.batch.pk, size=8),
            "recorded_by_id": Laid.same_whole(self.batch.committed_by_id, size=8),
            "recorded_at": self.recorded_at,
        }
        stated = piece.row_sha256 or digests_of(
            told_rows({name: columns[name] for name in _STATED}, count=count)
        )
        columns["row_sha256"] = Laid.digests(stated)
        ordered = {name: columns[name] for name in LABOUR.columns}
        self.copier.copy(ordered, count=count)
        digests = digests_of(told_rows(ordered, count=count))
        self.leaves.add(numbers, digests)
        self._sample(numbers, digests)
        self.references.gather(_named(piece, self.batch))
        self.traits.gather(numbers, piece)
        self.count += count

    def _numbers(self, count: int) -> Int:
        """Take numbers from the table's own sequence, so that leaves can name rows beforehand.

        They are taken in growing blocks: asking for them waits for the rows under way. What is
        left of the last block is never used, as after any transaction that was given up.
        """
        while len(self._free) < count:
            self._free = np.concatenate([self._free, self._more_numbers(max(count, self.count))])
        taken, self._free = self._free[:count], self._free[count:]
        return taken

    def _more_numbers(self, count: int) -> Int:
        with connection.cursor() as cursor:
            cursor.execute(_NEW_NUMBERS, [self._sequence, count])
            first, last, numbers = cursor.fetchone()
        return np.arange(first, last + 1) if numbers is None else np.array(numbers, dtype=np.int64)

    def close(self) -> None:
        """Check what can only be checked once all rows are there.

        Raises:
            ReferenceMissing: A row names a worker, product or other row that is not there.
            LeavesDiffer: A leaf is not that of its row.
        """
        self.references.check()
        self.traits.record()
        numbers = sorted(self._samples)
        expected = b"".join(self._samples[number] for number in numbers)
        found, digests = LABOUR.digests("r.id = ANY(%(numbers)s)", {"numbers": numbers})
        if found.tolist() != numbers or digests != expected:
            raise LeavesDiffer(self.batch.public_id)

    def _sample(self, numbers: Int, digests: bytes) -> None:
        """Remember some leaves of every piece, to be compared with the rows as stored."""
        for at in range(0, len(numbers), max(len(numbers) // _SAMPLES, 1)):
            self._samples[int(numbers[at])] = digests[at * 32 : at * 32 + 32]


class _Traits:
    """What items were to the tool, of the few rows of which there is something to say."""

    def __init__(self) -> None:
        self._found: list[ImportedTrait] = []

    def gather(self, numbers: Int, piece: LabourColumns) -> None:
        """Note the traits of rows about to be copied."""
        none = np.zeros(len(numbers), np.bool_)
        control = none if piece.is_control is None else piece.is_control
        drafted = none if piece.prelabelled is None else piece.prelabelled
        self._found += [
            ImportedTrait(
                contribution_id=int(numbers[at]),
                is_control=bool(control[at]),
                prelabelled=bool(drafted[at]),
            )
            for at in np.flatnonzero(control | drafted)
        ]

    def record(self) -> None:
        """Record them beside their rows."""
        ImportedTrait.objects.bulk_create(self._found, batch_size=_ROWS_AT_ONCE)


def _laid(piece: LabourColumns) -> dict[str, Laid]:
    """Lay out what the columns state."""
    currencies = ["", piece.wage_currency]
    return {
        "worker_id": Laid.whole(piece.worker, size=8),
        "product_id": Laid.whole(piece.product, size=8),
        "task_type_id": Laid.whole(piece.task_type, size=8),
        "phase": Laid.words(Phase.values, piece.phase),
        "occurred_on": Laid.days(piece.occurred_day),
        "occurred_at": _optional(piece.occurred_at, Laid.moments),
        "seconds": Laid.optional(piece.seconds, size=4),
        "time_basis": Laid.words(Contribution.TimeBasis.values, piece.time_basis),
        "units": Laid.optional(piece.units, size=8),
        "quality_ppm": Laid.optional(piece.quality_ppm, size=4),
        "outcome": Laid.words(Contribution.Outcome.values, piece.outcome),
        "machine_share_ppm": _optional(piece.machine_share_ppm, partial(Laid.optional, size=4)),
        "role": Laid.words(Contribution.Role.values, piece.role),
        "grade": Laid.words([*piece.grades, ""], piece.grade % (len(piece.grades) + 1)),
        "wage_micro": Laid.whole(piece.wage_micro, size=8),
        "wage_currency": Laid.words(currencies, (piece.wage_micro > 0).astype(np.int64)),
        "paid_through_ppm": Laid.null(),
        "harmful_exposure": Laid.never(),
        "evidence_grade": Laid.words(Contribution.Evidence.values, piece.evidence),
        "evidence_sha256": Laid.same_text(piece.evidence_sha256),
        "reviewer_id": _optional(piece.reviewer, partial(Laid.optional, size=8)),
        "external_id": Laid.texts(_texts(piece.external_id)),
        "revision": Laid.same_whole(0, size=4),
        "supersedes_id": Laid.null(),
        "withdrawn": Laid.never(),
        "reason": Laid.same_text(""),
    }


def _optional(values: Int | None, lay: Callable[[Int], Laid]) -> Laid:
    return Laid.null() if values is None else lay(values)


def _texts(ids: list[str] | pa.Array) -> pa.Array:
    return pa.array(ids, pa.string()) if isinstance(ids, list) else ids


def _named(piece: LabourColumns, batch: ImportBatch) -> dict[str, Int | int | None]:
    """Return the rows of other tables that the columns name, by column."""
    return {
        "worker_id": piece.worker,
        "product_id": piece.product,
        "task_type_id": piece.task_type,
        "reviewer_id": piece.reviewer,
        "source_id": batch.source_id,
        "batch_id": batch.pk,
        "supersedes_id": None,
        "recorded_by_id": batch.committed_by_id,
    }


def _now() -> Laid:
    """Lay the time of the database out as when all rows are recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint")
        moment = np.array(cursor.fetchone(), dtype=np.int64)
    return Laid.moments(moment).for_all()
