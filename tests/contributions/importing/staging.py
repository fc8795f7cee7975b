"""A union officer with files to import, for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contributions.imports.answers import Answers
from contributions.imports.durations import DurationForm
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.report import Preview
from contributions.imports.times import TimeForm
from contributions.imports.walk import Plan
from contributions.models import (
    Contribution,
    ImportBatch,
    Organisation,
    Product,
    StagedImport,
    TaskType,
)
from contributions.services import importing, importing_commit, importing_undo
from tests import factories

TODAY = date(2026, 11, 23)
HEADINGS = "entry,who,day,minutes,pieces,pay"
MAPPING = ColumnMapping(
    name="Piece work",
    tool="piece-work",
    columns={
        Field.SOURCE_ID: ("entry",),
        Field.WORKER: ("who",),
        Field.OCCURRED_AT: ("day",),
        Field.DURATION: ("minutes",),
        Field.UNITS: ("pieces",),
        Field.WAGE: ("pay",),
    },
    constants={Field.CURRENCY: "PHP"},
    duration=DurationForm.MINUTES,
    times=TimeForm.ISO,
)


def table(*rows: str) -> bytes:
    """A CSV file of piece work."""
    return "\n".join([HEADINGS, *rows, ""]).encode()


ANN = "1,ann@example.org,2026-05-01,60,10,120.50"
BEA = "2,bea@example.org,2026-05-02,30,5,"
CAY = "3,cay@example.org,2026-05-03,,7,80"


@dataclass
class Office:
    """A labour organisation that imports work on somebody's product."""

    union: Organisation = field(
        default_factory=lambda: factories.organisation("labour_organisation")
    )
    product: Product = field(
        default_factory=lambda: factories.product(factories.organisation(), public=True)
    )
    task_type: TaskType = field(default_factory=factories.task_type)

    def stage(self, content: bytes, *, name: str = "work.csv", **options: Any) -> StagedImport:
        """Upload a file and choose how to read it."""
        staged = importing.stage(
            chunks=[content], file_name=name, organisation=self.union, uploaded_by=None
        )
        self.choose(staged, **options)
        return staged

    def choose(
        self,
        staged: StagedImport,
        *,
        format_code: str | None = None,
        mapping: ColumnMapping | None = MAPPING,
        product: Product | None = None,
        review_task_type: TaskType | None = None,
        **answers: Any,
    ) -> None:
        """Choose how to read a staged file."""
        plan = Plan(
            format=format_code,
            mapping=None if format_code else mapping,
            answers=Answers(**{"zone": "Asia/Manila"} | answers),
        )
        choice = importing.Choice(
            plan=plan,
            product=product or self.product,
            task_type=self.task_type,
            review_task_type=review_task_type,
            worker_status="crowd",
            evidence_grade="B",
        )
        importing.choose(staged=staged, choice=choice)

    def preview(self, content: bytes, **options: Any) -> tuple[StagedImport, Preview]:
        """Upload a file and tell what it would bring."""
        staged = self.stage(content, **options)
        return staged, importing.preview(staged=staged, today=TODAY)

    def commit(self, content: bytes, **options: Any) -> ImportBatch:
        """Upload a file and record it."""
        staged = self.stage(content, **options)
        return importing_commit.commit(staged=staged, committed_by=None, today=TODAY)

    def undo(self, batch: ImportBatch) -> None:
        """Take an import back."""
        importing_undo.undo(batch=batch, undone_by=None, today=TODAY)


def counted() -> list[tuple[str, int | None, int | None]]:
    """External id, seconds and units of all that counts."""
    rows = Contribution.objects.current().order_by("external_id")
    return list(rows.values_list("external_id", "seconds", "units"))
