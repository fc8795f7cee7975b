"""Labelbox: the NDJSON export of data rows, and the older flat export.

Source: its export glossary. `seconds_to_create` is the time the creator viewed or edited the
label; `seconds_to_review` is that of its reviewers together, so it belongs to somebody only if
there is one reviewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from contributions.imports.documents import Json, Record
from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import Kind, LabourRow, Outcome, RowFault, TimeBasis
from contributions.imports.source import Head

_SECONDS: Final = DurationForm.SECONDS
_FLAT: Final = ("ID", "Created By", "Seconds to Label")
_FLAT_USUALLY: Final = ("DataRow ID", "Created At", "Agreement", "Project Name", "External ID")


def recognise(head: Head) -> Recognition | None:
    """Data rows with projects of labels, or the older headings."""
    record = head.records[0] if head.records else {}
    if isinstance(record.get("data_row"), dict) and isinstance(record.get("projects"), dict):
        return Recognition(98, ("data_row", "projects"))
    return by_headings(head.columns, _FLAT, _FLAT_USUALLY)


def read(reading: Reading) -> Found:
    """Read one label a row, and one review beside it where there is any."""
    if reading.source.is_table:
        yield from convert_each(reading.entries(), _flat_row)
        return
    for record in reading.records():
        if isinstance(record, RowFault):
            yield record
        elif isinstance(record.value.get("projects"), dict):
            for project, label, status in _labels(record):
                entry = reading.part(record, label)
                yield from convert_each([entry], partial(_label, project=project, status=status))
                yield from _reviews(reading, record, label, project)
        else:
            yield from convert_each([reading.part(record, record.value)], _flat_row)


def _flat_row(entry: Entry) -> Iterator[LabourRow]:
    yield entry.labour(
        source_id=f"label/{entry.source_id('ID')}",
        worker_ref=entry.worker("Created By"),
        moment=entry.moment("Created At"),
        product_hint=entry.text("Project Name", "Dataset Name"),
        units=1,
        milliseconds=entry.duration("Seconds to Create", "Seconds to Label", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=_outcome(entry.flag("Skipped"), "", entry),
        is_control=entry.flag("Is Benchmark") or False,
    )


def _labels(record: Record) -> Iterator[tuple[str, dict[str, Json], str]]:
    """List the labels of a data row, each with its project and the state of its review."""
    projects = record.value["projects"]
    for project_id, project in projects.items() if isinstance(projects, dict) else ():
        if not isinstance(project, dict):
            continue
        details = project.get("project_details")
        status = details.get("workflow_status") if isinstance(details, dict) else None
        name = project.get("name")
        labels = project.get("labels")
        for label in labels if isinstance(labels, list) else ():
            if isinstance(label, dict):
                yield str(name or project_id), label, str(status or "")


def _label(entry: Entry, *, project: str, status: str) -> Iterator[LabourRow]:
    yield entry.labour(
        source_id=f"label/{entry.source_id('id')}",
        worker_ref=entry.worker("label_details.created_by"),
        moment=entry.moment("label_details.created_at"),
        product_hint=project,
        units=1,
        milliseconds=entry.duration("performance_details.seconds_to_create", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=_outcome(entry.flag("performance_details.skipped"), status, entry),
        is_control=entry.flag("performance_details.is_benchmark") or False,
    )


def _outcome(skipped: bool | None, status: str, entry: Entry) -> Outcome:
    if skipped:
        return Outcome.SKIPPED
    match status:
        case "DONE":
            return Outcome.ACCEPTED
        case "IN_REVIEW" | "IN_REWORK" | "TO_LABEL":
            return Outcome.PENDING
        case _:
            return entry.reading.answers.unreviewed


def _reviews(reading: Reading, record: Record, label: dict[str, Json], project: str) -> Found:
    details = label.get("label_details")
    listed = details.get("reviews") if isinstance(details, dict) else None
    reviews = (
        [part for part in listed if isinstance(part, dict)] if isinstance(listed, list) else []
    )
    performance = label.get("performance_details")
    seconds = performance.get("seconds_to_review") if isinstance(performance, dict) else None
    for number, review in enumerate(reviews, start=1):
        merged: dict[str, Json] = {"label_id": label.get("id"), "number": number, **review}
        if len(reviews) == 1:
            merged["seconds_to_review"] = seconds
        entry = reading.part(record, merged)
        yield from convert_each([entry], partial(_review, project=project))


def _review(entry: Entry, *, project: str) -> Iterator[LabourRow]:
    yield entry.labour(
        source_id=f"label/{entry.source_id('label_id')}/review/{entry.source_id('id', 'number')}",
        worker_ref=entry.worker("reviewed_by", "created_by"),
        moment=entry.moment("reviewed_at", "created_at"),
        kind=Kind.REVIEW,
        task_hint="review",
        product_hint=project,
        units=1,
        milliseconds=entry.duration("seconds_to_review", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=Outcome.ACCEPTED,
    )


LABELBOX: Final = Format(code="labelbox", name="Labelbox", recognise=recognise, read=read)
