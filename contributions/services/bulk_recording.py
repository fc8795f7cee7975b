"""Recording labour by the million: whole columns in one transaction, all rows or none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from contributions.models import Contribution, ImportBatch, Source, User
from contributions.models.labour import Phase
from contributions.services import transparency
from contributions.services.lineage import violated_constraint
from contributions.services.recording import AlreadyRecorded

Int = NDArray[np.int64]

MISSING = -1
_EPOCH = date(1970, 1, 1)
_NULL = r"\N"


@dataclass(frozen=True, slots=True)
class LabourColumns:
    """Equally long columns of labour to record.

    Attributes:
        external_id: Id in the source, distinct within it.
        worker, product, task_type: Row numbers.
        phase, time_basis, outcome, role, evidence: Positions among the choices of the model.
        occurred_day: Days since 1970-01-01.
        seconds, units, quality_ppm: `MISSING` where unknown, never zero for unknown.
        grade: Position in `grades`, or `MISSING`.
        wage_micro: In `wage_currency`; zero for unpaid work.
    """

    external_id: list[str]
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
    role: Int
    grade: Int
    grades: list[str]
    wage_micro: Int
    wage_currency: str
    evidence: Int


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Where the columns were read from, and how."""

    name: str
    sha256: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def record_columns(
    *,
    chunks: Iterable[LabourColumns],
    source: Source,
    file: ReadFile,
    committed_by: User | None,
) -> ImportBatch:
    """Record batches of labour from columns, streamed to the database chunk by chunk.

    Raises:
        AlreadyRecorded: The source has a record of one of the external ids.
        IntegrityError: A row breaks a named constraint.
    """
    batch = ImportBatch.objects.create(
        source=source,
        file_name=file.name,
        file_sha256=file.sha256,
        options=file.options,
        rows_read=0,
        rows_recorded=0,
        committed_by=committed_by,
    )
    try:
        with transaction.atomic():
            batch.rows_recorded = sum(_copy_in(chunk, batch=batch) for chunk in chunks)
    except IntegrityError as error:
        if violated_constraint(error) == "contribution_once_a_source":
            raise AlreadyRecorded(_("A row of this file is recorded already.")) from error
        raise
    batch.rows_read = batch.rows_recorded
    batch.save(update_fields=["rows_read", "rows_recorded"])
    transparency.append_import(batch=batch)
    return batch


_COLUMNS = (
    "worker_id, product_id, task_type_id, phase, occurred_on, seconds, time_basis, units, "
    "quality_ppm, outcome, role, grade, wage_micro, wage_currency, evidence_grade, external_id, "
    "row_sha256, source_id, batch_id, revision, withdrawn, reason, harmful_exposure, "
    "evidence_sha256"
)


def _copy_in(columns: LabourColumns, *, batch: ImportBatch) -> int:
    tail = f"\t{batch.source_id}\t{batch.pk}\t0\tf\t\tf\t\n"
    statement = f"COPY contributions_contribution ({_COLUMNS}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        lines = []
        for row in _rows(columns):
            # The hash is of the row as recorded, so a repeated row is told from a changed one.
            lines.append(f"{row}\t{hashlib.sha256(row.encode()).hexdigest()}{tail}")
        copy.write("".join(lines))
    return len(lines)


def _rows(columns: LabourColumns) -> Iterator[str]:
    grades = np.array([*columns.grades, ""], dtype=object)[columns.grade]
    wage = columns.wage_micro
    fields: tuple[Iterable[object], ...] = (
        columns.worker.tolist(),
        columns.product.tolist(),
        columns.task_type.tolist(),
        _words(Phase.values, columns.phase),
        _days(columns.occurred_day),
        _nullable(columns.seconds),
        _words(Contribution.TimeBasis.values, columns.time_basis),
        _nullable(columns.units),
        _nullable(columns.quality_ppm),
        _words(Contribution.Outcome.values, columns.outcome),
        _words(Contribution.Role.values, columns.role),
        map(_escaped, grades.tolist()),
        wage.tolist(),
        np.where(wage > 0, columns.wage_currency, "").tolist(),
        _words(Contribution.Evidence.values, columns.evidence),
        map(_escaped, columns.external_id),
    )
    return map(_TAB_JOINED.format, *fields)


_TAB_JOINED = "\t".join(["{}"] * 16)


def _words(words: list[str], positions: Int) -> list[str]:
    found: list[str] = np.array(words, dtype=object)[positions].tolist()
    return found


def _days(days: Int) -> list[str]:
    distinct, at = np.unique(days, return_inverse=True)
    texts = [(_EPOCH + timedelta(days=day)).isoformat() for day in distinct.tolist()]
    return _words(texts, at)


def _nullable(values: Int) -> list[object]:
    result = values.astype(object)
    result[values == MISSING] = _NULL
    found: list[object] = result.tolist()
    return found


def _escaped(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        return (
            text.replace("\\", "\\\\")
            .replace("\t", "\\t")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
        )
    return text
