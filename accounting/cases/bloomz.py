"""BLOOMZ: the open case, from the people who wrote its prompts to a deployment that sells it.

Who worked on what, how much and when is public record. Hours, money and transfer coefficients
were never published: they are a scenario, and each is an `Assumption`. Nobody's seconds are
invented: contributions carry units only, and the policy's assumed norms turn units into hours.

Source: the `Source` rows of the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from accounting.cases.bloomz_records import (
    FOLDER_OF_RECORDS,
    check_counts,
    commit_counts,
    corpus_parts,
    place_of,
    record_sources,
    template_counts,
)
from accounting.cases.case import Case, Contribution, Worker
from accounting.cases.reading import read_toml, shaped, task_types

# The checks carry no dates; this is the day the project's paper appeared.
LICENCE_CHECKS_ON = date(2023, 10, 25)
PRODUCT_CHECKED = {"Flan Collection (P3)": "p3", "xP3x": "xp3"}

# What all rows of the public record have in common: output counted, time and pay unknown.
_ON_RECORD = Contribution(
    source_id="",
    worker="",
    product="",
    task_type="",
    phase="TRAIN",
    occurred_on=LICENCE_CHECKS_ON,
    seconds=None,
    time_basis="none",
    units=None,
    quality_ppm=None,
    outcome="accepted",
    grade=None,
    wage_micro=0,
    currency="USD",
    evidence_grade="B",
)


def bloomz() -> Case:
    """Return the case, one contribution per author and data set, place and month, or check.

    Raises:
        CaseFileInvalid: The files of the case were changed into another shape.
    """
    path = FOLDER_OF_RECORDS / "case.toml"
    document = read_toml(path)
    contributions = (*_templates(), *_commits(), *_licence_checks())
    norms = document["policy"]["overrides"]["norm"]["assumed_seconds_per_unit"]
    document["facts"].append(_unlogged_hours(contributions, norms))
    document["sources"] += record_sources()
    document["contributions"] = contributions
    document["workers"] = _volunteers(contributions)
    document["task_types"] = task_types(row.task_type for row in contributions)
    document["parts"] = corpus_parts()
    return shaped(document, Case, file=path)


def _templates() -> Iterator[Contribution]:
    for count in template_counts():
        yield replace(
            _ON_RECORD,
            source_id=f"promptsource:{count.author}:{count.dataset}",
            worker=count.author,
            product="promptsource",
            task_type="template-writing",
            occurred_on=count.last_on,
            units=count.templates,
            assumption="seconds_per_unit:template-writing",
        )


def _commits() -> Iterator[Contribution]:
    places = place_of()
    for count in commit_counts():
        place = places[count.place]
        yield replace(
            _ON_RECORD,
            source_id=f"bigscience:{count.author}:{count.place}:{count.month}",
            worker=count.author,
            product=place.product,
            task_type=place.task_type,
            phase=place.phase,
            occurred_on=count.last_on,
            units=count.commits,
            assumption="seconds_per_unit:commit",
        )


def _licence_checks() -> Iterator[Contribution]:
    for count in check_counts():
        yield replace(
            _ON_RECORD,
            source_id=f"data-provenance:{count.verifier}:{count.collection}",
            worker=count.verifier,
            product=PRODUCT_CHECKED[count.collection],
            task_type="licence-check",
            phase="OPERATE",
            units=count.checks,
            evidence_grade="C",
            assumption="seconds_per_unit:licence-check",
        )


def _volunteers(contributions: Sequence[Contribution]) -> tuple[Worker, ...]:
    keys = sorted({row.worker for row in contributions})
    return tuple(
        Worker(key=key, status="volunteer", country="ZZ", region="unknown", display_name=key)
        for key in keys
    )


def _unlogged_hours(
    contributions: Sequence[Contribution], norms: dict[str, int]
) -> dict[str, object]:
    # All this labour happened and none of it was timed, so traceability by hours is nil.
    seconds = sum((row.units or 0) * norms[row.task_type] for row in contributions)
    hours = Decimal(seconds) / 3600
    return {"name": "unlogged_hours", "value": f"{hours:.2f}", "assumed": True}
