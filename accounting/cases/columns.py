"""Contributions in columns, for cases of any size.

References are positions in the tuples of the `Case` (`workers`, `products`, `task_types`,
`grades`, `licences`); words are positions in the tuples of `accounting.core.tables`, roles in
`ROLES`. Unknown integers are `MISSING`, as in a run's own tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from accounting.cases.case import Case, Contribution
from accounting.core.tables import EVIDENCE_GRADES, MISSING, OUTCOMES, PHASES, TIME_BASES, Int

ROLES = ("execute", "direct", "supervise")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ContributionColumns:
    """Equally long columns of contributions; the currency is that of the case's period.

    Attributes:
        source_id: Unique within the case.
        occurred_day: Days since 1970-01-01.
        seconds, units, quality_ppm: `MISSING` where unknown, never zero for unknown.
        grade, licence: Positions, or `MISSING`.
        wage_micro: Wage for the whole row, 0 for unpaid work.
    """

    source_id: NDArray[np.str_]
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
    grade: Int
    wage_micro: Int
    evidence: Int
    role: Int
    licence: Int

    def __len__(self) -> int:
        return len(self.source_id)


def in_columns(case: Case, *, rows_per_chunk: int = 100_000) -> Iterator[ContributionColumns]:
    """Hand out the contributions a case lists, in their order.

    Args:
        case: A case with `contributions`; a generated world makes its columns itself.
        rows_per_chunk: Most rows of one chunk, > 0.
    """
    lookup = _Lookup(case)
    rows = iter(case.contributions)
    while chunk := list(islice(rows, rows_per_chunk)):
        yield lookup.columns(chunk)


class _Lookup:
    """Positions of a case's keys."""

    def __init__(self, case: Case) -> None:
        self.worker = _positions(row.key for row in case.workers)
        self.product = _positions(row.key for row in case.products)
        self.task_type = _positions(row.code for row in case.task_types)
        self.grade = _positions(case.grades)
        self.licence = _positions(row.key for row in case.licences)

    def columns(self, rows: Sequence[Contribution]) -> ContributionColumns:
        return ContributionColumns(
            source_id=np.array([row.source_id for row in rows]),
            worker=_column(self.worker[row.worker] for row in rows),
            product=_column(self.product[row.product] for row in rows),
            task_type=_column(self.task_type[row.task_type] for row in rows),
            phase=_column(PHASES.index(row.phase) for row in rows),
            occurred_day=_column((row.occurred_on - EPOCH).days for row in rows),
            seconds=_column(_or_missing(row.seconds) for row in rows),
            time_basis=_column(TIME_BASES.index(row.time_basis) for row in rows),
            units=_column(_or_missing(row.units) for row in rows),
            quality_ppm=_column(_or_missing(row.quality_ppm) for row in rows),
            outcome=_column(OUTCOMES.index(row.outcome) for row in rows),
            grade=_column(_position(self.grade, row.grade) for row in rows),
            wage_micro=_column(row.wage_micro for row in rows),
            evidence=_column(EVIDENCE_GRADES.index(row.evidence_grade) for row in rows),
            role=_column(ROLES.index(row.role) for row in rows),
            licence=_column(_position(self.licence, row.licence) for row in rows),
        )


def _positions(keys: Iterable[str]) -> dict[str, int]:
    return {key: position for position, key in enumerate(keys)}


def _position(positions: Mapping[str, int], key: str | None) -> int:
    return MISSING if key is None else positions[key]


def _column(values: Iterable[int]) -> Int:
    return np.fromiter(values, dtype=np.int64)


def _or_missing(value: int | None) -> int:
    return MISSING if value is None else value
