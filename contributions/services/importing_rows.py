"""Rows of an import beside what is recorded already: new, known, changed, or repeated.

A source says the same thing again with every export. So a row is held against what its source
said last, not against what people corrected since; only what the source itself changed becomes a
correction, and that correction leaves the corrections of people standing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contributions.imports.entry import who
from contributions.imports.normal_form import RowFault, unpack
from contributions.imports.repeats import Firsts
from contributions.models import ImportBatch, Source
from contributions.services.bulk_rows import MISSING, Int
from contributions.services.importing_columns import People, Rows, facts_of, laid_facts
from contributions.services.importing_standing import FACT_GROUPS, Standing
from contributions.services.pseudonyms import Doorkeeper

SOURCE_ID_REPEATED: Final = "source_id_repeated"
SOURCE_ID_TOO_LONG: Final = "source_id_too_long"
_LONGEST_ID: Final = 200
_SHOWN_DIGITS: Final = 12
_STAND_IN: Final = "[0-9a-f]{12}"


@dataclass(slots=True)
class Effect:
    """What an import does to the records, in rows.

    Attributes:
        new: Not recorded so far.
        known: Recorded as they are.
        changed: Stated differently by the source than before; each becomes a correction.
        withdrawn: Withdrawn here since; they stay so.
        repeated: The very same row again in the same file.
        new_workers: Workers met for the first time.
    """

    new: int = 0
    known: int = 0
    changed: int = 0
    withdrawn: int = 0
    repeated: int = 0
    new_workers: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A record that its source now states differently."""

    contribution_id: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch of rows, sorted by what becomes of them.

    Attributes:
        rows: The rows to record.
        changes: Corrections to make.
        faults: Rows refused because of the rows before them.
    """

    rows: Rows
    changes: list[Change]
    faults: list[RowFault]


class Sorter:
    """Sorts the rows of one import, batch by batch, and counts."""

    def __init__(self, *, source: Source | None, door: Doorkeeper, admits: bool) -> None:
        """Prepare to sort.

        Args:
            source: Where the rows come from; None if nothing ever came from there.
            door: Who tells workers apart.
            admits: Whether workers met for the first time are added.
        """
        self.door = door
        self.admits = admits
        self.effect = Effect()
        self._standing = Standing(source)
        self._firsts = Firsts()

    def sort(self, rows: pa.RecordBatch) -> Sorted:
        """Tell new rows from known ones."""
        found = Rows(rows, self._external_ids(rows), self._people(rows))
        kept, faults = self._once(found)
        found = found.at(kept)
        fresh, changes = self._held_against(found)
        self.effect.new += len(fresh)
        self.effect.new_workers = self.door.made
        return Sorted(rows=self._marked(found.at(fresh)), changes=changes, faults=faults)

    def _marked(self, rows: Rows) -> Rows:
        mark = self._standing.marks[-1]
        return replace(rows, ids=pc.binary_join_element_wise(rows.ids, mark, "")) if mark else rows

    def _people(self, rows: pa.RecordBatch) -> People:
        workers = self._numbers(rows.column("worker_ref"))
        reviewers = self._numbers(rows.column("reviewer_ref"))
        # Two names of a tool can turn out to be one person, and nobody reviews their own work.
        return People(workers, np.where(reviewers == workers, MISSING, reviewers))

    def _numbers(self, column: pa.DictionaryArray) -> Int:
        """The row numbers of the workers that a column names."""
        indices = np.asarray(pc.fill_null(column.indices, MISSING)).astype(np.int64)
        used = np.unique(indices[indices != MISSING])
        names = column.dictionary.take(pa.array(used)).to_pylist()
        found = self.door.admit(names) if self.admits else self.door.known(names)
        table = np.full(len(column.dictionary) + 1, MISSING, dtype=np.int64)
        for at, name in zip(used.tolist(), names, strict=True):
            number = found.get(name)
            table[at] = MISSING if number is None else number
        return table[indices]

    def _external_ids(self, rows: pa.RecordBatch) -> pa.Array:
        """Ids with every stand-in for a worker, which could be guessed, replaced by a keyed one."""
        ids = rows.column("source_id")
        doubtful = np.flatnonzero(np.asarray(pc.match_substring_regex(ids, _STAND_IN)))
        if not doubtful.size:
            return ids
        names = rows.column("worker_ref")
        stand_ins = {
            name: (who(name), self.door.digest_of(name)[:_SHOWN_DIGITS])
            for name in names.dictionary.to_pylist()
        }
        replaced = [
            text.replace(*stand_ins[name])
            for text, name in zip(
                ids.take(pa.array(doubtful)).to_pylist(),
                names.take(pa.array(doubtful)).to_pylist(),
                strict=True,
            )
        ]
        mask = np.zeros(len(ids), np.bool_)
        mask[doubtful] = True
        return pc.replace_with_mask(ids, pa.array(mask), pa.array(replaced, pa.string()))

    def _once(self, found: Rows) -> tuple[Int, list[RowFault]]:
        """Keep the first of rows with the same id; differing ones are refused."""
        longest = _LONGEST_ID - len(self._standing.marks[-1])
        too_long = np.asarray(pc.greater(pc.utf8_length(found.ids), longest))
        told = self._firsts.tell(found.ids.to_pylist(), found.stated.column("row_sha256"))
        differing = ~too_long & ~told.first & ~told.same
        self.effect.repeated += int((told.same & ~too_long).sum())
        faults = [
            *_faults(found.stated, too_long, SOURCE_ID_TOO_LONG),
            *_faults(found.stated, differing, SOURCE_ID_REPEATED),
        ]
        return np.flatnonzero(told.first & ~too_long), sorted(faults, key=lambda one: one.line)

    def _held_against(self, found: Rows) -> tuple[Int, list[Change]]:
        """Tell which rows are new, and what changed in the others."""
        if self._standing.is_empty:
            return np.arange(len(found)), []
        met, same = self._standing.compare(found.ids, laid_facts(found))
        self.effect.known += int(same.sum())
        doubtful = np.flatnonzero(met & ~same)
        some = found.at(doubtful)
        names = some.ids.to_pylist()
        histories = self._standing.histories(names)
        changes: list[Change] = []
        for place, (name, row) in enumerate(zip(names, unpack(some.stated), strict=True)):
            if name not in histories:
                met[doubtful[place]] = False
                continue
            people = some.people
            stated = facts_of(row, int(people.workers[place]), int(people.reviewers[place]))
            change = self._compare(histories[name], stated)
            if change is not None:
                changes.append(change)
        return np.flatnonzero(~met), changes

    def _compare(self, chain: list[dict[str, Any]], stated: dict[str, Any]) -> Change | None:
        newest = chain[-1]
        if newest["withdrawn"]:
            self.effect.withdrawn += 1
            return None
        committed = ImportBatch.State.COMMITTED
        said = next(
            (row for row in chain[:0:-1] if row["imported_correction__batch__state"] == committed),
            chain[0],
        )
        facts = {
            name: stated[name]
            for group in FACT_GROUPS
            if any(stated[name] != said[name] for name in group)
            for name in group
        }
        if all(newest[name] == value for name, value in facts.items()):
            self.effect.known += 1
            return None
        self.effect.changed += 1
        return Change(newest["pk"], facts)


def _faults(rows: pa.RecordBatch, where: Any, code: str) -> list[RowFault]:
    lines = rows.column("line").take(pa.array(np.flatnonzero(where)))
    return [RowFault(line=line, column="", code=code) for line in lines.to_pylist()]
