"""Rows of an import in the columns that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributions.imports.normal_form import Kind, LabourRow
from contributions.models import Contribution, TaskType
from contributions.models.labour import Phase
from contributions.services.bulk_recording import LabourColumns
from contributions.services.bulk_rows import MISSING, NO_MOMENT, Int, Laid

_BASES = Contribution.TimeBasis.values
_OUTCOMES = Contribution.Outcome.values
_ROLES = Contribution.Role.values


@dataclass(frozen=True, slots=True)
class Filing:
    """Where rows are filed: what the file does not know and its user chose."""

    product_id: int
    task_type: TaskType
    review_task_type: TaskType | None
    evidence_grade: str
    evidence_sha256: str


@dataclass(frozen=True, slots=True)
class People:
    """Who worked and who reviewed, as row numbers of workers; `MISSING` if not added yet."""

    workers: Int
    reviewers: Int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a batch with what was found out about them.

    Attributes:
        stated: What the file states, with the columns of `normal_form.SCHEMA`.
        ids: Under which ids they are recorded.
        people: Who did them.
    """

    stated: pa.RecordBatch
    ids: pa.Array
    people: People

    def __len__(self) -> int:
        return int(self.stated.num_rows)

    def at(self, places: Int) -> Rows:
        """Keep some rows, given by their ascending places."""
        if len(places) == len(self):
            return self
        taken = pa.array(places)
        people = People(self.people.workers[places], self.people.reviewers[places])
        return Rows(self.stated.take(taken), self.ids.take(taken), people)


def facts_of(row: LabourRow, worker_id: int, reviewer_id: int) -> dict[str, Any]:
    """Return what a source states of a row, as a record has it."""
    wage = row.wage_micro or 0
    return {
        "worker_id": worker_id,
        "occurred_on": row.occurred_on,
        "occurred_at": None if row.occurred_at is None else row.occurred_at.astimezone(UTC),
        "seconds": row.seconds,
        "time_basis": row.time_basis.value,
        "units": row.units,
        "quality_ppm": row.quality_ppm,
        "outcome": row.outcome.value,
        "machine_share_ppm": 0 if row.prelabelled is False else None,
        "role": row.role.value,
        "wage_micro": wage,
        "wage_currency": (row.wage_currency or "") if wage else "",
        "reviewer_id": None if reviewer_id == MISSING else reviewer_id,
    }


def laid_facts(found: Rows) -> dict[str, Laid]:
    """Lay out the same facts of many rows."""
    rows = found.stated
    wages = _wages(rows)
    currencies, at = _currencies(rows)
    return {
        "worker_id": Laid.whole(found.people.workers, size=8),
        "occurred_on": _days(rows),
        "occurred_at": Laid.moments(_moments(rows)),
        "seconds": Laid.optional(_whole(rows.column("seconds")), size=4),
        "time_basis": Laid.words(_BASES, _positions(rows, "time_basis", _BASES)),
        "units": Laid.optional(_whole(rows.column("units")), size=8),
        "quality_ppm": Laid.optional(_whole(rows.column("quality_ppm")), size=4),
        "outcome": Laid.words(_OUTCOMES, _positions(rows, "outcome", _OUTCOMES)),
        "machine_share_ppm": Laid.optional(_machine_shares(rows), size=4),
        "role": Laid.words(_ROLES, _positions(rows, "role", _ROLES)),
        "wage_micro": Laid.whole(wages, size=8),
        "wage_currency": Laid.words(["", *currencies], np.where(wages > 0, at + 1, 0)),
        "reviewer_id": Laid.optional(found.people.reviewers, size=8),
    }


def columns_of(found: Rows, filing: Filing) -> Iterator[LabourColumns]:
    """Lay new rows out for recording: one set of columns for each currency of wages.

    The days of all rows must be known.
    """
    currencies, at = _currencies(found.stated)
    for number, currency in enumerate(currencies):
        yield _columns(found.at(np.flatnonzero(at == number)), filing, currency)


def _columns(found: Rows, filing: Filing, currency: str) -> LabourColumns:
    rows = found.stated
    reviews = filing.review_task_type or filing.task_type
    is_review = np.asarray(pc.equal(rows.column("kind").cast(pa.string()), Kind.REVIEW.value))
    phases = Phase.values

    def always(value: int) -> Int:
        return np.full(rows.num_rows, value, dtype=np.int64)

    return LabourColumns(
        external_id=found.ids,
        worker=found.people.workers,
        product=always(filing.product_id),
        task_type=np.where(is_review, reviews.pk, filing.task_type.pk),
        phase=np.where(
            is_review, phases.index(reviews.phase), phases.index(filing.task_type.phase)
        ),
        occurred_day=_whole(rows.column("occurred_on").cast(pa.int32())),
        occurred_at=_moments(rows),
        seconds=_whole(rows.column("seconds")),
        time_basis=_positions(rows, "time_basis", _BASES),
        units=_whole(rows.column("units")),
        quality_ppm=_whole(rows.column("quality_ppm")),
        outcome=_positions(rows, "outcome", _OUTCOMES),
        machine_share_ppm=_machine_shares(rows),
        role=_positions(rows, "role", _ROLES),
        grade=always(MISSING),
        grades=[],
        wage_micro=_wages(rows),
        wage_currency=currency,
        evidence=always(Contribution.Evidence.values.index(filing.evidence_grade)),
        evidence_sha256=filing.evidence_sha256,
        reviewer=found.people.reviewers,
        row_sha256=_digests(rows.column("row_sha256")),
        is_control=_flags(rows.column("is_control")),
        prelabelled=_flags(rows.column("prelabelled")),
    )


def _whole(column: pa.Array) -> Int:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), MISSING))


def _wages(rows: pa.RecordBatch) -> Int:
    return np.maximum(_whole(rows.column("wage_micro")), 0)


def _moments(rows: pa.RecordBatch) -> Int:
    return np.asarray(pc.fill_null(rows.column("occurred_at").cast(pa.int64()), NO_MOMENT))


def _days(rows: pa.RecordBatch) -> Laid:
    days = rows.column("occurred_on").cast(pa.int32())
    known = Laid.days(np.asarray(pc.fill_null(days, 0)).astype(np.int64))
    return known.without(np.asarray(pc.is_null(days))) if days.null_count else known


def _machine_shares(rows: pa.RecordBatch) -> Int:
    """None of the work is a machine's where no machine made a draft; else it is unknown."""
    none = pc.fill_null(pc.equal(rows.column("prelabelled"), False), False)
    return np.where(np.asarray(none), 0, MISSING).astype(np.int64)


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, False))


def _positions(rows: pa.RecordBatch, name: str, words: list[str]) -> Int:
    found = pc.index_in(rows.column(name).cast(pa.string()), value_set=pa.array(words))
    return np.asarray(found.cast(pa.int64()))


def _currencies(rows: pa.RecordBatch) -> tuple[list[str], Int]:
    """The currencies of wages, and which one each row has; '' where no wage is stated."""
    named = pc.fill_null(rows.column("wage_currency").cast(pa.string()), "")
    encoded = named.dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices).astype(np.int64)


def _digests(column: pa.Array) -> bytes:
    _valid, content = column.buffers()
    start, size = column.offset * 32, len(column) * 32
    digests: bytes = content.slice(start, size).to_pybytes()
    return digests
