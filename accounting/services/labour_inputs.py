"""Reading recorded labour into columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from accounting.core.tables import (
    EVIDENCE_GRADES,
    LABOUR_TYPES,
    MISSING,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Contributions,
    TaskTypes,
)
from accounting.models import Period
from accounting.services.binary_copy import read_bigints
from accounting.services.exchange import rate_into
from contributions.identifiers import public_ids
from contributions.models import Contribution, TaskType
from contributions.services.aliases import representatives
from contributions.services.disputing import frozen_shares

Int = NDArray[np.int64]

# What counts as current is said once more here, in SQL, because ten million rows leave the
# database as one binary stream; a test holds it against `ContributionQuerySet.current`.
_QUERY = """
SELECT c.id, c.worker_id, c.product_id, c.task_type_id,
    (array_position(%(phases)s::text[], c.phase::text) - 1)::bigint,
    (c.occurred_on - date '1970-01-01')::bigint,
    coalesce(c.seconds, -1)::bigint,
    (array_position(%(bases)s::text[], c.time_basis::text) - 1)::bigint,
    coalesce(c.units, -1),
    coalesce(c.quality_ppm, -1)::bigint,
    (array_position(%(outcomes)s::text[], c.outcome::text) - 1)::bigint,
    (coalesce(array_position(%(grades)s::text[], c.grade::text), 0) - 1)::bigint,
    CASE WHEN c.wage_micro = 0 THEN 0::bigint ELSE round(c.wage_micro
        * (%(rates)s::numeric[])[array_position(%(currencies)s::text[], c.wage_currency::text)]
        )::bigint END,
    (array_position(%(evidence)s::text[], c.evidence_grade::text) - 1)::bigint
FROM contributions_contribution c
LEFT JOIN contributions_importbatch b ON b.id = c.batch_id
WHERE c.product_id = ANY (%(products)s::bigint[]) AND c.occurred_on <= %(until)s
    AND NOT c.withdrawn AND b.state IS DISTINCT FROM 'undone'
    AND NOT EXISTS (
        SELECT 1 FROM contributions_contribution later WHERE later.supersedes_id = c.id
    )
ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class LabourInputs:
    """Recorded labour as columns, with the row numbers behind the positions."""

    contributions: Contributions
    task_types: TaskTypes
    grades: list[str]
    worker_ids: Int
    contribution_ids: Int


def read_labour(period: Period, product_ids: Int, *, licence_of: Int) -> LabourInputs:
    """Read the current labour on some products up to the end of a period.

    Args:
        product_ids: Row numbers of the products, ascending.
        licence_of: Position of the licence of each of them, or `MISSING`.

    Raises:
        FxRateMissing: A wage is in a currency without a rate into the period's.
    """
    touched = Contribution.objects.filter(product__in=product_ids.tolist())
    grades = _distinct(touched.exclude(grade=""), "grade")
    currencies = _distinct(touched.exclude(wage_micro=0), "wage_currency")
    columns = read_bigints(
        _QUERY,
        {
            "phases": list(PHASES),
            "bases": list(TIME_BASES),
            "outcomes": list(OUTCOMES),
            "evidence": list(EVIDENCE_GRADES),
            "grades": grades,
            "currencies": currencies,
            "rates": [rate_into(currency, period) for currency in currencies],
            "products": product_ids.tolist(),
            "until": period.ends_on,
        },
        columns=14,
    )
    task_types = _used_task_types(np.unique(columns[3]))
    # Whoever turned out to be one person is one producer and one payee.
    workers = representatives(columns[1])
    worker_ids = np.unique(workers)
    product = np.searchsorted(product_ids, columns[2]).astype(np.int64)
    contributions = Contributions(
        id=public_ids(Contribution.id_prefix, columns[0]),
        worker=np.searchsorted(worker_ids, workers).astype(np.int64),
        product=product,
        task_type=_positions(columns[3], [row.pk for row in task_types]),
        phase=columns[4],
        occurred_day=columns[5],
        seconds=columns[6],
        time_basis=columns[7],
        units=columns[8],
        quality_ppm=columns[9],
        outcome=columns[10],
        grade=columns[11],
        wage_micro=columns[12],
        evidence=columns[13],
        licence=licence_of[product],
        frozen_ppm=_frozen(columns[0]),
    )
    return LabourInputs(
        contributions=contributions,
        task_types=_task_types(task_types),
        grades=grades,
        worker_ids=worker_ids,
        contribution_ids=columns[0],
    )


def _frozen(contribution_ids: Int) -> Int:
    """Return which share of each contribution open disputes hold back, in ppm."""
    frozen = np.zeros(len(contribution_ids), dtype=np.int64)
    held = np.array(frozen_shares(), dtype=np.int64).reshape(-1, 2)
    at = np.searchsorted(contribution_ids, held[:, 0])
    inside = at < len(contribution_ids)
    inside[inside] = contribution_ids[at[inside]] == held[inside, 0]
    frozen[at[inside]] = held[inside, 1]
    return frozen


def _distinct(rows: QuerySet[Contribution], field: str) -> list[str]:
    # Without order_by() the default ordering by id would make every row distinct.
    return sorted(rows.order_by().values_list(field, flat=True).distinct())


def _used_task_types(used: Int) -> list[TaskType]:
    # Only these and their ancestors, so that a new entry in the catalogue changes no digest.
    by_id = {row.pk: row for row in TaskType.objects.all()}
    wanted: dict[str, TaskType] = {}
    for number in used.tolist():
        row: TaskType | None = by_id[number]
        while row is not None and row.code not in wanted:
            wanted[row.code] = row
            row = by_id.get(row.parent_id or 0)
    return [wanted[code] for code in sorted(wanted)]


def _positions(numbers: Int, ids: list[int]) -> Int:
    known = np.array(ids, dtype=np.int64)
    order = np.argsort(known)
    return order[np.searchsorted(known, numbers, sorter=order)].astype(np.int64)


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
