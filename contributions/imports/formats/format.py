"""What every format reader is: a way to recognise a file and a way to read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from contributions.imports.entry import Entry, Reading
from contributions.imports.normal_form import LabourRow, RowFault
from contributions.imports.refusals import CellRefused
from contributions.imports.source import Head

Found = Iterator[LabourRow | RowFault]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Why a file looks like an export of a tool.

    Attributes:
        score: From 1 to 100; all required headings alone make 60.
        matched: The headings or keys that were recognised.
    """

    score: int
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One tool's exports.

    Attributes:
        code: The tool's name in records, as `label_studio`.
        name: The tool's name for people.
        recognise: Judges a first sight of a file; None if it is something else.
        read: Reads a file, row by row, into labour and faults.
        reads_zip: Whether the tool exports several files in a zip, rather than one table.
    """

    code: str
    name: str
    recognise: Callable[[Head], Recognition | None]
    read: Callable[[Reading], Found]
    reads_zip: bool = False


def by_headings(
    columns: Collection[str], required: Collection[str], usual: Collection[str] = ()
) -> Recognition | None:
    """Recognise a table by headings it must have and others that it usually has."""
    if not set(required) <= set(columns):
        return None
    also = [name for name in usual if name in columns]
    score = 60 + (40 * len(also) // len(usual) if usual else 30)
    return Recognition(score, (*required, *also))


def convert_each(
    entries: Iterable[Entry | RowFault], convert: Callable[[Entry], Iterable[LabourRow]]
) -> Found:
    """Convert rows one by one; what a row is refused for concerns that row only."""
    for entry in entries:
        if isinstance(entry, RowFault):
            yield entry
            continue
        try:
            rows = list(convert(entry))
        except CellRefused as refusal:
            yield entry.fault(refusal)
        else:
            yield from rows
