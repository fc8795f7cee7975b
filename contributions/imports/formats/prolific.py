"""Prolific: the demographic export of a study.

`Time taken` is wall-clock seconds from start to completion. The study stands in the name of the
file only, and what was paid only in the API (prolific-oss/cli, model/submission.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

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

_OUTCOMES: Final = {
    "APPROVED": Outcome.ACCEPTED,
    "PARTIALLY APPROVED": Outcome.ACCEPTED,
    "AWAITING REVIEW": Outcome.PENDING,
    "ACTIVE": Outcome.PENDING,
    "RESERVED": Outcome.PENDING,
    "REJECTED": Outcome.REJECTED,
    "RETURNED": Outcome.SKIPPED,
    "SCREENED OUT": Outcome.SKIPPED,
    "TIMED-OUT": Outcome.EXPIRED,
}
_STUDY: Final = re.compile(r"[0-9a-f]{24}")
_USUALLY: Final = ("Started at", "Completed at", "Reviewed at", "Time taken", "Completion code")


def recognise(head: Head) -> Recognition | None:
    """The headings of submissions."""
    return by_headings(head.columns, ("Submission id", "Participant id", "Status"), _USUALLY)


def read(reading: Reading) -> Found:
    """Read one submission a row."""
    return convert_each(reading.entries(), _row)


def _row(entry: Entry) -> Iterator[LabourRow]:
    study = _STUDY.search(PurePath(entry.reading.source.filename).stem)
    yield entry.labour(
        source_id=entry.source_id("Submission id"),
        worker_ref=entry.worker("Participant id"),
        moment=entry.moment("Started at"),
        product_hint=None if study is None else study.group(),
        units=1,
        milliseconds=entry.duration("Time taken", form=DurationForm.SECONDS),
        basis=TimeBasis.HELD,
        outcome=entry.outcome("Status", _OUTCOMES),
    )


PROLIFIC: Final = Format(code="prolific", name="Prolific", recognise=recognise, read=read)
