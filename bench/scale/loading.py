"""Recording a synthetic world of any size quickly, for measuring runs and not imports.

Rows go in by binary COPY of integers into a staging table and from there in one statement, with
secondary indexes and foreign-key triggers out of the way; they come out as imports leave them,
but for the transparency log, which a run does not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from django.db import connection, transaction

from accounting.cases.columns import ROLES, ContributionColumns
from accounting.cases.synthetic import World
from accounting.core.tables import EVIDENCE_GRADES, OUTCOMES, PHASES, TIME_BASES, Int
from accounting.models import Period
from accounting.services import cases
from accounting.services.binary_copy import write_columns
from contributions.models import Product, Source, TaskType, Worker

_STAGED = (
    "place",
    "worker",
    "product",
    "task_type",
    "phase",
    "day",
    "seconds",
    "basis",
    "units",
    "quality",
    "outcome",
    "role",
    "grade",
    "wage",
    "evidence",
)
_MOVE = """
INSERT INTO contributions_contribution
    (worker_id, product_id, task_type_id, phase, occurred_on, seconds, time_basis, units,
     quality_ppm, outcome, role, grade, wage_micro, wage_currency, evidence_grade, external_id,
     row_sha256, source_id, revision, withdrawn, reason, harmful_exposure, evidence_sha256)
SELECT worker, product, task_type, (%(phases)s::text[])[phase + 1], date '1970-01-01' + day::int,
    nullif(seconds, -1), (%(bases)s::text[])[basis + 1], nullif(units, -1), nullif(quality, -1),
    (%(outcomes)s::text[])[outcome + 1], (%(roles)s::text[])[role + 1],
    coalesce((%(grades)s::text[])[grade + 1], ''), wage,
    CASE WHEN wage > 0 THEN %(currency)s ELSE '' END, (%(evidence)s::text[])[evidence + 1],
    'row-' || place, repeat('0', 64), %(source)s, 0, false, '', false, ''
FROM staged_labour
"""


def loaded(made: World) -> Period:
    """Return the period of a world, recording the world first if it is not here."""
    return cases.loaded_period(made.case) or load(made)


def load(made: World) -> Period:
    """Record a world whole."""
    period = cases.load_case(case=made.case, chunks=())
    source = Source.objects.filter(tool="case", instance=made.case.key).latest("pk")
    with _without_indexes("contributions_contribution"):
        for first, block in enumerate(made.blocks()):
            _record(made, block, source=source, first=first << 16)
    with connection.cursor() as cursor:
        # As the database itself does some time after a large import.
        cursor.execute("VACUUM ANALYZE contributions_contribution")
    return period


@transaction.atomic
def _record(made: World, block: ContributionColumns, *, source: Source, first: int) -> None:
    numbers = _numbers(made)
    columns = (
        np.arange(first, first + len(block)),
        numbers["worker"][block.worker],
        numbers["product"][block.product],
        numbers["task_type"][block.task_type],
        block.phase,
        block.occurred_day,
        block.seconds,
        block.time_basis,
        block.units,
        block.quality_ppm,
        block.outcome,
        block.role,
        block.grade,
        block.wage_micro,
        block.evidence,
    )
    with connection.cursor() as cursor:
        # Whose foreign keys these are is known: they were written a moment ago.
        cursor.execute("SET LOCAL session_replication_role = replica")
        names = ", ".join(f"{name} bigint" for name in _STAGED)
        cursor.execute(f"CREATE TEMPORARY TABLE staged_labour ({names}) ON COMMIT DROP")
        write_columns("staged_labour", dict(zip(_STAGED, columns, strict=True)), len(block))
        cursor.execute(
            _MOVE,
            {
                "phases": list(PHASES),
                "bases": list(TIME_BASES),
                "outcomes": list(OUTCOMES),
                "roles": list(ROLES),
                "grades": list(made.case.grades),
                "currency": made.case.period.currency,
                "evidence": list(EVIDENCE_GRADES),
                "source": source.pk,
            },
        )


_known: dict[str, dict[str, Int]] = {}


def _numbers(made: World) -> dict[str, Int]:
    """Row numbers of the world's people, products and task types, by position."""
    key = made.case.key
    if key not in _known:
        codes = dict(TaskType.objects.values_list("code", "pk"))
        # A case is loaded in the order it lists things in, and this one was the last.
        products = Product.objects.order_by("-pk")[: len(made.case.products)]
        workers = Worker.objects.order_by("-pk")[: len(made.case.workers)]
        _known[key] = {
            "worker": np.sort(np.array(workers.values_list("pk", flat=True), dtype=np.int64)),
            "product": np.sort(np.array(products.values_list("pk", flat=True), dtype=np.int64)),
            "task_type": np.array([codes[row.code] for row in made.case.task_types]),
        }
    return _known[key]


@contextmanager
def _without_indexes(table: str) -> Iterator[None]:
    """Drop the secondary indexes of a table and build them again afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname,
                pg_get_constraintdef(c.oid)
            FROM pg_index i LEFT JOIN pg_constraint c
                ON c.conindid = i.indexrelid AND c.contype = 'u'
            WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
            """,
            [table],
        )
        indexes = cursor.fetchall()
        for index, _definition, constraint, _text in indexes:
            cursor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
                if constraint
                else f"DROP INDEX {index}"
            )
        yield
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _index, definition, constraint, text in indexes:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {text}"
                if constraint
                else definition
            )
        cursor.execute("RESET maintenance_work_mem")
