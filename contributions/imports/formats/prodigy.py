"""Prodigy: `db-out` as JSON Lines.

Source: prodigy-evaluate, tests/test_evaluate.py. `answer` is what the annotator said about the
example, not a judgement of the annotator: rejecting a suggestion is finished work like accepting
it. A session without a name has its start time as annotator. No durations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contributions.imports.entry import Entry, OutcomeUnknown, Reading, who
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import LabourRow, Outcome
from contributions.imports.source import Head
from contributions.imports.times import TimeForm


def recognise(head: Head) -> Recognition | None:
    """The underscored keys that Prodigy adds to every example."""
    return by_headings(
        head.columns,
        ("_input_hash", "_task_hash", "answer"),
        ("_annotator_id", "_session_id", "_timestamp", "_view_id"),
    )


def read(reading: Reading) -> Found:
    """Read one answer a record."""
    return convert_each(reading.entries(), _row)


def _row(entry: Entry) -> Iterator[LabourRow]:
    worker = entry.worker("_annotator_id", "_session_id")
    moment = entry.moment("_timestamp", form=TimeForm.UNIX_SECONDS)
    stamp = entry.raw("_timestamp")[1]
    yield entry.labour(
        source_id=f"{entry.source_id('_task_hash')}/{stamp}/{who(worker)}",
        worker_ref=worker,
        moment=moment,
        task_hint=entry.text("_view_id"),
        units=1,
        outcome=_outcome(entry),
    )


def _outcome(entry: Entry) -> Outcome:
    match entry.raw("answer")[1]:
        case "accept" | "reject":
            return entry.reading.answers.unreviewed
        case "ignore":
            return Outcome.SKIPPED
        case _:
            raise OutcomeUnknown("answer")


PRODIGY: Final = Format(code="prodigy", name="Prodigy", recognise=recognise, read=read)
