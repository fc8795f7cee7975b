"""Exact values from a table of what coalitions achieved, as one block."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from accounting.valuation.convergence import LEAST_RUNS
from accounting.valuation.curves import RemovalCurves, coalition_curves, removal_steps
from accounting.valuation.jobs.job import Findings
from accounting.valuation.least_core import least_core
from accounting.valuation.names import TableMethod
from accounting.valuation.points import BoolArray, FloatArray
from accounting.valuation.utility_table import (
    TableIncomplete,
    TableValues,
    UtilityTable,
    table_banzhaf,
    table_leave_one_out,
    table_shapley,
)

EFFICIENT = frozenset({TableMethod.TABLE_SHAPLEY, TableMethod.LEAST_CORE})


@dataclass(frozen=True, slots=True)
class TabledJob:
    """A valuation from a utility table.

    Attributes:
        method: What is asked.
        players: M.
        coalitions: Who was in at each measurement.
        metrics: What was measured.
        repetitions: Which repetition each measurement belongs to, from 0.
        stages: (M,) the stage of each player, or empty; lower stages join first.
    """

    method: TableMethod
    players: int
    coalitions: Sequence[Sequence[int]]
    metrics: Sequence[float]
    repetitions: Sequence[int]
    stages: Sequence[int] = ()

    @property
    def block_count(self) -> int:
        """One: a table is read at once."""
        return 1

    @property
    def may_stop_early(self) -> bool:
        """There is one block."""
        return False

    def value_block(self, index: int) -> bytes:
        """Value the players by the whole table, and by each complete repetition of it."""
        table = self._table(None)
        merged, facts = self._ask(table)
        runs = []
        for repetition in sorted(set(self.repetitions)):
            try:
                runs.append(self._ask(self._table(repetition))[0].values.tolist())
            except TableIncomplete:
                continue
        document = {
            "index": index,
            "values": merged.values.tolist(),
            "errors": [None if math.isnan(error) else error for error in merged.errors.tolist()],
            "runs": runs if len(runs) >= LEAST_RUNS else [],
            "facts": facts,
        }
        return json.dumps(document).encode()

    def enough(self, blocks: Iterable[bytes]) -> bool:
        """The one block."""
        return any(True for _block in blocks)

    def settle(self, blocks: Iterable[bytes]) -> Findings:
        """Read the values; walk the table for the curves."""
        document = json.loads(next(iter(blocks)))
        table = self._table(None)
        values = np.array(document["values"])
        errors = [math.nan if error is None else error for error in document["errors"]]
        runs = tuple(np.array(run) for run in document["runs"])
        baseline = float(table.utilities[0])
        whole = float(table.utilities[-1])
        facts = dict(document["facts"])
        if self.method in EFFICIENT:
            facts["gap"] = float(values.sum()) - (whole - baseline)
        return Findings(
            players=values,
            player_errors=np.array(errors),
            samples=len(set(self.repetitions)),
            runs=runs,
            whole=whole,
            baseline=baseline,
            curves=_walked(table, values),
            facts=facts,
        )

    def _table(self, repetition: int | None) -> UtilityTable:
        rows = [
            row for row, of in enumerate(self.repetitions) if repetition is None or of == repetition
        ]
        return UtilityTable.of(
            players=self.players,
            coalitions=[self.coalitions[row] for row in rows],
            metrics=[self.metrics[row] for row in rows],
        )

    def _ask(self, table: UtilityTable) -> tuple[TableValues, dict[str, float]]:
        match self.method:
            case TableMethod.TABLE_SHAPLEY:
                return table_shapley(table, stages=self.stages), {}
            case TableMethod.TABLE_BANZHAF:
                return table_banzhaf(table), {}
            case TableMethod.TABLE_LEAVE_ONE_OUT:
                return table_leave_one_out(table), {}
            case TableMethod.LEAST_CORE:
                core = least_core(table)
                unknown = np.full(table.players, math.nan)
                return TableValues(core.values, unknown), {"complaint": core.complaint}


def _walked(table: UtilityTable, values: FloatArray) -> RemovalCurves | None:
    """The removal curves, if every coalition on their way was measured."""

    def measured(members: BoolArray) -> float:
        place = sum(1 << player for player in np.flatnonzero(members).tolist())
        return float(table.utilities[place])

    curves = coalition_curves(
        measure=measured,
        values=values,
        removed=removal_steps(table.players, table.players, 1.0),
    )
    both = np.concatenate([curves.lowest_first, curves.highest_first])
    return curves if np.isfinite(both).all() else None
