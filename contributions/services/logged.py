"""Which tables the transparency log covers, and what of a row its leaf commits to.

A row's canonical content is one JSON object of the columns named here, in this order, as
PostgreSQL writes it (`row_to_json`): dates and times in ISO form, times in UTC. It depends on no
setting of the session, and the database hashes a million rows of it in seconds.

The columns of a kind never change once rows of it are logged: a leaf could no longer be
recomputed. A new column takes a new kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

import numpy as np
from django.db import connection, models
from django.utils.module_loading import autodiscover_modules
from numpy.typing import NDArray

from contributions.errors import ContributionError
from contributions.models import (
    Attestation,
    Contribution,
    Dispute,
    DisputeDecision,
    DisputeMessage,
    Erasure,
    IdentityAccess,
    SealedIdentity,
    WorkerChange,
)

DIGEST_BYTES = 32

# Binary COPY of (bigint, bytea of 32): field count, length and value, length and value.
_COPIED = np.dtype(
    [("fields", ">i2"), ("size", ">i4"), ("number", ">i8"), ("length", ">i4"), ("digest", "V32")]
)
_COPIED_NUMBERS = np.dtype([("fields", ">i2"), ("size", ">i4"), ("number", ">i8")])
_COPY_HEAD_BYTES = 19
_COPY_TAIL_BYTES = 2


class RowMissing(ContributionError):
    """A table has no row of this number."""

    code = "row_missing"


@dataclass(frozen=True, slots=True)
class LoggedTable:
    """A table whose rows are leaves.

    Attributes:
        kinds: What its leaves may be called; the first is what a new row is.
        model: The table.
        prefix: Of the public ids by which leaves name the rows.
        columns: The columns a leaf commits to, in the order of the canonical content.
        condition: SQL about the row `r`: which rows must have a leaf.
    """

    kinds: tuple[str, ...]
    model: type[models.Model]
    prefix: str
    columns: tuple[str, ...]
    condition: LiteralString = "true"

    @property
    def name(self) -> str:
        """The table's name in the database."""
        return self.model._meta.db_table

    def content_query(self, condition: str) -> str:
        """Return SQL for the number and the canonical content of the rows under a condition."""
        fields = {field.column: field for field in self.model._meta.concrete_fields}
        columns = ", ".join(
            f"r.{column} AT TIME ZONE 'UTC' AS {column}"
            if isinstance(fields[column], models.DateTimeField)
            else f"r.{column}"
            for column in self.columns
        )
        # Names come from models and never from a request.
        return (
            f"SELECT r.id, convert_to(row_to_json(s)::text, 'UTF8') AS content FROM {self.name} r "  # noqa: S608
            f"CROSS JOIN LATERAL (SELECT {columns}) s WHERE {condition} ORDER BY r.id"
        )

    def content(self, number: int) -> bytes:
        """Return the canonical content of one row, the bytes that were hashed.

        Raises:
            RowMissing: There is no such row.
        """
        with connection.cursor() as cursor:
            cursor.execute(self.content_query("r.id = %s"), [number])
            row = cursor.fetchone()
        if row is None:
            raise RowMissing(f"There is no row {number} in {self.name}.")
        return bytes(row[1])

    def digests(
        self, condition: str, parameters: dict[str, object]
    ) -> tuple[NDArray[np.int64], bytes]:
        """Hash the rows under a condition, in the order of their numbers.

        Returns:
            The n row numbers, and 32 * n bytes of digests.
        """
        query = f"SELECT q.id, sha256(q.content) FROM ({self.content_query(condition)}) q"  # noqa: S608
        table = _copied(query, parameters, _COPIED)
        return table["number"].astype(np.int64), table["digest"].tobytes()

    def numbers(self) -> NDArray[np.int64]:
        """Return the numbers of all rows that must have a leaf, ascending."""
        query = f"SELECT r.id FROM {self.name} r WHERE {self.condition} ORDER BY r.id"  # noqa: S608
        return _copied(query, {}, _COPIED_NUMBERS)["number"].astype(np.int64)


def _copied(query: str, parameters: dict[str, object], rows: np.dtype[np.void]) -> NDArray[np.void]:
    """Run a query whose rows have one length in binary COPY, and return them as an array."""
    received = bytearray()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", parameters) as copy,
    ):
        for block in copy:
            received += block
    return np.frombuffer(received, dtype=np.uint8)[_COPY_HEAD_BYTES:-_COPY_TAIL_BYTES].view(rows)


LABOUR = LoggedTable(
    kinds=("contribution", "correction"),
    model=Contribution,
    prefix=Contribution.id_prefix,
    columns=(
        "id",
        "worker_id",
        "product_id",
        "task_type_id",
        "phase",
        "occurred_on",
        "occurred_at",
        "seconds",
        "time_basis",
        "units",
        "quality_ppm",
        "outcome",
        "machine_share_ppm",
        "role",
        "grade",
        "wage_micro",
        "wage_currency",
        "paid_through_ppm",
        "harmful_exposure",
        "evidence_grade",
        "evidence_sha256",
        "reviewer_id",
        "source_id",
        "external_id",
        "revision",
        "row_sha256",
        "batch_id",
        "supersedes_id",
        "withdrawn",
        "reason",
        "recorded_by_id",
        "recorded_at",
    ),
)

ATTESTATION = LoggedTable(
    kinds=("attestation",),
    model=Attestation,
    prefix=Attestation.id_prefix,
    columns=(
        "id",
        "contribution_id",
        "organisation_id",
        "worker_id",
        "stance",
        "comment",
        "made_by_id",
        "made_at",
    ),
)

DISPUTE = LoggedTable(
    kinds=("dispute",),
    model=Dispute,
    prefix=Dispute.id_prefix,
    columns=(
        "id",
        "contribution_id",
        "organisation_id",
        "worker_id",
        "grounds",
        "contested_ppm",
        "contested_seconds",
        "due_on",
        "opened_by_id",
        "opened_at",
    ),
)

DISPUTE_MESSAGE = LoggedTable(
    kinds=("dispute_message",),
    model=DisputeMessage,
    prefix=DisputeMessage.id_prefix,
    columns=(
        "id",
        "dispute_id",
        "kind",
        "organisation_id",
        "worker_id",
        "text",
        "written_by_id",
        "written_at",
    ),
)

DISPUTE_DECISION = LoggedTable(
    kinds=("dispute_decision",),
    model=DisputeDecision,
    prefix=DisputeDecision.id_prefix,
    columns=(
        "id",
        "dispute_id",
        "outcome",
        "reason",
        "organisation_id",
        "correction_id",
        "decided_by_id",
        "decided_at",
    ),
)

WORKER_CHANGE = LoggedTable(
    kinds=("worker_change",),
    model=WorkerChange,
    prefix=WorkerChange.id_prefix,
    columns=(
        "id",
        "kind",
        "worker_id",
        "into_id",
        "organisation_id",
        "reason",
        "made_by_id",
        "made_at",
    ),
)

SEALED_IDENTITY = LoggedTable(
    kinds=("identity",),
    model=SealedIdentity,
    prefix=SealedIdentity.id_prefix,
    columns=("id", "worker_id", "sealed", "sealed_by_id", "sealed_at"),
)

ERASURE = LoggedTable(
    kinds=("erasure",),
    model=Erasure,
    prefix=Erasure.id_prefix,
    columns=("id", "worker_id", "reason", "erased_by_id", "erased_at"),
)

IDENTITY_ACCESS = LoggedTable(
    kinds=("identity_access",),
    model=IdentityAccess,
    prefix=IdentityAccess.id_prefix,
    columns=("id", "worker_id", "act", "purpose", "accessed_by_id", "accessed_at"),
)

_tables: list[LoggedTable] = [
    LABOUR,
    ATTESTATION,
    DISPUTE,
    DISPUTE_MESSAGE,
    DISPUTE_DECISION,
    WORKER_CHANGE,
    SEALED_IDENTITY,
    ERASURE,
    IDENTITY_ACCESS,
]


def register(table: LoggedTable) -> LoggedTable:
    """Add a table of another application; called when its `services.logged` is imported."""
    _tables.append(table)
    return table


def logged_tables() -> Iterator[LoggedTable]:
    """Yield every table the log covers, those of applications above this one included."""
    autodiscover_modules("services.logged")
    yield from _tables


def table_of(kind: str) -> LoggedTable | None:
    """Return the table whose rows are leaves of a kind; None if there is none by that name."""
    return next((table for table in logged_tables() if kind in table.kinds), None)
