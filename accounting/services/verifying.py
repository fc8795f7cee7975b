"""Comparing what the database holds of a run with the run's bundle, cell by cell.

The bundle proves itself (`accounting.core.verify`); this proves that the rows pages and pay-outs
are made from are the same ones. Rows that differ are named with table, row and column, and both
values. Nothing is held in memory whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from accounting.core.bundle import open_bundle
from accounting.core.bundle.columns import DERIVED_TABLES, INDICATORS, table_of
from accounting.core.bundle.files import cell, read_frames
from accounting.core.bundle.frames import Column, Frame, Words, frame_length, take, texts
from accounting.core.bundle.manifest import Manifest, read_document, read_manifest
from accounting.core.canonical import sha256_of_json
from accounting.models import Run
from accounting.services import stored_frames
from accounting.services.exporting import bundle_of

Int = NDArray[np.int64]
Text = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class CellDifference:
    """A cell in which database and bundle differ; a missing row is empty on its side.

    Attributes:
        row: The first columns of the row, which name it.
    """

    table: str
    row: str
    column: str
    database: str
    bundle: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.table, self.row, self.column) if part)
        database, bundle = self.database or "nothing", self.bundle or "nothing"
        return f"{place}: database has {database}, bundle {bundle}."


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """The first difference of every table, and how many rows were compared."""

    rows: int
    differences: list[CellDifference]


_STORED: dict[str, Callable[[Run], Iterator[Frame]]] = {
    "norms": stored_frames.norms,
    "labour": stored_frames.labour,
    "pools": stored_frames.pools,
    "weights": stored_frames.weights,
    "flows": stored_frames.flows,
    "lines": stored_frames.lines,
    "statements": stored_frames.statements,
    "escrow": stored_frames.escrow,
}
_NAMING = 2


def verify_run(*, run: Run) -> RunVerdict:
    """Compare every derived table of a run with its bundle.

    Raises:
        RunWithoutBundle: There is no bundle to compare with.
        BundleUnreadable: The bundle is damaged.
    """
    with open_bundle(bundle_of(run)) as directory:
        manifest = read_manifest(directory)
        differences = _check_run(run, manifest) + _check_indicators(run, directory)
        rows = 0
        names = {table_of(name): name for name in manifest.files}
        for table, stored in _STORED.items():
            bundled = _stated(run, table, read_frames(directory / names[table], table))
            compared, found = _first_difference(table, stored(run), bundled)
            rows += compared
            differences += found
    return RunVerdict(rows=rows, differences=differences)


def _check_run(run: Run, manifest: Manifest) -> list[CellDifference]:
    stated = {
        "inputs_sha256": (run.inputs_sha256, manifest.inputs_sha256),
        "result_sha256": (run.result_sha256, manifest.result_sha256),
        "policy_sha256": (sha256_of_json(run.policy.document), manifest.policy_sha256),
    }
    return [
        CellDifference("run", run.public_id, column, database, bundle)
        for column, (database, bundle) in stated.items()
        if database != bundle
    ]


def _check_indicators(run: Run, directory: Path) -> list[CellDifference]:
    database = dict(run.indicators.values_list("name", "value"))
    bundle = read_document(directory / INDICATORS)
    return [
        CellDifference(
            "indicators", name, "value", database.get(name, ""), str(bundle.get(name, ""))
        )
        for name in sorted(database.keys() | bundle.keys())
        if database.get(name) != bundle.get(name)
    ][:1]


def _stated(run: Run, table: str, bundled: Iterator[Frame]) -> Iterator[Frame]:
    """Leave out rows of a bundle that the database does not keep: they say nothing is due."""
    if table == "weights":
        return _with_lines(bundled, stored_frames.weights(run))
    if table == "statements":
        return (take(frame, _due(frame)) for frame in bundled)
    return bundled


def _due(frame: Frame) -> Int:
    return np.flatnonzero(
        (_integers(frame, "amount_micro") != 0) | (_integers(frame, "carried_in_micro") != 0)
    )


def _with_lines(bundled: Iterator[Frame], wanted: Iterator[Frame]) -> Iterator[Frame]:
    """Keep the rows of a bundle that some ascending rows name by their first columns."""
    waiting: Frame | None = None
    for names in map(_names, wanted):
        while waiting is not None or (waiting := next(bundled, None)) is not None:
            found = _names(waiting)
            passed = int(np.searchsorted(found, names[-1], side="right"))
            yield take(waiting, np.flatnonzero(np.isin(found[:passed], names)))
            waiting = _rest(waiting, passed)
            if waiting is not None:
                break


def _names(frame: Frame) -> Text:
    """What names the rows of a frame of pools and contributions, in one text each."""
    pool, contribution = (
        _text(frame[name], slice(None)) for name in ("pool_id", "contribution_id")
    )
    return np.strings.add(np.strings.add(pool, "\x01"), contribution)


def _first_difference(
    table: str, stored: Iterator[Frame], bundled: Iterator[Frame]
) -> tuple[int, list[CellDifference]]:
    """Compare rows in step; return how many were alike, and the first cell that is not."""
    compared = 0
    left, right = _next(stored), _next(bundled)
    while left is not None and right is not None:
        rows = min(frame_length(left), frame_length(right))
        unequal = _unequal(table, left, right, rows)
        if unequal.any():
            row = int(np.argmax(unequal))
            return compared + row, [_difference(table, left, right, row)]
        compared += rows
        left = _rest(left, rows) or _next(stored)
        right = _rest(right, rows) or _next(bundled)
    if left is not None or right is not None:
        return compared, [_row_missing(table, left, right)]
    return compared, []


def _unequal(table: str, left: Frame, right: Frame, rows: int) -> NDArray[np.bool_]:
    unequal = np.zeros(rows, dtype=np.bool_)
    for column in DERIVED_TABLES[table]:
        if column.integer:
            unequal |= _integers(left, column.name)[:rows] != _integers(right, column.name)[:rows]
        else:
            some = slice(0, rows)
            unequal |= _text(left[column.name], some) != _text(right[column.name], some)
    return unequal


def _difference(table: str, left: Frame, right: Frame, row: int) -> CellDifference:
    cells = [
        (column.name, cell(left, column, row), cell(right, column, row))
        for column in DERIVED_TABLES[table]
    ]
    name, database, bundle = next(found for found in cells if found[1] != found[2])
    row_name = ", ".join(database for _name, database, _bundle in cells[:_NAMING])
    return CellDifference(table, row_name, name, database, bundle)


def _row_missing(table: str, left: Frame | None, right: Frame | None) -> CellDifference:
    naming = DERIVED_TABLES[table][:_NAMING]
    names = [
        "" if frame is None else ", ".join(cell(frame, column, 0) for column in naming)
        for frame in (left, right)
    ]
    return CellDifference(table, names[0] or names[1], "", *names)


def _next(frames: Iterator[Frame]) -> Frame | None:
    return next((frame for frame in frames if frame_length(frame)), None)


def _rest(frame: Frame, done: int) -> Frame | None:
    rows = np.arange(done, frame_length(frame), dtype=np.int64)
    return take(frame, rows) if len(rows) else None


def _text(column: Column, rows: slice) -> Text:
    if not isinstance(column, Words):
        raise TypeError(column)
    return np.array(texts(column, rows), dtype=np.str_)


def _integers(frame: Frame, name: str) -> Int:
    column = frame[name]
    if isinstance(column, Words):
        raise TypeError(name)
    return column
