"""Gathering the facts of one contribution: what is known of it and how it was credited."""

from __future__ import annotations

from datetime import date

from accounting.core.trace.context import KnownRun, RunTerms, Work
from accounting.core.trace.facts import ContributionFacts, NormFacts


def contribution_facts(run: KnownRun, place: int, work: Work) -> ContributionFacts:
    """Gather what is known of a contribution and what it counts in the pool at a place."""
    terms = run.terms
    pool = terms.funds[place].pool
    return ContributionFacts(
        id=work.id,
        worker=work.worker,
        task_type=terms.inputs.task_types.code[work.task_type],
        seconds=_known(work.seconds),
        units=_known(work.units),
        quality_ppm=_known(work.quality_ppm, lowest=0),
        basis=work.basis,
        credited_uh=work.credited_uh,
        complexity_ppm=work.complexity_ppm,
        complexity_of=_complexity_of(terms, work),
        decay_ppm=work.decay_ppm,
        age_days=(terms.inputs.period.end - date(1970, 1, 1)).days - work.occurred_day,
        half_life_days=terms.policy.half_life_days,
        content_uh=work.content_uh,
        own_time=terms.policy.norm.method == "individual",
        norm=_norm(terms, work),
        cap=run.cap(work) if work.basis == "metered" else None,
        quality=run.quality(work) if work.basis == "time_only" else None,
        blend=run.blend(place, work) if pool.key == "blend" else None,
        gap=run.gap(place, work) if pool.kind == "wage_floor" else None,
    )


def _known(figure: int, *, lowest: int = 1) -> int | None:
    return figure if figure >= lowest else None


def _complexity_of(terms: RunTerms, work: Work) -> str:
    if work.basis == "time_only" and work.grade in terms.policy.complexity.grades:
        return work.grade
    return terms.inputs.task_types.code[work.task_type]


def _norm(terms: RunTerms, work: Work) -> NormFacts | None:
    norm = terms.norm_of(terms.norm_key(work.product, work.task_type))
    if norm is None:
        return None
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
