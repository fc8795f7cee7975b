"""Exact games under nearest neighbours, both levels side by side where both exist.

A valuation at the owner level also values points, and the other way round: which level is paid
by is policy, and the gap between them is shown. A block's bytes are those of its games, each
with its length before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from accounting.valuation.blocks import (
    BlockSums,
    BlockUnreadable,
    TestGame,
    Valuation,
    merge,
    value_block,
)
from accounting.valuation.convergence import owner_runs
from accounting.valuation.curves import RemovalCurves, owner_curves, removal_steps
from accounting.valuation.jobs.job import Findings
from accounting.valuation.levels import compare_levels
from accounting.valuation.methods import LEAST_RUNS, prepare
from accounting.valuation.names import PAYS_POINTS, Method
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import Kind, Utility

COMPANIONS: Final = {
    Method.OWNER_SHAPLEY: Method.POINT_SHAPLEY,
    Method.POINT_SHAPLEY: Method.OWNER_SHAPLEY,
    Method.OWNER_BANZHAF: Method.POINT_SHAPLEY,
}
"""The method at the other level that is computed beside a method."""

CURVE_STEPS: Final = 20
MOST_REMOVED: Final = 0.9
_LENGTH: Final = struct.Struct("<q")


@dataclass(frozen=True, slots=True)
class NearestJob:
    """An exact valuation under nearest neighbours.

    Attributes:
        method: What is paid by.
        utility: The frozen utility.
        games: The method's game, and its companion's if it has one.
    """

    method: Method
    utility: Utility
    games: tuple[TestGame[Any], ...]

    @classmethod
    def of(
        cls, *, method: Method, training: TrainingPoints, tests: TestPoints, utility: Utility
    ) -> NearestJob:
        """Prepare the games.

        Raises:
            ValuationError: As `methods.prepare`.
        """
        methods = [method, *([COMPANIONS[method]] if method in COMPANIONS else [])]
        games = tuple(
            prepare(method=one, training=training, tests=tests, utility=utility) for one in methods
        )
        return cls(method, utility, games)

    @property
    def block_count(self) -> int:
        """Blocks of test points; the same for both levels."""
        return self.games[0].block_count

    @property
    def may_stop_early(self) -> bool:
        """Never: every test point counts."""
        return False

    def value_block(self, index: int) -> bytes:
        """Play every game on one block of test points."""
        packed = [value_block(game, index).pack() for game in self.games]
        return b"".join(_LENGTH.pack(len(one)) + one for one in packed)

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """An exact valuation needs all its blocks."""
        return sum(1 for _block in blocks) == self.block_count

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Merge all blocks; see how far parts of the validation set agree."""
        paid = merge(self.games[0], self._sums(blocks, 0))
        of_owners = [_of_owners(sums) for sums in self._sums(blocks, 0)]
        runs = []
        if len(of_owners) >= LEAST_RUNS:
            runs = owner_runs(self.games[0], of_owners)
        findings = Findings(
            players=paid.owners,
            player_errors=paid.owner_errors,
            samples=paid.tests,
            runs=tuple(runs),
            whole=paid.whole,
            baseline=paid.baseline,
            curves=self._curves(paid.owners),
            facts={"gap": paid.gap} if self.method is not Method.LEAVE_ONE_OUT else {},
        )
        return self._with_levels(findings, blocks, paid)

    def _sums(self, blocks: Iterable[bytes], game: int) -> Iterator[BlockSums]:
        return (_unpacked(block, len(self.games))[game] for block in blocks)

    def _with_levels(
        self, findings: Findings, blocks: Iterable[bytes], paid: Valuation
    ) -> Findings:
        added: dict[str, Any] = {}
        if self.method in PAYS_POINTS:
            added |= {"points": paid.points, "point_errors": paid.point_errors}
        if len(self.games) > 1:
            other = merge(self.games[1], self._sums(blocks, 1))
            levels = compare_levels(owners=paid.owners, point_sums=other.owners)
            added["others"] = other.owners
            added["facts"] = {
                **findings.facts,
                "levels_moved": levels.moved,
                "levels_correlation": levels.correlation,
            }
        values = {name: getattr(findings, name) for name in Findings.__dataclass_fields__}
        return Findings(**(values | added))

    def _curves(self, values: Any) -> RemovalCurves | None:
        if self.utility.neighbourhood.kind is Kind.THRESHOLD:
            return None
        game = self.games[0]
        return owner_curves(
            training=game.training,
            tests=game.tests,
            utility=self.utility,
            values=values,
            removed=removal_steps(game.training.owner_count, CURVE_STEPS, MOST_REMOVED),
        )


def _unpacked(block: bytes, games: int) -> tuple[BlockSums, ...]:
    found = tuple(_pieces(block))
    if len(found) != games:
        raise BlockUnreadable("the block holds other games", games=len(found))
    return found


def _of_owners(sums: BlockSums) -> BlockSums:
    """The same without points, of which there may be many."""
    return BlockSums(sums.index, sums.tests, sums.points[:, :0].copy(), sums.owners, sums.whole)


def _pieces(block: bytes) -> Iterator[BlockSums]:
    start = 0
    while start + _LENGTH.size <= len(block):
        (length,) = _LENGTH.unpack_from(block, start)
        start += _LENGTH.size
        yield BlockSums.unpack(block[start : start + max(length, 0)])
        start += max(length, 0)
