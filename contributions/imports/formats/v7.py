"""V7 Darwin: the annotators report.

Source: darwin-py, cli_functions.py (headings). Nowhere is the unit of `active_time` stated, so
it is asked; until it is answered the time is missing, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contributions.imports.answers import Question
from contributions.imports.entry import Entry, Reading, who
from contributions.imports.formats.format import (
    Format,
    Found,
    Recognition,
    by_headings,
    convert_each,
)
from contributions.imports.normal_form import Kind, LabourRow, TimeBasis
from contributions.imports.numbers import NumberTooLarge, parse_number
from contributions.imports.source import Head

_PPM: Final = 1_000_000
_MACHINES: Final = frozenset({"model", "ai", "plugin", "webhook", "system"})
_USUALLY: Final = ("timestamp", "dataset_name", "current_stage_name", "review_pass_rate")


def recognise(head: Head) -> Recognition | None:
    """The headings of the report."""
    required = ("actor_id", "active_time", "total_annotations")
    return by_headings(head.columns, required, _USUALLY)


def read(reading: Reading) -> Found:
    """Read one actor, stage and period a row; what machines did is left out."""
    if reading.answers.duration_unit is None:
        reading.questions.add(Question.DURATION_UNIT)
    return convert_each(reading.entries(), _row)


def _row(entry: Entry) -> Iterator[LabourRow]:
    if entry.raw("actor_type")[1].casefold() in _MACHINES:
        return
    worker = entry.worker("actor_email", "actor_id")
    stage = entry.text("current_stage_name") or ""
    place = [entry.raw(name)[1] for name in ("timestamp", "dataset_id", "current_stage_id")]
    unit = entry.reading.answers.duration_unit
    yield entry.labour(
        source_id="/".join([*filter(None, place), who(worker)]),
        worker_ref=worker,
        moment=entry.moment("timestamp"),
        kind=Kind.REVIEW if "review" in stage.casefold() else Kind.WORK,
        task_hint=stage or None,
        product_hint=entry.text("dataset_name", "dataset_slug", "dataset_id"),
        units=entry.count("total_items_annotated", "total_annotations"),
        milliseconds=None if unit is None else entry.duration("active_time", form=unit),
        basis=TimeBasis.ACTIVE,
        quality_ppm=_quality(entry),
        outcome=entry.reading.answers.unreviewed,
    )


def _quality(entry: Entry) -> int | None:
    """The share of items that passed review, stated as a ratio."""
    column, text = entry.raw("review_pass_rate")
    if not text:
        return None
    ratio = parse_number(text)
    if ratio > 1:
        raise NumberTooLarge(column)
    return int(ratio * _PPM)


V7: Final = Format(code="v7", name="V7 Darwin", recognise=recognise, read=read)
