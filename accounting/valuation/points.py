"""The rows to be valued, the rows they are tested on, and what makes either unusable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from accounting.valuation.errors import ValuationError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LARGEST_FEATURE: Final = 1e150
"""Above this a squared distance could overflow a float64."""


class NoPoints(ValuationError):
    """There is no row at all."""

    code = "valuation_no_points"


class ShapesDisagree(ValuationError):
    """Two arrays that describe the same rows have different lengths."""

    code = "valuation_shapes_disagree"


class FeatureNotFinite(ValuationError):
    """A feature is missing, infinite or too large to square."""

    code = "valuation_feature_not_finite"


class TargetNotFinite(ValuationError):
    """A label or score is missing or infinite."""

    code = "valuation_target_not_finite"


class OwnerUnknown(ValuationError):
    """A row names an owner outside 0 … owner_count - 1."""

    code = "valuation_owner_unknown"


class PointRepeated(ValuationError):
    """Two rows have the same id, so ties could not be broken."""

    code = "valuation_point_repeated"


class LabelsNotWhole(ValuationError):
    """A classifier was asked to learn labels that are not whole numbers."""

    code = "valuation_labels_not_whole"


class DimensionsDisagree(ValuationError):
    """Training and validation rows have different numbers of features."""

    code = "valuation_dimensions_disagree"


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPoints:
    """Rows whose worth is asked, in ascending order of id.

    Build with `TrainingPoints.of`, which checks and sorts; `places` leads back to the order
    the rows came in.

    Attributes:
        features: (N, d) float64, finite.
        targets: (N,) float64: class labels, or scores, as the utility reads them.
        owners: (N,) int64, each in 0 … owner_count - 1.
        owner_count: M, how many owners take part, those without a row included.
        ids: (N,) int64, ascending and distinct; equal distances are ordered by id.
        places: (N,) int64, the position each row had in the arrays given.
    """

    features: FloatArray
    targets: FloatArray
    owners: IntArray
    owner_count: int
    ids: IntArray
    places: IntArray

    @classmethod
    def of(
        cls,
        *,
        features: npt.ArrayLike,
        targets: npt.ArrayLike,
        owners: npt.ArrayLike,
        owner_count: int | None = None,
        ids: npt.ArrayLike | None = None,
    ) -> TrainingPoints:
        """Check the rows and put them in order of id.

        Args:
            features: (N, d) numbers.
            targets: (N,) labels as whole numbers, or scores.
            owners: (N,) owner of each row.
            owner_count: M; by default the highest owner plus one.
            ids: (N,) distinct whole numbers; by default the position of the row.

        Raises:
            NoPoints: N is 0.
            ShapesDisagree: Lengths differ, or features are not a table.
            FeatureNotFinite: A feature is NaN, infinite or above `LARGEST_FEATURE`.
            TargetNotFinite: A label or score is NaN or infinite.
            OwnerUnknown: An owner is negative or not below `owner_count`.
            PointRepeated: Two ids are the same.
        """
        table = _table(features)
        rows = len(table)
        labels = _targets(targets, rows)
        owned = np.asarray(owners, dtype=np.int64)
        named = np.arange(rows) if ids is None else np.asarray(ids, dtype=np.int64)
        _require_length("owners", owned, rows)
        _require_length("ids", named, rows)
        count = int(owned.max()) + 1 if owner_count is None else owner_count
        _require_known_owners(owned, count)

        places = np.arange(rows)
        if np.any(np.diff(named) <= 0):
            places = np.argsort(named, kind="stable")
            table, labels = np.ascontiguousarray(table[places]), labels[places]
            owned, named = owned[places], named[places]
            repeated = np.flatnonzero(np.diff(named) == 0)
            if repeated.size:
                raise PointRepeated("two rows have one id", id=int(named[repeated[0]]))
        return cls(table, labels, owned, count, named, places)

    @property
    def count(self) -> int:
        """N, the number of rows."""
        return len(self.features)

    def owned_counts(self) -> IntArray:
        """(M,) number of rows of each owner."""
        return np.bincount(self.owners, minlength=self.owner_count)

    def in_given_order(self, values: FloatArray) -> FloatArray:
        """Return values of sorted rows, (N,), in the order the rows were given in."""
        given = np.empty_like(values)
        given[self.places] = values
        return given

    def digest(self) -> str:
        """SHA-256 of the rows, independent of the order they were given in."""
        return digest_arrays(
            ids=self.ids, features=self.features, targets=self.targets, owners=self.owners
        )


@dataclass(frozen=True, slots=True, eq=False)
class TestPoints:
    """The validation set: rows that decide how useful training rows are.

    Attributes:
        features: (T, d) float64, finite.
        targets: (T,) float64 labels or scores.
    """

    # pytest would otherwise collect a class of this name.
    __test__ = False

    features: FloatArray
    targets: FloatArray

    @classmethod
    def of(cls, *, features: npt.ArrayLike, targets: npt.ArrayLike) -> TestPoints:
        """Check the rows.

        Raises:
            NoPoints, ShapesDisagree, FeatureNotFinite, TargetNotFinite: As for training rows.
        """
        table = _table(features)
        return cls(table, _targets(targets, len(table)))

    @property
    def count(self) -> int:
        """T, the number of rows."""
        return len(self.features)

    def digest(self) -> str:
        """SHA-256 of the rows in their order."""
        return digest_arrays(features=self.features, targets=self.targets)


def require_same_dimensions(training: TrainingPoints, tests: TestPoints) -> None:
    """Refuse rows that live in different spaces.

    Raises:
        DimensionsDisagree: The numbers of features differ.
    """
    given, wanted = training.features.shape[1], tests.features.shape[1]
    if given != wanted:
        raise DimensionsDisagree(
            f"training rows have {given} features, validation rows {wanted}",
            training=given,
            validation=wanted,
        )


def whole_labels(targets: FloatArray) -> IntArray:
    """Targets as the classes a classifier learns.

    Raises:
        LabelsNotWhole: One is not a whole number.
    """
    labels = targets.astype(np.int64)
    if (labels != targets).any():
        row = int(np.argmax(labels != targets))
        raise LabelsNotWhole("a label is not a whole number", row=row)
    return labels


def digest_arrays(**arrays: npt.NDArray[Any]) -> str:
    """SHA-256 over named arrays: names, types, shapes and little-endian contents."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        portable = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        header = [name, portable.dtype.str, list(portable.shape)]
        digest.update(json.dumps(header).encode())
        digest.update(portable.tobytes() if portable.size == 0 else portable.data)
    return digest.hexdigest()


def _table(features: npt.ArrayLike) -> FloatArray:
    table = np.ascontiguousarray(features, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ShapesDisagree("features must be a table of rows and columns", axes=table.ndim)
    if not len(table):
        raise NoPoints("there is no row")
    # Two scans for the extremes cost no memory; NaN shows in both of them.
    if not (table.min() >= -LARGEST_FEATURE and table.max() <= LARGEST_FEATURE):
        unusable = ~(np.abs(table) <= LARGEST_FEATURE).all(axis=1)
        raise FeatureNotFinite("a feature is not a usable number", row=int(np.argmax(unusable)))
    return table


def _targets(targets: npt.ArrayLike, rows: int) -> FloatArray:
    labels = np.ascontiguousarray(targets, dtype=np.float64)
    _require_length("targets", labels, rows)
    unusable = ~np.isfinite(labels)
    if unusable.any():
        raise TargetNotFinite("a target is not a number", row=int(np.argmax(unusable)))
    return labels


def _require_length(name: str, array: npt.NDArray[Any], rows: int) -> None:
    if array.shape != (rows,):
        raise ShapesDisagree(
            f"{name} must have one entry for each of {rows} rows", array=name, rows=rows
        )


def _require_known_owners(owners: IntArray, owner_count: int) -> None:
    if owners.min() < 0 or owners.max() >= owner_count:
        unknown = (owners < 0) | (owners >= owner_count)
        raise OwnerUnknown(f"owners must lie in 0 … {owner_count - 1}", row=int(np.argmax(unknown)))
