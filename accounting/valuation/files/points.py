"""Points: features, a label and whoever made them, in one form from any file.

In CSV, Parquet and Arrow the column `label` is the label; `contribution`, `contributions`,
`author`, `labeller` and `reviewer` name contributions (several in one cell with `;` between
them), `worker` names workers; `id` is passed over; every other column is a feature. In Parquet
and Arrow a column of lists of equal length, such as `embedding`, is as many features. In NPZ
`features` is a table and `labels`, `contributions` and `workers` go with its rows;
`contributions` may itself be a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from accounting.valuation.files.limits import Limits
from accounting.valuation.files.npz import read_archive
from accounting.valuation.files.refusals import (
    CellUnusable,
    ColumnMissing,
    ColumnUnusable,
    FileEmpty,
    FileTooLarge,
)
from accounting.valuation.files.tabular import ZIP_MAGIC, read_tables
from accounting.valuation.points import FloatArray, IntArray

CONTRIBUTIONS: Final = ("contribution", "contributions", "author", "labeller", "reviewer")
WORKERS: Final = ("worker", "workers")
LABELS: Final = ("label", "labels", "target")
PASSED_OVER: Final = ("id",)
BETWEEN: Final = ";"
LONGEST_NAME: Final = 200

Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class PointFile:
    """Rows as a file states them.

    Attributes:
        features: (N, d).
        labels: (N,) as text; numbers in their shortest form.
        names: Distinct references to contributions or workers, sorted.
        starts: (N + 1,) where each row's references begin.
        references: (E,) positions in `names`.
        of_workers: Whether the references name workers rather than contributions.
    """

    features: FloatArray
    labels: Texts
    names: list[str]
    starts: IntArray
    references: IntArray
    of_workers: bool

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The same as arrays to be stored."""
        return {
            "features": self.features,
            "labels": self.labels,
            "names": np.array(self.names, dtype=np.str_),
            "starts": self.starts,
            "references": self.references,
            "of_workers": np.array(self.of_workers),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> PointFile:
        """Read back what `arrays` gave."""
        return cls(
            features=arrays["features"],
            labels=arrays["labels"],
            names=[str(name) for name in arrays["names"].tolist()],
            starts=arrays["starts"],
            references=arrays["references"],
            of_workers=bool(arrays["of_workers"]),
        )


def read_points(stream: BinaryIO, limits: Limits, *, with_makers: bool) -> PointFile:
    """Read points from CSV, Parquet, Arrow or NPZ.

    Args:
        stream: The file, at its start.
        limits: What is refused.
        with_makers: Whether every row must say whose it is; else nobody may be named.

    Raises:
        FileRefused: As the subclasses say.
    """
    head = stream.read(2)
    stream.seek(0)
    parts = _Parts(limits)
    if head == ZIP_MAGIC:
        parts.add_archive(read_archive(stream, limits))
    else:
        for piece in read_tables(stream, limits, is_text=_is_text):
            parts.add_piece(piece)
    return parts.whole(with_makers=with_makers)


def _is_text(name: str) -> bool:
    return name.lower() in {*CONTRIBUTIONS, *WORKERS, *LABELS, *PASSED_OVER}


class _Parts:
    """Pieces of a table on their way into one."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows = 0
        self.features: list[FloatArray] = []
        self.labels: list[Texts] = []
        self.counts: list[IntArray] = []
        self.makers: list[Texts] = []
        self.maker_kind: str | None = None

    def add_archive(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the arrays of an NPZ file."""
        known = {name.lower(): array for name, array in arrays.items()}
        if "features" not in known:
            raise ColumnMissing("there is no array of features", column="features")
        self._add_features(_numbers(known["features"], "features"))
        rows = self.rows
        self.labels.append(_plain(_found(known, LABELS, "labels"), "labels", rows))
        for kind, names in (("contributions", CONTRIBUTIONS), ("workers", WORKERS)):
            columns = [
                column
                for name in names
                if name in known
                for column in _split(_plain_table(known[name], name, rows))
            ]
            self._add_makers(kind, columns, rows)

    def add_piece(self, piece: pa.RecordBatch) -> None:
        """Take some rows of a table."""
        by_name = {
            name.lower(): column
            for name, column in zip(piece.schema.names, piece.columns, strict=True)
        }
        label = _found(by_name, LABELS, "label")
        taken = [name for name in by_name if not _is_text(name)]
        tables = [_feature_columns(by_name[name], name, self.rows) for name in taken]
        if not tables:
            raise ColumnMissing("there is no column of features", column="features")
        first = self.rows
        self._add_features(np.hstack(tables) if len(tables) > 1 else tables[0])
        self.labels.append(_texts(label, "label", first))
        for kind, names in (("contributions", CONTRIBUTIONS), ("workers", WORKERS)):
            cells = [
                _texts(by_name[name], name, first, empty=True) for name in names if name in by_name
            ]
            self._add_makers(
                kind, [one for cell in cells for one in _split([cell])], piece.num_rows
            )

    def whole(self, *, with_makers: bool) -> PointFile:
        """Put the pieces together."""
        if not self.rows:
            raise FileEmpty("the file has no rows")
        self._require_makers(with_makers)
        widths = {part.shape[1] for part in self.features}
        if len(widths) > 1:
            raise ColumnUnusable("rows have different numbers of features", column="features")
        counts = _joined(self.counts, np.zeros(self.rows, dtype=np.int64))
        flat = _joined(self.makers, np.empty(0, dtype=np.str_))
        if with_makers and (counts == 0).any():
            row = int(np.argmax(counts == 0)) + 1
            raise CellUnusable("a row does not say whose it is", row=row)
        names, references = np.unique(flat, return_inverse=True)
        return PointFile(
            features=np.vstack(self.features),
            labels=np.concatenate(self.labels),
            names=[str(name) for name in names.tolist()],
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            references=references.astype(np.int64),
            of_workers=self.maker_kind == "workers",
        )

    def _require_makers(self, wanted: bool) -> None:
        if wanted and self.maker_kind is None:
            raise ColumnMissing("no column says whose a row is", column="contribution")
        if not wanted and self.maker_kind is not None:
            raise ColumnUnusable("a validation set belongs to nobody", column=self.maker_kind)

    def _add_features(self, table: FloatArray) -> None:
        self.rows += len(table)
        size = sum(part.nbytes for part in self.features) + table.nbytes
        if self.rows > self.limits.rows or table.shape[1] > self.limits.columns:
            raise FileTooLarge("there are too many rows or features", limit=self.limits.rows)
        if size > self.limits.table_bytes:
            raise FileTooLarge("the features take too much", limit=self.limits.table_bytes)
        self.features.append(table)

    def _add_makers(self, kind: str, columns: Sequence[list[list[str]]], rows: int) -> None:
        if not columns:
            return
        if self.maker_kind not in {None, kind}:
            raise ColumnUnusable("rows name contributions or workers, not both", column=kind)
        self.maker_kind = kind
        together = [
            list(dict.fromkeys(name for column in columns for name in column[row]))
            for row in range(rows)
        ]
        self.counts.append(np.array([len(names) for names in together], dtype=np.int64))
        self.makers.append(np.array([name for names in together for name in names], np.str_))
        if sum(map(len, self.makers)) > self.limits.references:
            raise FileTooLarge("the rows name too many makers", limit=self.limits.references)


def _joined(parts: list[Any], nothing: Any) -> Any:
    return np.concatenate(parts) if parts else nothing


def _found(known: Mapping[str, Any], names: Sequence[str], missing: str) -> Any:
    for name in names:
        if name in known:
            return known[name]
    raise ColumnMissing("there is no column of labels", column=missing)


def _split(columns: Iterable[Iterable[str]]) -> Iterator[list[list[str]]]:
    for column in columns:
        yield [[one.strip() for one in cell.split(BETWEEN) if one.strip()] for cell in column]


def _numbers(array: npt.NDArray[Any], name: str) -> FloatArray:
    if array.ndim != 2 or array.dtype.kind not in "fiub" or not array.shape[1]:
        raise ColumnUnusable("features are a table of numbers", column=name)
    return np.ascontiguousarray(array, dtype=np.float64)


def _plain(array: npt.NDArray[Any], name: str, rows: int) -> Texts:
    if array.shape != (rows,):
        raise ColumnUnusable("an array has not one entry for each row", column=name)
    if array.dtype.kind == "U":
        return np.asarray(array, dtype=np.str_)
    if array.dtype.kind in "iub":
        return np.array([str(int(value)) for value in array.tolist()], dtype=np.str_)
    if array.dtype.kind == "f":
        return np.array([_shortest(value) for value in array.tolist()], dtype=np.str_)
    raise ColumnUnusable("an array holds neither text nor numbers", column=name)


def _plain_table(array: npt.NDArray[Any], name: str, rows: int) -> list[list[str]]:
    table = array.reshape(rows, -1) if array.ndim == 2 and len(array) == rows else array
    if table.ndim == 1:
        return [_plain(table, name, rows).tolist()]
    if table.ndim != 2:
        raise ColumnUnusable("an array has not one entry for each row", column=name)
    return [_plain(column, name, rows).tolist() for column in table.T]


def _feature_columns(column: pa.Array, name: str, first: int) -> FloatArray:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        row = first + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False))) + 1
        raise CellUnusable("a feature is missing", column=name, row=row)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        lengths = pc.unique(pc.list_value_length(column))
        if len(lengths) > 1:
            raise ColumnUnusable("lists of features have different lengths", column=name)
    elif not pa.types.is_fixed_size_list(column.type):
        return _float(column, name).reshape(-1, 1)
    return _float(column.flatten(), name).reshape(len(column), -1)


def _float(values: pa.Array, name: str) -> FloatArray:
    kind = values.type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if not numeric or values.null_count:
        raise ColumnUnusable("a feature is no number", column=name)
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _texts(column: pa.Array, name: str, first: int, *, empty: bool = False) -> Texts:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        cells = [BETWEEN.join(map(str, cell or [])) for cell in column.to_pylist()]
    elif pa.types.is_floating(column.type):
        cells = ["" if cell is None else _shortest(cell) for cell in column.to_pylist()]
    else:
        cells = ["" if cell is None else str(cell).strip() for cell in column.to_pylist()]
    for place, cell in enumerate(cells):
        if not cell and not empty:
            raise CellUnusable("a cell is empty", column=name, row=first + place + 1)
        if len(cell) > LONGEST_NAME * 64:
            raise CellUnusable("a cell is too long", column=name, row=first + place + 1)
    return np.array(cells, dtype=np.str_)


def _shortest(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
