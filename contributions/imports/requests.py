"""Plans and first looks as plain values, to pass between processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from contributions.imports.answers import Answers, HitTime
from contributions.imports.durations import DurationForm
from contributions.imports.formats.registry import Candidate
from contributions.imports.mapping import read_mapping, write_mapping
from contributions.imports.normal_form import Outcome
from contributions.imports.walk import Look, Plan


def plan_to_document(plan: Plan) -> dict[str, Any]:
    """Write a plan as plain values, for JSON."""
    answers = dataclasses.asdict(plan.answers)
    for name in ("occurred_on", "received_on"):
        answers[name] = answers[name] and answers[name].isoformat()
    return {
        "format": plan.format,
        "mapping": None if plan.mapping is None else write_mapping(plan.mapping),
        "answers": answers,
    }


def plan_from_document(document: Mapping[str, Any]) -> Plan:
    """Read a plan from plain values.

    Raises:
        ImportRefused: Its mapping is malformed.
    """
    facts = dict(document["answers"])
    for name in ("occurred_on", "received_on"):
        facts[name] = facts[name] and date.fromisoformat(facts[name])
    facts["unreviewed"] = Outcome(facts["unreviewed"])
    facts["hit_time"] = facts["hit_time"] and HitTime(facts["hit_time"])
    facts["duration_unit"] = facts["duration_unit"] and DurationForm(facts["duration_unit"])
    mapping = document["mapping"]
    return Plan(
        format=document["format"],
        mapping=None if mapping is None else read_mapping(mapping),
        answers=Answers(**facts),
    )


def look_to_document(look: Look) -> dict[str, Any]:
    """Write a first look as plain values, for JSON."""
    return {
        "container": look.container,
        "candidates": [dataclasses.asdict(candidate) for candidate in look.candidates],
        "columns": list(look.columns),
        "rows": list(look.rows),
        "guess": write_mapping(look.guess),
    }


def look_from_document(document: Mapping[str, Any]) -> Look:
    """Read a first look from plain values."""
    return Look(
        container=document["container"],
        candidates=tuple(
            Candidate(**{**candidate, "matched": tuple(candidate["matched"])})
            for candidate in document["candidates"]
        ),
        columns=tuple(document["columns"]),
        rows=tuple(document["rows"]),
        guess=read_mapping(document["guess"]),
    )
