from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from accounting.valuation.points import (
    DimensionsDisagree,
    FeatureNotFinite,
    NoPoints,
    OwnerUnknown,
    PointRepeated,
    ShapesDisagree,
    TargetNotFinite,
    TestPoints,
    TrainingPoints,
    digest_arrays,
    require_same_dimensions,
)

GOOD: dict[str, Any] = {
    "features": [[0.0, 1.0], [2.0, 3.0]],
    "targets": [0, 1],
    "owners": [0, 1],
}


@pytest.mark.parametrize(
    ("change", "refusal", "facts"),
    [
        ({"features": np.empty((0, 2)), "targets": [], "owners": []}, NoPoints, {}),
        ({"features": [1.0, 2.0]}, ShapesDisagree, {"axes": 1}),
        ({"features": np.empty((2, 0))}, ShapesDisagree, {"axes": 2}),
        ({"targets": [0]}, ShapesDisagree, {"array": "targets", "rows": 2}),
        ({"owners": [0]}, ShapesDisagree, {"array": "owners", "rows": 2}),
        ({"ids": [7]}, ShapesDisagree, {"array": "ids", "rows": 2}),
        ({"features": [[0.0, 1.0], [math.nan, 3.0]]}, FeatureNotFinite, {"row": 1}),
        ({"features": [[-math.inf, 1.0], [2.0, 3.0]]}, FeatureNotFinite, {"row": 0}),
        ({"features": [[0.0, 1.0], [2.0, 1e200]]}, FeatureNotFinite, {"row": 1}),
        ({"targets": [0, math.nan]}, TargetNotFinite, {"row": 1}),
        ({"owners": [0, -1]}, OwnerUnknown, {"row": 1}),
        ({"owners": [2, 0], "owner_count": 2}, OwnerUnknown, {"row": 0}),
        ({"ids": [5, 5]}, PointRepeated, {"id": 5}),
    ],
)
def test_unusable_rows_are_refused_by_name(
    change: dict[str, Any], refusal: type[Exception], facts: dict[str, Any]
) -> None:
    with pytest.raises(refusal) as caught:
        TrainingPoints.of(**{**GOOD, **change})

    assert caught.value.facts == facts  # type: ignore[attr-defined]


def test_every_refusal_has_a_code_of_its_own() -> None:
    refusals = [
        NoPoints,
        ShapesDisagree,
        FeatureNotFinite,
        TargetNotFinite,
        OwnerUnknown,
        PointRepeated,
        DimensionsDisagree,
    ]

    assert len({refusal.code for refusal in refusals}) == len(refusals)


def test_rows_are_put_in_order_of_id_and_back() -> None:
    points = TrainingPoints.of(**GOOD, ids=[9, 4])

    assert points.ids.tolist() == [4, 9]
    assert points.features.tolist() == [[2.0, 3.0], [0.0, 1.0]]
    assert points.owners.tolist() == [1, 0]
    assert points.in_given_order(np.array([0.25, 0.75])).tolist() == [0.75, 0.25]


def test_owners_without_points_are_counted() -> None:
    points = TrainingPoints.of(**GOOD, owner_count=4)

    assert points.owned_counts().tolist() == [1, 1, 0, 0]


def test_rows_of_another_width_are_refused() -> None:
    tests = TestPoints.of(features=[[0.0]], targets=[0])

    with pytest.raises(DimensionsDisagree) as refusal:
        require_same_dimensions(TrainingPoints.of(**GOOD), tests)

    assert refusal.value.facts == {"training": 2, "validation": 1}


def test_a_digest_tells_names_types_shapes_and_contents_apart() -> None:
    column = np.arange(4.0)

    digests = {
        digest_arrays(a=column),
        digest_arrays(b=column),
        digest_arrays(a=column.reshape(2, 2)),
        digest_arrays(a=column.astype(np.float32)),
        digest_arrays(a=column + 1),
        digest_arrays(a=np.empty(0)),
        digest_arrays(a=np.empty((0, 2))),
    }

    assert len(digests) == 7


def test_a_digest_does_not_depend_on_the_byte_order_of_the_machine() -> None:
    assert digest_arrays(a=np.arange(3.0)) == digest_arrays(a=np.arange(3.0).astype(">f8"))
