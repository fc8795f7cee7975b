"""The wage floor fills real gaps first and takes them out of the profit share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from accounting.core.allocation import allocate
from accounting.core.tables import OUTCOMES, Allocation, Inputs, PoolShare
from accounting.core.wage_floor import gaps_micro, received_micro, spread_gaps
from tests.accounting.core.changes import changed, with_cell

GAO = 6
NOTHING = np.zeros(8, dtype=np.int64)


def pool(run: Allocation, kind: str) -> PoolShare:
    return next(share for share in run.pools if share.kind == kind)


def test_a_gap_is_what_is_missing_for_real_hours_rounded_up(example: Inputs) -> None:
    gaps = gaps_micro(example, received_micro(example, NOTHING))
    assert dict(zip(example.workers, gaps.tolist(), strict=True)) == {
        "ana": 1_800_000_000,
        "bo": 1_000_000_000,
        "chen": 800_000_000,
        "dee": 50_000_000,
        "eva": 0,
        "fen": 0,
        "gao": 400_000_000,
        "hu": 0,
    }


def test_hours_of_rejected_work_count_for_the_floor(example: Inputs) -> None:
    rejected = with_cell(example, "contributions", "outcome", 7, OUTCOMES.index("rejected"))
    run = allocate(rejected)
    floor = pool(run, "wage_floor")
    assert floor.line_contribution.tolist() == [7]
    assert floor.funded_micro == 400_000_000
    assert run.statements.amount_micro[GAO] == 400_000_000


def test_a_worker_without_benchmark_or_hours_has_no_gap(example: Inputs) -> None:
    empty = np.zeros(0, dtype=np.int64)
    unknown = replace(
        example,
        benchmarks=replace(
            example.benchmarks,
            worker=empty,
            living_wage_micro_per_hour=empty,
            received_micro=empty,
            carried_in_micro=empty,
        ),
    )
    assert not gaps_micro(unknown, NOTHING).any()
    idle = with_cell(example, "contributions", "seconds", 7, -1)
    assert gaps_micro(idle, NOTHING)[GAO] == 0


def test_the_floor_takes_no_more_than_the_profit_share_has(example: Inputs) -> None:
    dear = changed(example, "benchmarks", living_wage_micro_per_hour=[10**9] * 8)
    run = allocate(dear)
    assert pool(run, "wage_floor").funded_micro == 5_145_000_000
    assert pool(run, "profit_share").funded_micro == 0
    assert pool(run, "profit_share").line_micro.tolist() == []


def test_a_gap_spreads_over_all_hours_of_the_worker(example: Inputs) -> None:
    gaps = NOTHING.copy()
    gaps[0] = 100
    weights = spread_gaps(example, gaps)
    assert weights.tolist() == [83, 17, 0, 0, 0, 0, 0, 0, 0, 0]
