"""Rows of an import beside what is recorded already: new, known, changed, or repeated.

A source says the same thing again with every export. So a row is held against what its source
said last, not against what people corrected since; only what the source itself changed becomes a
correction, and that correction leaves the corrections of people standing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contributions.imports.entry import who
from contributions.imports.normal_form import Kind, LabourRow, RowFault, unpack
from contributions.models import Contribution, ImportBatch, Source, TaskType
from contributions.models.labour import Phase
from contributions.services.bulk_recording import MISSING, Int, LabourColumns
from contributions.services.pseudonyms import Doorkeeper

SOURCE_ID_REPEATED: Final = "source_id_repeated"
SOURCE_ID_TOO_LONG: Final = "source_id_too_long"
_LONGEST_ID: Final = 200
_SHOWN_DIGITS: Final = 12
_AT_ONCE: Final = 5_000
_FACTS: Final = (
    ("worker_id",),
    ("occurred_on",),
    ("seconds", "time_basis"),
    ("units",),
    ("quality_ppm",),
    ("outcome",),
    ("role",),
    ("wage_micro", "wage_currency"),
)
_FIELDS: Final = tuple(name for group in _FACTS for name in group)


@dataclass(slots=True)
class Effect:
    """What an import does to the records, in rows.

    Attributes:
        new: Not recorded so far.
        known: Recorded as they are.
        changed: Stated differently by the source than before; each becomes a correction.
        withdrawn: Withdrawn here since; they stay so.
        repeated: The very same row again in the same file.
        new_workers: Workers met for the first time.
    """

    new: int = 0
    known: int = 0
    changed: int = 0
    withdrawn: int = 0
    repeated: int = 0
    new_workers: int = 0


@dataclass(frozen=True, slots=True)
class Filing:
    """Where rows are filed: what the file does not know and its user chose."""

    product_id: int
    task_type: TaskType
    review_task_type: TaskType | None
    evidence_grade: str


@dataclass(frozen=True, slots=True)
class Change:
    """A record that its source now states differently."""

    contribution_id: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch of rows, sorted by what becomes of them.

    Attributes:
        rows: The rows to record.
        external_ids: Their ids.
        workers: Their workers' row numbers; -1 for workers not added yet.
        changes: Corrections to make.
        faults: Rows refused because of the rows before them.
    """

    rows: pa.RecordBatch
    external_ids: list[str]
    workers: Int
    changes: list[Change]
    faults: list[RowFault]


class Sorter:
    """Sorts the rows of one import, batch by batch, and counts."""

    def __init__(self, *, source: Source | None, door: Doorkeeper, admits: bool) -> None:
        """Prepare to sort.

        Args:
            source: Where the rows come from; None if nothing ever came from there.
            door: Who tells workers apart.
            admits: Whether workers met for the first time are added.
        """
        self.source = source
        self.door = door
        self.admits = admits
        self.effect = Effect()
        self._seen: dict[str, bytes] = {}
        undone = 0
        if source is not None:
            undone = source.batches.filter(state=ImportBatch.State.UNDONE).count()
        # Records are never deleted, so what was undone keeps its id and a new round gets a mark.
        self._marks = ["", *(f"#again-{number + 1}" for number in range(1, undone + 1))]

    def sort(self, rows: pa.RecordBatch) -> Sorted:
        """Tell new rows from known ones."""
        workers = self._workers(rows)
        ids = self._external_ids(rows)
        kept, faults = self._once(rows, ids)
        known = self._known([ids[at] for at in kept])
        fresh, changes = [], []
        met = [at for at in kept if ids[at] in known]
        for at, row in zip(met, _rows_at(rows, met), strict=True):
            change = self._compare(known[ids[at]], _facts(row, int(workers[at])))
            if change is not None:
                changes.append(change)
        fresh = [at for at in kept if ids[at] not in known]
        self.effect.new += len(fresh)
        self.effect.new_workers = self.door.made
        return Sorted(
            rows=rows.take(pa.array(fresh, pa.int64())),
            external_ids=[f"{ids[at]}{self._marks[-1]}" for at in fresh],
            workers=workers[fresh],
            changes=changes,
            faults=faults,
        )

    def _workers(self, rows: pa.RecordBatch) -> Int:
        column = rows.column("worker_ref")
        names = column.dictionary.to_pylist()
        used = set(pc.unique(column.indices).to_pylist())
        wanted = [name for at, name in enumerate(names) if at in used]
        found = self.door.admit(wanted) if self.admits else self.door.known(wanted)
        numbers = [found.get(name) for name in names]
        table = np.array([MISSING if one is None else one for one in numbers], dtype=np.int64)
        return table[np.asarray(column.indices)] if rows.num_rows else np.zeros(0, np.int64)

    def _external_ids(self, rows: pa.RecordBatch) -> list[str]:
        """Ids with every stand-in for a worker, which could be guessed, replaced by a keyed one."""
        names = rows.column("worker_ref")
        stand_ins = {
            name: (who(name), self.door.digest_of(name)[:_SHOWN_DIGITS])
            for name in names.dictionary.to_pylist()
        }
        ids = zip(rows.column("source_id").to_pylist(), names.to_pylist(), strict=True)
        return [text.replace(*stand_ins[name]) for text, name in ids]

    def _once(self, rows: pa.RecordBatch, ids: list[str]) -> tuple[list[int], list[RowFault]]:
        """Keep the first of rows with the same id; differing ones are refused."""
        kept: list[int] = []
        faults: list[RowFault] = []
        digests = rows.column("row_sha256").to_pylist()
        for at, (text, digest) in enumerate(zip(ids, digests, strict=True)):
            before = self._seen.setdefault(text, digest)
            if len(text) + len(self._marks[-1]) > _LONGEST_ID:
                faults.append(_fault(rows, at, SOURCE_ID_TOO_LONG))
            elif before is digest:
                kept.append(at)
            elif before == digest:
                self.effect.repeated += 1
            else:
                faults.append(_fault(rows, at, SOURCE_ID_REPEATED))
        return kept, faults

    def _known(self, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        """The versions of each id that is recorded and not undone, oldest first."""
        if self.source is None:
            return {}
        chains: dict[str, list[dict[str, Any]]] = {}
        named = {f"{text}{mark}": text for text in ids for mark in self._marks}
        asked = list(named)
        for start in range(0, len(asked), _AT_ONCE):
            rows = (
                Contribution.objects.filter(
                    source=self.source, external_id__in=asked[start : start + _AT_ONCE]
                )
                .order_by("revision")
                .values(
                    "pk",
                    "external_id",
                    "withdrawn",
                    "batch__state",
                    "imported_correction__batch__state",
                    *_FIELDS,
                )
            )
            for row in rows:
                chains.setdefault(row["external_id"], []).append(row)
        undone = ImportBatch.State.UNDONE
        return {
            named[text]: chain
            for text, chain in chains.items()
            if chain[0]["batch__state"] != undone
        }

    def _compare(self, chain: list[dict[str, Any]], stated: dict[str, Any]) -> Change | None:
        newest = chain[-1]
        if newest["withdrawn"]:
            self.effect.withdrawn += 1
            return None
        committed = ImportBatch.State.COMMITTED
        said = next(
            (row for row in chain[:0:-1] if row["imported_correction__batch__state"] == committed),
            chain[0],
        )
        facts = {
            name: stated[name]
            for group in _FACTS
            if any(stated[name] != said[name] for name in group)
            for name in group
        }
        if all(newest[name] == value for name, value in facts.items()):
            self.effect.known += 1
            return None
        self.effect.changed += 1
        return Change(newest["pk"], facts)


def _fault(rows: pa.RecordBatch, at: int, code: str) -> RowFault:
    return RowFault(line=rows.column("line")[at].as_py(), column="", code=code)


def _rows_at(rows: pa.RecordBatch, places: Sequence[int]) -> Iterator[LabourRow]:
    return unpack(rows.take(pa.array(places, pa.int64())))


def _facts(row: LabourRow, worker_id: int) -> dict[str, Any]:
    wage = row.wage_micro or 0
    return {
        "worker_id": worker_id,
        "occurred_on": row.occurred_on,
        "seconds": row.seconds,
        "time_basis": row.time_basis.value,
        "units": row.units,
        "quality_ppm": row.quality_ppm,
        "outcome": row.outcome.value,
        "role": row.role.value,
        "wage_micro": wage,
        "wage_currency": (row.wage_currency or "") if wage else "",
    }


def columns_of(found: Sorted, filing: Filing) -> Iterator[LabourColumns]:
    """Lay new rows out for recording: one set of columns for each currency of wages.

    The days of all rows must be known.
    """
    currencies = pc.fill_null(found.rows.column("wage_currency").cast(pa.string()), "")
    for currency in sorted(pc.unique(currencies).to_pylist()):
        places = np.flatnonzero(np.asarray(pc.equal(currencies, currency)))
        part = Sorted(
            rows=found.rows.take(pa.array(places, pa.int64())),
            external_ids=[found.external_ids[at] for at in places.tolist()],
            workers=found.workers[places],
            changes=[],
            faults=[],
        )
        yield _columns(part, filing, currency)


def _columns(found: Sorted, filing: Filing, currency: str) -> LabourColumns:
    rows = found.rows
    reviews = filing.review_task_type or filing.task_type
    is_review = np.asarray(pc.equal(rows.column("kind").cast(pa.string()), Kind.REVIEW.value))
    phases = Phase.values

    def always(value: int) -> Int:
        return np.full(rows.num_rows, value, dtype=np.int64)

    return LabourColumns(
        external_id=found.external_ids,
        worker=found.workers,
        product=always(filing.product_id),
        task_type=np.where(is_review, reviews.pk, filing.task_type.pk),
        phase=np.where(
            is_review, phases.index(reviews.phase), phases.index(filing.task_type.phase)
        ),
        occurred_day=_whole(rows.column("occurred_on").cast(pa.int32())),
        seconds=_whole(rows.column("seconds")),
        time_basis=_positions(rows, "time_basis", Contribution.TimeBasis.values),
        units=_whole(rows.column("units")),
        quality_ppm=_whole(rows.column("quality_ppm")),
        outcome=_positions(rows, "outcome", Contribution.Outcome.values),
        role=_positions(rows, "role", Contribution.Role.values),
        grade=always(MISSING),
        grades=[],
        wage_micro=np.maximum(_whole(rows.column("wage_micro")), 0),
        wage_currency=currency,
        evidence=always(Contribution.Evidence.values.index(filing.evidence_grade)),
    )


def _whole(column: pa.Array) -> Int:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), MISSING))


def _positions(rows: pa.RecordBatch, name: str, words: list[str]) -> Int:
    found = pc.index_in(rows.column(name).cast(pa.string()), value_set=pa.array(words))
    return np.asarray(found.cast(pa.int64()))
