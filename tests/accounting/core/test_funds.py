"""Funds follow their terms, and together never exceed surplus value."""

from __future__ import annotations

from typing import Any

from accounting.core.allocation import allocate
from accounting.core.funds import licence_terms_micro
from accounting.core.tables import Allocation, Inputs
from tests.accounting.core.changes import changed, pool_sums, with_cell, with_policy

POOLS: tuple[dict[str, Any], ...] = (
    {"id": "dividend", "kind": "data_dividend", "rate_ppm": 500_000, "flow": "lineage"},
    {"id": "floor", "kind": "wage_floor"},
    {"id": "profit", "kind": "profit_share", "rate_ppm": 400_000},
    {"id": "commons", "kind": "commons", "rate_ppm": 900_000},
)


def funds(run: Allocation) -> dict[str, tuple[int, int]]:
    return {pool.id: (pool.scaled_from_micro, pool.funded_micro) for pool in run.pools}


def test_a_licence_pays_its_fee_its_units_and_its_percentage() -> None:
    assert licence_terms_micro(100, 7, 3, 250_000, 1001) == 100 + 21 + 250
    assert licence_terms_micro(0, 0, 0, 250_000, -1001) == -250


def test_claims_beyond_surplus_scale_down_together_and_the_run_says_so(example: Inputs) -> None:
    run = allocate(with_policy(example, pools=POOLS))
    surplus = run.price.surplus_micro
    found = funds(run)
    claims = sum(before for before, _ in found.values())
    assert claims == 65_000_000_000 + 20_580_000_000 + 37_665_000_000
    assert sum(after for _, after in found.values()) == surplus
    assert run.notes == [f"funds_scaled_down from={claims} to={surplus}"]
    for before, after in (found["dividend"], found["commons"]):
        assert abs(after * claims - before * surplus) < claims
    assert pool_sums(run) == {name: after for name, (_, after) in found.items()}


def test_without_surplus_only_contracts_pay(example: Inputs) -> None:
    costly = with_cell(example, "costs", "amount_micro", 0, 200_000_000_000)
    run = allocate(costly)
    assert run.price.surplus_micro < 0
    assert funds(run)["data-dividend"] == (3_900_000_000, 0)
    assert funds(run)["licence-d1-licence"] == (2_000_000_000, 2_000_000_000)
    assert funds(run)["commons"] == (0, 0)


def test_expired_escrow_reaches_the_commons_whatever_the_surplus(example: Inputs) -> None:
    facts = example.facts
    inputs = changed(
        example,
        "facts",
        name=[*facts.name, "expired_escrow"],
        product=[*facts.product.tolist(), -1],
        item=[*facts.item, ""],
        value=[*facts.value, "12.345678"],
        weight=[*facts.weight, "1"],
    )
    run = allocate(with_cell(inputs, "costs", "amount_micro", 0, 200_000_000_000))
    assert funds(run)["commons"] == (12_345_678, 12_345_678)
    assert pool_sums(run)["commons"] == 12_345_678


def test_a_refunded_period_mirrors_the_dividend(example: Inputs) -> None:
    # At a reliability of zero the dividend of a period depends on its revenue alone.
    paid = allocate(example)
    refunds = (-example.revenue.amount_micro).tolist()
    run = allocate(changed(example, "revenue", amount_micro=refunds))
    dividend = next(pool for pool in run.pools if pool.kind == "data_dividend")
    earlier = next(pool for pool in paid.pools if pool.kind == "data_dividend")
    assert dividend.funded_micro == -earlier.funded_micro
    assert dividend.line_micro.tolist() == (-earlier.line_micro).tolist()
    assert run.notes == []


def test_income_and_refunds_of_different_products_keep_their_sum_when_scaled(
    example: Inputs,
) -> None:
    inputs = changed(
        example, "revenue", product=[2, 3], bundle=[-1, -1], amount_micro=[10**11, -(10**10)]
    )
    run = allocate(with_policy(inputs, pools=[dict(POOLS[0], rate_ppm=900_000)]))
    dividend = run.pools[0]
    assert dividend.scaled_from_micro == 81 * 10**9
    assert dividend.funded_micro == run.price.surplus_micro
    assert pool_sums(run)["dividend"] == dividend.funded_micro
