"""Ten people label scikit-learn's handwritten digits: a demo of valuing data.

The images are real and ship with scikit-learn, so nothing is fetched. They are dealt among ten
invented people by turns. One of them gets most labels wrong, and one hands in copies of another's
images beside their own; a valuation should show both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from accounting.cases.case import Case, Contribution, Worker
from accounting.cases.reading import FOLDER, read_toml, shaped, task_types

PEOPLE: Final = (
    *("Amara", "Bilal", "Chidi", "Dolma", "Elif"),
    *("Farah", "Goran", "Hana", "Idris", "Jun"),
)
CARELESS: Final = 6
WRONG: Final = 0.6
COPIER: Final = 9
COPIED: Final = 2
COPIES: Final = 60
TRAINING: Final = 1_200
CLASSES: Final = 10
TASK: Final = "image-labelling"
STARTED_ON: Final = date(2026, 2, 2)


@dataclass(frozen=True, slots=True, eq=False)
class DigitPoints:
    """The images as files of a valuation would hold them.

    Attributes:
        training: `features`, `labels`, and in `contributions` the source id of whoever labelled.
        validation: `features` and `labels`.
    """

    training: dict[str, npt.NDArray[Any]]
    validation: dict[str, npt.NDArray[Any]]


def digits() -> Case:
    """Return the case: one contribution a person.

    Raises:
        CaseFileInvalid: The file of the case was changed into another shape.
    """
    path = FOLDER / "digits" / "case.toml"
    document = read_toml(path)
    document["workers"] = [
        Worker(
            key=source_id(place),
            status="crowd",
            country="CN",
            region="digits-city",
            display_name=f"{name} (digits)",
        )
        for place, name in enumerate(PEOPLE)
    ]
    document["contributions"] = [_contribution(place) for place in range(len(PEOPLE))]
    document["task_types"] = task_types([TASK])
    return shaped(document, Case, file=path)


def source_id(place: int) -> str:
    """Return what a person's contribution is called in the case and in the files."""
    return f"digits-{PEOPLE[place].lower()}"


def digit_points() -> DigitPoints:
    """Return the images, dealt among the people, and those that nobody labelled for pay."""
    # Loading scikit-learn takes seconds, which only the demo should pay.
    from sklearn.datasets import load_digits

    features, labels = load_digits(return_X_y=True)
    random = np.random.default_rng(2026)
    order = random.permutation(len(labels))
    first, rest = order[:TRAINING], order[TRAINING:]
    owners = np.arange(TRAINING) % len(PEOPLE)
    given = labels[first].copy()
    wrong = (owners == CARELESS) & (random.random(TRAINING) < WRONG)
    given[wrong] = (given[wrong] + random.integers(1, CLASSES, int(wrong.sum()))) % CLASSES
    copied = np.flatnonzero(owners == COPIED)[:COPIES]
    names = np.array([source_id(place) for place in range(len(PEOPLE))])
    return DigitPoints(
        training={
            "features": np.vstack([features[first], features[first][copied]]),
            "labels": np.concatenate([given, given[copied]]),
            "contributions": np.concatenate([names[owners], np.full(COPIES, names[COPIER])]),
        },
        validation={"features": features[rest], "labels": labels[rest]},
    )


def _contribution(place: int) -> Contribution:
    """A person's labelling: everybody at their own pace, for the same rate a piece."""
    images = TRAINING // len(PEOPLE) + (COPIES if place == COPIER else 0)
    return Contribution(
        source_id=source_id(place),
        worker=source_id(place),
        product="images",
        task_type=TASK,
        phase="TRAIN",
        occurred_on=STARTED_ON + timedelta(days=7 * place),
        seconds=images * (50 + 4 * place),
        time_basis="active",
        units=images,
        quality_ppm=None,
        outcome="accepted",
        grade=None,
        wage_micro=images * 400_000,
        currency="CNY",
        evidence_grade="B",
    )
