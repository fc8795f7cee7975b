"""All formats by name, and which of them a file looks like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contributions.imports.formats.activitywatch import ACTIVITYWATCH
from contributions.imports.formats.argilla import ARGILLA
from contributions.imports.formats.clockify import CLOCKIFY
from contributions.imports.formats.cvat import CVAT
from contributions.imports.formats.doccano import DOCCANO
from contributions.imports.formats.format import Format
from contributions.imports.formats.harvest import HARVEST
from contributions.imports.formats.kimai import KIMAI
from contributions.imports.formats.label_studio import LABEL_STUDIO
from contributions.imports.formats.labelbox import LABELBOX
from contributions.imports.formats.mturk import MTURK
from contributions.imports.formats.prodigy import PRODIGY
from contributions.imports.formats.prolific import PROLIFIC
from contributions.imports.formats.solidtime import SOLIDTIME
from contributions.imports.formats.toggl import TOGGL
from contributions.imports.formats.toloka import TOLOKA
from contributions.imports.formats.v7 import V7
from contributions.imports.refusals import ImportRefused
from contributions.imports.source import Head

FORMATS: Final = {
    format_.code: format_
    for format_ in (
        LABEL_STUDIO,
        CVAT,
        ARGILLA,
        DOCCANO,
        PRODIGY,
        MTURK,
        TOLOKA,
        PROLIFIC,
        LABELBOX,
        V7,
        KIMAI,
        SOLIDTIME,
        CLOCKIFY,
        TOGGL,
        HARVEST,
        ACTIVITYWATCH,
    )
}


class FormatUnknown(ImportRefused):
    """No format has that name; facts: name."""

    code = "format_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A tool that a file may come from.

    Attributes:
        format: Its code.
        name: Its name for people.
        score: How sure that is, from 1 to 100.
        matched: The headings or keys that speak for it.
    """

    format: str
    name: str
    score: int
    matched: tuple[str, ...]


def detect(head: Head) -> list[Candidate]:
    """Rank the tools that a file may come from, the likeliest first; none is no shame.

    Only content counts: the name of a file is chosen by whoever saved it.
    """
    found = [
        Candidate(
            format=format_.code,
            name=format_.name,
            score=recognition.score,
            matched=recognition.matched,
        )
        for format_ in FORMATS.values()
        if (recognition := format_.recognise(head)) is not None
    ]
    return rank(found)


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Put the likeliest first, the best of each tool only."""
    ordered = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.format))
    best: dict[str, Candidate] = {}
    for candidate in ordered:
        best.setdefault(candidate.format, candidate)
    return list(best.values())


def find_format(code: str) -> Format:
    """Look a format up by its code.

    Raises:
        FormatUnknown: There is none.
    """
    found = FORMATS.get(code)
    if found is None:
        raise FormatUnknown(name=code[:40])
    return found
