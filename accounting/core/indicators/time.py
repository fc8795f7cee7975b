"""Labour and its pay in time: dislocation, labour still unsold, traceability."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from accounting.core.declared import of_products, overall
from accounting.core.grouping import sums_by
from accounting.core.indicators.pay import Indicators
from accounting.core.labour_content import METERED, SECONDS_PER_HOUR
from accounting.core.lineage import Lineage, embody
from accounting.core.tables import TIME_BASES, Flag, Inputs, Int, Labour, PoolShare

LOGGED = ("active", "page_open", "held")
MONTHS_PER_QUARTER = 3


def time_indicators(
    inputs: Inputs, labour: Labour, lineage: Lineage, pools: list[PoolShare], counted: Flag
) -> Indicators:
    """Return the indicators of time."""
    return {
        "lag_quarters": _lag_quarters(inputs, pools),
        "unrealised_share": _unrealised_share(inputs, labour, lineage),
        "traceability_hours": _traceability(inputs),
        "credited_minus_worked_hours": _credited_minus_worked(inputs, labour, counted),
    }


def _lag_quarters(inputs: Inputs, pools: list[PoolShare]) -> Fraction | None:
    """How many calendar quarters labour waited for this run's money, weighted by the money."""
    days = inputs.contributions.occurred_day.astype("datetime64[D]")
    end = np.datetime64(inputs.period.end, "D")
    ages = _quarter(end) - _quarter(days)
    weighted = paid = 0
    for pool in pools:
        age = ages[pool.line_contribution]
        if len(age) == 0:
            continue
        by_age = sums_by(age, pool.line_micro, int(age.max()) + 1).tolist()
        weighted += sum(quarters * amount for quarters, amount in enumerate(by_age))
        paid += sum(by_age)
    return Fraction(weighted, paid) if paid else None


def _quarter(days: np.datetime64 | np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Int:
    months = days.astype("datetime64[M]").astype(np.int64)
    quarter: Int = months // MONTHS_PER_QUARTER
    return quarter


def _unrealised_share(inputs: Inputs, labour: Labour, lineage: Lineage) -> Fraction | None:
    """Labour not yet sold: 1 - Σ realised share x embodied labour / Σ labour."""
    realised = of_products(inputs.facts, "realised_share")
    total = int(labour.content_uh.sum())
    if not realised or total == 0:
        return None
    work = inputs.contributions
    own = sums_by(work.product, labour.content_uh, len(inputs.products.id))
    embodied = embody(lineage, own.tolist()).total
    sold = sum(
        (share * embodied[product] for product, share in realised.items() if product >= 0),
        Fraction(0),
    )
    return 1 - sold / total


def _traceability(inputs: Inputs) -> Fraction | None:
    """Logged hours over recorded hours and those nobody recorded."""
    work = inputs.contributions
    seconds = np.maximum(work.seconds, 0)
    logged = np.array([basis in LOGGED for basis in TIME_BASES])
    unlogged = (overall(inputs.facts, "unlogged_hours") or Fraction(0)) * SECONDS_PER_HOUR
    everything = int(seconds.sum()) + unlogged
    return int(seconds[logged[work.time_basis]].sum()) / everything if everything else None


def _credited_minus_worked(inputs: Inputs, labour: Labour, counted: Flag) -> Fraction | None:
    """What the norms credit beyond the hours worked, where output is metered."""
    rows = np.flatnonzero(counted & (labour.basis == METERED))
    if len(rows) == 0:
        return None
    credited = Fraction(int(labour.credited_uh[rows].sum()), 10**6)
    return credited - Fraction(int(inputs.contributions.seconds[rows].sum()), SECONDS_PER_HOUR)
