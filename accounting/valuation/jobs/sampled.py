"""Semivalues of owners by retraining a model, block of samples by block, until precise enough."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounting.valuation.convergence import LEAST_RUNS, Precision
from accounting.valuation.curves import coalition_curves, removal_steps
from accounting.valuation.jobs.job import Findings
from accounting.valuation.retraining import RetrainedUtility
from accounting.valuation.sampling import SampleSums, Sampling, Scheme
from accounting.valuation.semivalues import merge_samples, sample_block, stability

CURVE_STEPS: Final = 10
MOST_REMOVED: Final = 0.9


@dataclass(frozen=True, slots=True)
class SampledJob:
    """A sampled valuation.

    Whether the first n blocks are enough depends on these blocks alone, and blocks are judged
    in order; so the result does not depend on who sampled what, or on how many were sampled.

    Attributes:
        measure: The utility by retraining.
        sampling: What is drawn.
        precision: When to stop.
        most_blocks: Where to stop at the latest.
        baseline: v(∅).
    """

    measure: RetrainedUtility
    sampling: Sampling
    precision: Precision
    most_blocks: int
    baseline: float

    @property
    def block_count(self) -> int:
        """Where to stop at the latest."""
        return self.most_blocks

    @property
    def may_stop_early(self) -> bool:
        """As soon as the asked precision is met."""
        return True

    def value_block(self, index: int) -> bytes:
        """Draw and measure one block of samples."""
        sums = sample_block(measure=self.measure, sampling=self.sampling, index=index)
        return json.dumps(sums.as_json()).encode()

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """Whether the asked precision is met, or no more may be sampled."""
        sums = [_unpacked(block) for block in blocks]
        if len(sums) >= self.most_blocks:
            return True
        if len(sums) < LEAST_RUNS:
            return False
        state = stability(sampling=self.sampling, blocks=sums, confidence=self.precision.confidence)
        return state.meets(self.precision)

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Merge the samples; see how far three runs of them agree."""
        sums = [_unpacked(block) for block in blocks]
        merged = merge_samples(sampling=self.sampling, blocks=sums)
        runs = [
            merge_samples(sampling=self.sampling, blocks=sums[run::LEAST_RUNS]).values
            for run in range(LEAST_RUNS)
        ]
        valued = len(sums) >= LEAST_RUNS and not any(np.isnan(run).any() for run in runs)
        values = np.nan_to_num(merged.values)
        whole = self.measure(np.ones(self.sampling.players, dtype=np.bool_))
        facts = {"samples": float(merged.samples), "cut": merged.cut}
        if self._is_efficient:
            facts["gap"] = float(values.sum()) - (whole - self.baseline)
        return Findings(
            players=values,
            player_errors=merged.errors,
            samples=merged.samples,
            runs=tuple(runs) if valued else (),
            whole=whole,
            baseline=self.baseline,
            curves=coalition_curves(
                measure=self.measure,
                values=values,
                removed=removal_steps(self.sampling.players, CURVE_STEPS, MOST_REMOVED),
            ),
            facts=facts,
        )

    @property
    def _is_efficient(self) -> bool:
        plain = self.sampling.alpha == self.sampling.beta == 1.0
        return self.sampling.scheme is Scheme.BETA_SHAPLEY and plain


def _unpacked(block: bytes) -> SampleSums:
    return SampleSums.from_json(json.loads(block))
