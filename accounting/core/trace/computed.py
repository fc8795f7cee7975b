"""A run that was just computed: every figure of every contribution is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from accounting.core.grounds import Grounds, find_grounds
from accounting.core.labour_content import Measured, measure_work
from accounting.core.sharing import share
from accounting.core.tables import CONTENT_BASES, MISSING, Allocation, Inputs, PoolShare
from accounting.core.trace.context import LineUnknown, Paid, PoolOutline, RunTerms, Work
from accounting.core.trace.facts import BlendFacts, CapFacts, GapFacts, QualityFacts


@dataclass(frozen=True)
class ComputedRun:
    """Inputs and allocation of a run; contributions go by their positions."""

    inputs: Inputs
    allocation: Allocation
    run_id: str = ""

    @cached_property
    def terms(self) -> RunTerms:
        """What all lines have in common."""
        return RunTerms(
            run_id=self.run_id,
            inputs=self.inputs,
            price=self.allocation.price,
            revenue_micro=self.allocation.product_revenue_micro,
            norms=self.allocation.norms,
            pools=[_outline(pool) for pool in self.allocation.pools],
        )

    @cached_property
    def measured(self) -> Measured:
        """What is known of the contributions, and their norms."""
        return measure_work(self.inputs, self.terms.policy.norm)

    @cached_property
    def grounds(self) -> Grounds:
        """Sums over many contributions."""
        return find_grounds(
            self.inputs,
            self.terms.policy,
            self.measured,
            self.allocation.labour,
            self.allocation.pools,
        )

    def work(self, number: int) -> Work:
        """Return a contribution."""
        rows, labour = self.inputs.contributions, self.allocation.labour
        grade, worker = int(rows.grade[number]), int(rows.worker[number])
        return Work(
            number=number,
            id=str(rows.id[number]) or str(number),
            worker_number=worker,
            worker=self.inputs.workers[worker],
            product=int(rows.product[number]),
            task_type=int(rows.task_type[number]),
            occurred_day=int(rows.occurred_day[number]),
            seconds=int(rows.seconds[number]),
            units=int(rows.units[number]),
            quality_ppm=int(rows.quality_ppm[number]),
            grade="" if grade == MISSING else self.inputs.grades[grade],
            frozen_ppm=int(rows.frozen_ppm[number]),
            credited_uh=int(labour.credited_uh[number]),
            complexity_ppm=int(labour.complexity_ppm[number]),
            decay_ppm=int(labour.decay_ppm[number]),
            content_uh=int(labour.content_uh[number]),
            basis=CONTENT_BASES[int(labour.basis[number])],
        )

    def paid(self, place: int, work: Work) -> Paid:
        """Return what a contribution earns, sharing its product's money once more."""
        pool = self.allocation.pools[place]
        here = np.flatnonzero(self.inputs.contributions.product[pool.weighted] == work.product)
        rows, weights = pool.weighted[here], pool.weight[here]
        at = int(np.searchsorted(rows, work.number))
        if at >= len(rows) or rows[at] != work.number:
            raise LineUnknown(
                "The pool is not for this contribution.", pool=pool.id, row=work.number
            )
        own = self.terms.pools[place].flows.get((work.product, MISSING), 0)
        return Paid(
            weight=int(weights[at]),
            gross_micro=int(share(own, weights)[at]),
            amount_micro=_recorded(pool, work.number),
        )

    def cap(self, work: Work) -> CapFacts | None:
        """Return the cap that bound the worker under the work's norm, if one did."""
        producers, credit = self.measured.producers, self.measured.credit
        at = int(np.searchsorted(producers.rows, work.number))
        if at >= len(producers.rows) or producers.rows[at] != work.number:
            return None
        producer = int(producers.producer_of_row[at])
        if credit.cap_ppm[producer] == 0:
            return None
        return CapFacts(
            cap_ppm=int(credit.cap_ppm[producer]),
            worker_seconds=int(producers.seconds[producer]),
            worker_effective=int(producers.effective[producer]),
        )

    def quality(self, work: Work) -> QualityFacts:
        """Return the mean quality that time-only work is compared with."""
        key = self.terms.norm_key(work.product, work.task_type)
        weighted, seconds = self.grounds.quality.get(key, (0, 0))
        norm = self.terms.policy.norm
        return QualityFacts(weighted, seconds, norm.time_only_low_ppm, norm.time_only_high_ppm)

    def blend(self, place: int, work: Work) -> BlendFacts | None:
        """Return what scores moved."""
        scores = self.inputs.scores
        at = int(np.searchsorted(scores.contribution, work.number))
        if at >= len(scores.contribution) or scores.contribution[at] != work.number:
            return None
        valuation = int(scores.valuation[at])
        sums = self.grounds.blends.get((place, valuation))
        if sums is None:
            return None
        return self.terms.blend_facts(sums, valuation, int(scores.score_ppb[at]))

    def gap(self, place: int, work: Work) -> GapFacts:
        """Return the gap to the living wage that a wage floor weighs by."""
        benchmarks, worker = self.inputs.benchmarks, work.worker_number
        at = int(np.searchsorted(benchmarks.worker, worker))
        return GapFacts(
            living_wage_micro_per_hour=int(benchmarks.living_wage_micro_per_hour[at]),
            worker_seconds=int(self.grounds.worked_seconds[worker]),
            received_micro=int(self.grounds.received_micro[place][worker]),
        )


def _outline(pool: PoolShare) -> PoolOutline:
    keys = zip(pool.flow_product.tolist(), pool.flow_upstream.tolist(), strict=True)
    return PoolOutline(
        id=pool.id,
        kind=pool.kind,
        flow=pool.flow,
        funded_micro=pool.funded_micro,
        scaled_from_micro=pool.scaled_from_micro,
        weights=pool.weight_by_product,
        flows=dict(zip(keys, pool.flow_micro.tolist(), strict=True)),
    )


def _recorded(pool: PoolShare, row: int) -> int:
    at = int(np.searchsorted(pool.line_contribution, row))
    found = at < len(pool.line_contribution) and pool.line_contribution[at] == row
    return int(pool.line_micro[at]) if found else 0
