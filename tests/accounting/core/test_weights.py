"""Weights: entitlement by type, and what scores may move."""

from __future__ import annotations

import numpy as np
import pytest

from accounting.core.observations import observe
from accounting.core.policy import Pool, parse_policy
from accounting.core.tables import OUTCOMES, Inputs
from accounting.core.weights import entitled, weigh
from tests.accounting.core.changes import changed, with_cell, with_policy

CONTENT = np.array([100, 50, 40, 30, 20, 10, 10, 5, 400, 100], dtype=np.int64) * 10**6


def eligible(inputs: Inputs, pool: Pool) -> list[int]:
    policy = parse_policy(inputs.policy_document)
    found = entitled(inputs, policy, pool, observe(inputs, policy.norm))
    return [row for row, kept in enumerate(found.tolist()) if kept]


def weights(inputs: Inputs, pool: Pool) -> list[int]:
    policy = parse_policy(inputs.policy_document)
    found = entitled(inputs, policy, pool, observe(inputs, policy.norm))
    weighed: list[int] = weigh(inputs, policy, pool, found, CONTENT).tolist()
    return weighed


def test_a_pool_without_types_is_for_all_labour(example: Inputs) -> None:
    assert eligible(example, Pool(id="all", kind="profit_share")) == list(range(10))


def test_labour_types_and_task_types_add_up(example: Inputs) -> None:
    pool = Pool(id="data", kind="data_dividend", labour_types=("EVAL",), task_types=("alignment",))
    assert eligible(example, pool) == [4, 5, 6]


def test_work_that_does_not_count_is_not_entitled(example: Inputs) -> None:
    skipped = with_cell(example, "contributions", "outcome", 4, OUTCOMES.index("skipped"))
    assert 4 not in eligible(skipped, Pool(id="all", kind="profit_share"))


def test_scores_move_labour_only_among_the_scored(example: Inputs) -> None:
    pool = Pool(id="p", kind="profit_share", key="blend")
    blended = weights(example, pool)
    assert blended[4:] == CONTENT[4:].tolist()
    assert sum(blended[:4]) == int(CONTENT[:4].sum())
    floor = [weight * 840_000 // 10**6 for weight in CONTENT[:4].tolist()]
    assert all(weight >= least for weight, least in zip(blended[:4], floor, strict=True))
    assert blended[3] == floor[3]


@pytest.mark.parametrize(
    ("table", "columns"),
    [("scores", {"score_ppb": [-5, 0, -1, -7]}), ("valuations", {"reliability_ppm": [-400_000]})],
)
def test_scores_that_say_nothing_move_nothing(
    example: Inputs, table: str, columns: dict[str, list[int]]
) -> None:
    inputs = changed(example, table, **columns)
    assert weights(inputs, Pool(id="p", kind="profit_share", key="blend")) == CONTENT.tolist()


def test_scores_of_work_outside_the_pool_move_nothing(example: Inputs) -> None:
    pool = Pool(id="p", kind="profit_share", key="blend", labour_types=("EVAL",))
    assert weights(example, pool) == [0, 0, 0, 0, 20_000_000, 0, 0, 0, 0, 0]


def test_at_full_beta_scores_decide_among_the_scored(example: Inputs) -> None:
    inputs = with_policy(example, blend_beta_ppm=1_000_000)
    inputs = changed(inputs, "valuations", reliability_ppm=[1_000_000])
    inputs = changed(inputs, "scores", score_ppb=[0, 0, 7, 0])
    blended = weights(inputs, Pool(id="p", kind="profit_share", key="blend"))
    assert blended[:4] == [0, 0, 220_000_000, 0]
