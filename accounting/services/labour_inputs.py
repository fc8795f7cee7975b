"""Reading recorded labour into columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from accounting.core.grouping import distinct_of
from accounting.core.tables import LABOUR_TYPES, MISSING, Contributions, NumberedIds, TaskTypes
from accounting.models import Period
from accounting.services import labour_segments
from accounting.services.exchange import rate_into
from accounting.services.labour_segments import Block, Packing
from contributions.identifiers import public_ids
from contributions.models import Contribution, ImportBatch, TaskType
from contributions.services.aliases import representatives
from contributions.services.disputing import frozen_shares

Int = NDArray[np.int64]

_EPOCH = date(1970, 1, 1)
# As few bits as the figures need: ten million rows stand in memory at once.
_KEPT: dict[str, type[np.signedinteger[Any]]] = {
    "id": np.int64,
    "worker": np.int64,
    "product": np.int32,
    "task_type": np.int64,
    "phase": np.int8,
    "occurred_day": np.int32,
    "seconds": np.int64,
    "time_basis": np.int8,
    "units": np.int64,
    "quality_ppm": np.int64,
    "outcome": np.int8,
    "grade": np.int32,
    "wage_micro": np.int64,
    "evidence": np.int8,
}


@dataclass(frozen=True, slots=True)
class LabourInputs:
    """Recorded labour as columns, with the row numbers behind the positions.

    `merged` says that some work may count for another worker than it was recorded of;
    `stale_segments` are stretches that were read row by row because their segment lacks rows.
    """

    contributions: Contributions
    task_types: TaskTypes
    grades: list[str]
    worker_ids: Int
    contribution_ids: Int
    merged: bool = False
    stale_segments: list[int] = field(default_factory=list)


def read_labour(period: Period, product_ids: Int, *, licence_of: Int) -> LabourInputs:
    """Read the current labour on some products up to the end of a period.

    Args:
        product_ids: Row numbers of the products, ascending.
        licence_of: Position of the licence of each of them, or `MISSING`.

    Raises:
        FxRateMissing: A wage is in a currency without a rate into the period's.
    """
    packing = labour_segments.packing()
    columns, texts = _Reading(period, product_ids, packing.rows).read(packing)
    task_types = _used_task_types(columns["task_type"])
    # Whoever turned out to be one person is one producer and one payee.
    workers = representatives(columns["worker"])
    worker_ids, worker = _distinct(workers)
    grades = [text for text in texts if text]
    grade_at = np.array([grades.index(text) if text else MISSING for text in texts], dtype=np.int16)
    ids = columns["id"]
    contributions = Contributions(
        id=NumberedIds(ids, partial(public_ids, Contribution.id_prefix)),
        worker=worker.astype(np.int32),
        product=columns["product"],
        task_type=_positions(columns["task_type"], [row.pk for row in task_types]),
        phase=columns["phase"],
        occurred_day=columns["occurred_day"],
        seconds=columns["seconds"],
        time_basis=columns["time_basis"],
        units=columns["units"],
        quality_ppm=columns["quality_ppm"],
        outcome=columns["outcome"],
        grade=grade_at[columns["grade"]],
        wage_micro=columns["wage_micro"],
        evidence=columns["evidence"],
        licence=licence_of.astype(np.int32)[columns["product"]],
        frozen_ppm=_frozen(ids),
    )
    return LabourInputs(
        contributions=contributions,
        task_types=_task_types(task_types),
        grades=grades,
        worker_ids=worker_ids,
        contribution_ids=ids,
        merged=workers is not columns["worker"],
        stale_segments=packing.stale,
    )


class _Reading:
    """Puts blocks of labour together, leaving out what the run does not see."""

    def __init__(self, period: Period, product_ids: Int, most_rows: int) -> None:
        self._period = period
        self._products = product_ids
        self._last_day = (period.ends_on - _EPOCH).days
        self._replaced = _numbers(
            Contribution.objects.exclude(supersedes=None).values_list("supersedes_id", flat=True)
        )
        self._undone = _numbers(
            ImportBatch.objects.filter(state=ImportBatch.State.UNDONE).values_list("pk", flat=True)
        )
        self._kept = {name: np.empty(most_rows, dtype=kind) for name, kind in _KEPT.items()}
        self._rows = 0
        self._texts: dict[str, int] = {}
        self._rates: dict[str, Decimal] = {}

    def read(self, packing: Packing) -> tuple[dict[str, Any], list[str]]:
        """Return the columns in ascending order of id, and the texts behind `grade`."""
        for block in self._blocks(packing):
            self._take(block)
        columns: dict[str, Any] = {name: rows[: self._rows] for name, rows in self._kept.items()}
        if packing.packed and packing.loose and packing.loose[0] < packing.packed[-1]:
            # Loose stretches were read last, wherever their numbers lie.
            order = np.argsort(columns["id"], kind="stable")
            columns = {name: rows[order] for name, rows in columns.items()}
        return self._with_used_grades(columns)

    def _blocks(self, packing: Packing) -> Iterator[Block]:
        if len(self._products) == 0:
            return
        if not packing.packed:
            yield labour_segments.read_products(self._products.tolist(), self._period.ends_on)
            return
        yield from labour_segments.read_packed(packing.packed)
        for number in packing.loose:
            yield labour_segments.read_loose([number])

    def _take(self, block: Block) -> None:
        at = self._places(block.columns["product"])
        seen = np.flatnonzero(self._sees(block.columns, at))
        grade = np.array(
            [self._texts.setdefault(text, len(self._texts)) for text in block.grades],
            dtype=np.int64,
        )
        if len(seen) == len(at):
            taken = {name: block.columns[name] for name in _KEPT} | {"product": at}
        else:
            taken = {name: block.columns[name][seen] for name in _KEPT} | {"product": at[seen]}
        taken["grade"] = grade[taken["grade"]]
        self._convert(taken["wage_micro"], block.columns["currency"][seen], block.currencies)
        rows = slice(self._rows, self._rows + len(seen))
        for name, values in taken.items():
            self._kept[name][rows] = values
        self._rows += len(seen)

    def _sees(self, columns: dict[str, Int], product: Int) -> NDArray[np.bool_]:
        """Tell which rows are of the run's products (at places >= 0) and days, and current."""
        seen: NDArray[np.bool_] = columns["occurred_day"] <= self._last_day
        seen &= columns["withdrawn"] == 0
        seen &= product >= 0
        if len(self._undone):
            seen &= ~np.isin(columns["batch"], self._undone)
        first, last = np.searchsorted(self._replaced, (columns["id"][:1], columns["id"][-1:] + 1))
        replaced = self._replaced[int(first[0]) : int(last[0])] if len(seen) else seen[:0]
        if len(replaced):
            seen &= ~np.isin(columns["id"], replaced)
        return seen

    def _places(self, products: Int) -> Int:
        """Find the position of every product, or `MISSING` where it is not the run's."""
        if len(products) == 0:
            return products
        lowest, highest = int(products.min()), int(products.max())
        table = np.full(highest - lowest + 1, MISSING, dtype=np.int64)
        first, last = np.searchsorted(self._products, (lowest, highest + 1))
        table[self._products[first:last] - lowest] = np.arange(first, last)
        return table[products - lowest]

    def _convert(self, wages: Int, currency: Int, currencies: list[str]) -> None:
        """Turn wages into the ledger's currency, rounded half up; in place."""
        for code, name in enumerate(currencies):
            rows = np.flatnonzero((currency == code) & (wages != 0))
            if len(rows) and name != self._period.currency:
                rate = self._rates.setdefault(name, rate_into(name, self._period))
                wages[rows] = _converted(wages[rows], rate)

    def _with_used_grades(self, columns: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Keep only the texts in use, in order, so that no other row changes a digest."""
        texts = list(self._texts)
        used = [texts[code] for code in np.unique(columns["grade"]).tolist()]
        position = {text: at for at, text in enumerate(sorted(used))}
        places = np.array([position.get(text, 0) for text in texts], dtype=np.int32)
        if texts:
            columns["grade"] = places[columns["grade"]]
        return columns, sorted(used)


def _numbers(rows: Any) -> Int:
    return np.sort(np.array(list(rows), dtype=np.int64))


def _distinct(numbers: Int) -> tuple[Int, Int]:
    first = int(numbers.min()) if len(numbers) else 0
    found, position = distinct_of(numbers - first)
    return found + first, position


def _converted(wages: Int, rate: Decimal) -> Int:
    amounts, position = np.unique(wages, return_inverse=True)
    with localcontext(prec=60):
        converted = [
            int((amount * rate).to_integral_value(ROUND_HALF_UP))
            for amount in map(Decimal, amounts.tolist())
        ]
    return np.array(converted, dtype=np.int64)[position]


def _frozen(contribution_ids: Int) -> Int:
    """Return which share of each contribution open disputes hold back, in ppm (32 bits)."""
    frozen = np.zeros(len(contribution_ids), dtype=np.int32)
    held = np.array(frozen_shares(), dtype=np.int64).reshape(-1, 2)
    at = np.searchsorted(contribution_ids, held[:, 0])
    inside = at < len(contribution_ids)
    inside[inside] = contribution_ids[at[inside]] == held[inside, 0]
    frozen[at[inside]] = held[inside, 1]
    return cast("Int", frozen)


def _used_task_types(task_types: Int) -> list[TaskType]:
    # Only these and their ancestors, so that a new entry in the catalogue changes no digest.
    by_id = {row.pk: row for row in TaskType.objects.all()}
    wanted: dict[str, TaskType] = {}
    for number in _distinct(task_types)[0].tolist():
        row: TaskType | None = by_id[number]
        while row is not None and row.code not in wanted:
            wanted[row.code] = row
            row = by_id.get(row.parent_id or 0)
    return [wanted[code] for code in sorted(wanted)]


def _positions(numbers: Int, ids: list[int]) -> Int:
    """Find the position of every number among some ids (32 bits)."""
    table = np.zeros(max(ids, default=0) + 1, dtype=np.int32)
    table[np.array(ids, dtype=np.int64)] = np.arange(len(ids))
    return cast("Int", table[numbers])


def _task_types(task_types: list[TaskType]) -> TaskTypes:
    at = {row.pk: position for position, row in enumerate(task_types)}
    parents = [at.get(row.parent_id or 0, MISSING) for row in task_types]
    return TaskTypes(
        code=[row.code for row in task_types],
        labour_type=np.array(
            [LABOUR_TYPES.index(row.labour_type) for row in task_types], dtype=np.int64
        ),
        unit=[row.unit for row in task_types],
        parent=np.array(parents, dtype=np.int64),
    )
