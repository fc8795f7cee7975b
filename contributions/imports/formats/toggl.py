"""Toggl Track: the detailed report.

Source: solidtime's import fixtures. Times are those of the account's zone, which is not named;
there is no id.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

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


def recognise(head: Head) -> Recognition | None:
    """The headings of the detailed report."""
    return by_headings(
        head.columns,
        ("User", "Start date", "Start time", "Duration"),
        ("Email", "Client", "Project", "Task", "Billable", "End date", "End time", "Tags"),
    )


def read(reading: Reading) -> Found:
    """Read one time entry a row."""
    form = date_form(reading, "Start date")
    return convert_each(reading.entries(), partial(_row, form=form))


def _row(entry: Entry, *, form: TimeForm) -> Iterator[LabourRow]:
    worker = entry.worker("Email", "User")
    started = f"{entry.raw('Start date')[1]} {entry.raw('Start time')[1]}".strip()
    yield entry.labour(
        source_id=f"entry/{who(worker)}/{entry.row.digest.hex()[:24]}",
        worker_ref=worker,
        moment=entry.moment_of(started, "Start date", form),
        kind=Kind.TIME,
        task_hint=entry.text("Task"),
        product_hint=entry.text("Project"),
        milliseconds=entry.duration(
            "Duration", form=DurationForm.HOURS_OR_CLOCK, mark=DecimalMark.EITHER
        ),
        basis=TimeBasis.SELF_DECLARED,
        outcome=entry.reading.answers.unreviewed,
    )


TOGGL: Final = Format(code="toggl", name="Toggl Track", recognise=recognise, read=read)
