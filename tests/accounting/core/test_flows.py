"""Money finds labour, or waits in escrow with a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accounting.core.allocation import allocate
from accounting.core.tables import MISSING, Allocation, Escrow, Inputs, PoolShare
from tests.accounting.core.changes import changed, pool_sums, with_cell, with_policy

DIVIDEND = {
    "id": "dividend",
    "kind": "data_dividend",
    "rate_ppm": 30_000,
    "flow": "lineage",
    "labour_types": ("OPS",),
}


def dividend(run: Allocation) -> PoolShare:
    return next(pool for pool in run.pools if pool.kind == "data_dividend")


def test_revenue_without_labour_waits_where_it_was_earned(example: Inputs) -> None:
    run = allocate(with_policy(example, pools=[DIVIDEND]))
    assert run.escrow == [
        Escrow("dividend", 2, 2_342_745_300, "no_labour"),
        Escrow("dividend", 3, 1_557_254_700, "no_labour"),
    ]


def test_what_is_nobodys_at_a_public_product_goes_to_the_commons(example: Inputs) -> None:
    public = replace(example.products, public=np.array([False, False, True, False]))
    run = allocate(with_policy(replace(example, products=public), pools=[DIVIDEND]))
    assert [(row.product, row.reason) for row in run.escrow] == [(2, "commons"), (3, "no_labour")]


def test_revenue_waits_for_labour_that_nobody_measured_yet(example: Inputs) -> None:
    inputs = example
    for row in (5, 6):
        for column in ("seconds", "units"):
            inputs = with_cell(inputs, "contributions", column, row, MISSING)
    norm = {"min_producers": 1, "unmeasured": "hold_product"}
    pool = DIVIDEND | {"labour_types": (), "task_types": ("alignment",)}
    run = allocate(with_policy(inputs, pools=[pool], norm=norm))
    assert [(row.product, row.reason) for row in run.escrow] == [
        (2, "no_labour"),
        (3, "unmeasured"),
    ]


def test_a_direct_pool_without_labour_waits_at_no_product(example: Inputs) -> None:
    pool = {"id": "p", "kind": "profit_share", "rate_ppm": 10_000, "labour_types": ("OPS",)}
    run = allocate(with_policy(example, pools=[pool]))
    assert run.escrow == [Escrow("p", MISSING, 514_500_000, "no_labour")]


def test_full_solidarity_shares_by_labour_wherever_it_stands(example: Inputs) -> None:
    pool = DIVIDEND | {"labour_types": (), "solidarity_ppm": 1_000_000}
    solidary = dividend(allocate(with_policy(example, pools=[pool])))
    direct = dividend(allocate(with_policy(example, pools=[pool | {"flow": "direct"}])))
    assert solidary.line_micro.tolist() == direct.line_micro.tolist()


@pytest.mark.parametrize("solidarity_ppm", [0, 333_333])
def test_every_product_passes_on_what_it_receives(example: Inputs, solidarity_ppm: int) -> None:
    pool = DIVIDEND | {"labour_types": (), "solidarity_ppm": solidarity_ppm}
    run = allocate(with_policy(example, pools=[pool]))
    share = dividend(run)
    own = share.flow_micro[share.flow_upstream == MISSING]
    assert int(own.sum()) == share.funded_micro
    assert pool_sums(run) == {"dividend": share.funded_micro}


def test_an_unconnected_product_changes_nobodys_dividend(example: Inputs) -> None:
    edges = example.edges
    kept = np.flatnonzero((edges.upstream != 1) & (edges.downstream != 1))
    apart = changed(
        example,
        "edges",
        upstream=edges.upstream[kept],
        downstream=edges.downstream[kept],
        relation=[edges.relation[row] for row in kept.tolist()],
        transfer_ppm=edges.transfer_ppm[kept],
        machine_ppm=edges.machine_ppm[kept],
    )
    idle = with_cell(apart, "contributions", "outcome", 7, 1)
    with_d2, without_d2 = dividend(allocate(apart)), dividend(allocate(idle))
    assert with_d2.line_micro.tolist() == without_d2.line_micro.tolist()
