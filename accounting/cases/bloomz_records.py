"""The public record of labour behind BLOOMZ, as counts.

Each function reads one small file under `bloomz/`, whose first lines name its source and licence.

Source: PromptSource, the BigScience engineering log and the Data Provenance Collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounting.cases.case import Part, Phase, Source
from accounting.cases.reading import FOLDER, provenance, read_csv, read_toml, shaped

FOLDER_OF_RECORDS = FOLDER / "bloomz"


@dataclass(frozen=True, slots=True)
class TemplateCount:
    """Prompt templates one author first committed for one data set."""

    author: str
    dataset: str
    templates: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class CommitCount:
    """Commits of one author in one folder or training run (`place`) in one month."""

    author: str
    place: str
    month: str
    commits: int
    last_on: date


@dataclass(frozen=True, slots=True)
class CheckCount:
    """Data sets of one collection whose licence one person verified."""

    verifier: str
    collection: str
    checks: int


@dataclass(frozen=True, slots=True)
class Place:
    """Folders and training runs whose commits worked on one product."""

    product: str
    task_type: str
    phase: Phase
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    places: tuple[Place, ...]


def template_counts() -> tuple[TemplateCount, ...]:
    """Return how many prompt templates each author wrote for each data set, and when."""
    path = FOLDER_OF_RECORDS / "templates.csv"
    return shaped(read_csv(path), tuple[TemplateCount, ...], file=path)


def commit_counts() -> tuple[CommitCount, ...]:
    """Return how many commits each engineer made per place and month.

    A commit that touches two places counts in both.
    """
    path = FOLDER_OF_RECORDS / "commits.csv"
    return shaped(read_csv(path), tuple[CommitCount, ...], file=path)


def check_counts() -> tuple[CheckCount, ...]:
    """Return how many data sets of P3 and xP3x each person checked the licence of."""
    path = FOLDER_OF_RECORDS / "licence_checks.csv"
    return shaped(read_csv(path), tuple[CheckCount, ...], file=path)


def corpus_parts() -> tuple[Part, ...]:
    """Return the 49 parts of ROOTS with their share of BLOOM's training mixture."""
    path = FOLDER_OF_RECORDS / "corpus_parts.csv"
    rows = [{"product": "roots", **row} for row in read_csv(path)]
    return shaped(rows, tuple[Part, ...], file=path)


def place_of() -> dict[str, Place]:
    """Return, for every folder and training run, the product its commits worked on."""
    path = FOLDER_OF_RECORDS / "places.toml"
    places = shaped(read_toml(path), _Places, file=path).places
    return {name: place for place in places for name in place.names}


def record_sources() -> tuple[Source, ...]:
    """Return where each file of counts comes from, as its own first lines say."""
    named = [(path, provenance(path)) for path in sorted(FOLDER_OF_RECORDS.glob("*.csv"))]
    return tuple(
        Source(file=f"bloomz/{path.name}", origin=said["source"], licence=said["licence"])
        for path, said in named
    )
