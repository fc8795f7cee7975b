"""Utility tables: which coalition achieved which metric, from ablation or retraining logs.

A column `coalition` names who was in, with `;` between them, empty for nobody; or every player
has a column of 0 and 1. A column `metric` holds what was measured; `run` tells repetitions
apart, else they are counted as they come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from accounting.valuation.files.limits import Limits
from accounting.valuation.files.refusals import (
    CellUnusable,
    ColumnMissing,
    FileEmpty,
    FileTooLarge,
)
from accounting.valuation.files.tabular import read_tables

COALITION: Final = ("coalition", "members", "subset")
METRIC: Final = ("metric", "utility", "value", "accuracy", "score")
RUN: Final = ("run", "repetition", "seed")
BETWEEN: Final = ";"
MOST_ROWS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class CoalitionFile:
    """Measurements as a file states them.

    Attributes:
        names: The players, sorted.
        coalitions: Positions in `names` of who was in, for each measurement.
        metrics: What was measured.
        repetitions: From 0, which repetition of its coalition each measurement is.
    """

    names: list[str]
    coalitions: list[list[int]]
    metrics: list[float]
    repetitions: list[int]

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON holds it."""
        return {name: getattr(self, name) for name in CoalitionFile.__dataclass_fields__}


def read_coalitions(stream: BinaryIO, limits: Limits) -> CoalitionFile:
    """Read a utility table from CSV, Parquet or Arrow.

    Raises:
        FileRefused: As the subclasses say.
    """
    rows: list[tuple[tuple[str, ...], float, str]] = []
    names: set[str] = set()
    for piece in read_tables(stream, limits, is_text=lambda name: _kind(name) == "text"):
        if len(rows) + piece.num_rows > MOST_ROWS:
            raise FileTooLarge("the table has too many rows", limit=MOST_ROWS)
        players, found = _measurements(piece, len(rows))
        names |= players
        rows.extend(found)
    if not rows:
        raise FileEmpty("the file has no rows")
    ordered = sorted(names)
    place = {name: position for position, name in enumerate(ordered)}
    return CoalitionFile(
        names=ordered,
        coalitions=[[place[name] for name in members] for members, _metric, _run in rows],
        metrics=[metric for _members, metric, _run in rows],
        repetitions=_repetitions(rows),
    )


def _kind(name: str) -> str:
    return "text" if name.lower() in {*COALITION, *RUN} else "number"


def _measurements(
    piece: pa.RecordBatch, first: int
) -> tuple[set[str], list[tuple[tuple[str, ...], float, str]]]:
    columns = {
        name: column.to_pylist()
        for name, column in zip(piece.schema.names, piece.columns, strict=True)
    }
    by_name = {name.lower(): name for name in columns}
    metric = _first(by_name, METRIC)
    if metric is None:
        raise ColumnMissing("there is no column of metrics", column="metric")
    run, coalition = _first(by_name, RUN), _first(by_name, COALITION)
    players = [name for name in columns if name not in {metric, run, coalition}]
    members = (
        [_named(cell) for cell in columns[coalition]]
        if coalition is not None
        else [
            tuple(name for name in players if _is_in(columns[name][row], name, first + row))
            for row in range(piece.num_rows)
        ]
    )
    known = {one for row in members for one in row} | (set() if coalition else set(players))
    metrics = [_metric(cell, metric, first + row) for row, cell in enumerate(columns[metric])]
    runs = [str(cell) for cell in columns[run]] if run else [""] * piece.num_rows
    return known, list(zip(members, metrics, runs, strict=True))


def _named(cell: object) -> tuple[str, ...]:
    names = cell if isinstance(cell, list) else str(cell or "").split(BETWEEN)
    return tuple(dict.fromkeys(str(name).strip() for name in names if str(name).strip()))


def _is_in(cell: object, name: str, row: int) -> bool:
    if not isinstance(cell, int | float) or cell not in {0, 1}:
        raise CellUnusable("a player's column holds 0 or 1", column=name, row=row + 1)
    return bool(cell)


def _metric(cell: object, name: str, row: int) -> float:
    if not isinstance(cell, int | float) or not np.isfinite(cell):
        raise CellUnusable("a metric is no number", column=name, row=row + 1)
    return float(cell)


def _first(known: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((known[name] for name in wanted if name in known), None)


def _repetitions(rows: list[tuple[tuple[str, ...], float, str]]) -> list[int]:
    runs = sorted({run for _members, _metric, run in rows})
    if len(runs) > 1:
        place = {run: position for position, run in enumerate(runs)}
        return [place[run] for _members, _metric, run in rows]
    seen: Counter[frozenset[str]] = Counter()
    repetitions = []
    for members, _metric, _run in rows:
        key = frozenset(members)
        repetitions.append(seen[key])
        seen[key] += 1
    return repetitions
