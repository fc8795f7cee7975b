"""One source row in the hands of a format reader: its cells by name, read strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contributions.imports.answers import Answers, Question
from contributions.imports.documents import Json, Record, digest_of
from contributions.imports.durations import DurationForm, parse_duration
from contributions.imports.flattening import flatten
from contributions.imports.money import parse_amount
from contributions.imports.normal_form import LabourRow, Outcome, RowFault, TimeBasis
from contributions.imports.numbers import DecimalMark, parse_count
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Source
from contributions.imports.tables import SourceRow
from contributions.imports.text import parse_text
from contributions.imports.times import (
    EndsBeforeStart,
    Moment,
    TimeForm,
    TimeInFuture,
    parse_time,
)


class WorkerMissing(CellRefused):
    """The row names no worker, and none was given for the file."""

    code = "worker_missing"


class SourceIdMissing(CellRefused):
    """The row lacks the identifier that its file has for rows."""

    code = "source_id_missing"


class OutcomeUnknown(CellRefused):
    """The status of the row is none that the tool is known to write."""

    code = "outcome_unknown"


@dataclass(kw_only=True)
class Reading:
    """A file being read by a format.

    Attributes:
        source: The file.
        answers: What the user said about it.
        questions: What turned out to be unsaid; readers add to it.
        rows_read: Source rows consumed so far.
        bytes_read: How far into the file that is, as far as can be told.
        zone: The zone of the answers, looked up.
    """

    source: Source
    answers: Answers
    questions: set[Question] = field(default_factory=set)
    rows_read: int = 0
    bytes_read: int = 0
    zone: ZoneInfo | None = None

    def __post_init__(self) -> None:
        self.zone = self.answers.place()

    def entries(self) -> Iterator[Entry | RowFault]:
        """Go through the rows of a flat file, or the records of a nested one."""
        if not self.source.is_table:
            yield from self.record_entries()
            return
        for table in self.source.tables():
            self.rows_read += len(table.faults)
            self.bytes_read = table.bytes_read
            yield from table.faults
            for row in table.rows():
                self.rows_read += 1
                yield Entry(reading=self, row=row)

    def record_entries(self, path: str | None = None) -> Iterator[Entry | RowFault]:
        """Go through the records of a nested file as flat rows."""
        for record in self.records(path):
            if isinstance(record, RowFault):
                yield record
            else:
                yield self.part(record, record.value, digest=record.digest)

    def records(self, path: str | None = None) -> Iterator[Record | RowFault]:
        """Go through the records of a nested file."""
        for record in self.source.records(path):
            self.rows_read += 1
            if isinstance(record, Record):
                self.bytes_read = record.bytes_read
            yield record

    def part(self, record: Record, value: Json, *, digest: bytes | None = None) -> Entry:
        """Take a part of a record as a row of its own."""
        row = SourceRow(
            line=record.line,
            cells=flatten(value),
            digest=digest or digest_of(value),
            raw=record.raw,
        )
        return Entry(reading=self, row=row)


@dataclass(kw_only=True)
class Entry:
    """A row, with readers for its cells; each names the cell in what it refuses."""

    reading: Reading
    row: SourceRow

    def fault(self, refusal: CellRefused) -> RowFault:
        """Say why this row is rejected."""
        return RowFault(
            line=self.row.line, column=refusal.column, code=refusal.code, raw=self.row.raw
        )

    def raw(self, *columns: str) -> tuple[str, str]:
        """The first of some columns that is filled, and its text; empty if none is."""
        for column in columns:
            text = self.row.cells.get(column)
            if text is not None and text.strip():
                return column, text
        return columns[0], ""

    def text(self, *columns: str) -> str | None:
        """A name or identifier, from the first of some columns that is filled."""
        column, text = self.raw(*columns)
        with _Naming(column):
            return parse_text(text)

    def source_id(self, *columns: str) -> str:
        """The row's own identifier."""
        found = self.text(*columns)
        if found is None:
            raise SourceIdMissing(columns[0])
        return found

    def worker(self, *columns: str) -> str:
        """Who did the work: the cell, or whoever the user named for the file."""
        found = self.text(*columns) or self.reading.answers.worker
        if found is None:
            raise WorkerMissing(columns[0])
        return found

    def count(self, *columns: str) -> int | None:
        """A whole number of things done; none done is None."""
        column, text = self.raw(*columns)
        with _Naming(column):
            return (parse_count(text) or None) if text else None

    def duration(
        self, *columns: str, form: DurationForm, mark: DecimalMark = DecimalMark.POINT
    ) -> int | None:
        """Working time in milliseconds; a measured zero is no time known."""
        column, text = self.raw(*columns)
        with _Naming(column):
            return (parse_duration(text, form, mark) or None) if text else None

    def moment(self, *columns: str, form: TimeForm = TimeForm.ISO) -> Moment | None:
        """A date or time, from the first of some columns that is filled."""
        column, text = self.raw(*columns)
        return self.moment_of(text, column, form) if text else None

    def moment_of(self, text: str, column: str, form: TimeForm) -> Moment:
        """A date or time put together from several cells."""
        with _Naming(column):
            return parse_time(text, form, self.reading.zone)

    def amount(self, column: str, currency: str | None) -> tuple[int, str] | None:
        """A wage in micro-units, and its currency."""
        _column, text = self.raw(column)
        with _Naming(column):
            return parse_amount(text, currency, DecimalMark.EITHER) if text else None

    def flag(self, *columns: str) -> bool | None:
        """A yes or no; None if the cell is empty or says neither."""
        _column, text = self.raw(*columns)
        return _FLAGS.get(text.strip().casefold())

    def outcome(self, column: str, known: dict[str, Outcome]) -> Outcome:
        """A status, by what it means in this tool."""
        _column, text = self.raw(column)
        found = known.get(text.strip().upper())
        if found is None:
            raise OutcomeUnknown(column)
        return found

    def between(self, start: Moment | None, end: Moment | None, column: str) -> int | None:
        """Time from start to end in milliseconds; None unless both are moments apart."""
        if start is None or end is None or start.at is None or end.at is None:
            return None
        if end.at < start.at:
            raise EndsBeforeStart(column)
        return (end.at - start.at) // timedelta(milliseconds=1) or None

    def labour(
        self,
        *,
        source_id: str,
        worker_ref: str,
        moment: Moment | None = None,
        basis: TimeBasis = TimeBasis.NONE,
        **facts: Any,
    ) -> LabourRow:
        """Make the labour row that this source row shows.

        Raises:
            TimeInFuture: The work lies after the day on which the file was received.
        """
        answers = self.reading.answers
        if facts.get("milliseconds") is None:
            basis = TimeBasis.NONE
        if facts.get("reviewer_ref") == worker_ref:
            facts["reviewer_ref"] = None
        if facts.get("product_hint") is None:
            facts["product_hint"] = answers.product
        if moment is not None:
            self._require_past(moment.on)
        return LabourRow(
            source_id=source_id,
            worker_ref=worker_ref,
            row_sha256=self.row.digest,
            line=self.row.line,
            time_basis=basis,
            occurred_on=answers.occurred_on if moment is None else moment.on,
            occurred_at=None if moment is None else moment.at,
            timezone_known=moment is not None and moment.zone_known,
            **facts,
        )

    def _require_past(self, day: date) -> None:
        received = self.reading.answers.received_on
        # A day's grace, because it is already tomorrow somewhere.
        if received is not None and day > received + timedelta(days=1):
            raise TimeInFuture


def who(worker_ref: str) -> str:
    """Stand-in for a worker inside a source id, where the tool has no better key.

    It keeps two workers' answers to one item apart without writing a name into the id. It is no
    protection against guessing; pseudonymising ids is for whoever stores them.
    """
    return hashlib.sha256(worker_ref.encode()).hexdigest()[:12]


_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class _Naming:
    """Adds the name of the column to what is refused inside."""

    def __init__(self, column: str) -> None:
        self.column = column

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, CellRefused) and not error.column:
            error.column = self.column
