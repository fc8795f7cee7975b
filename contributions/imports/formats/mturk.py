"""Amazon Mechanical Turk: batch results CSV.

`WorkTimeInSeconds` is submission minus acceptance, so it tells how long an assignment was held,
not how long anyone worked on it. The reward is paid for approved work only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from contributions.imports.durations import DurationForm
from contributions.imports.entry import Entry, Reading
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import LabourRow, Outcome, TimeBasis
from contributions.imports.source import Head
from contributions.imports.times import TimeForm

_OUTCOMES: Final = {
    "APPROVED": Outcome.ACCEPTED,
    "REJECTED": Outcome.REJECTED,
    "SUBMITTED": Outcome.PENDING,
    "RETURNED": Outcome.SKIPPED,
    "ABANDONED": Outcome.EXPIRED,
}
_USUALLY: Final = ("HITTypeId", "Reward", "AcceptTime", "SubmitTime", "WorkTimeInSeconds")


def recognise(head: Head) -> Recognition | None:
    """The headings of a batch."""
    return by_headings(
        head.columns, ("HITId", "AssignmentId", "WorkerId", "AssignmentStatus"), _USUALLY
    )


def read(reading: Reading) -> Found:
    """Read one assignment a row."""
    return convert_each(reading.entries(), _row)


def _row(entry: Entry) -> Iterator[LabourRow]:
    outcome = entry.outcome("AssignmentStatus", _OUTCOMES)
    yield entry.labour(
        source_id=entry.source_id("AssignmentId"),
        worker_ref=entry.worker("WorkerId"),
        moment=entry.moment("AcceptTime", form=TimeForm.DATE_COMMAND),
        task_hint=entry.text("Title"),
        product_hint=entry.text("HITTypeId"),
        units=1,
        milliseconds=entry.duration("WorkTimeInSeconds", form=DurationForm.SECONDS),
        basis=TimeBasis.HELD,
        outcome=outcome,
        **_wage(entry, outcome),
    )


def _wage(entry: Entry, outcome: Outcome) -> dict[str, Any]:
    reward = entry.amount("Reward", "USD")
    if reward is None or outcome is Outcome.PENDING:
        return {}
    paid = reward[0] if outcome is Outcome.ACCEPTED else 0
    return {"wage_micro": paid, "wage_currency": "USD"}


MTURK: Final = Format(code="mturk", name="Amazon Mechanical Turk", recognise=recognise, read=read)
