"""What an import would record, told before it is recorded."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from contributions.imports.answers import Answers, HitTime, Question
from contributions.imports.durations import MILLISECONDS_AN_HOUR
from contributions.imports.idle import RepeatedTime
from contributions.imports.normal_form import (
    Batch,
    Kind,
    LabourRow,
    Outcome,
    Role,
    RowFault,
    TimeBasis,
    unpack,
)

FIRST_ROWS: Final = 20


@dataclass(frozen=True, kw_only=True)
class TimeTotal:
    """Working time of one time basis, as the file states it and after the chosen options."""

    time_basis: str
    rows: int
    milliseconds_in_file: int
    milliseconds_recorded: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What is in a file, in figures alone: it may be kept after the file is gone."""

    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rejected_by_code: Mapping[str, int]
    rows_by_outcome: Mapping[str, int]
    control_rows: int
    workers: int
    time: tuple[TimeTotal, ...]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an import would record.

    Attributes:
        tool: Tool that the records will name.
        columns: Headings of the file, for the file of rejected rows; empty if it is nested.
        delimiter: What stands between its cells.
        rows_read: Source rows consumed.
        rows_accepted: Labour rows made of them; a source row may make none or several.
        first_rows: The first of these, as they would be recorded.
        milliseconds_before: Sum of working time by basis, as the file states it.
        milliseconds_after: The same after the idle and repetition options.
        rows_by_basis: Rows by time basis, `none` for those without time.
        rows_by_outcome: Rows by outcome.
        control_rows: Rows that are golden or attention-check items.
        workers: Distinct workers.
        first_day: Earliest day of work.
        last_day: Latest day of work.
        faults: Rejected rows, as many as are kept.
        faults_by_code: How many rows were rejected, by reason; never cut off.
        questions: What has to be answered before these rows can be recorded.
        repeated: What neighbouring rows say about their times.
        hit_time: What was done with repeated times.
    """

    tool: str
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    rows_read: int = 0
    rows_accepted: int = 0
    first_rows: tuple[LabourRow, ...] = ()
    milliseconds_before: Mapping[TimeBasis, int] = field(default_factory=dict)
    milliseconds_after: Mapping[TimeBasis, int] = field(default_factory=dict)
    rows_by_basis: Mapping[TimeBasis, int] = field(default_factory=dict)
    rows_by_outcome: Mapping[Outcome, int] = field(default_factory=dict)
    control_rows: int = 0
    workers: int = 0
    first_day: date | None = None
    last_day: date | None = None
    faults: tuple[RowFault, ...] = ()
    faults_by_code: Mapping[str, int] = field(default_factory=dict)
    questions: frozenset[Question] = frozenset()
    repeated: RepeatedTime = field(default_factory=RepeatedTime)
    hit_time: HitTime | None = None

    @property
    def rows_rejected(self) -> int:
        """How many rows were rejected, those no longer kept included."""
        return sum(self.faults_by_code.values())

    def totals(self) -> Totals:
        """Sum up what is in the file, without a word of any row."""
        bases = [basis for basis in TimeBasis if self.rows_by_basis.get(basis)]
        bases += [basis for basis in self.milliseconds_before if basis not in bases]
        return Totals(
            rows_read=self.rows_read,
            rows_accepted=self.rows_accepted,
            rows_rejected=self.rows_rejected,
            rejected_by_code=dict(self.faults_by_code),
            rows_by_outcome={code.value: count for code, count in self.rows_by_outcome.items()},
            control_rows=self.control_rows,
            workers=self.workers,
            time=tuple(
                TimeTotal(
                    time_basis=basis.value,
                    rows=self.rows_by_basis.get(basis, 0),
                    milliseconds_in_file=self.milliseconds_before.get(basis, 0),
                    milliseconds_recorded=self.milliseconds_after.get(basis, 0),
                )
                for basis in bases
            ),
        )

    def hours_after(self, basis: TimeBasis) -> float:
        """Hours of one basis that would be recorded."""
        return self.milliseconds_after.get(basis, 0) / MILLISECONDS_AN_HOUR


class Tally:
    """Adds batches up into a preview, in memory that does not grow with them."""

    def __init__(self, answers: Answers, kept_faults: int) -> None:
        self.answers = answers
        self.kept_faults = kept_faults
        self.rows_read = 0
        self.rows_accepted = 0
        self.first_rows: list[LabourRow] = []
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.by_basis: Counter[str] = Counter()
        self.by_outcome: Counter[str] = Counter()
        self.control_rows = 0
        self.workers: set[str] = set()
        self.days: list[date] = []
        self.faults: list[RowFault] = []
        self.by_code: Counter[str] = Counter()
        self.questions: set[Question] = set()

    def as_stated(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        """Note what the file states, while batches pass by on their way to the options."""
        for batch in batches:
            self.before.update(_sums(batch.rows))
            self.rows_read += batch.rows_read
            self.by_code.update(fault.code for fault in batch.faults)
            room = self.kept_faults - len(self.faults)
            self.faults.extend(batch.faults[:room])
            yield batch

    def as_recorded(self, rows: pa.RecordBatch) -> None:
        """Note rows as they would be recorded."""
        self.rows_accepted += rows.num_rows
        missing = FIRST_ROWS - len(self.first_rows)
        if missing > 0:
            self.first_rows.extend(unpack(rows.slice(0, missing)))
        self.after.update(_sums(rows))
        self.by_basis.update(_counts(rows, "time_basis"))
        self.by_outcome.update(_counts(rows, "outcome"))
        self.control_rows += pc.sum(rows.column("is_control")).as_py() or 0
        self.workers.update(pc.unique(rows.column("worker_ref").cast(pa.string())).to_pylist())
        self._note_days(rows)

    def _note_days(self, rows: pa.RecordBatch) -> None:
        extremes = pc.min_max(rows.column("occurred_on")).as_py()
        days = [*self.days, *(day for day in extremes.values() if day is not None)]
        self.days = [min(days), max(days)] if days else []
        if rows.column("occurred_on").null_count:
            self.questions.add(Question.DAY)
        if self.answers.zone is None:
            clocked = pc.is_valid(rows.column("occurred_at"))
            unplaced = pc.and_(clocked, pc.invert(rows.column("timezone_known")))
            if pc.any(unplaced).as_py():
                self.questions.add(Question.ZONE)

    def preview(self, **facts: Any) -> Preview:
        """Sum up."""
        return Preview(
            rows_read=self.rows_read,
            rows_accepted=self.rows_accepted,
            first_rows=tuple(self.first_rows),
            milliseconds_before={TimeBasis(key): total for key, total in self.before.items()},
            milliseconds_after={TimeBasis(key): total for key, total in self.after.items()},
            rows_by_basis={TimeBasis(key): count for key, count in self.by_basis.items()},
            rows_by_outcome={Outcome(key): count for key, count in self.by_outcome.items()},
            control_rows=self.control_rows,
            workers=len(self.workers),
            first_day=self.days[0] if self.days else None,
            last_day=self.days[-1] if self.days else None,
            faults=tuple(self.faults),
            faults_by_code=dict(self.by_code),
            questions=frozenset(self.questions),
            **facts,
        )


def _counts(rows: pa.RecordBatch, name: str) -> dict[str, int]:
    counted = pc.value_counts(rows.column(name).cast(pa.string()))
    return {item["values"]: item["counts"] for item in counted.to_pylist()}


def _sums(rows: pa.RecordBatch) -> dict[str, int]:
    table = pa.table(
        {
            "basis": rows.column("time_basis").cast(pa.string()),
            "milliseconds": rows.column("milliseconds"),
        }
    )
    summed = table.group_by("basis").aggregate([("milliseconds", "sum")]).to_pylist()
    return {item["basis"]: item["milliseconds_sum"] for item in summed if item["milliseconds_sum"]}


def preview_to_document(preview: Preview) -> dict[str, Any]:
    """Write a preview as plain values, for JSON."""
    document = dataclasses.asdict(preview)
    for row in document["first_rows"]:
        row["row_sha256"] = row["row_sha256"].hex()
        row["occurred_on"] = row["occurred_on"] and row["occurred_on"].isoformat()
        row["occurred_at"] = row["occurred_at"] and row["occurred_at"].isoformat()
    document["questions"] = sorted(preview.questions)
    for name in ("first_day", "last_day"):
        document[name] = document[name] and document[name].isoformat()
    return document


def preview_from_document(document: Mapping[str, Any]) -> Preview:
    """Read a preview from plain values."""
    facts = dict(document)
    facts["columns"] = tuple(facts["columns"])
    facts["first_rows"] = tuple(_row(row) for row in facts["first_rows"])
    facts["faults"] = tuple(RowFault(**fault) for fault in facts["faults"])
    facts["questions"] = frozenset(map(Question, facts["questions"]))
    facts["repeated"] = RepeatedTime(**facts["repeated"])
    facts["hit_time"] = facts["hit_time"] and HitTime(facts["hit_time"])
    for name in ("first_day", "last_day"):
        facts[name] = facts[name] and date.fromisoformat(facts[name])
    for name in ("milliseconds_before", "milliseconds_after", "rows_by_basis"):
        facts[name] = {TimeBasis(key): value for key, value in facts[name].items()}
    facts["rows_by_outcome"] = {Outcome(k): v for k, v in facts["rows_by_outcome"].items()}
    return Preview(**facts)


def _row(document: Mapping[str, Any]) -> LabourRow:
    facts = dict(document)
    facts["row_sha256"] = bytes.fromhex(facts["row_sha256"])
    facts["occurred_on"] = facts["occurred_on"] and date.fromisoformat(facts["occurred_on"])
    facts["occurred_at"] = facts["occurred_at"] and datetime.fromisoformat(facts["occurred_at"])
    for name, kind in (
        ("kind", Kind),
        ("time_basis", TimeBasis),
        ("outcome", Outcome),
        ("role", Role),
    ):
        facts[name] = kind(facts[name])
    return LabourRow(**facts)
