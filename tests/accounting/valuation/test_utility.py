from __future__ import annotations

import json
import math
from typing import Any

import pytest

from accounting.valuation.methods import Method, MethodUnsuited, prepare
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import (
    Agreement,
    Kind,
    Neighbourhood,
    Utility,
    UtilityUnusable,
    ValidationSetChanged,
    chance,
    freeze,
    hard,
    soft,
    within,
)

TESTS = TestPoints.of(features=[[0.0], [1.0], [2.0]], targets=[0, 1, 3])


def test_the_baseline_is_chance_unless_chosen() -> None:
    assert freeze(tests=TESTS, embedding="line", neighbourhood=hard(1)).baseline == 1 / 3
    assert chance(TESTS, Agreement.SCORE) == pytest.approx(4 / 3)
    chosen = freeze(tests=TESTS, embedding="line", neighbourhood=hard(1), baseline=0.0)
    assert chosen.baseline == 0.0


def test_a_utility_survives_being_written_as_json() -> None:
    utility = freeze(tests=TESTS, embedding="line", neighbourhood=within(0.1), baseline=0.1)

    again = Utility.from_json(json.loads(json.dumps(utility.as_json())))

    assert again == utility
    assert again.digest() == utility.digest()


def test_every_choice_changes_the_digest() -> None:
    other = TestPoints.of(features=[[0.0], [1.0], [2.5]], targets=[0, 1, 3])
    utilities = [
        freeze(tests=TESTS, embedding="line", neighbourhood=hard(3)),
        freeze(tests=TESTS, embedding="line", neighbourhood=hard(4)),
        freeze(tests=TESTS, embedding="line", neighbourhood=soft(3)),
        freeze(tests=TESTS, embedding="line", neighbourhood=within(3.0)),
        freeze(tests=TESTS, embedding="pixels", neighbourhood=hard(3)),
        freeze(tests=TESTS, embedding="line", neighbourhood=hard(3), baseline=0.0),
        freeze(tests=other, embedding="line", neighbourhood=hard(3)),
        freeze(
            tests=TESTS,
            embedding="line",
            neighbourhood=hard(3),
            agreement=Agreement.SCORE,
            baseline=1 / 3,
        ),
    ]

    assert len({utility.digest() for utility in utilities}) == len(utilities)


def test_the_digest_is_the_published_one() -> None:
    utility = Utility(hard(5), Agreement.LABEL, 0.1, "pixels / 16", "ab" * 32)

    assert utility.canonical() == (
        b'{"agreement":"label","baseline":"0x1.999999999999ap-4","embedding":"pixels / 16",'
        b'"k":5,"kind":"hard","radius":"0x0.0p+0","validation_digest":"' + b"ab" * 32 + b'"}'
    )


@pytest.mark.parametrize(
    ("kind", "k", "radius"),
    [
        (Kind.HARD, 0, 0.0),
        (Kind.SOFT, -1, 0.0),
        (Kind.HARD, 3, 1.0),
        (Kind.THRESHOLD, 0, 0.0),
        (Kind.THRESHOLD, 0, math.nan),
        (Kind.THRESHOLD, 0, math.inf),
        (Kind.THRESHOLD, 2, 1.0),
    ],
)
def test_contradictory_neighbourhoods_are_refused(kind: Kind, k: int, radius: float) -> None:
    with pytest.raises(UtilityUnusable):
        Neighbourhood(kind, k=k, radius=radius)


@pytest.mark.parametrize(
    "change",
    [{"k": "many"}, {"kind": "loud"}, {"baseline": "nan"}, {"radius": 5}, {"baseline": "0x1p9999"}],
)
def test_an_unreadable_document_is_refused(change: dict[str, Any]) -> None:
    document = freeze(tests=TESTS, embedding="line", neighbourhood=hard(3)).as_json()

    with pytest.raises(UtilityUnusable):
        Utility.from_json({**document, **change})
    with pytest.raises(UtilityUnusable):
        Utility.from_json({})


def test_a_validation_set_changed_after_freezing_is_refused() -> None:
    utility = freeze(tests=TESTS, embedding="line", neighbourhood=hard(1))
    changed = TestPoints.of(features=[[0.0], [1.0], [2.0]], targets=[0, 1, 0])
    training = TrainingPoints.of(features=[[0.0]], targets=[0], owners=[0])

    with pytest.raises(ValidationSetChanged):
        prepare(method=Method.POINT_SHAPLEY, training=training, tests=changed, utility=utility)


@pytest.mark.parametrize(
    ("method", "neighbourhood"),
    [(Method.THRESHOLD_SHAPLEY, hard(1)), (Method.OWNER_SHAPLEY, within(1.0))],
)
def test_a_method_that_cannot_use_the_utility_is_refused(
    method: Method, neighbourhood: Neighbourhood
) -> None:
    utility = freeze(tests=TESTS, embedding="line", neighbourhood=neighbourhood)
    training = TrainingPoints.of(features=[[0.0]], targets=[0], owners=[0])

    with pytest.raises(MethodUnsuited):
        prepare(method=method, training=training, tests=TESTS, utility=utility)
