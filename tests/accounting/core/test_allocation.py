"""A run depends on nothing but its inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from accounting.core.allocation import allocate
from accounting.core.tables import Allocation, Contributions, Inputs
from tests.accounting.core.changes import changed, pool_sums


def per_contribution(inputs: Inputs, run: Allocation) -> dict[tuple[str, str], int]:
    return {
        (pool.id, str(inputs.contributions.id[row])): amount
        for pool in run.pools
        for row, amount in zip(
            pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True
        )
    }


def test_every_pool_equals_its_lines_and_escrow(example: Inputs) -> None:
    run = allocate(example)
    assert pool_sums(run) == {pool.id: pool.funded_micro for pool in run.pools}
    lines = sum(int(pool.line_micro.sum()) for pool in run.pools)
    assert int(run.statements.amount_micro.sum()) == lines


def test_flows_of_a_product_pay_the_lines_of_its_contributions(example: Inputs) -> None:
    for pool in allocate(example).pools:
        own = dict.fromkeys(range(4), 0)
        for product, upstream, amount in zip(
            pool.flow_product.tolist(),
            pool.flow_upstream.tolist(),
            pool.flow_micro.tolist(),
            strict=True,
        ):
            own[product] += amount if upstream < 0 else 0
        for row, amount in zip(
            pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True
        ):
            own[int(example.contributions.product[row])] -= amount
        assert set(own.values()) == {0}


def test_the_order_of_rows_changes_nothing(example: Inputs) -> None:
    order = np.array([7, 2, 9, 0, 4, 1, 8, 3, 6, 5])
    work = example.contributions
    columns = {name: getattr(work, name)[order] for name in Contributions.__slots__}
    names = np.array([f"{place:02}" for place in range(10)])
    turned = replace(example, contributions=replace(work, **columns | {"id": names}))
    position = np.argsort(order)
    scored = position[example.scores.contribution]
    ranked = np.argsort(scored)
    turned = changed(
        turned,
        "scores",
        contribution=scored[ranked],
        score_ppb=example.scores.score_ppb[ranked],
    )
    before = per_contribution(example, allocate(example))
    renamed = dict(zip(names.tolist(), np.asarray(work.id)[order].tolist(), strict=True))
    after = {
        (pool, renamed[row]): amount
        for (pool, row), amount in per_contribution(turned, allocate(turned)).items()
    }
    # Only the unit that a tie leaves over may fall to another row.
    assert before.keys() == after.keys()
    assert all(abs(before[key] - after[key]) <= 1 for key in before)


def test_the_same_inputs_give_the_same_run(example: Inputs) -> None:
    first, second = allocate(example), allocate(example)
    assert first.indicators == second.indicators
    assert per_contribution(example, first) == per_contribution(example, second)
