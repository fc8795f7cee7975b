"""doccano: a zip with one file a user, or one of those files.

Source: data_export/celery_tasks.py. Nothing inside names the annotator; the name of the file
does (`maria.jsonl`), unless the project is shared (`all.jsonl`). There are no times.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import PurePath
from typing import Final

from contributions.imports.container import Container
from contributions.imports.entry import Entry, Reading, WorkerMissing, who
from contributions.imports.formats.format import Format, Found, Recognition, convert_each
from contributions.imports.normal_form import LabourRow
from contributions.imports.source import Head
from contributions.imports.text import parse_text

_SHARED: Final = "all"
_CONTENT: Final = ("text", "filename")
_ANSWERS: Final = ("label", "cats", "entities", "bbox", "segmentation", "relations")
_SUFFIXES: Final = (".jsonl", ".json", ".csv")


def recognise(head: Head) -> Recognition | None:
    """Texts with labels; zips of data files named after users."""
    if head.container is Container.ZIP:
        files = [name for name in head.members if name.endswith(_SUFFIXES)]
        flat = all("/" not in name for name in files)
        named = len(files) == len(head.members) and flat and "time_entries.csv" not in files
        return Recognition(65, tuple(files[:5])) if files and named else None
    keys = set(head.records[0]) if head.records else set(head.columns)
    content = [key for key in _CONTENT if key in keys]
    answers = [key for key in _ANSWERS if key in keys]
    if not content or not answers or any(key.startswith(("_", "annot")) for key in keys):
        return None
    known = len(keys & {"id", "Comments", *_CONTENT, *_ANSWERS})
    return Recognition(30 + 45 * known // len(keys), (*content, *answers))


def read(reading: Reading) -> Found:
    """Read every file of a zip under its user's name, or the one file."""
    if reading.source.container is not Container.ZIP:
        stem = PurePath(reading.source.filename).stem
        yield from convert_each(reading.entries(), partial(_row, stem=stem))
        return
    for stem, source in reading.source.members():
        part = Reading(source=source, answers=reading.answers)
        yield from convert_each(part.entries(), partial(_row, stem=stem))
        reading.rows_read += part.rows_read


def _row(entry: Entry, *, stem: str) -> Iterator[LabourRow]:
    name = None if stem.casefold() == _SHARED else parse_text(stem)
    worker = name or entry.reading.answers.worker
    if worker is None:
        raise WorkerMissing
    # Examples without an id are told apart by their content.
    item = entry.text("id") or entry.row.digest.hex()[:24]
    yield entry.labour(
        source_id=f"example/{item}/{who(worker)}",
        worker_ref=worker,
        units=1,
        outcome=entry.reading.answers.unreviewed,
    )


DOCCANO: Final = Format(
    code="doccano", name="doccano", recognise=recognise, read=read, reads_zip=True
)
