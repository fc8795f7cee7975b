"""Clockify: the detailed report.

Source: solidtime's import fixtures. Dates follow the account's setting and name no zone; the
billable amounts are what a customer pays, no wage. There is no id.
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
        ("User", "Start Date", "Start Time", "Duration (h)"),
        ("Duration (decimal)", "Email", "Project", "End Date", "End Time", "Group"),
    )


def read(reading: Reading) -> Found:
    """Read one time entry a row."""
    form = date_form(reading, "Start Date")
    return convert_each(reading.entries(), partial(_row, form=form))


def _row(entry: Entry, *, form: TimeForm) -> Iterator[LabourRow]:
    worker = entry.worker("Email", "User")
    started = f"{entry.raw('Start Date')[1]} {entry.raw('Start Time')[1]}".strip()
    clock = entry.duration("Duration (h)", form=DurationForm.CLOCK)
    yield entry.labour(
        source_id=f"entry/{who(worker)}/{entry.row.digest.hex()[:24]}",
        worker_ref=worker,
        moment=entry.moment_of(started, "Start Date", form),
        kind=Kind.TIME,
        task_hint=entry.text("Task"),
        product_hint=entry.text("Project"),
        milliseconds=clock
        or entry.duration("Duration (decimal)", form=DurationForm.HOURS, mark=DecimalMark.EITHER),
        basis=TimeBasis.SELF_DECLARED,
        outcome=entry.reading.answers.unreviewed,
    )


CLOCKIFY: Final = Format(code="clockify", name="Clockify", recognise=recognise, read=read)
