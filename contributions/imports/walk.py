"""The whole walk from a file to batches: format or mapping, then the options for time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from contributions.imports.answers import Answers
from contributions.imports.container import Container
from contributions.imports.entry import Reading
from contributions.imports.formats.registry import Candidate, detect, find_format, rank
from contributions.imports.guessing import guess_mapping
from contributions.imports.idle import RepeatedTimes, cap_idle
from contributions.imports.limits import Limits
from contributions.imports.mapped import read_mapped
from contributions.imports.mapping import ColumnMapping
from contributions.imports.normal_form import Batch, LabourRow, RowFault, pack
from contributions.imports.report import Preview, Tally
from contributions.imports.source import Source

ROWS_A_BATCH: Final = 20_000
_SHOWN_ROWS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a file is to be read: by a format or a mapping, and with which answers."""

    format: str | None = None
    mapping: ColumnMapping | None = None
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a file seems to be.

    Attributes:
        container: What it is made of.
        candidates: Tools it may come from, the likeliest first.
        columns: Its headings, or the dotted paths of its records.
        rows: Its first rows, heading or path to text.
        guess: The mapping that its headings and values suggest.
    """

    container: str
    candidates: tuple[Candidate, ...]
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    guess: ColumnMapping


class Walk:
    """One reading of a file; after `batches` is exhausted, `preview` tells what was in it."""

    def __init__(self, source: Source, plan: Plan, limits: Limits) -> None:
        """Prepare to read.

        Raises:
            FormatUnknown: The plan names neither a known format nor a mapping.
            ArchiveNotOneTable: A zip is to be read as one table, but holds several or none.
        """
        mapping = plan.mapping
        if mapping is not None and plan.answers.zone is None:
            plan = replace(plan, answers=replace(plan.answers, zone=mapping.zone))
        self.plan = plan
        self.tally = Tally(plan.answers, limits.kept_faults)
        self.repeats = RepeatedTimes(plan.answers.hit_time)
        self.format = find_format(plan.format or "") if mapping is None else None
        self.tool = mapping.tool if mapping is not None else plan.format or ""
        if self.format is not None and self.format.reads_zip:
            self.source = source
        else:
            self.source = source.only_table()
        self.reading = Reading(
            source=self.source, answers=plan.answers, questions=self.tally.questions
        )

    def batches(self) -> Iterator[Batch]:
        """Read the file.

        Raises:
            ImportRefused: The file, the mapping or an answer cannot be used.
        """
        cap = self.plan.answers.idle_cap_seconds
        stated = self.tally.as_stated(self._read())
        for batch in self.repeats.settle(iter(stated)):
            rows = batch.rows if cap is None else cap_idle(batch.rows, cap)
            self.tally.as_recorded(rows)
            yield replace(batch, rows=rows)

    def _read(self) -> Iterator[Batch]:
        if self.format is None:
            mapping = self.plan.mapping or ColumnMapping()
            yield from read_mapped(self.source, mapping, self.plan.answers)
            return
        rows: list[LabourRow] = []
        faults: list[RowFault] = []
        done = 0
        for found in self.format.read(self.reading):
            if isinstance(found, RowFault):
                faults.append(found)
            else:
                rows.append(found)
            if len(rows) + len(faults) >= ROWS_A_BATCH:
                yield self._batch(rows, faults, done)
                done, rows, faults = self.reading.rows_read, [], []
        yield self._batch(rows, faults, done)

    def _batch(self, rows: list[LabourRow], faults: list[RowFault], done: int) -> Batch:
        return Batch(
            rows=pack(rows),
            faults=tuple(faults),
            rows_read=self.reading.rows_read - done,
            bytes_read=self.reading.bytes_read,
            bytes_total=self.source.size_bytes,
        )

    def preview(self) -> Preview:
        """Sum up what was read."""
        mapping, source = self.plan.mapping, self.source
        head = source.head(has_header=mapping is None or mapping.has_header)
        return self.tally.preview(
            tool=self.tool,
            columns=head.columns if source.is_table else (),
            delimiter=source.delimiter.decode() if source.is_table else ",",
            repeated=self.repeats.found,
            hit_time=self.repeats.treatment,
        )


def look(source: Source) -> Look:
    """Recognise a file and guess how its columns could be mapped."""
    head = source.head()
    candidates = detect(head)
    if source.container is Container.ZIP and len(head.members) == 1:
        source = source.only_table()
        head = source.head()
        candidates = rank([*candidates, *detect(head)])
    return Look(
        container=source.container.value,
        candidates=tuple(candidates),
        columns=head.columns,
        rows=head.rows[:_SHOWN_ROWS],
        guess=ColumnMapping() if head.members else guess_mapping(source, head),
    )
