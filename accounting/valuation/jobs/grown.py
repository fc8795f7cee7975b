"""Data-OOB in blocks of trees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from accounting.valuation.blocks import BlockUnreadable
from accounting.valuation.convergence import LEAST_RUNS
from accounting.valuation.data_oob import TreeSums, grow_block, merge_trees
from accounting.valuation.jobs.job import Findings
from accounting.valuation.points import TrainingPoints


@dataclass(frozen=True, slots=True)
class GrownJob:
    """A valuation by the trees that never saw a point.

    Attributes:
        training: The points.
        seed: Decides every draw.
        blocks: How many blocks of trees.
        trees: Trees of a block.
    """

    training: TrainingPoints
    seed: int
    blocks: int
    trees: int

    @property
    def block_count(self) -> int:
        """How many blocks of trees."""
        return self.blocks

    @property
    def may_stop_early(self) -> bool:
        """Never: all trees that were asked for are grown."""
        return False

    def value_block(self, index: int) -> bytes:
        """Grow one block of trees: 16 bytes a point."""
        sums = grow_block(training=self.training, seed=self.seed, index=index, trees=self.trees)
        return b"".join(part.astype("<i8").tobytes() for part in (sums.unseen, sums.right))

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """All trees that were asked for."""
        return sum(1 for _block in blocks) == self.blocks

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Add the trees up; three runs are every third block."""
        grown = [self._unpacked(index, block) for index, block in enumerate(blocks)]
        merged = merge_trees(training=self.training, blocks=grown)
        runs = []
        if len(grown) >= LEAST_RUNS:
            runs = [
                merge_trees(training=self.training, blocks=grown[run::LEAST_RUNS]).owners
                for run in range(LEAST_RUNS)
            ]
        return Findings(
            players=merged.owners,
            player_errors=merged.owner_errors,
            samples=len(grown),
            # A point that every tree sampled is not known yet; its share of a sum is none.
            points=np.nan_to_num(merged.points) / self.training.count,
            point_errors=merged.point_errors / self.training.count,
            runs=tuple(runs),
            facts={"trees": float(self.trees * self.blocks)},
        )

    def _unpacked(self, index: int, block: bytes) -> TreeSums:
        numbers = np.frombuffer(block, dtype="<i8").astype(np.int64)
        if len(numbers) != 2 * self.training.count:
            raise BlockUnreadable("the block belongs to another valuation", index=index)
        return TreeSums(index, *np.split(numbers, 2))
