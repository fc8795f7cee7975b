"""Three ways for the same rows into the same table with all its constraints."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from bench.ingest.files import MAPPING
from bench.valuation.memory import peak, reset_peak
from contributions.imports.answers import Answers
from contributions.imports.walk import Plan
from contributions.models import (
    Contribution,
    ImportBatch,
    Organisation,
    Product,
    StagedImport,
    TaskType,
)
from contributions.services import importing, importing_commit, importing_files

TODAY: Final = date(2026, 11, 23)
TABLE: Final = "contributions_contribution"
# What the rows refer to, in an order in which they can be copied.
PARENTS: Final = (
    "contributions_organisation",
    "contributions_product",
    "contributions_source",
    "contributions_worker",
    "contributions_importbatch",
)
_BLOCK_BYTES: Final = 1 << 20


def stage(path: Path) -> StagedImport:
    """Upload an export and say how it is read; the first time, make whom it concerns."""
    union, _made = Organisation.objects.get_or_create(
        kind="labour_organisation", name="Union", country="PH"
    )
    operator, _made = Organisation.objects.get_or_create(
        kind="platform", name="Platform", country="US"
    )
    product, _made = Product.objects.get_or_create(
        kind="dataset", name="Set", version="1", operator=operator
    )
    staged = importing.stage(
        chunks=importing_files.chunks_of(path),
        file_name=path.name,
        organisation=union,
        uploaded_by=None,
        largest_bytes=path.stat().st_size,
    )
    choice = importing.Choice(
        plan=Plan(mapping=MAPPING, answers=Answers(zone="UTC")),
        product=product,
        task_type=TaskType.objects.earliest("pk"),
        review_task_type=None,
        worker_status="crowd",
        evidence_grade="B",
    )
    importing.choose(staged=staged, choice=choice)
    return staged


def commit(staged: StagedImport) -> ImportBatch:
    """Import it: parse, validate, dedupe, pseudonymise, record, log."""
    return importing_commit.commit(staged=staged, committed_by=None, today=TODAY)


def commit_again(path: Path) -> float:
    """Import the same file once more and return how long it takes to find nothing new."""
    staged = stage(path)
    start = time.perf_counter()
    try:
        commit(staged)
    except importing_commit.NothingNew:
        return time.perf_counter() - start
    raise AssertionError("a row was imported twice")


def export_tables(folder: Path) -> None:
    """Write the rows recorded, and what they refer to, as ready bytes of CSV."""
    with connection.cursor() as cursor:
        for table in (*PARENTS, TABLE):
            with (folder / table).open("wb") as file, cursor.copy(_out(table)) as copy:
                for block in copy:
                    file.write(block)


def load_parents(folder: Path) -> None:
    """Bring in what the rows refer to."""
    for table in PARENTS:
        _copy_in(table, folder / table)


def copy_rows(folder: Path) -> None:
    """Copy the ready bytes of the rows, as PostgreSQL does by itself; keys by its triggers."""
    with transaction.atomic():
        _copy_in(TABLE, folder / TABLE)


def read_objects(folder: Path, most: int) -> list[Contribution]:
    """Make Django objects of the first rows."""
    copy_rows(folder)
    return list(Contribution.objects.order_by("pk")[:most])


def create_objects(objects: Sequence[Contribution]) -> None:
    """Record objects as Django does."""
    with transaction.atomic():
        Contribution.objects.bulk_create(objects, batch_size=5_000)


def seconds_of(work: Any, *arguments: Any) -> float:
    """Return how long something takes, once."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _out(table: str) -> str:
    return f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT (FORMAT csv)"  # noqa: S608 (ours)


def _copy_in(table: str, path: Path) -> None:
    with (
        connection.cursor() as cursor,
        path.open("rb") as file,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy,
    ):
        while block := file.read(_BLOCK_BYTES):
            copy.write(block)


@contextmanager
def memory_watched() -> Iterator[list[int]]:
    """Note the most memory used inside beyond what was used before, in bytes."""
    noted: list[int] = []
    before = reset_peak()
    yield noted
    noted.append(peak() - before)
