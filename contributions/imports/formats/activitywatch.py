"""ActivityWatch: the export of all buckets.

Source: aw_core/schemas. Of everything it records about a person, only the daily total of time
at the keyboard is read: no window title, no address, no application, not even into an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from contributions.imports.documents import Json, digest_of
from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading
from contributions.imports.formats.format import Format, Found, Recognition, convert_each
from contributions.imports.normal_form import Kind, LabourRow, RowFault, TimeBasis
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Head
from contributions.imports.tables import SourceRow
from contributions.imports.times import Moment

_TYPE: Final = "afkstatus"
_PRESENT: Final = "not-afk"


@dataclass
class _Day:
    """Time at the keyboard of one computer on one day."""

    entry: Entry
    moment: Moment
    milliseconds: int
    digests: list[bytes]


def recognise(head: Head) -> Recognition | None:
    """Buckets that have a type and events."""
    for bucket in _buckets(head.records[0]) if head.records else ():
        if "events" in bucket and "type" in bucket:
            return Recognition(95, ("buckets", "type", "events"))
    return None


def read(reading: Reading) -> Found:
    """Add up the presence events of each day."""
    for record in reading.records():
        if isinstance(record, RowFault):
            yield replace(record, raw="")
            continue
        for bucket in _buckets(record.value):
            if bucket.get("type") == _TYPE:
                yield from _read_bucket(reading, bucket)


def _buckets(value: dict[str, Json]) -> list[dict[str, Json]]:
    """The schema lists buckets; the server's export keys them by id."""
    buckets = value.get("buckets")
    if isinstance(buckets, dict):
        return [part for part in buckets.values() if isinstance(part, dict)]
    return (
        [part for part in buckets or () if isinstance(part, dict)]
        if isinstance(buckets, list)
        else []
    )


def _read_bucket(reading: Reading, bucket: dict[str, Json]) -> Found:
    days: dict[str, _Day] = {}
    events = bucket.get("events")
    for number, event in enumerate(events if isinstance(events, list) else (), start=1):
        reading.rows_read += 1
        entry = _event(reading, bucket, event, number)
        try:
            _take(entry, days)
        except CellRefused as refusal:
            yield entry.fault(refusal)
    for day in days.values():
        yield from convert_each([day.entry], partial(_row, day=day))


def _event(reading: Reading, bucket: dict[str, Json], event: Json, number: int) -> Entry:
    """Keep of an event its time, its length and whether someone was there."""
    part = event if isinstance(event, dict) else {}
    data = part.get("data")
    kept: dict[str, Json] = {
        "timestamp": part.get("timestamp"),
        "duration": part.get("duration"),
        "status": data.get("status") if isinstance(data, dict) else None,
        "hostname": bucket.get("hostname"),
    }
    cells = {key: str(value) for key, value in kept.items() if value is not None}
    row = SourceRow(line=number, cells=cells, digest=digest_of(kept), raw="")
    return Entry(reading=reading, row=row)


def _take(entry: Entry, days: dict[str, _Day]) -> None:
    if entry.raw("status")[1] != _PRESENT:
        return
    moment = entry.moment("timestamp")
    present = entry.duration("duration", form=DurationForm.SECONDS)
    if moment is None or present is None:
        return
    if entry.reading.zone is not None and moment.at is not None:
        moment = replace(moment, on=moment.at.astimezone(entry.reading.zone).date())
    day = days.setdefault(moment.on.isoformat(), _Day(entry, moment, 0, []))
    day.milliseconds += present
    day.digests.append(entry.row.digest)


def _row(_entry: Entry, *, day: _Day) -> Iterator[LabourRow]:
    host = hashlib.sha256(day.entry.raw("hostname")[1].encode()).hexdigest()[:12]
    row = day.entry.labour(
        source_id=f"presence/{host}/{day.moment.on.isoformat()}",
        worker_ref=day.entry.reading.answers.worker or day.entry.worker("hostname"),
        moment=day.moment,
        kind=Kind.TIME,
        milliseconds=day.milliseconds,
        basis=TimeBasis.ACTIVE,
        outcome=day.entry.reading.answers.unreviewed,
    )
    yield replace(row, row_sha256=hashlib.sha256(b"".join(day.digests)).digest())


ACTIVITYWATCH: Final = Format(
    code="activitywatch", name="ActivityWatch", recognise=recognise, read=read
)
