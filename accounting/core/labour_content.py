"""Labour content: what each contribution counts, in micro-hours of simple labour.

`content = credited time x complexity x decay`. Credited time is norm-valued output where output
is metered, worked time where it is not. Everything is computed element by element in float64
and rounded once, half to even.

Source: value-model.md, "Units", a and b.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
from numpy.typing import NDArray

from accounting.core.complexity import grade_coefficients_ppm, task_type_coefficients_ppm
from accounting.core.credit import Credit, credit_producers, credited_base
from accounting.core.grouping import MANY_ROWS, distinct_of, sums_by
from accounting.core.norms import Norms, find_norms
from accounting.core.observations import Observations, Producers, gather_producers, observe
from accounting.core.policy import PPM, Norm, Policy
from accounting.core.sharing import FigureTooLarge, total_of
from accounting.core.tables import CONTENT_BASES, LABOUR_TYPES, Flag, Inputs, Int, Labour

Float = NDArray[np.float64]

METERED, TIME_ONLY, IMPUTED, ESCROW = range(len(CONTENT_BASES))
BUSINESS = LABOUR_TYPES.index("BIZ")
SECONDS_PER_HOUR = 3600
LARGEST_CONTENT_UH = 2.0**50
"""Of one contribution: beyond a thousand million hours floats no longer tell micro-hours apart."""
DIGITS = Context(prec=40, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Measured:
    """All that stands before labour content: what is known, by whom, and what it is credited."""

    seen: Observations
    producers: Producers
    norms: Norms
    credit: Credit


def measure_work(inputs: Inputs, policy: Norm) -> Measured:
    """Observe every contribution, find the norms it falls under and credit its producers.

    Raises:
        FigureTooLarge: Time or output add up to more than 64 bits hold.
    """
    seen = observe(inputs, policy)
    producers = gather_producers(inputs, seen)
    norms = find_norms(inputs, policy, seen, producers)
    credit = credit_producers(policy, producers, norms)
    return Measured(seen=seen, producers=producers, norms=norms, credit=credit)


def labour_content(inputs: Inputs, policy: Policy, measured: Measured) -> Labour:
    """Find credited time, complexity, decay and content of every contribution.

    Raises:
        FigureTooLarge: Labour content adds up to more than 64 bits hold.
    """
    basis = _bases(measured.seen, measured.norms)
    seconds = _credited_seconds(inputs, policy.norm, measured, basis)
    complexity = _complexity_ppm(inputs, policy, basis)
    decay = decay_ppm(inputs.contributions.occurred_day, inputs.period.end, policy.half_life_days)
    credited = seconds * 1e6 / SECONDS_PER_HOUR
    content = credited * (complexity * decay).astype(np.float64) / 1e12
    content[~productive(inputs, policy)] = 0.0
    _require_countable(credited, content)
    labour = Labour(
        credited_uh=np.rint(credited).astype(np.int64),
        complexity_ppm=complexity,
        decay_ppm=decay,
        content_uh=np.rint(content).astype(np.int64),
        basis=basis,
    )
    total_of(labour.content_uh, "content_uh")
    if policy.norm.unmeasured == "hold_mean":
        _hold_mean_content(inputs, policy, measured.seen, labour)
    total_of(labour.content_uh, "content_uh")
    return labour


def productive(inputs: Inputs, policy: Policy) -> Flag:
    """Tell which contributions are productive: business labour is not, unless agreed so."""
    if policy.productive_business_labour:
        return np.ones(len(inputs.contributions.worker), dtype=bool)
    kept: Flag = inputs.task_types.labour_type[inputs.contributions.task_type] != BUSINESS
    return kept


def decay_ppm(occurred_day: Int, period_end: date, half_life_days: int | None) -> Int:
    """Return `2^(-age / half-life)` in parts per million, rounded half to even.

    Powers are taken in decimal once per distinct day: the float power of a processor's
    mathematics library need not be the same on every machine.
    """
    if half_life_days is None:
        return np.full(len(occurred_day), PPM, dtype=np.int64)
    first = int(occurred_day.min()) if len(occurred_day) else 0
    days, position = distinct_of(occurred_day - first)
    last = (period_end - date(1970, 1, 1)).days - first
    ages = [Decimal(max(last - int(day), 0)) for day in days]
    powers = [DIGITS.power(2, DIGITS.divide(-age, half_life_days)) for age in ages]
    factors = [int((PPM * power).to_integral_value(ROUND_HALF_EVEN)) for power in powers]
    decayed: Int = np.array(factors, dtype=np.int64)[position]
    return decayed


def _bases(seen: Observations, norms: Norms) -> Int:
    imputable = ~np.isnan(norms.seconds_per_micro_unit)[seen.norm_key]
    return np.select(
        [seen.timed & seen.metered, seen.timed, seen.metered & imputable],
        [METERED, TIME_ONLY, IMPUTED],
        default=ESCROW,
    ).astype(np.int64)


def _require_countable(*columns: Float) -> None:
    for column in columns:
        if len(column) and float(column.max()) >= LARGEST_CONTENT_UH:
            raise FigureTooLarge("The labour content of a contribution is too large.")


def _credited_seconds(inputs: Inputs, policy: Norm, measured: Measured, basis: Int) -> Float:
    work = inputs.contributions
    seen, producers, norms = measured.seen, measured.producers, measured.norms
    credited = np.zeros(len(basis))
    rate = measured.credit.rate[producers.producer_of_row]
    base = credited_base(policy, work.seconds[producers.rows], seen.effective[producers.rows])
    credited[producers.rows] = rate * base
    by_time = np.flatnonzero(seen.counted & (basis == TIME_ONLY))
    credited[by_time] = work.seconds[by_time] * _quality_factor(inputs, policy, seen, by_time)
    imputed = np.flatnonzero(seen.counted & (basis == IMPUTED))
    norm = norms.seconds_per_micro_unit[seen.norm_key[imputed]]
    credited[imputed] = norm * seen.effective[imputed]
    return credited


def _quality_factor(inputs: Inputs, policy: Norm, seen: Observations, rows: Int) -> Float:
    """Return quality over mean quality of time-only work of a key, within the policy's bounds."""
    work = inputs.contributions
    rated = rows[work.quality_ppm[rows] >= 0]
    size = int(seen.norm_key.max()) + 1 if len(seen.norm_key) else 0
    weighted = work.seconds[rated] * work.quality_ppm[rated]
    total_of(weighted, "seconds x quality")
    qualities = sums_by(seen.norm_key[rated], weighted, size)
    seconds = sums_by(seen.norm_key[rated], work.seconds[rated], size)
    mean = qualities[seen.norm_key[rows]] / np.maximum(seconds[seen.norm_key[rows]], 1)
    known = (work.quality_ppm[rows] >= 0) & (mean > 0)
    factor = np.ones(len(rows))
    factor[known] = np.clip(
        work.quality_ppm[rows][known] / mean[known],
        policy.time_only_low_ppm / PPM,
        policy.time_only_high_ppm / PPM,
    )
    return factor


def _complexity_ppm(inputs: Inputs, policy: Policy, basis: Int) -> Int:
    """Complexity of the task type; of the person's grade where only time is known."""
    work = inputs.contributions
    by_type = np.array(
        task_type_coefficients_ppm(policy.complexity, inputs.task_types.code), dtype=np.int64
    )
    complexity: Int = by_type[work.task_type]
    grades = grade_coefficients_ppm(policy.complexity, inputs.grades)
    listed = np.array([grade is not None for grade in grades] + [False])
    by_grade = np.array([grade or 0 for grade in grades] + [0], dtype=np.int64)
    # A missing grade is position -1, which reads the last entry: not listed.
    timed = np.flatnonzero(basis == TIME_ONLY)
    graded = timed[listed[work.grade[timed]]]
    complexity[graded] = by_grade[work.grade[graded]]
    return complexity


def _hold_mean_content(inputs: Inputs, policy: Policy, seen: Observations, labour: Labour) -> None:
    """Give unmeasured work the content of a mean worker at like work, for escrow to hold.

    In place. A worker's mean is spread over what is unmeasured of them there, so neither that
    work nor anybody else's can gain or lose content by being cut into more rows.
    """
    work = inputs.contributions
    eligible = seen.counted & productive(inputs, policy)
    held = np.flatnonzero(eligible & (labour.basis == ESCROW))
    if len(held) == 0:
        return
    measured = np.flatnonzero(eligible & (labour.basis != ESCROW))
    types = len(inputs.task_types.code)
    both = work.product.astype(np.int64) * types + work.task_type
    provisional = np.zeros(len(held), dtype=np.int64)
    settled = np.zeros(len(held), dtype=bool)
    for label, size in (
        (both, len(inputs.products.id) * types),
        (work.task_type, types),
        (work.product, len(inputs.products.id)),
    ):
        workers = _workers_by(label[measured], work.worker[measured], size)[label[held]]
        content = sums_by(label[measured], labour.content_uh[measured], size)[label[held]]
        found = ~settled & (workers > 0)
        provisional[found] = content[found] // workers[found]
        settled |= found
        if settled.all():
            break
    labour.content_uh[held] = _spread(provisional, work.worker[held], both[held])


def _workers_by(labels: Int, workers: Int, size: int) -> Int:
    """Count the distinct workers per label 0 … size - 1."""
    if len(labels) >= MANY_ROWS:
        return _many_workers_by(labels, workers, size)
    pairs = np.unique(np.stack([labels, workers]), axis=1)
    return sums_by(pairs[0], np.ones_like(pairs[0]), size)


def _many_workers_by(labels: Int, workers: Int, size: int) -> Int:
    from accounting.core import kernels

    order, ends = kernels.sort_by_label(labels, np.arange(len(labels), dtype=np.int64), size)
    return kernels.distinct_in_stretches(workers, order, ends, int(workers.max()) + 1)


def _spread(amount: Int, worker: Int, label: Int) -> Int:
    """Spread one amount per worker and label evenly over its rows; the first take what is left."""
    order = np.lexsort((label, worker))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(worker[order]) != 0) | (np.diff(label[order]) != 0)
    starts = np.flatnonzero(first)
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    share, left = np.divmod(amount[order], np.repeat(sizes, sizes))
    spread = np.empty_like(amount)
    spread[order] = share + (rank < left)
    return spread
