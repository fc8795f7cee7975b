"""The one form that every export becomes: a row of labour, and columns of such rows.

`LabourRow` is for readers of nested files and for people to look at; `Batch` holds the same
facts as Arrow columns, so that a million rows neither become a million objects nor wait for
them. `pack` and `unpack` go from one to the other and lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

import pyarrow as pa

from contributions.imports.durations import recorded_seconds

DIGEST_BYTES: Final = 32
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class TimeBasis(StrEnum):
    """How a working time is known."""

    ACTIVE = "active"
    PAGE_OPEN = "page_open"
    HELD = "held"
    SELF_DECLARED = "self_declared"
    NONE = "none"


class Outcome(StrEnum):
    """What became of the work; all of it is labour."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    PENDING = "pending"


class Role(StrEnum):
    """How the person worked."""

    EXECUTE = "execute"
    DIRECT = "direct"
    SUPERVISE = "supervise"


class Kind(StrEnum):
    """What sort of labour a source row shows, a hint towards its task type."""

    WORK = "work"
    REVIEW = "review"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabourRow:
    """One piece of labour as its source states it; what the source leaves out is None.

    Attributes:
        source_id: Identity within tool and instance; never contains the worker's name.
        worker_ref: The worker as the tool names them. Personal: pseudonymise, never log.
        kind: Work, review of work, or mere time.
        task_hint: What the tool calls the task, towards a task type.
        product_hint: Project, dataset or study, towards a product.
        units: Items done, > 0.
        milliseconds: Working time exactly as exported, > 0; totals are sums of these.
        time_basis: How that time is known; `NONE` exactly if there is none.
        occurred_on: Day of the work as shown to the worker.
        occurred_at: Moment of the work, aware, UTC.
        timezone_known: Whether the source itself states the zone.
        outcome: What became of it.
        reviewer_ref: Who judged it, as the tool names them. Personal, like `worker_ref`.
        wage_micro: Wage already paid, micro-units; it is not a share of revenue.
        wage_currency: ISO 4217 code of that wage.
        quality_ppm: Measured quality, 1.0 = 1 000 000.
        role: How the person worked.
        prelabelled: Whether a machine's suggestion was there first, None if not stated.
        is_control: Golden or attention-check item.
        time_group: Assignment whose one working time its rows share, if any.
        row_sha256: SHA-256 of the source row, 32 bytes.
        line: Line or record number in the file, from 1.
    """

    source_id: str
    worker_ref: str
    row_sha256: bytes
    line: int
    kind: Kind = Kind.WORK
    task_hint: str | None = None
    product_hint: str | None = None
    units: int | None = None
    milliseconds: int | None = None
    time_basis: TimeBasis = TimeBasis.NONE
    occurred_on: date | None = None
    occurred_at: datetime | None = None
    timezone_known: bool = False
    outcome: Outcome = Outcome.PENDING
    reviewer_ref: str | None = None
    wage_micro: int | None = None
    wage_currency: str | None = None
    quality_ppm: int | None = None
    role: Role = Role.EXECUTE
    prelabelled: bool | None = None
    is_control: bool = False
    time_group: str | None = None

    @property
    def seconds(self) -> int | None:
        """Working time in the whole seconds that are recorded."""
        return recorded_seconds(self.milliseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Why one source row was rejected.

    Attributes:
        line: Line or record number in the file, from 1.
        column: Heading or path of the cell at fault, empty if it is the row as a whole.
        code: Stable name of the fault.
        raw: The row as it stands in the file, for the file of rejected rows only.
    """

    line: int
    column: str
    code: str
    raw: str = ""


_CODE = pa.dictionary(pa.int8(), pa.string())
_NAME = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("worker_ref", _NAME, nullable=False),
        pa.field("row_sha256", pa.binary(DIGEST_BYTES), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("kind", _CODE, nullable=False),
        pa.field("task_hint", _NAME),
        pa.field("product_hint", _NAME),
        pa.field("units", pa.int64()),
        pa.field("milliseconds", pa.int64()),
        pa.field("time_basis", _CODE, nullable=False),
        pa.field("occurred_on", pa.date32()),
        pa.field("occurred_at", pa.timestamp("us", tz="UTC")),
        pa.field("timezone_known", pa.bool_(), nullable=False),
        pa.field("outcome", _CODE, nullable=False),
        pa.field("reviewer_ref", _NAME),
        pa.field("wage_micro", pa.int64()),
        pa.field("wage_currency", _NAME),
        pa.field("quality_ppm", pa.int32()),
        pa.field("role", _CODE, nullable=False),
        pa.field("prelabelled", pa.bool_()),
        pa.field("is_control", pa.bool_(), nullable=False),
        pa.field("time_group", pa.string()),
        pa.field("seconds", pa.int32()),
    ]
)
_NAMES: Final = tuple(field.name for field in fields(LabourRow))
_ENUMS: Final = {"kind": Kind, "time_basis": TimeBasis, "outcome": Outcome, "role": Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A run of consecutive source rows, read.

    Attributes:
        rows: What was understood, with the columns of `SCHEMA`; `seconds` beside the exact
            `milliseconds` is what gets recorded.
        faults: What was rejected, in order of line.
        rows_read: Source rows consumed, those that are no labour included.
        bytes_read: How far into the unpacked file this batch ends; 0 if that cannot be told.
        bytes_total: Size of the unpacked file, for a progress bar.
    """

    rows: pa.RecordBatch
    faults: tuple[RowFault, ...] = ()
    rows_read: int = 0
    bytes_read: int = 0
    bytes_total: int = 0


def pack(rows: Sequence[LabourRow]) -> pa.RecordBatch:
    """Lay rows out as columns."""
    columns: dict[str, list[object]] = {
        name: [getattr(row, name) for row in rows] for name in (*_NAMES, "seconds")
    }
    columns["occurred_at"] = [
        None if row.occurred_at is None else (row.occurred_at - _EPOCH) // _MICROSECOND
        for row in rows
    ]
    return pa.RecordBatch.from_arrays(
        [_column(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA
    )


def _column(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode().cast(kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def unpack(batch: pa.RecordBatch) -> Iterator[LabourRow]:
    """Read the columns back row by row."""
    columns = {name: batch.column(name) for name in _NAMES}
    columns["occurred_at"] = columns["occurred_at"].cast(pa.int64())
    listed = {name: column.to_pylist() for name, column in columns.items()}
    for name, enumeration in _ENUMS.items():
        listed[name] = [enumeration(value) for value in listed[name]]
    listed["occurred_at"] = [
        None if micros is None else _EPOCH + micros * _MICROSECOND
        for micros in listed["occurred_at"]
    ]
    for values in zip(*(listed[name] for name in _NAMES), strict=True):
        yield LabourRow(**dict(zip(_NAMES, values, strict=True)))
