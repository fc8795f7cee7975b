"""Reading a run's labour and pay as columns, one row per worker of a cell, for every cube at once.

The database hands out each contribution and each line once, as binary columns; what belongs to
whom is added up here. Sums of money times quarters come in two parts, for they may exceed 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.core.indicators.time import LOGGED
from accounting.core.tables import LABOUR_TYPES, PHASES
from accounting.models import Run
from accounting.services.binary_copy import read_bigints
from accounting.services.exchange import rate_into
from contributions.models import Contribution, Worker

Int = NDArray[np.int64]
MICRO = 10**6

_LABOUR = """
SELECT l.contribution_id, w.id, c.product_id,
    (array_position(%(types)s::text[], t.labour_type::text) - 1)::bigint,
    (array_position(%(statuses)s::text[], w.status::text) - 1)::bigint,
    (array_position(%(countries)s::text[], w.country::text) - 1)::bigint,
    (array_position(%(phases)s::text[], c.phase::text) - 1)::bigint,
    greatest(coalesce(c.seconds, 0), 0)::bigint,
    (CASE WHEN c.wage_micro = 0 THEN 1 ELSE 0 END
        + CASE WHEN c.time_basis = ANY (%(logged)s) THEN 2 ELSE 0 END
        + CASE WHEN l.basis = 'metered' AND c.outcome = ANY (%(counted)s) THEN 4 ELSE 0 END
        )::bigint,
    l.credited_uh, l.content_uh,
    CASE WHEN c.wage_micro = 0 THEN 0::bigint ELSE round(c.wage_micro
        * (%(rates)s::numeric[])[array_position(%(currencies)s::text[], c.wage_currency::text)]
        )::bigint END,
    (%(quarter)s - (extract(year FROM c.occurred_on)::bigint * 4
        + (extract(month FROM c.occurred_on)::bigint - 1) / 3))::bigint
FROM accounting_runlabour l
JOIN contributions_contribution c ON c.id = l.contribution_id
JOIN contributions_worker a ON a.id = c.worker_id
JOIN contributions_worker w ON w.id = coalesce(a.merged_into_id, a.id)
JOIN contributions_tasktype t ON t.id = c.task_type_id
WHERE l.run_id = %(run)s
"""
_LINES = """
SELECT contribution_id, amount_micro FROM accounting_line
WHERE pool_id = ANY (%(pools)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """One row per worker of a cell; the rows of a cell stand together, cells ascend by key."""

    key: Int
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

    def cells(self) -> list[Rows]:
        """Return the rows of each cell."""
        starts = np.flatnonzero(np.diff(self.key, prepend=-1))
        columns = [getattr(self, name) for name in self.__dataclass_fields__]
        return [
            Rows(*(column[start:end] for column in columns))
            for start, end in zip(starts, [*starts[1:], len(self.key)], strict=True)
        ]


@dataclass(frozen=True, slots=True)
class RunColumns:
    """A run's contributions as columns; `countries` says what the codes of `country` mean.

    `quarter` counts quarters of the calendar since the year 0, by the day of work.
    """

    product: Int
    labour_type: Int
    status: Int
    country: Int
    phase: Int
    quarter: Int
    worker: Int
    figures: dict[str, Int]
    countries: list[str]

    def along(self, dimension: str) -> tuple[Rows, Callable[[int], tuple[str, ...]]]:
        """Return the rows along a dimension, and what its keys are called."""
        statuses, countries = list(Worker.Status.values), self.countries
        if dimension in {"product", "quarter"}:
            column: Int = getattr(self, dimension)
            return self._rows(column), lambda key: (str(key),)
        if dimension == "group":
            width = len(statuses) * len(countries)
            key = (self.labour_type * len(statuses) + self.status) * len(countries) + self.country

            def name(code: int) -> tuple[str, ...]:
                kind, rest = divmod(code, width)
                status, country = divmod(rest, len(countries))
                return LABOUR_TYPES[kind], statuses[status], countries[country]

            return self._rows(key), name
        words = {
            "labour_type": list(LABOUR_TYPES),
            "status": statuses,
            "country": countries,
            "phase": list(PHASES),
        }[dimension]
        return self._rows(getattr(self, dimension)), lambda code: (words[code],)

    def _rows(self, key: Int) -> Rows:
        order = np.lexsort((self.worker, key))
        keys, workers = key[order], self.worker[order]
        fresh = np.ones(len(keys), dtype=np.bool_)
        fresh[1:] = (np.diff(keys) != 0) | (np.diff(workers) != 0)
        starts = np.flatnonzero(fresh)
        sums = {
            name: np.add.reduceat(column[order], starts) if len(starts) else column
            for name, column in self.figures.items()
        }
        return Rows(key=keys[starts], worker=workers[starts], **sums)


def read_columns(run: Run) -> RunColumns:
    """Read the labour of a computed run, and what its lines pay for it."""
    countries = sorted(Worker.objects.order_by().values_list("country", flat=True).distinct())
    labour = read_bigints(_LABOUR, _parameters(run, countries), columns=13)
    labour = labour[:, np.argsort(labour[0], kind="stable")]
    lines = read_bigints(_LINES, {"pools": list(run.pools.values_list("pk", flat=True))}, 2)
    amount = np.zeros(labour.shape[1], dtype=np.int64)
    np.add.at(amount, np.searchsorted(labour[0], lines[0]), lines[1])
    flags, age, seconds = labour[8], labour[12], labour[7]
    metered = (flags & 4) > 0
    millions, rest = np.divmod(amount, MICRO)
    return RunColumns(
        product=labour[2],
        labour_type=labour[3],
        status=labour[4],
        country=labour[5],
        phase=labour[6],
        quarter=_quarter_of_end(run) - age,
        worker=labour[1],
        figures={
            "seconds": seconds,
            "unpaid": np.where(flags & 1, seconds, 0),
            "logged": np.where(flags & 2, seconds, 0),
            "credited": labour[9],
            "content": labour[10],
            "wages": labour[11],
            "amount": amount,
            "waited_millions": millions * age,
            "waited_rest": rest * age,
            "metered": np.where(metered, seconds, 0),
            "metered_credited": np.where(metered, labour[9], 0),
        },
        countries=countries,
    )


def _parameters(run: Run, countries: list[str]) -> dict[str, object]:
    currencies = sorted(
        Contribution.objects.filter(product__run_products__run=run)
        .exclude(wage_micro=0)
        .order_by()
        .values_list("wage_currency", flat=True)
        .distinct()
    )
    return {
        "run": run.pk,
        "quarter": _quarter_of_end(run),
        "types": list(LABOUR_TYPES),
        "phases": list(PHASES),
        "statuses": list(Worker.Status.values),
        "countries": countries,
        "logged": list(LOGGED),
        "counted": run.policy.document["norm"]["counted_outcomes"],
        "currencies": currencies,
        "rates": [rate_into(currency, run.period) for currency in currencies],
    }


def _quarter_of_end(run: Run) -> int:
    end = run.period.ends_on
    return end.year * 4 + (end.month - 1) // 3
