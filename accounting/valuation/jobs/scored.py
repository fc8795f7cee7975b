"""Scores that another tool worked out, as one block: nothing is computed but their agreement."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounting.valuation.convergence import LEAST_RUNS
from accounting.valuation.jobs.job import Findings
from accounting.valuation.points import FloatArray

SAMPLES_OF_A_TOOL: Final = 1_000_000
"""Stands for a tool's unknown number of samples: its standard errors are taken as normal."""


@dataclass(frozen=True, slots=True)
class ScoredJob:
    """Imported scores of M players.

    Attributes:
        runs: (R, M) scores by independent runs of the tool, at least one run.
        errors: (M,) the tool's own standard errors; NaN where it gives none.
    """

    runs: FloatArray
    errors: FloatArray

    @property
    def block_count(self) -> int:
        """One: there is nothing to share."""
        return 1

    @property
    def may_stop_early(self) -> bool:
        """There is one block."""
        return False

    def value_block(self, index: int) -> bytes:
        """The mean of the runs; their spread where the tool gives no errors."""
        count = len(self.runs)
        spread = np.full(self.runs.shape[1], math.nan)
        if count > 1:
            spread = np.std(self.runs, axis=0, ddof=1) / math.sqrt(count)
        errors = np.where(np.isnan(self.errors), spread, self.errors)
        document = {
            "index": index,
            "values": self.runs.mean(axis=0).tolist(),
            "errors": [None if math.isnan(error) else error for error in errors.tolist()],
        }
        return json.dumps(document).encode()

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """The one block."""
        return any(True for _block in blocks)

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Read the scores back."""
        document = json.loads(next(iter(blocks)))
        errors = [math.nan if error is None else error for error in document["errors"]]
        runs = tuple(self.runs) if len(self.runs) >= LEAST_RUNS else ()
        stated = bool(np.isfinite(self.errors).any())
        return Findings(
            players=np.array(document["values"]),
            player_errors=np.array(errors),
            samples=SAMPLES_OF_A_TOOL if stated else len(self.runs),
            runs=runs,
        )
