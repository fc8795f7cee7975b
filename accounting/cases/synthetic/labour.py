"""Contributions of a synthetic world, a block of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.cases.case import TaskType
from accounting.cases.columns import ROLES, ContributionColumns
from accounting.cases.reading import task_types
from accounting.cases.synthetic.draws import Draws, skewed
from accounting.cases.synthetic.lineage import KINDS, Lineage
from accounting.cases.synthetic.parties import MICRO, Workforce
from accounting.core.tables import (
    EVIDENCE_GRADES,
    MISSING,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Flag,
    Int,
)

_BUSY_HEAD = 60

# Usual seconds for one unit, and the most units of a batch.
_PACE: dict[str, tuple[int, int]] = {
    "template-writing": (2_700, 6),
    "prompt-design": (1_200, 10),
    "labelling": (60, 200),
    "text-labelling": (45, 240),
    "image-labelling": (90, 120),
    "post-editing": (150, 80),
    "data-engineering": (9_000, 3),
    "alignment": (600, 20),
    "engineering": (14_400, 2),
    "training-engineering": (10_800, 3),
    "review": (50, 180),
    "red-teaming": (900, 12),
    "evaluation-engineering": (9_000, 3),
    "cluster-operations": (7_200, 3),
    "inference-operations": (7_200, 3),
    "incident-response": (5_400, 2),
    "customer-integration": (20_000, 1),
    "licence-check": (1_200, 12),
    "safety-review": (40, 200),
    "business-development": (18_000, 1),
}
# Which tasks a kind of product takes, ten equally likely slots each.
_TASKS_OF: dict[str, tuple[str, ...]] = {
    "dataset": (
        *("text-labelling",) * 3,
        *("image-labelling",) * 2,
        "labelling",
        "post-editing",
        "review",
        "data-engineering",
        "licence-check",
    ),
    "deployment": (
        *("inference-operations",) * 2,
        "incident-response",
        "customer-integration",
        *("safety-review",) * 2,
        *("prompt-design",) * 2,
        "red-teaming",
        "business-development",
    ),
    "evaluation": (
        *("review",) * 4,
        *("red-teaming",) * 2,
        *("safety-review",) * 2,
        *("evaluation-engineering",) * 2,
    ),
    "model": (
        *("alignment",) * 5,
        "engineering",
        "training-engineering",
        "cluster-operations",
        "red-teaming",
        "review",
    ),
    "prompt_library": (*("template-writing",) * 6, *("prompt-design",) * 3, "review"),
}
_OUTCOME_OF_100 = np.repeat(np.arange(len(OUTCOMES)), [92, 4, 1, 1, 2])
_BASIS_OF_10 = np.repeat(np.arange(4), [5, 2, 1, 2])
_ROLE_OF_20 = np.repeat(np.arange(len(ROLES)), [17, 1, 2])
_EVIDENCE_OF_BASIS = np.array([0, 1, 2, 3, 3])
# How often, of a thousand rows, time, units or both are unknown.
_NO_UNITS, _NO_TIME, _NEITHER = 80, 80, 20


@dataclass(frozen=True, slots=True)
class _TaskColumns:
    """What a block needs of the task types, by their position in the case."""

    by_slot: Int
    phase: Int
    seconds_per_unit: Int
    most_units: Int


class Labour:
    """Makes blocks of contributions; block `b` of a seed is always the same."""

    def __init__(self, lineage: Lineage, people: Workforce, licence_of_product: Int) -> None:
        self.task_types = task_types(_PACE)
        self._lineage = lineage
        self._people = people
        self._licence_of_product = licence_of_product
        self._busy = skewed(len(people.workers), _BUSY_HEAD)
        self._tasks = _task_columns(self.task_types)

    def block(self, draws: Draws, first: int, count: int) -> ContributionColumns:
        """Return the rows numbered from `first`."""
        product = draws.by_weight(self._lineage.share_of_work, count)
        worker = draws.by_weight(self._busy, count)
        task = self._tasks.by_slot[self._lineage.kind[product], draws.below(10, count)]
        units = _batch_sizes(draws, self._tasks.most_units[task])
        usual = self._tasks.seconds_per_unit[task] * units
        seconds = self._seconds(draws, usual, worker)
        outcome = _OUTCOME_OF_100[draws.below(100, count)]
        timed, counted = _known(draws, outcome)
        basis = np.where(timed, _BASIS_OF_10[draws.below(10, count)], TIME_BASES.index("none"))
        quality = np.where(
            counted & (draws.below(10, count) > 0),
            draws.between(700_000, 1_000_000, count),
            MISSING,
        )
        return ContributionColumns(
            source_id=_source_ids(first, count),
            worker=worker,
            product=product,
            task_type=task,
            phase=self._tasks.phase[task],
            occurred_day=self._days(draws, product),
            seconds=np.where(timed, seconds, MISSING),
            time_basis=basis,
            units=np.where(counted, units, MISSING),
            quality_ppm=quality,
            outcome=outcome,
            grade=np.where(draws.below(20, count) > 0, self._people.grade[worker], MISSING),
            wage_micro=self._wages(
                draws, worker, np.where(timed, seconds, np.where(counted, usual, 0)), outcome
            ),
            evidence=_evidence(draws, basis),
            role=_ROLE_OF_20[draws.below(20, count)],
            licence=self._licence_of_product[product],
        )

    def _seconds(self, draws: Draws, usual: Int, worker: Int) -> Int:
        of_the_day_ppm = draws.between(700_000, 1_300_000, len(usual))
        pace_ppm = self._people.pace_ppm[worker] * of_the_day_ppm // MICRO
        seconds: Int = np.maximum(1, usual * pace_ppm // MICRO)
        return seconds

    def _days(self, draws: Draws, product: Int) -> Int:
        day: Int = draws.below(self._lineage.days[product], len(product))
        return day + self._lineage.first_day[product]

    def _wages(self, draws: Draws, worker: Int, seconds: Int, outcome: Int) -> Int:
        # Only accepted and pending work is paid, and one batch in ten of it is not.
        paid = np.isin(outcome, [OUTCOMES.index("accepted"), OUTCOMES.index("pending")])
        paid &= draws.below(10, len(worker)) > 0
        return np.where(paid, self._people.rate_micro_per_hour[worker] * seconds // 3600, 0)


def _task_columns(catalogue: tuple[TaskType, ...]) -> _TaskColumns:
    position = {task_type.code: at for at, task_type in enumerate(catalogue)}
    return _TaskColumns(
        by_slot=np.array([[position[code] for code in _TASKS_OF[kind]] for kind in KINDS]),
        phase=np.array([PHASES.index(task_type.phase) for task_type in catalogue]),
        seconds_per_unit=np.array([_PACE[task_type.code][0] for task_type in catalogue]),
        most_units=np.array([_PACE[task_type.code][1] for task_type in catalogue]),
    )


def _batch_sizes(draws: Draws, most: Int) -> Int:
    # A product of two draws: small batches are common, the largest rare.
    sizes: Int = 1 + draws.below(most, len(most)) * draws.below(most, len(most)) // most
    return sizes


def _known(draws: Draws, outcome: Int) -> tuple[Flag, Flag]:
    """Say for each row whether its time and its units are known."""
    chance = draws.below(1_000, len(outcome))
    timed = chance >= _NO_TIME + _NEITHER
    counted = (chance >= _NEITHER) & ~(
        (chance >= _NO_TIME + _NEITHER) & (chance < _NO_TIME + _NEITHER + _NO_UNITS)
    )
    # Who lets a task expire or skips it has worked, but produced nothing.
    counted &= ~np.isin(outcome, [OUTCOMES.index("expired"), OUTCOMES.index("skipped")])
    return timed, counted


def _evidence(draws: Draws, basis: Int) -> Int:
    # Now and then the evidence is one grade weaker than its time basis would allow.
    weaker = draws.below(5, len(basis)) == 0
    grade: Int = np.minimum(_EVIDENCE_OF_BASIS[basis] + weaker, len(EVIDENCE_GRADES) - 1)
    return grade


def _source_ids(first: int, count: int) -> NDArray[np.str_]:
    """Return `syn-0000000000` and so on; built from digits, since formatting would be slower."""
    numbers = np.arange(first, first + count, dtype=np.int64)
    places = 10 ** np.arange(9, -1, -1, dtype=np.int64)
    letters = np.empty((count, 14), dtype="<U1")
    letters[:, :4] = list("syn-")
    digits = np.array(list("0123456789"))
    letters[:, 4:] = digits[numbers[:, None] // places % 10]
    return letters.reshape(-1).view("<U14")
