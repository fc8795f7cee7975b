"""Lines hold back what is disputed or not yet measured, and nothing else."""

from __future__ import annotations

from accounting.core.allocation import allocate
from accounting.core.tables import MISSING, Inputs
from tests.accounting.core.changes import pool_sums, with_cell


def test_a_dispute_freezes_only_the_contested_part(example: Inputs) -> None:
    free = allocate(example)
    frozen = allocate(with_cell(example, "contributions", "frozen_ppm", 2, 250_000))
    for before, after in zip(free.pools, frozen.pools, strict=True):
        lines = dict(zip(after.line_contribution.tolist(), after.line_micro.tolist(), strict=True))
        for row, amount in zip(
            before.line_contribution.tolist(), before.line_micro.tolist(), strict=True
        ):
            held = amount * 250_000 // 10**6 if row == 2 else 0
            if before.kind != "profit_share":
                assert lines[row] == amount - held
    assert {row.reason for row in frozen.escrow} == {"disputed", "commons"}
    assert pool_sums(frozen) == {pool.id: pool.funded_micro for pool in frozen.pools}


def test_a_wholly_frozen_contribution_has_no_line(example: Inputs) -> None:
    run = allocate(with_cell(example, "contributions", "frozen_ppm", 2, 1_000_000))
    assert all(2 not in pool.line_contribution for pool in run.pools)


def test_unmeasured_work_earns_into_escrow(example: Inputs) -> None:
    run = allocate(_unknown(example))
    held = [row for row in run.escrow if row.reason == "unmeasured"]
    assert [(row.pool, row.product) for row in held] == [
        ("licence-d1-licence", 0),
        ("data-dividend", 0),
        ("profit-share", 0),
    ]
    assert all(2 not in pool.line_contribution for pool in run.pools)
    assert pool_sums(run) == {pool.id: pool.funded_micro for pool in run.pools}


def test_what_is_frozen_of_unmeasured_work_is_disputed_first(example: Inputs) -> None:
    run = allocate(with_cell(_unknown(example), "contributions", "frozen_ppm", 2, 500_000))
    disputed, unmeasured = (row for row in run.escrow if row.pool == "profit-share")
    assert (disputed.reason, unmeasured.reason) == ("disputed", "unmeasured")
    assert 0 <= unmeasured.amount_micro - disputed.amount_micro <= 1


def _unknown(example: Inputs) -> Inputs:
    """The worked example where neither Bo's time nor his output is known."""
    untimed = with_cell(example, "contributions", "seconds", 2, MISSING)
    return with_cell(untimed, "contributions", "units", 2, MISSING)
