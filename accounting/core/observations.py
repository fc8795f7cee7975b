"""What is known of each contribution: time, units, both or neither, and who produced what.

A unit count times quality is the effective output `u`, in millionths of a unit. A contribution
without a quality rating counts as full quality: evidence the platform failed to give must not
lower a share.

Source: value-model.md, a.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.core.grouping import Groups, distinct_of, group_rows
from accounting.core.policy import PPM, Norm
from accounting.core.sharing import FigureTooLarge, total_of
from accounting.core.tables import OUTCOMES, Contributions, Flag, Inputs, Int


@dataclass(frozen=True, slots=True)
class Observations:
    """Per contribution, aligned with `Contributions`.

    Attributes:
        counted: Its outcome counts under the policy.
        timed, metered: Its seconds, its units are known (above zero).
        effective: Effective output in micro-units; 0 where units are unknown.
        norm_key: `scope x number of task types + task type`.
        scopes: Name of each scope; the sector's is empty.
    """

    counted: Flag
    timed: Flag
    metered: Flag
    effective: Int
    norm_key: Int
    scopes: list[str]


@dataclass(frozen=True, slots=True)
class Producers:
    """Counted work with both time and units, one row a norm key and worker, ascending.

    Attributes:
        rows: The contributions behind it.
        producer_of_row: For each of `rows` its position in this table.
        norm_key, worker: Whose work under which norm.
        seconds, effective: Sums of their time and effective output.
        by_key: The rows of this table grouped by norm key.
    """

    rows: Int
    producer_of_row: Int
    norm_key: Int
    worker: Int
    seconds: Int
    effective: Int
    by_key: Groups


def observe(inputs: Inputs, policy: Norm) -> Observations:
    """Find out what is known of every contribution and which norm it falls under.

    Raises:
        FigureTooLarge: Units times quality exceed what 64 bits hold.
    """
    work = inputs.contributions
    counts = np.array([outcome in policy.counted_outcomes for outcome in OUTCOMES])
    scopes, scope_of_product = scopes_of(inputs, policy)
    return Observations(
        counted=counts[work.outcome],
        timed=work.seconds > 0,
        metered=work.units > 0,
        effective=_effective(work),
        norm_key=scope_of_product[work.product] * len(inputs.task_types.code) + work.task_type,
        scopes=scopes,
    )


def gather_producers(inputs: Inputs, seen: Observations) -> Producers:
    """Add up timed and metered work per norm key and worker."""
    work = inputs.contributions
    rows = np.flatnonzero(seen.counted & seen.timed & seen.metered)
    workers = max(len(inputs.workers), 1)
    pair, producer_of_row = distinct_of(seen.norm_key[rows] * workers + work.worker[rows])
    total_of(work.seconds[rows], "seconds")
    total_of(seen.effective[rows], "units x quality")
    seconds = np.zeros(len(pair), dtype=np.int64)
    effective = np.zeros(len(pair), dtype=np.int64)
    np.add.at(seconds, producer_of_row, work.seconds[rows])
    np.add.at(effective, producer_of_row, seen.effective[rows])
    norm_key = pair // workers
    return Producers(
        rows=rows,
        producer_of_row=producer_of_row,
        norm_key=norm_key,
        worker=pair % workers,
        seconds=seconds,
        effective=effective,
        by_key=group_rows(norm_key),
    )


def scopes_of(inputs: Inputs, policy: Norm) -> tuple[list[str], Int]:
    """Return the names of the scopes that norms keep apart, and each product's scope."""
    products = inputs.products
    if policy.scope == "project":
        return list(products.id), np.arange(len(products.id))
    if policy.scope == "platform":
        operators = sorted(set(products.operator))
        position = {operator: place for place, operator in enumerate(operators)}
        return operators, np.array([position[name] for name in products.operator], dtype=np.int64)
    return [""], np.zeros(len(products.id), dtype=np.int64)


def _effective(work: Contributions) -> Int:
    quality = np.where(work.quality_ppm < 0, PPM, work.quality_ppm)
    units = np.maximum(work.units, 0)
    if len(units) and float((units.astype(np.float64) * quality).max()) >= 2**62:
        raise FigureTooLarge("The units of a contribution times its quality are too large.")
    effective: Int = units * quality
    return effective
