"""Idle and repeated time: what clocks overstate, found, shown and, if chosen, left out.

Two things make the sum of a column of times larger than the time anyone worked. A page may stay
open over lunch; a cap per row, chosen by name, takes the idle part off. And a tool may write the
time of a whole assignment on each of its rows; such times are found and never added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contributions.imports.answers import HitTime
from contributions.imports.durations import MILLISECONDS_A_SECOND
from contributions.imports.mapped import seconds_of
from contributions.imports.normal_form import SCHEMA, Batch, TimeBasis
from contributions.imports.refusals import ImportRefused

Flags = NDArray[np.bool_]

_CLOCKS: Final = (TimeBasis.PAGE_OPEN.value, TimeBasis.HELD.value)
_ENOUGH_PAIRS: Final = 20
_MOSTLY: Final = 0.5
_BEYOND_CHANCE: Final = 2.0


class IdleCapTooShort(ImportRefused):
    """A cap below one second would leave no time at all."""

    code = "idle_cap_too_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedTime:
    """What neighbouring rows of the same worker say about their times.

    Attributes:
        pairs: Neighbouring rows of one worker with a time each and no moment telling them apart.
        equal: How many of those pairs have the same time.
        chance: The share that would be equal if the times were shuffled.
        one_for_all: Whether all rows, of several workers, state one and the same time.
    """

    pairs: int = 0
    equal: int = 0
    chance: float = 0.0
    one_for_all: bool = False

    @property
    def is_repeated(self) -> bool:
        """Whether the times are those of assignments, repeated on their rows."""
        if self.pairs < _ENOUGH_PAIRS:
            return False
        share = self.equal / self.pairs
        return share > _MOSTLY and share > _BEYOND_CHANCE * self.chance


def cap_idle(rows: pa.RecordBatch, cap_seconds: int) -> pa.RecordBatch:
    """Count at most so much page-open or held time for a row; other times are untouched.

    Raises:
        IdleCapTooShort: The cap is below one second.
    """
    if cap_seconds < 1:
        raise IdleCapTooShort
    milliseconds = rows.column("milliseconds")
    clocked = pc.is_in(rows.column("time_basis").cast(pa.string()), pa.array(_CLOCKS))
    capped = pc.min_element_wise(
        milliseconds, cap_seconds * MILLISECONDS_A_SECOND, skip_nulls=False
    )
    return with_times(rows, pc.if_else(clocked, capped, milliseconds))


def with_times(rows: pa.RecordBatch, milliseconds: pa.Array) -> pa.RecordBatch:
    """Replace the working times, and what hangs on them."""
    basis = pc.if_else(
        pc.is_valid(milliseconds), rows.column("time_basis").cast(pa.string()), TimeBasis.NONE.value
    )
    changed = {
        "milliseconds": milliseconds,
        "seconds": seconds_of(milliseconds),
        "time_basis": basis.dictionary_encode().cast(SCHEMA.field("time_basis").type),
    }
    return _replaced(rows, changed)


def _replaced(rows: pa.RecordBatch, changed: dict[str, pa.Array]) -> pa.RecordBatch:
    arrays = [changed.get(name, rows.column(name)) for name in rows.schema.names]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def look_for_repeats(rows: pa.RecordBatch) -> RepeatedTime:
    """Compare neighbouring rows of a batch."""
    times = rows.column("milliseconds")
    declared = pc.equal(rows.column("time_basis").cast(pa.string()), TimeBasis.SELF_DECLARED.value)
    timed = np.asarray(pc.and_(pc.is_valid(times), pc.invert(declared)))
    if timed.sum() < 2:
        return RepeatedTime()
    values = np.asarray(pc.fill_null(times, 0))
    counts = np.array(list(Counter(values[timed].tolist()).values()), np.float64)
    paired = _alike(rows, "worker_ref") & _alike(rows, "occurred_at") & timed[1:] & timed[:-1]
    return RepeatedTime(
        pairs=int(paired.sum()),
        equal=int((paired & (values[1:] == values[:-1])).sum()),
        chance=float(((counts / counts.sum()) ** 2).sum()),
        one_for_all=_is_one_for_all(rows, timed),
    )


def _alike(rows: pa.RecordBatch, name: str) -> Flags:
    """Tell for each row but the first whether a column is the same as in the row before."""
    column = rows.column(name)
    codes = column.indices if pa.types.is_dictionary(column.type) else column.cast(pa.int64())
    values = np.asarray(pc.fill_null(codes, -1))
    alike: Flags = values[1:] == values[:-1]
    return alike


def _is_one_for_all(rows: pa.RecordBatch, timed: Flags) -> bool:
    workers = pc.count_distinct(rows.column("worker_ref").cast(pa.string())).as_py()
    moments = rows.column("occurred_at")
    return bool(
        timed.sum() >= _ENOUGH_PAIRS
        and workers > 1
        and moments.null_count == 0
        and pc.count_distinct(moments).as_py() == 1
        and pc.count_distinct(rows.column("milliseconds")).as_py() == 1
    )


class RepeatedTimes:
    """Takes repeated times out of a run of batches.

    What the first batch shows decides for the file, unless the user has decided. The last
    assignment of a batch is held back until the next one shows where it ends.

    Attributes:
        found: What the batches so far say, added up.
        treatment: What is done with repeated times; None while there is nothing to do.
    """

    def __init__(self, chosen: HitTime | None) -> None:
        self.found = RepeatedTime()
        self.treatment: HitTime | None = None
        self._chosen = chosen
        self._grouped = False
        self._first = True
        self._held: pa.RecordBatch | None = None
        self._done: set[tuple[str, str, int]] = set()

    def settle(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Hand the batches on, with repeated times dealt with."""
        for batch in batches:
            self._look(batch.rows)
            if self.treatment is None:
                yield batch
                continue
            yield replace(batch, rows=self._settle_whole(batch.rows))
        if self._held is not None:
            yield Batch(rows=self._settle_rows(self._held))

    def _look(self, rows: pa.RecordBatch) -> None:
        seen, here = self.found, look_for_repeats(rows)
        pairs = seen.pairs + here.pairs
        chance = (seen.chance * seen.pairs + here.chance * here.pairs) / max(pairs, 1)
        self.found = RepeatedTime(
            pairs=pairs,
            equal=seen.equal + here.equal,
            chance=chance,
            one_for_all=here.one_for_all and (self._first or seen.one_for_all),
        )
        if self._first and rows.num_rows:
            self._first = False
            self._grouped = rows.column("time_group").null_count < rows.num_rows
            repeated = here.is_repeated or here.one_for_all or self._grouped
            chosen = self._chosen or (HitTime.DIVIDED if repeated else None)
            self.treatment = None if chosen is HitTime.PER_ROW else chosen

    def _settle_whole(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Settle all assignments that end in these rows; hold back the last one."""
        if self._held is not None:
            table = pa.Table.from_batches([self._held, rows]).unify_dictionaries()
            rows = table.combine_chunks().to_batches()[0]
        if self.found.one_for_all:
            return _without_times(rows)
        begins = self._begins(rows)
        last = int(begins[-1]) if begins.size else 0
        self._held = rows.slice(last)
        return self._settle_rows(rows.slice(0, last))

    def _begins(self, rows: pa.RecordBatch) -> NDArray[np.int64]:
        """Where assignments begin: at another worker, moment, group or time."""
        if rows.num_rows == 0:
            return np.zeros(0, np.int64)
        same = _alike(rows, "worker_ref") & _alike(rows, "milliseconds")
        if self._grouped:
            groups = rows.column("time_group").dictionary_encode().indices
            codes = np.asarray(pc.fill_null(groups, -1))
            same &= (codes[1:] == codes[:-1]) & (codes[1:] >= 0)
        else:
            same &= _alike(rows, "occurred_at")
        return np.flatnonzero(np.concatenate(([True], ~same)))

    def _settle_rows(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        begins = self._begins(rows)
        if not begins.size:
            return rows
        sizes = np.diff(np.append(begins, rows.num_rows))
        times = rows.column("milliseconds")
        total = np.asarray(pc.fill_null(times, 0))
        place = np.arange(rows.num_rows) - np.repeat(begins, sizes)
        size = np.repeat(sizes, sizes)
        if self.treatment is HitTime.ONCE:
            shares = np.where(place == 0, total, 0)
        else:
            shares = total * (place + 1) // size - total * place // size
        if self._grouped:
            shares = self._once_a_group(rows, begins, sizes, shares)
        missing = np.asarray(pc.is_null(times)) | (shares == 0)
        return with_times(rows, pa.array(shares, pa.int64(), mask=missing))

    def _once_a_group(
        self,
        rows: pa.RecordBatch,
        begins: NDArray[np.int64],
        sizes: NDArray[np.int64],
        shares: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Give no time to rows of an assignment whose other rows already had it."""
        heads = rows.take(pa.array(begins))
        keys = zip(
            heads.column("worker_ref").to_pylist(),
            heads.column("time_group").to_pylist(),
            heads.column("milliseconds").to_pylist(),
            strict=True,
        )
        fresh = []
        for key in keys:
            fresh.append(key not in self._done or key[1] is None)
            self._done.add(key)
        return np.where(np.repeat(np.array(fresh), sizes), shares, 0)


def _without_times(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Drop moments and times that are one and the same on every row, hence made up."""
    nothing = {
        "occurred_at": pa.nulls(rows.num_rows, SCHEMA.field("occurred_at").type),
        "occurred_on": pa.nulls(rows.num_rows, pa.date32()),
        "timezone_known": pa.array(np.zeros(rows.num_rows, np.bool_)),
    }
    return with_times(_replaced(rows, nothing), pa.nulls(rows.num_rows, pa.int64()))
