"""Scores that another tool worked out for contributions or workers.

A column names a contribution or a worker, one or more columns hold scores (several are
independent runs), and one may hold standard errors. The names of columns that pyDVL, OpenDataVal,
dattri, TRAK and bergson write are known; other names can be given. Rows that name the same
contribution are added up, as values of its points.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from accounting.valuation.files.limits import Limits
from accounting.valuation.files.refusals import CellUnusable, ColumnMissing, FileEmpty
from accounting.valuation.files.tabular import read_tables
from accounting.valuation.points import FloatArray

CONTRIBUTIONS: Final = ("contribution", "contribution_id", "data_name", "data_names", "name")
WORKERS: Final = ("worker", "owner", "annotator", "contributor")
SCORES: Final = (
    "score",
    "value",
    "data_value",
    "data_values",
    "influence",
    "attribution",
    "trak",
    "shapley",
)
ERRORS: Final = ("error", "stderr", "standard_error", "data_values_stderr", "value_stderr")
_RUN = re.compile(r"(score|value|run|data_value)s?_?(\d+)")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns that the file's owner gave; empty ones are looked for."""

    reference: str = ""
    score: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """Scores as a file states them.

    Attributes:
        names: (M,) distinct references, sorted.
        of_workers: Whether they name workers rather than contributions.
        runs: (R, M) scores by run.
        errors: (M,) standard errors; NaN where there are none.
    """

    names: list[str]
    of_workers: bool
    runs: FloatArray
    errors: FloatArray

    def as_json(self) -> dict[str, Any]:
        """Every field as JSON holds it."""
        errors = [None if math.isnan(error) else error for error in self.errors.tolist()]
        return {
            "names": self.names,
            "of_workers": self.of_workers,
            "runs": self.runs.tolist(),
            "errors": errors,
        }


def read_scores(stream: BinaryIO, limits: Limits, *, columns: Columns) -> ScoreFile:
    """Read scores from CSV, Parquet or Arrow.

    Raises:
        FileRefused: As the subclasses say.
    """
    sums: dict[str, FloatArray] = {}
    variances: dict[str, float] = {}
    of_workers = False
    rows = 0

    def is_text(name: str) -> bool:
        wanted = {*CONTRIBUTIONS, *WORKERS, columns.reference.lower()}
        return not _is_number(name, columns) or name.lower() in wanted

    for piece in read_tables(stream, limits, is_text=is_text):
        heads = _Heads(piece.schema.names, columns)
        of_workers = heads.of_workers
        references = piece.column(heads.reference).to_pylist()
        scores = _finite(piece, heads.scores, rows)
        errors = _finite(piece, [heads.error], rows)[0] if heads.error else None
        for row, reference in enumerate(references):
            name = "" if reference is None else str(reference).strip()
            if not name:
                raise CellUnusable("a cell is empty", column=heads.reference, row=rows + row + 1)
            sums[name] = sums.get(name, 0.0) + scores[:, row]
            squared = math.nan if errors is None else float(errors[row]) ** 2
            variances[name] = variances.get(name, 0.0) + squared
        rows += len(references)
    if not rows:
        raise FileEmpty("the file has no rows")
    names = sorted(sums)
    return ScoreFile(
        names=names,
        of_workers=of_workers,
        runs=np.stack([sums[name] for name in names], axis=1),
        errors=np.sqrt([variances[name] for name in names]),
    )


def _is_number(name: str, columns: Columns) -> bool:
    lower = name.lower()
    given = {columns.score.lower(), columns.error.lower()} - {""}
    known = {*SCORES, *ERRORS}
    return lower in given | known or _RUN.fullmatch(lower) is not None


class _Heads:
    """Which column is what."""

    def __init__(self, names: list[str], columns: Columns) -> None:
        known = {name.lower(): name for name in names}
        workers = _first(known, WORKERS)
        self.reference = (
            _given(known, columns.reference) or _first(known, CONTRIBUTIONS) or workers or ""
        )
        if not self.reference:
            raise ColumnMissing("no column says whose a score is", column="contribution")
        self.of_workers = self.reference.lower() in WORKERS
        single = _given(known, columns.score) or _first(known, SCORES)
        runs = sorted(
            (int(match[2]), known[name])
            for name in known
            if (match := _RUN.fullmatch(name)) is not None
        )
        self.scores = [single] if columns.score and single else [name for _run, name in runs]
        self.scores = self.scores or ([single] if single else [])
        if not self.scores:
            raise ColumnMissing("there is no column of scores", column="score")
        self.error = _given(known, columns.error) or _first(known, ERRORS)


def _given(known: dict[str, str], name: str) -> str | None:
    if not name:
        return None
    if name.lower() not in known:
        raise ColumnMissing("the named column is not there", column=name)
    return known[name.lower()]


def _first(known: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((known[name] for name in wanted if name in known), None)


def _finite(piece: pa.RecordBatch, names: list[str], first: int) -> FloatArray:
    table = []
    for name in names:
        column = piece.column(name)
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            raise CellUnusable("a score is no number", column=name, row=first + 1)
        values = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            raise CellUnusable("a score is no number", column=name, row=first + row + 1)
        table.append(values)
    return np.stack(table)
