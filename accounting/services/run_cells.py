"""A run by groups: labour, pay and indicators of every cell of a fixed cube.

The cubes are fixed, one dimension each: free filters would let two answers be subtracted until
one person is left (pages-and-api.md, "Disclosure rule"). Nothing here is suppressed; callers are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from accounting.core.indicators import decimal_string
from accounting.core.indicators.pay import gini, top_share
from accounting.core.indicators.time import LOGGED
from accounting.core.tables import LABOUR_TYPES, PHASES
from accounting.models import Run
from accounting.services.binary_copy import read_bigints
from accounting.services.exchange import rate_into
from accounting.services.payee_inputs import read_benchmarks
from accounting.services.suppression import Cell
from contributions.models import Contribution, Worker

Int = NDArray[np.int64]
_T = TypeVar("_T")
KEPT_SECONDS = 24 * 3600
SECONDS_PER_HOUR = 3_600
_SCALE = 10**30

DIMENSIONS = ("product", "labour_type", "status", "country", "phase")
GROUP = "group"
"""Labour type, status and country together: the cells that flow charts and comparisons show."""

_TYPE = "array_position(%(types)s::text[], t.labour_type::text)"
_STATUS = "array_position(%(statuses)s::text[], w.status::text)"
_COUNTRY = "array_position(%(countries)s::text[], w.country::text)"
_KEYS = {
    "product": "c.product_id",
    "labour_type": _TYPE,
    "status": _STATUS,
    "country": _COUNTRY,
    "phase": "array_position(%(phases)s::text[], c.phase::text)",
    GROUP: f"({_TYPE} * 100 + {_STATUS}) * 1000 + {_COUNTRY}",
}
_QUERY = """
WITH work AS (
    SELECT ({key})::bigint AS key, w.id AS worker,
        sum(greatest(coalesce(c.seconds, 0), 0)) AS seconds,
        sum(CASE WHEN c.wage_micro = 0 THEN greatest(coalesce(c.seconds, 0), 0) ELSE 0 END)
            AS unpaid,
        sum(CASE WHEN c.time_basis = ANY (%(logged)s) THEN greatest(coalesce(c.seconds, 0), 0)
            ELSE 0 END) AS logged,
        sum(l.credited_uh) AS credited, sum(l.content_uh) AS content,
        sum(CASE WHEN l.basis = 'metered' AND c.outcome = ANY (%(counted)s) THEN c.seconds
            ELSE 0 END) AS metered,
        sum(CASE WHEN l.basis = 'metered' AND c.outcome = ANY (%(counted)s) THEN l.credited_uh
            ELSE 0 END) AS metered_credited,
        sum(CASE WHEN c.wage_micro = 0 THEN 0 ELSE round(c.wage_micro
            * (%(rates)s::numeric[])[array_position(%(currencies)s::text[],
                c.wage_currency::text)]) END) AS wages
    FROM accounting_runlabour l
    JOIN contributions_contribution c ON c.id = l.contribution_id
    JOIN contributions_worker a ON a.id = c.worker_id
    JOIN contributions_worker w ON w.id = coalesce(a.merged_into_id, a.id)
    JOIN contributions_tasktype t ON t.id = c.task_type_id
    WHERE l.run_id = %(run)s
    GROUP BY 1, 2
), paid AS (
    SELECT ({key})::bigint AS key, w.id AS worker,
        sum(p.amount_micro) AS amount,
        sum(p.amount_micro * (%(quarter)s - (extract(year FROM c.occurred_on)::bigint * 4
            + (extract(month FROM c.occurred_on)::bigint - 1) / 3))) AS waited
    FROM accounting_line p
    JOIN contributions_contribution c ON c.id = p.contribution_id
    JOIN contributions_worker a ON a.id = c.worker_id
    JOIN contributions_worker w ON w.id = coalesce(a.merged_into_id, a.id)
    JOIN contributions_tasktype t ON t.id = c.task_type_id
    WHERE p.pool_id = ANY (%(pools)s::bigint[])
    GROUP BY 1, 2
)
SELECT key, worker, coalesce(seconds, 0)::bigint, coalesce(unpaid, 0)::bigint,
    coalesce(logged, 0)::bigint, coalesce(credited, 0)::bigint, coalesce(content, 0)::bigint,
    coalesce(wages, 0)::bigint, coalesce(amount, 0)::bigint,
    div(coalesce(waited, 0), 1000000)::bigint, mod(coalesce(waited, 0), 1000000)::bigint,
    coalesce(metered, 0)::bigint, coalesce(metered_credited, 0)::bigint
FROM work FULL JOIN paid USING (key, worker)
ORDER BY key, worker
"""


@dataclass(frozen=True, slots=True)
class Group:
    """One cell of a cube.

    Attributes:
        key: A product's number, or the code of the other dimensions; of `GROUP` three codes.
        cell: Workers with any labour or pay, what the run pays them, and the largest pay.
        seconds, wages_micro, credited_uh, content_uh: Sums over the recorded labour.
        indicators: Exact decimals by the names of the run's own indicators.
    """

    key: tuple[str, ...]
    cell: Cell
    seconds: int
    wages_micro: int
    credited_uh: int
    content_uh: int
    indicators: dict[str, str]


def groups_of(run: Run, dimension: str) -> list[Group]:
    """Return the cells of a computed run along one dimension, kept after the first reading."""
    return kept(run, f"cells-{dimension}", lambda: _groups(run, dimension))


def kept(run: Run, what: str, read: Callable[[], _T]) -> _T:
    """Return what was read of a finished run before, or read it; it never changes."""
    name = f"run:{run.pk}:{run.result_sha256}:{what}"
    found: _T | None = cache.get(name)
    if found is None:
        found = read()
        cache.set(name, found, KEPT_SECONDS)
    return found


@dataclass(frozen=True, slots=True)
class _Rows:
    """One row per worker of a cell, as columns."""

    worker: Int
    seconds: Int
    unpaid: Int
    logged: Int
    credited: Int
    content: Int
    wages: Int
    amount: Int
    waited_millions: Int
    waited_rest: Int
    metered: Int
    metered_credited: Int


@dataclass(frozen=True, slots=True)
class _Known:
    """Living wage per hour and earlier pay-outs of each row's worker, in µ."""

    living_wage: Int
    received: Int

    def at(self, start: int, end: int) -> _Known:
        """Return the rows of one cell."""
        return _Known(self.living_wage[start:end], self.received[start:end])


def _groups(run: Run, dimension: str) -> list[Group]:
    countries = sorted(Worker.objects.order_by().values_list("country", flat=True).distinct())
    columns = read_bigints(
        _QUERY.replace("{key}", _KEYS[dimension]), _parameters(run, countries), columns=13
    )
    names = _names(dimension, countries)
    known = _known(run, columns[1], whole=dimension in {"status", "country"})
    found = []
    starts = np.flatnonzero(np.diff(columns[0], prepend=-1))
    for start, end in zip(starts, [*starts[1:], columns.shape[1]], strict=True):
        part = columns[:, start:end]
        found.append(
            _group(names(int(part[0, 0])), _Rows(*part[1:]), known.at(int(start), int(end)))
        )
    return found


def _parameters(run: Run, countries: list[str]) -> dict[str, object]:
    end = run.period.ends_on
    currencies = sorted(
        Contribution.objects.filter(product__run_products__run=run)
        .exclude(wage_micro=0)
        .order_by()
        .values_list("wage_currency", flat=True)
        .distinct()
    )
    return {
        "run": run.pk,
        "pools": list(run.pools.values_list("pk", flat=True)),
        "quarter": end.year * 4 + (end.month - 1) // 3,
        "types": list(LABOUR_TYPES),
        "phases": list(PHASES),
        "statuses": list(Worker.Status.values),
        "countries": countries,
        "logged": list(LOGGED),
        "counted": run.policy.document["norm"]["counted_outcomes"],
        "currencies": currencies,
        "rates": [rate_into(currency, run.period) for currency in currencies],
    }


def _names(dimension: str, countries: list[str]) -> Callable[[int], tuple[str, ...]]:
    statuses = list(Worker.Status.values)
    codes = {
        "labour_type": list(LABOUR_TYPES),
        "status": statuses,
        "country": countries,
        "phase": list(PHASES),
    }

    def name(key: int) -> tuple[str, ...]:
        if dimension == "product":
            return (str(key),)
        if dimension == GROUP:
            kind, rest = divmod(key, 100_000)
            status, country = divmod(rest, 1_000)
            return LABOUR_TYPES[kind - 1], statuses[status - 1], countries[country - 1]
        return (codes[dimension][key - 1],)

    return name


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


def _group(key: tuple[str, ...], rows: _Rows, known: _Known) -> Group:
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
        wages_micro=int(rows.wages.sum()),
        credited_uh=int(rows.credited.sum()),
        content_uh=int(rows.content.sum()),
        indicators=_indicators(rows, present, known),
    )


def _indicators(rows: _Rows, present: NDArray[np.bool_], known: _Known) -> dict[str, str]:
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


def _coverage(rows: _Rows, known: _Known) -> dict[str, Fraction | None]:
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


def _beyond_worked(rows: _Rows) -> Fraction | None:
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
