"""solidtime: the organisation export (`time_entries.csv`, alone or in its zip) and the report.

The export names members by id and times with zone; the report names people and, in the export's
locale, may write decimal commas.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from contributions.imports.container import Container
from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading, who
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.formats.slashed import date_form
from contributions.imports.normal_form import Kind, LabourRow, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.source import Head
from contributions.imports.times import TimeForm

_ENTRIES: Final = "time_entries.csv"


def recognise(head: Head) -> Recognition | None:
    """The zip by its time entries, the tables by their headings."""
    if head.container is Container.ZIP:
        names = [name for name in head.members if name.rsplit("/", 1)[-1] == _ENTRIES]
        return Recognition(95, tuple(names)) if names else None
    export = by_headings(
        head.columns,
        ("id", "start", "end", "member_id"),
        ("description", "billable", "project_id", "task_id", "tags", "organization_id"),
    )
    return export or by_headings(
        head.columns,
        ("User", "Start", "End", "Duration", "Duration (decimal)"),
        ("Description", "Task", "Project", "Client", "Billable", "Tags"),
    )


def read(reading: Reading) -> Found:
    """Read one time entry a row."""
    source = reading.source
    if source.container is Container.ZIP:
        source = source.member(_ENTRIES) or source
    part = Reading(source=source, answers=reading.answers, questions=reading.questions)
    if "member_id" in source.head().columns:
        yield from convert_each(part.entries(), _export_row)
    else:
        form = date_form(part, "Start")
        yield from convert_each(part.entries(), partial(_report_row, form=form))
    reading.rows_read += part.rows_read


def _export_row(entry: Entry) -> Iterator[LabourRow]:
    start, end = entry.moment("start"), entry.moment("end")
    yield entry.labour(
        source_id=entry.source_id("id"),
        worker_ref=entry.worker("member_id", "user_id"),
        moment=start,
        kind=Kind.TIME,
        task_hint=entry.text("task_id"),
        product_hint=entry.text("project_id"),
        milliseconds=entry.between(start, end, "end"),
        basis=TimeBasis.SELF_DECLARED,
        outcome=entry.reading.answers.unreviewed,
    )


def _report_row(entry: Entry, *, form: TimeForm) -> Iterator[LabourRow]:
    worker = entry.worker("User")
    clock = entry.duration("Duration", form=DurationForm.HOURS_OR_CLOCK, mark=DecimalMark.EITHER)
    yield entry.labour(
        source_id=f"entry/{who(worker)}/{entry.row.digest.hex()[:24]}",
        worker_ref=worker,
        moment=entry.moment("Start", form=form),
        kind=Kind.TIME,
        task_hint=entry.text("Task"),
        product_hint=entry.text("Project"),
        milliseconds=clock
        or entry.duration("Duration (decimal)", form=DurationForm.HOURS, mark=DecimalMark.EITHER),
        basis=TimeBasis.SELF_DECLARED,
        outcome=entry.reading.answers.unreviewed,
    )


SOLIDTIME: Final = Format(
    code="solidtime", name="solidtime", recognise=recognise, read=read, reads_zip=True
)
