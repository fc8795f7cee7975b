"""Toloka: the assignments TSV of a pool.

Source: toloka/client/assignment.py. One assignment is a page of several tasks, one a row; its
times and its reward stand on every one of them and are never added up. Rows share them to the
last millisecond and micro-unit. A filled `GOLDEN:` column marks a control task. Rows that are
EXPIRED were worked on until time ran out, presumably without pay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from contributions.imports.entry import Entry, Reading
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import LabourRow, Outcome, RowFault, TimeBasis
from contributions.imports.source import Head
from contributions.imports.times import Moment

_OUTCOMES: Final = {
    "ACTIVE": Outcome.PENDING,
    "SUBMITTED": Outcome.PENDING,
    "APPROVED": Outcome.ACCEPTED,
    "ACCEPTED": Outcome.ACCEPTED,
    "REJECTED": Outcome.REJECTED,
    "SKIPPED": Outcome.SKIPPED,
    "EXPIRED": Outcome.EXPIRED,
}
_ID: Final = "ASSIGNMENT:assignment_id"


def recognise(head: Head) -> Recognition | None:
    """The `ASSIGNMENT:` headings."""
    return by_headings(
        head.columns,
        (_ID, "ASSIGNMENT:worker_id", "ASSIGNMENT:status"),
        ("ASSIGNMENT:link", "ASSIGNMENT:started"),
    )


def read(reading: Reading) -> Found:
    """Read one task a row, after counting the tasks of each assignment."""
    sizes = Counter(
        entry.raw(_ID)[1]
        for entry in Reading(source=reading.source, answers=reading.answers).entries()
        if not isinstance(entry, RowFault)
    )
    seen: Counter[str] = Counter()
    return convert_each(reading.entries(), partial(_row, sizes=sizes, seen=seen))


def _row(entry: Entry, *, sizes: Counter[str], seen: Counter[str]) -> Iterator[LabourRow]:
    key = entry.raw(_ID)[1]
    place, size = seen[key], sizes[key]
    seen[key] += 1
    assignment = entry.source_id(_ID)
    outcome = entry.outcome("ASSIGNMENT:status", _OUTCOMES)
    started = entry.moment("ASSIGNMENT:started")
    held = entry.between(started, _ended(entry), "ASSIGNMENT:submitted")
    yield entry.labour(
        source_id=f"{assignment}/{entry.text('ASSIGNMENT:task_id') or place + 1}",
        worker_ref=entry.worker("ASSIGNMENT:worker_id"),
        moment=started,
        units=1,
        milliseconds=None if held is None else share(held, place, size) or None,
        basis=TimeBasis.HELD,
        outcome=outcome,
        is_control=any(name.startswith("GOLDEN:") for name in entry.row.cells),
        **_wage(entry, outcome, place, size),
    )


def share(total: int, place: int, size: int) -> int:
    """The part of a total that falls to one of `size` equal sharers; the parts add up to it."""
    return total * (place + 1) // size - total * place // size


def _ended(entry: Entry) -> Moment | None:
    """When the page was handed in or given up; a later verdict is not the worker's time."""
    return entry.moment("ASSIGNMENT:submitted", "ASSIGNMENT:skipped", "ASSIGNMENT:expired")


def _wage(entry: Entry, outcome: Outcome, place: int, size: int) -> dict[str, Any]:
    reward = entry.amount("ASSIGNMENT:reward", "USD")
    if reward is None or outcome is Outcome.PENDING:
        return {}
    paid = share(reward[0], place, size) if outcome is Outcome.ACCEPTED else 0
    return {"wage_micro": paid, "wage_currency": "USD"}


TOLOKA: Final = Format(code="toloka", name="Toloka", recognise=recognise, read=read)
