"""CVAT: the events CSV and the jobs of the REST API.

Source: apps/events/export.py (`SELECT * FROM events`), apps/events/handlers.py and
components/analytics/clickhouse/000-initial.cmf. Shapes name no worker; events do.

Working time and created shapes come in separate events of one job. Recorded apart, the same
work would be credited once by its time and once by its output, so they are added up for each
job, person and day. Working time is in milliseconds, with pauses above 100 s already left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
from contributions.imports.normal_form import Kind, LabourRow, Outcome, RowFault, TimeBasis
from contributions.imports.numbers import parse_count
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Head
from contributions.imports.times import Moment

_WORKER: Final = ("user_name", "user_email", "user_id")
_ASSIGNEE: Final = ("assignee.username", "assignee.id")
_CREATED: Final = ("create:shapes", "create:tags", "create:tracks")
_EVENT: Final = ("scope", "obj_name", "timestamp", "job_id", "user_id")
_EVENT_USUALLY: Final = ("obj_val", "duration", "payload", "user_name", "org_slug", "count")
_DELETED: Final = ("delete:shapes", "delete:tags", "delete:tracks")


def recognise(head: Head) -> Recognition | None:
    """Events by their headings, jobs by the shape of the API's answer."""
    events = by_headings(head.columns, _EVENT, _EVENT_USUALLY)
    if events is not None or not head.records:
        return events
    results = head.records[0].get("results")
    first = results[0] if isinstance(results, list) and results else None
    if not isinstance(first, dict):
        return None
    return by_headings(
        tuple(first), ("assignee", "stage", "state", "start_frame", "stop_frame"), ("task_id",)
    )


def read(reading: Reading) -> Found:
    """Read events or jobs."""
    if reading.source.is_table:
        yield from _read_events(reading)
    else:
        yield from convert_each(reading.record_entries("results"), _job)


def _job(entry: Entry) -> Iterator[LabourRow]:
    first = parse_count(entry.raw("start_frame")[1] or "0")
    last = parse_count(entry.raw("stop_frame")[1] or "0")
    done = entry.raw("state")[1] == "completed" and entry.raw("stage")[1] == "acceptance"
    rejected = entry.raw("state")[1] == "rejected"
    yield entry.labour(
        source_id=f"job/{entry.source_id('id')}",
        worker_ref=entry.worker(*_ASSIGNEE),
        moment=entry.moment("updated_date"),
        task_hint=entry.text("type"),
        product_hint=entry.text("project_id", "task_id"),
        units=max(1, last - first + 1),
        outcome=(Outcome.ACCEPTED if done else Outcome.REJECTED if rejected else Outcome.PENDING),
        is_control=entry.raw("type")[1] == "ground_truth",
    )


@dataclass
class _Day:
    """What one person did on one job on one day."""

    entry: Entry
    moment: Moment
    milliseconds: int = 0
    units: int = 0
    digests: list[bytes] = field(default_factory=list)


@dataclass
class _Job:
    """What became of a job, by the latest event about it."""

    outcome: Outcome = Outcome.PENDING
    judge: str | None = None


def _read_events(reading: Reading) -> Found:
    """Add the events up, then tell the days of work."""
    days: dict[tuple[str, str, str], _Day] = {}
    jobs: dict[str, _Job] = {}
    for entry in reading.entries():
        if isinstance(entry, RowFault):
            yield entry
            continue
        try:
            _take(entry, days, jobs)
        except CellRefused as refusal:
            yield entry.fault(refusal)
    for (job, worker, _day), done in days.items():
        yield _day_row(job, worker, done, jobs.get(job, _Job()))


def _take(entry: Entry, days: dict[tuple[str, str, str], _Day], jobs: dict[str, _Job]) -> None:
    scope = entry.raw("scope")[1]
    job = entry.text("job_id")
    if job is None:
        return
    if scope == "update:job":
        _judge(entry, jobs.setdefault(job, _Job()))
    if scope != "send:working_time" and scope not in _CREATED + _DELETED:
        return
    moment = entry.moment("timestamp")
    if moment is None:
        return
    worker = entry.worker(*_WORKER)
    milliseconds, count = _amounts(entry, scope)
    key = (job, worker, moment.on.isoformat())
    day = days.setdefault(key, _Day(entry, moment))
    day.milliseconds += milliseconds
    day.units += count
    day.digests.append(entry.row.digest)


def _amounts(entry: Entry, scope: str) -> tuple[int, int]:
    """Milliseconds worked and shapes added by an event."""
    if scope == "send:working_time":
        worked = entry.duration("duration", "payload.working_time", form=DurationForm.MILLISECONDS)
        return worked or 0, 0
    count = entry.count("count") or 0
    return 0, count if scope in _CREATED else 0


def _judge(entry: Entry, job: _Job) -> None:
    field_name, value = entry.raw("obj_name")[1], entry.raw("obj_val")[1]
    if field_name == "state" and value == "rejected":
        job.outcome = Outcome.REJECTED
    elif field_name == "stage" and value == "acceptance":
        job.outcome, job.judge = Outcome.ACCEPTED, entry.text(*_WORKER)
    elif field_name == "state" and value == "completed":
        job.outcome = Outcome.ACCEPTED
    elif field_name == "state":
        job.outcome = Outcome.PENDING


def _day_row(job: str, worker: str, done: _Day, judged: _Job) -> LabourRow:
    entry = done.entry
    row = entry.labour(
        source_id=f"job/{job}/{who(worker)}/{done.moment.on.isoformat()}",
        worker_ref=worker,
        moment=done.moment,
        kind=Kind.WORK if done.units else Kind.TIME,
        task_hint=entry.text("task_id"),
        product_hint=entry.text("project_id"),
        units=done.units or None,
        milliseconds=done.milliseconds or None,
        basis=TimeBasis.ACTIVE,
        outcome=judged.outcome,
        reviewer_ref=judged.judge,
    )
    return replace(row, row_sha256=hashlib.sha256(b"".join(done.digests)).digest())


CVAT: Final = Format(code="cvat", name="CVAT", recognise=recognise, read=read)
