"""Harvest: the detailed time report.

Source: solidtime's import fixtures. Hours are decimal, in European accounts with a comma; only
the day is stated. `Approved?` is used by some teams and left at No by the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading, WorkerMissing, who
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.formats.slashed import date_form
from contributions.imports.normal_form import Kind, LabourRow, Outcome, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.source import Head
from contributions.imports.times import TimeForm


def recognise(head: Head) -> Recognition | None:
    """The headings of the detailed report."""
    return by_headings(
        head.columns,
        ("Date", "Hours", "First Name", "Last Name"),
        ("Client", "Project", "Project Code", "Task", "Notes", "Billable?", "Approved?"),
    )


def read(reading: Reading) -> Found:
    """Read one time entry a row."""
    form = date_form(reading, "Date")
    return convert_each(reading.entries(), partial(_row, form=form))


def _row(entry: Entry, *, form: TimeForm) -> Iterator[LabourRow]:
    names = [entry.text("First Name"), entry.text("Last Name")]
    worker = " ".join(filter(None, names)) or entry.reading.answers.worker
    if worker is None:
        raise WorkerMissing("First Name")
    approved = entry.flag("Approved?")
    yield entry.labour(
        source_id=f"entry/{who(worker)}/{entry.row.digest.hex()[:24]}",
        worker_ref=worker,
        moment=entry.moment("Date", form=form),
        kind=Kind.TIME,
        task_hint=entry.text("Task"),
        product_hint=entry.text("Project"),
        milliseconds=entry.duration(
            "Hours", form=DurationForm.HOURS_OR_CLOCK, mark=DecimalMark.EITHER
        ),
        basis=TimeBasis.SELF_DECLARED,
        outcome=Outcome.ACCEPTED if approved else entry.reading.answers.unreviewed,
    )


HARVEST: Final = Format(code="harvest", name="Harvest", recognise=recognise, read=read)
