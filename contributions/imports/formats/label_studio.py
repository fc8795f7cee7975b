"""Label Studio: JSON, JSON-min and its tab-separated "CSV".

Source: data_export/serializers.py, tasks/models.py and the SDK's converter/exports/csv2.py.
`lead_time` is the time the task was open until it was submitted, in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from contributions.imports.documents import Json, Record
from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading
from contributions.imports.flattening import flatten
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import Kind, LabourRow, Outcome, RowFault, TimeBasis
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Head

_SECONDS: Final = DurationForm.SECONDS
_WORKER: Final = ("completed_by.email", "completed_by.id", "completed_by")
_AUTHOR: Final = ("created_by.email", "created_by.id", "created_by")


def recognise(head: Head) -> Recognition | None:
    """Flat files by their headings, JSON by tasks with annotations."""
    flat = by_headings(
        head.columns, ("annotation_id", "annotator"), ("lead_time", "created_at", "updated_at")
    )
    if flat is not None:
        return flat
    record = head.records[0] if head.records else {}
    annotations = record.get("annotations")
    if not isinstance(annotations, list) or "id" not in record:
        return None
    first = annotations[0] if annotations else {}
    keys = ("completed_by", "was_cancelled", "result")
    matched = tuple(key for key in keys if isinstance(first, dict) and key in first)
    return Recognition(50 + 15 * len(matched), ("annotations", *matched))


def read(reading: Reading) -> Found:
    """Read tasks with annotations, or one annotation a row."""
    if reading.source.is_table:
        yield from convert_each(reading.entries(), _flat_row)
        return
    for record in reading.records():
        if isinstance(record, RowFault):
            yield record
        elif "annotations" in record.value:
            yield from _task(reading, record)
        else:
            # JSON-min lists one annotation a record under the headings of the CSV.
            yield from convert_each([reading.part(record, record.value)], _flat_row)


def _flat_row(entry: Entry) -> Iterator[LabourRow]:
    answers = entry.reading.answers
    yield entry.labour(
        source_id=f"annotation/{entry.source_id('annotation_id')}",
        worker_ref=entry.worker("annotator.email", "annotator"),
        moment=entry.moment("created_at"),
        units=1,
        milliseconds=entry.duration("lead_time", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=answers.unreviewed,
    )


def _task(reading: Reading, record: Record) -> Found:
    """Read the annotations of a task, then the reviews and repairs of each."""
    annotations = record.value["annotations"]
    for value in annotations if isinstance(annotations, list) else ():
        if not isinstance(value, dict):
            continue
        # The machine's prediction is no part of the person's work, and says how many days ago
        # it was made, which differs from export to export.
        own = {key: part for key, part in value.items() if key != "prediction"}
        entry = reading.part(record, own)
        try:
            row = _annotation(entry, value)
        except CellRefused as refusal:
            yield entry.fault(refusal)
            continue
        yield row
        history = [part for part in _listed(value, "history") if isinstance(part, dict)]
        reviews = [part for part in _listed(value, "reviews") if isinstance(part, dict)]
        yield from convert_each(
            (reading.part(record, part) for part in _timed(reviews, history)), _review
        )
        repairs = (part for part in history if _is_repair(reading, record, part, row))
        yield from convert_each((reading.part(record, part) for part in repairs), _repair)


def _listed(value: dict[str, Json], key: str) -> list[Json]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _annotation(entry: Entry, value: dict[str, Json]) -> LabourRow:
    return entry.labour(
        source_id=f"annotation/{entry.source_id('id', 'unique_id')}",
        worker_ref=entry.worker(*_WORKER, *_submitter(entry)),
        moment=entry.moment("created_at"),
        product_hint=entry.text("project"),
        units=1,
        milliseconds=entry.duration("lead_time", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=_outcome(entry, value),
        reviewer_ref=_reviewer(entry, value),
        prelabelled=_is_prelabelled(value),
        is_control=entry.flag("ground_truth") or False,
    )


def _submitter(entry: Entry) -> tuple[str, ...]:
    """Exports without the author still name the last one to act: the author, if they submitted."""
    return ("last_created_by",) if entry.raw("last_action")[1] == "submitted" else ()


def _is_prelabelled(value: dict[str, Json]) -> bool | None:
    return value["parent_prediction"] is not None if "parent_prediction" in value else None


def _last_review(value: dict[str, Json]) -> dict[str, Json]:
    reviews = [part for part in _listed(value, "reviews") if isinstance(part, dict)]
    return max(reviews, key=lambda review: str(review.get("created_at") or ""), default={})


def _outcome(entry: Entry, value: dict[str, Json]) -> Outcome:
    if entry.flag("was_cancelled"):
        return Outcome.SKIPPED
    match _last_review(value).get("accepted"):
        case True:
            return Outcome.ACCEPTED
        case False:
            return Outcome.REJECTED
        case _:
            return entry.reading.answers.unreviewed


def _reviewer(entry: Entry, value: dict[str, Json]) -> str | None:
    review = _last_review(value)
    row = replace(entry.row, cells=flatten(review))
    return Entry(reading=entry.reading, row=row).text(*_AUTHOR)


def _timed(reviews: list[dict[str, Json]], history: list[dict[str, Json]]) -> Iterator[Json]:
    """Give each review the working time that the history keeps for it."""
    times = {part.get("review_id"): part for part in history if part.get("review_id") is not None}
    for review in reviews:
        kept = times.get(review.get("id"), {})
        extra = {key: kept[key] for key in ("lead_time", "started_at") if key in kept}
        yield {key: part for key, part in chain(extra.items(), review.items()) if part is not None}


def _review(entry: Entry) -> Iterator[LabourRow]:
    started, ended = entry.moment("started_at"), entry.moment("created_at")
    lead_time = entry.duration("lead_time", form=_SECONDS)
    yield entry.labour(
        source_id=f"review/{entry.source_id('id')}",
        worker_ref=entry.worker(*_AUTHOR),
        moment=ended,
        kind=Kind.REVIEW,
        task_hint="review",
        units=1,
        milliseconds=lead_time or entry.between(started, ended, "started_at"),
        basis=TimeBasis.PAGE_OPEN,
        outcome=Outcome.ACCEPTED,
    )


def _is_repair(reading: Reading, record: Record, part: dict[str, Json], row: LabourRow) -> bool:
    """Tell work on an annotation by someone else than its author, outside reviews."""
    if part.get("lead_time") is None or part.get("review_id") is not None:
        return False
    return reading.part(record, part).text(*_AUTHOR) not in (None, row.worker_ref)


def _repair(entry: Entry) -> Iterator[LabourRow]:
    yield entry.labour(
        source_id=f"history/{entry.source_id('id')}",
        worker_ref=entry.worker(*_AUTHOR),
        moment=entry.moment("created_at"),
        kind=Kind.REVIEW,
        task_hint=entry.text("action"),
        units=1,
        milliseconds=entry.duration("lead_time", form=_SECONDS),
        basis=TimeBasis.PAGE_OPEN,
        outcome=Outcome.ACCEPTED,
    )


LABEL_STUDIO: Final = Format(
    code="label_studio", name="Label Studio", recognise=recognise, read=read
)
