"""Dates with slashes, whose order an export does not state: 03/04/2026 is March or April."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contributions.imports.answers import Question
from contributions.imports.entry import Reading
from contributions.imports.normal_form import RowFault
from contributions.imports.times import TimeForm

_MONTHS: Final = 12


def date_form(reading: Reading, column: str) -> TimeForm:
    """Find how a column orders its dates.

    ISO dates tell themselves. Slashed ones are told by the user, or else by any date whose
    first or second number is above twelve; if no date tells, the question is put and the month
    is taken to come first until it is answered.
    """
    answers = reading.answers
    if answers.day_first is not None:
        slashed = TimeForm.DAY_FIRST if answers.day_first else TimeForm.MONTH_FIRST
    else:
        slashed = TimeForm.MONTH_FIRST
    look = Reading(source=reading.source, answers=answers)
    days = [entry.raw(column)[1] for entry in look.entries() if not isinstance(entry, RowFault)]
    if not any("/" in day or "." in day for day in days):
        return TimeForm.ISO
    if any("." in day for day in days):
        return TimeForm.DAY_FIRST
    if answers.day_first is None:
        slashed = _told_by(days) or slashed
        if _told_by(days) is None:
            reading.questions.add(Question.DATE_ORDER)
    return slashed


def _told_by(days: Iterable[str]) -> TimeForm | None:
    """Find the order that some date gives away; more dates must speak for it than against."""
    votes = {TimeForm.DAY_FIRST: 0, TimeForm.MONTH_FIRST: 0}
    for day in days:
        parts = day.split("/")[:2]
        if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
            first, second = int(parts[0]), int(parts[1])
            votes[TimeForm.DAY_FIRST] += first > _MONTHS >= second
            votes[TimeForm.MONTH_FIRST] += second > _MONTHS >= first
    if votes[TimeForm.DAY_FIRST] == votes[TimeForm.MONTH_FIRST]:
        return None
    return max(votes, key=lambda form: votes[form])
