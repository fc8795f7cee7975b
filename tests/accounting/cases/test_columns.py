from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from accounting.cases.bloomz import bloomz
from accounting.cases.case import Case
from accounting.cases.columns import ROLES, ContributionColumns, in_columns
from accounting.cases.worked_example import worked_example
from accounting.core.tables import EVIDENCE_GRADES, MISSING, OUTCOMES, PHASES, TIME_BASES


def known(value: int) -> int | None:
    return None if value == MISSING else value


def rows(case: Case, columns: ContributionColumns) -> list[dict[str, object]]:
    """Spell positions out again, the way back from `in_columns`."""
    return [
        {
            "source_id": str(columns.source_id[at]),
            "worker": case.workers[columns.worker[at]].key,
            "product": case.products[columns.product[at]].key,
            "task_type": case.task_types[columns.task_type[at]].code,
            "phase": PHASES[columns.phase[at]],
            "occurred_on": np.datetime64(int(columns.occurred_day[at]), "D").astype(object),
            "seconds": known(columns.seconds[at]),
            "time_basis": TIME_BASES[columns.time_basis[at]],
            "units": known(columns.units[at]),
            "quality_ppm": known(columns.quality_ppm[at]),
            "outcome": OUTCOMES[columns.outcome[at]],
            "grade": None if columns.grade[at] == MISSING else case.grades[columns.grade[at]],
            "wage_micro": columns.wage_micro[at],
            "evidence_grade": EVIDENCE_GRADES[columns.evidence[at]],
            "role": ROLES[columns.role[at]],
            "licence": (
                None if columns.licence[at] == MISSING else case.licences[columns.licence[at]].key
            ),
        }
        for at in range(len(columns))
    ]


@pytest.mark.parametrize("case", [worked_example(), bloomz()], ids=lambda case: case.key)
def test_nothing_is_lost_between_rows_and_columns(case: Case) -> None:
    told = [row for columns in in_columns(case, rows_per_chunk=7) for row in rows(case, columns)]
    names = set(told[0])
    listed = [
        {name: getattr(contribution, name) for name in names} for contribution in case.contributions
    ]
    assert told == listed


def test_chunks_are_as_long_as_asked_and_the_last_takes_the_rest() -> None:
    assert [len(columns) for columns in in_columns(worked_example(), rows_per_chunk=4)] == [4, 4, 2]


def test_a_case_without_rows_hands_out_nothing() -> None:
    assert list(in_columns(replace(worked_example(), contributions=()))) == []


def test_all_columns_are_equally_long_whole_numbers() -> None:
    (columns,) = in_columns(worked_example())
    for field in fields(columns):
        column = getattr(columns, field.name)
        assert len(column) == 10
        assert column.dtype.kind == ("U" if field.name == "source_id" else "i")
