"""A run by groups: labour, pay and indicators of every cell of a fixed cube.

The cubes are fixed, one dimension each: free filters would let two answers be subtracted until
one person is left (pages-and-api.md, "Disclosure rule"). Nothing here is suppressed; callers are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from django.conf import settings
from django.core.cache import cache
from numpy.typing import NDArray

from accounting.core.errors import AccountingError
from accounting.core.indicators import decimal_string
from accounting.core.indicators.pay import gini, top_share
from accounting.models import Run
from accounting.services.payee_inputs import read_benchmarks
from accounting.services.run_cell_reading import Rows, read_columns
from accounting.services.suppression import Cell

Int = NDArray[np.int64]
_T = TypeVar("_T")
KEPT_SECONDS = 24 * 3600
MOST_AT_ONCE = 50_000
ASKED_SECONDS = 600
SECONDS_PER_HOUR = 3_600
_SCALE = 10**30

DIMENSIONS = ("product", "labour_type", "status", "country", "phase")
GROUP = "group"
"""Labour type, status and country together: the cells that flow charts and comparisons show."""
QUARTER = "quarter"
"""The quarter in which the work was done; its number counts from the year 0."""


class CellsPending(AccountingError):
    """The run is large, and a worker is adding its groups up; ask again soon."""

    code = "cells_pending"


@dataclass(frozen=True, slots=True)
class Group:
    """One cell of a cube.

    Attributes:
        key: A product's number, or the code of the other dimensions; of `GROUP` three codes.
        cell: Workers with any labour or pay, what the run pays them, and the largest pay.
        seconds, wages_micro, credited_uh, content_uh: Sums over the recorded labour.
        largest_seconds: The longest working time of one worker.
        indicators: Exact decimals by the names of the run's own indicators.
    """

    key: tuple[str, ...]
    cell: Cell
    seconds: int
    largest_seconds: int
    wages_micro: int
    credited_uh: int
    content_uh: int
    indicators: dict[str, str]


def groups_of(run: Run, dimension: str) -> list[Group]:
    """Return the cells of a computed run along one dimension, kept after the first reading."""
    return kept(run, "cells", lambda: _kept_in_file(run))[dimension]


def are_added_up(run: Run) -> bool:
    """Return whether the cells of a run are at hand, or few enough to be added up at once."""
    return (run.contributions_count or 0) <= MOST_AT_ONCE or _file(run).exists()


def may_be_asked_for(run: Run) -> bool:
    """Return whether nobody here has asked a worker to add a run up within some minutes."""
    return cache.add(f"run:{run.pk}:asked", True, ASKED_SECONDS)


def add_up(*, run: Run) -> None:
    """Add up the cells of a large run where nobody waits for it; later readings find them."""
    if run.has_result:
        _kept_in_file(run)


def kept(run: Run, what: str, read: Callable[[], _T]) -> _T:
    """Return what was read of a finished run before, or read it; it never changes.

    Args:
        what: Its name; whoever reads something else of a run takes another.
    """
    if not run.has_result:
        return read()
    name = f"run:{run.pk}:{run.result_sha256}:{what}"
    found: _T | None = cache.get(name)
    if found is None:
        found = read()
        cache.set(name, found, KEPT_SECONDS)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """Living wage per hour and earlier pay-outs of each row's worker, in µ."""

    living_wage: Int
    received: Int

    def at(self, start: int, end: int) -> _Known:
        """Return the rows of one cell."""
        return _Known(self.living_wage[start:end], self.received[start:end])


def _file(run: Run) -> Path:
    return Path(settings.HUISU_DATA) / "cells" / f"{run.public_id}-{run.result_sha256[:16]}.json"


def _kept_in_file(run: Run) -> dict[str, list[Group]]:
    """Return the cells as a worker left them for all processes, or add them up."""
    path = _file(run)
    if (run.contributions_count or 0) <= MOST_AT_ONCE:
        return _cells(run)
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[Group]])
    found = _cells(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.encode(found))
    unfinished.replace(path)
    return found


def _cells(run: Run) -> dict[str, list[Group]]:
    """Add up every cube of a run in one reading."""
    columns = read_columns(run)
    found: dict[str, list[Group]] = {}
    for dimension in (*DIMENSIONS, GROUP, QUARTER):
        rows, name = columns.along(dimension)
        known = _known(run, rows.worker, whole=dimension in {"status", "country"})
        found[dimension], start = [], 0
        for part in rows.cells():
            end = start + len(part.key)
            found[dimension].append(_group(name(int(part.key[0])), part, known.at(start, end)))
            start = end
    return found


def _known(run: Run, workers: Int, *, whole: bool) -> _Known:
    """Return what runs know of each row's worker.

    Args:
        whole: Whether a worker stands in one cell alone, so that earlier pay belongs to it.
    """
    distinct = np.unique(workers)
    benchmarks = read_benchmarks(run.period, distinct)
    at = np.searchsorted(distinct, workers)
    received = benchmarks.received_micro[at]
    return _Known(
        benchmarks.living_wage_micro_per_hour[at],
        received if whole else np.zeros_like(received),
    )


def _group(key: tuple[str, ...], rows: Rows, known: _Known) -> Group:
    income = rows.wages + rows.amount
    present = (rows.seconds > 0) | (income != 0)
    amounts = rows.amount[present]
    return Group(
        key=key,
        cell=Cell(
            int(present.sum()),
            int(amounts.sum()),
            int(np.abs(amounts).max()) if len(amounts) else 0,
        ),
        seconds=int(rows.seconds.sum()),
        largest_seconds=int(rows.seconds.max()),
        wages_micro=int(rows.wages.sum()),
        credited_uh=int(rows.credited.sum()),
        content_uh=int(rows.content.sum()),
        indicators=_indicators(rows, present, known),
    )


def _indicators(rows: Rows, present: NDArray[np.bool_], known: _Known) -> dict[str, str]:
    income = rows.wages + rows.amount
    seconds, paid = int(rows.seconds.sum()), int(rows.amount.sum())
    # Money times quarters may exceed 64 bits, so it comes in two parts.
    waited = int(rows.waited_millions.sum()) * 10**6 + int(rows.waited_rest.sum())
    figures: dict[str, Fraction | None] = {
        "gini_payout": gini(sorted(rows.amount[present].tolist())),
        "gini_income": gini(sorted(income[present].tolist())),
        "gini_hourly": gini(_hourly(income, rows.seconds)),
        "top1_income_share": top_share(sorted(income[present].tolist())),
        "unpaid_share": _ratio(int(rows.unpaid.sum()), seconds),
        "traceability_hours": _ratio(int(rows.logged.sum()), seconds),
        "lag_quarters": _ratio(waited, paid),
        "credited_minus_worked_hours": _beyond_worked(rows),
        **_coverage(rows, known),
    }
    return {
        name: decimal_string(figure)
        for name, figure in sorted(figures.items())
        if figure is not None
    }


def _coverage(rows: Rows, known: _Known) -> dict[str, Fraction | None]:
    worked = rows.seconds > 0
    if not worked.any():
        return {}
    needed = [
        wage * seconds
        for wage, seconds in zip(
            known.living_wage[worked].tolist(), rows.seconds[worked].tolist(), strict=True
        )
    ]
    had = (rows.wages + known.received)[worked]
    before = _reaching(had, needed)
    after = _reaching(had + rows.amount[worked], needed)
    hours = rows.seconds[worked]
    return {
        "lw_cov_workers_before": _ratio(int(before.sum()), len(needed)),
        "lw_cov_workers_after": _ratio(int(after.sum()), len(needed)),
        "lw_cov_hours_before": _ratio(int(hours[before].sum()), int(hours.sum())),
    }


def _reaching(received: Int, needed: list[int]) -> NDArray[np.bool_]:
    return np.array(
        [
            got * SECONDS_PER_HOUR >= need
            for got, need in zip(received.tolist(), needed, strict=True)
        ],
        dtype=np.bool_,
    )


def _beyond_worked(rows: Rows) -> Fraction | None:
    worked = int(rows.metered.sum())
    if worked == 0:
        return None
    credited = Fraction(int(rows.metered_credited.sum()), 10**6)
    return credited - Fraction(worked, SECONDS_PER_HOUR)


def _hourly(income: Int, seconds: Int) -> list[int]:
    working = np.flatnonzero(seconds)
    return sorted(
        amount * SECONDS_PER_HOUR * _SCALE // worked
        for amount, worked in zip(income[working].tolist(), seconds[working].tolist(), strict=True)
    )


def _ratio(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None
