"""Exact values from a table of what every coalition achieved.

Game: the players are M owners, products or data sets; `v(S)` is the metric a platform measured
with S, from its own ablations or retrainings. Nothing is known of how it came about.

Convention: coalitions measured more than once count with their mean, and their spread becomes
standard errors of the values; v(∅) must be measured too.

- Shapley: weight `s!(M - 1 - s)!/M!` for a gain at size s. With stages, only orders in which
  lower stages join first count (asymmetric Shapley).
- Banzhaf: weight `2^{1 - M}`.
- Leave-one-out: `v(all) - v(all without i)`; needs those M + 1 coalitions only.
- The least core is in `least_core`.

Cost: O(M·2^M); memory O(2^M); up to 20 players.

Source: Shapley 1953; Banzhaf 1965; Frye et al. 2020, *Asymmetric Shapley values*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import BoolArray, FloatArray, IntArray, ShapesDisagree
from accounting.valuation.sums import total_by

MOST_PLAYERS: Final = 20


class TooManyPlayers(ValuationError):
    """A table of all coalitions of so many players cannot be held, or has none at all."""

    code = "valuation_too_many_players"


class PlayerUnknown(ValuationError):
    """A coalition names a player outside 0 … M - 1."""

    code = "valuation_player_unknown"


class MetricNotFinite(ValuationError):
    """A metric is missing or infinite."""

    code = "valuation_metric_not_finite"


class StagesUnusable(ValuationError):
    """Stages are not told for every player."""

    code = "valuation_stages_unusable"


class TableIncomplete(ValuationError):
    """Coalitions the method needs were never measured."""

    code = "valuation_table_incomplete"


@dataclass(frozen=True, slots=True, eq=False)
class UtilityTable:
    """What coalitions achieved; coalition i is the set of the binary digits of i.

    Attributes:
        players: M.
        utilities: (2^M,) mean metric; NaN where never measured.
        variances: (2^M,) variance of that mean; NaN where measured less than twice.
    """

    players: int
    utilities: FloatArray
    variances: FloatArray

    @classmethod
    def of(
        cls, *, players: int, coalitions: Sequence[Iterable[int]], metrics: Sequence[float]
    ) -> UtilityTable:
        """Collect measurements, repeated ones included.

        Args:
            players: M, 1 … 20.
            coalitions: Who was in at each measurement.
            metrics: What was measured, higher being better.

        Raises:
            TooManyPlayers: M is not in 1 … 20.
            PlayerUnknown: A coalition names a player that does not exist.
            ShapesDisagree: There are not as many metrics as coalitions.
            MetricNotFinite: A metric is NaN or infinite.
        """
        if not 1 <= players <= MOST_PLAYERS:
            raise TooManyPlayers(f"a table holds 1 to {MOST_PLAYERS} players", players=players)
        places = np.array([_place(c, players, i) for i, c in enumerate(coalitions)], np.int64)
        measured = np.array(metrics, dtype=np.float64)
        if measured.shape != places.shape:
            raise ShapesDisagree("every coalition needs one metric", rows=len(places))
        if not np.isfinite(measured).all():
            row = int(np.argmin(np.isfinite(measured)))
            raise MetricNotFinite("a metric is not a number", row=row)
        count = np.bincount(places, minlength=2**players)
        total = total_by(places, measured, 2**players)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / count
            spread = total_by(places, (measured - mean[places]) ** 2, 2**players)
            variances = np.where(count > 1, spread / (count - 1) / count, math.nan)
        return cls(players, mean, variances)

    def require(self, needed: IntArray) -> None:
        """Refuse to go on without these coalitions.

        Raises:
            TableIncomplete: One was never measured.
        """
        missing = needed[np.isnan(self.utilities[needed])]
        if missing.size:
            members = [p for p in range(self.players) if missing[0] >> p & 1]
            raise TableIncomplete(
                f"{missing.size} coalitions were never measured, {members} among them",
                missing=int(missing.size),
                example=" ".join(map(str, members)),
            )


@dataclass(frozen=True, slots=True)
class TableValues:
    """Values from a table: (M,) each; errors are NaN where a coalition was measured once."""

    values: FloatArray
    errors: FloatArray


def table_shapley(table: UtilityTable, *, stages: Sequence[int] = ()) -> TableValues:
    """Exact Shapley values.

    Args:
        table: Every coalition that some allowed order passes through must be in it.
        stages: (M,) lower stages join first; empty if every order is allowed.

    Raises:
        TableIncomplete: A coalition is missing.
        StagesUnusable: There is not one stage for each player.
    """
    if stages and len(stages) != table.players:
        raise StagesUnusable("every player needs a stage", stages=len(stages))
    stage_of = np.array(stages or [0] * table.players)
    parts = [_stage_coalitions(stage_of, player) for player in range(table.players)]
    pairs = []
    for player, (fixed, free) in enumerate(parts):
        without = fixed + _subsets(free)
        sizes = np.bitwise_count(without - fixed)
        mates = len(free) + 1
        by_size = np.array([1 / (mates * math.comb(mates - 1, s)) for s in range(mates)])
        pairs.append((without, without + 2**player, by_size[sizes]))
    return _weigh_gains(table, pairs)


def table_banzhaf(table: UtilityTable) -> TableValues:
    """Exact Banzhaf values.

    Raises:
        TableIncomplete: A coalition is missing.
    """
    pairs = []
    for player in range(table.players):
        others = [p for p in range(table.players) if p != player]
        without = _subsets(others)
        pairs.append((without, without + 2**player, np.full(len(without), 1 / len(without))))
    return _weigh_gains(table, pairs)


def table_leave_one_out(table: UtilityTable) -> TableValues:
    """What is lost without each player.

    Raises:
        TableIncomplete: v(all) or a v(all without one) is missing.
    """
    everyone = np.array([2**table.players - 1])
    pairs = [(everyone - 2**player, everyone, np.ones(1)) for player in range(table.players)]
    return _weigh_gains(table, pairs)


def members_of(players: int) -> BoolArray:
    """(2^M, M): who is in each coalition of the table."""
    digits = np.arange(2**players)[:, np.newaxis] >> np.arange(players)
    return np.asarray(digits & 1, dtype=np.bool_)


def _weigh_gains(
    table: UtilityTable, pairs: Sequence[tuple[IntArray, IntArray, FloatArray]]
) -> TableValues:
    """Sum weighted gains from coalitions without a player to those with it."""
    values, variances = [], []
    for without, joined, weights in pairs:
        table.require(np.concatenate([without, joined]))
        gains = table.utilities[joined] - table.utilities[without]
        values.append(math.fsum(weights * gains))
        # Each coalition occurs once in a player's value, so its variance enters once.
        spread = table.variances[joined] + table.variances[without]
        variances.append(float(np.sum(weights * weights * spread)))
    return TableValues(np.array(values), np.sqrt(variances))


def _stage_coalitions(stage_of: IntArray, player: int) -> tuple[int, list[int]]:
    """Who has surely joined before a player, as a coalition, and who may have."""
    earlier = np.flatnonzero(stage_of < stage_of[player])
    mates = [int(p) for p in np.flatnonzero(stage_of == stage_of[player]) if p != player]
    return int(np.sum(2**earlier)), mates


def _subsets(players: Sequence[int]) -> IntArray:
    """Every coalition of these players."""
    coalitions = np.zeros(1, dtype=np.int64)
    for player in players:
        coalitions = np.concatenate([coalitions, coalitions + 2**player])
    return coalitions


def _place(coalition: Iterable[int], players: int, row: int) -> int:
    members = set(coalition)
    if not members <= set(range(players)):
        raise PlayerUnknown(f"players are 0 … {players - 1}", row=row)
    return sum(1 << player for player in members)
