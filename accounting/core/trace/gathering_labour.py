"""Gathering the facts of one contribution: what is known of it and how it was credited."""

from __future__ import annotations

from datetime import date

import numpy as np

from accounting.core.grouping import sums_by
from accounting.core.labour_content import TIME_ONLY
from accounting.core.policy import Pool
from accounting.core.tables import CONTENT_BASES, MISSING
from accounting.core.trace.context import ComputedRun
from accounting.core.trace.facts import (
    BlendFacts,
    CapFacts,
    ContributionFacts,
    GapFacts,
    NormFacts,
    QualityFacts,
)
from accounting.core.wage_floor import received_micro, worked_seconds
from accounting.core.weights import effective_beta_ppm, entitled, given_up


def contribution_facts(run: ComputedRun, place: int, row: int) -> ContributionFacts:
    """Gather what is known of a contribution and what it counts in the pool at a place."""
    work, labour, policy = run.inputs.contributions, run.allocation.labour, run.policy
    pool = run.funds[place].pool
    basis = CONTENT_BASES[labour.basis[row]]
    day = int(work.occurred_day[row])
    return ContributionFacts(
        id=str(work.id[row]) or str(row),
        worker=run.inputs.workers[work.worker[row]],
        task_type=run.inputs.task_types.code[work.task_type[row]],
        seconds=_known(int(work.seconds[row])),
        units=_known(int(work.units[row])),
        quality_ppm=_known(int(work.quality_ppm[row]), lowest=0),
        basis=basis,
        credited_uh=int(labour.credited_uh[row]),
        complexity_ppm=int(labour.complexity_ppm[row]),
        complexity_of=_complexity_of(run, row),
        decay_ppm=int(labour.decay_ppm[row]),
        age_days=(run.inputs.period.end - date(1970, 1, 1)).days - day,
        half_life_days=policy.half_life_days,
        content_uh=int(labour.content_uh[row]),
        own_time=policy.norm.method == "individual",
        norm=_norm(run, row),
        cap=_cap(run, row) if basis == "metered" else None,
        quality=_quality(run, row) if basis == "time_only" else None,
        blend=_blend(run, pool, row),
        gap=_gap(run, place, row) if pool.kind == "wage_floor" else None,
    )


def _known(figure: int, *, lowest: int = 1) -> int | None:
    return figure if figure >= lowest else None


def _complexity_of(run: ComputedRun, row: int) -> str:
    work = run.inputs.contributions
    grade = int(work.grade[row])
    if run.allocation.labour.basis[row] == TIME_ONLY and grade != MISSING:
        name = run.inputs.grades[grade]
        if name in run.policy.complexity.grades:
            return name
    return run.inputs.task_types.code[int(work.task_type[row])]


def _norm(run: ComputedRun, row: int) -> NormFacts | None:
    seen = run.measured.seen
    scope, task_type = divmod(int(seen.norm_key[row]), len(run.inputs.task_types.code))
    wanted = (run.inputs.task_types.code[task_type], seen.scopes[scope])
    for norm in run.allocation.norms:
        if (norm.task_type, norm.scope) == wanted:
            return NormFacts(
                task_type=norm.task_type,
                scope=norm.scope,
                method=norm.method,
                seconds=norm.seconds,
                effective_micro_units=norm.effective_micro_units,
                producers=norm.producers,
                norm_nanoseconds=norm.norm_nanoseconds,
                rescale_ppb=norm.rescale_ppb,
                shrunk_toward=norm.shrunk_toward,
            )
    return None


def _cap(run: ComputedRun, row: int) -> CapFacts | None:
    """The cap that bound the worker under this norm, if the work counts and one did."""
    producers, credit = run.measured.producers, run.measured.credit
    at = int(np.searchsorted(producers.rows, row))
    if at >= len(producers.rows) or producers.rows[at] != row:
        return None
    producer = int(producers.producer_of_row[at])
    if credit.cap_ppm[producer] == 0:
        return None
    return CapFacts(
        cap_ppm=int(credit.cap_ppm[producer]),
        worker_seconds=int(producers.seconds[producer]),
        worker_effective=int(producers.effective[producer]),
    )


def _quality(run: ComputedRun, row: int) -> QualityFacts | None:
    work, seen = run.inputs.contributions, run.measured.seen
    alike = (
        seen.counted
        & (run.allocation.labour.basis == TIME_ONLY)
        & (seen.norm_key == seen.norm_key[row])
        & (work.quality_ppm >= 0)
    )
    rows = np.flatnonzero(alike)
    return QualityFacts(
        weighted_quality=int((work.seconds[rows] * work.quality_ppm[rows]).sum()),
        seconds=int(work.seconds[rows].sum()),
        low_ppm=run.policy.norm.time_only_low_ppm,
        high_ppm=run.policy.norm.time_only_high_ppm,
    )


def _blend(run: ComputedRun, pool: Pool, row: int) -> BlendFacts | None:
    """What scores moved: nothing unless this contribution is scored and any score is positive."""
    scores = run.inputs.scores
    at = int(np.searchsorted(scores.contribution, row))
    scored = at < len(scores.contribution) and scores.contribution[at] == row
    if pool.key != "blend" or not scored:
        return None
    valuation = int(scores.valuation[at])
    eligible = entitled(run.inputs, run.policy, pool, run.measured.seen)
    alike = (scores.valuation == valuation) & eligible[scores.contribution]
    positive = np.maximum(scores.score_ppb[alike], 0)
    reliability = int(run.inputs.valuations.reliability_ppm[valuation])
    beta = effective_beta_ppm(run.policy.blend_beta_ppm, reliability)
    if beta == 0 or not positive.any():
        return None
    gifts = given_up(run.allocation.labour.content_uh[scores.contribution[alike]], beta)
    return BlendFacts(
        beta_ppm=run.policy.blend_beta_ppm,
        reliability_ppm=reliability,
        score_ppb=int(scores.score_ppb[at]),
        pot_uh=int(gifts.sum()),
        positive_scores_ppb=sum(positive.tolist()),
    )


def _gap(run: ComputedRun, place: int, row: int) -> GapFacts:
    work, workers = run.inputs.contributions, len(run.inputs.workers)
    earlier = np.zeros(workers, dtype=np.int64)
    for pool in run.allocation.pools[:place]:
        earlier += sums_by(work.worker[pool.line_contribution], pool.line_micro, workers)
    worker = int(work.worker[row])
    benchmarks = run.inputs.benchmarks
    at = int(np.searchsorted(benchmarks.worker, worker))
    return GapFacts(
        living_wage_micro_per_hour=int(benchmarks.living_wage_micro_per_hour[at]),
        worker_seconds=int(worked_seconds(run.inputs)[worker]),
        received_micro=int(received_micro(run.inputs, earlier)[worker]),
    )
