"""What all jobs have in common, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from accounting.valuation.curves import RemovalCurves
from accounting.valuation.points import FloatArray


@dataclass(frozen=True, slots=True)
class Findings:
    """What a valuation found out.

    Attributes:
        players: (M,) values of players at the level that is paid by.
        player_errors: (M,) standard errors; NaN where nothing is known of them.
        samples: Independent samples behind each mean, for intervals.
        points: (N,) values of points, in the order they were given, or (0,).
        point_errors: Standard errors of `points`.
        others: (M,) values of players at the other level, or (0,).
        runs: Values of players by independent runs, three or more, or none.
        whole: v(all); NaN where the method has none.
        baseline: v(∅); NaN where the method has none.
        curves: What leaving does to the utility, if that can be measured.
        facts: Further figures of the method by name.
    """

    players: FloatArray
    player_errors: FloatArray
    samples: int
    points: FloatArray = field(default_factory=lambda: np.empty(0))
    point_errors: FloatArray = field(default_factory=lambda: np.empty(0))
    others: FloatArray = field(default_factory=lambda: np.empty(0))
    runs: tuple[FloatArray, ...] = ()
    whole: float = float("nan")
    baseline: float = float("nan")
    curves: RemovalCurves | None = None
    facts: dict[str, float] = field(default_factory=dict)


class Job(Protocol):
    """A valuation cut into blocks."""

    @property
    def block_count(self) -> int:
        """How many blocks there are at most."""

    @property
    def may_stop_early(self) -> bool:
        """Whether fewer blocks than there are may be enough."""

    def value_block(self, index: int) -> bytes:
        """Value one block; the same bytes whoever does it, whenever."""

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """Whether the first blocks, in order and without a gap, are enough to settle."""

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Merge the first blocks, in order, into what the valuation found out.

        Blocks may be walked several times, and only one of them need be in memory at a time.
        """
