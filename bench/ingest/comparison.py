"""Imports against raw COPY and bulk_create, each in a database of its own, in one run."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.test import override_settings

from bench.ingest import contenders, databases
from bench.ingest.files import write_export
from bench.table import Row
from contributions.models import Contribution

MOST_OBJECTS: Final = 50_000
_KIB: Final = 1024
_MIB: Final = 1024 * 1024


def compare(rows: int) -> Iterator[Row]:
    """Measure an import of so many rows end to end, and what it is compared with."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with override_settings(HUISU_DATA=folder):
            try:
                yield from _compared(folder, rows)
            finally:
                databases.drop_all()


def _compared(folder: Path, rows: int) -> Iterator[Row]:
    path = folder / "export.csv"
    write_export(path, rows)
    empty = databases.make_template()
    size = f"{rows:,} rows"
    with databases.connected(databases.copy_of(empty, "import")):
        staged = contenders.stage(path)
        # The reading process has come and gone once, which is what its interpreter takes.
        before = _largest_child()
        with contenders.memory_watched() as noted:
            ours = contenders.seconds_of(contenders.commit, staged)
        memory = (noted[0] + _largest_child() - before) / _MIB
        if Contribution.objects.count() != rows:
            raise AssertionError("not every row was imported")
        again = contenders.commit_again(path)
        contenders.export_tables(folder)
    with databases.connected(databases.copy_of(empty, "copy")):
        contenders.load_parents(folder)
        raw = contenders.seconds_of(contenders.copy_rows, folder)
    most = min(rows, MOST_OBJECTS)
    with databases.connected(databases.copy_of(empty, "objects")):
        contenders.load_parents(folder)
        objects = contenders.read_objects(folder, most)
    with databases.connected(databases.copy_of(empty, "bulk_create")):
        contenders.load_parents(folder)
        created = contenders.seconds_of(contenders.create_objects, objects)
    a_row = ours / rows
    yield Row("import, from file to leaves", size, ours, "raw COPY", raw / ours)
    yield Row("the same", size, ours, "bulk_create", created / most / a_row)
    yield Row("the same", f"{memory:,.0f} MB more memory", ours, "300 MB", 300 / max(memory, 1))
    yield Row("the same file again: nothing new", size, again, "raw COPY", raw / again)
    yield Row("raw COPY of ready bytes, all triggers", size, raw)
    yield Row("bulk_create of ready objects", f"{most:,} rows", created)


def _largest_child() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _KIB
