"""Holds an allocation of the engine against the oracle, level by level.

Content is computed in float64 and may be one micro-hour off the exact fraction; from the
engine's whole micro-hours on, every integer has to be the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from accounting.core import tables
from accounting.core.policy import PPM, Policy, parse_policy
from tests.oracle.complexity import complexity_of, decay_of
from tests.oracle.credited import (
    Labour,
    bases,
    credited_hours,
    is_productive,
    provisional_contents,
)
from tests.oracle.indicators import credited_beyond_worked, indicators
from tests.oracle.norms import Key, Norm, find_norms
from tests.oracle.pools import PoolShare, Shares, share_out
from tests.oracle.sharing import Payment, payment
from tests.oracle.world import World

TOLERANCE_UH = 1
HALF_A_UNIT = Decimal("0.5000001")
"""Half a unit in the last place, and what float64 may lose beside it."""


@dataclass(frozen=True)
class Check:
    """One comparison under way: the world, its policy and what the engine made of it."""

    world: World
    policy: Policy
    allocation: tables.Allocation

    def labour(self) -> dict[str, Labour]:
        """Return the engine's content and basis of every contribution, by id."""
        table = self.allocation.labour
        return {
            key: Labour(int(table.content_uh[i]), tables.CONTENT_BASES[table.basis[i]])
            for i, key in enumerate(sorted(self.world.contributions))
        }


def assert_agreement(world: World, allocation: tables.Allocation) -> None:
    """Assert that the engine's allocation of a world is the oracle's."""
    check = Check(world, parse_policy(world.policy), allocation)
    norms = find_norms(world, check.policy)
    found = bases(world, check.policy, norms)
    _norms(check, norms)
    _labour(check, norms, found)
    shares = share_out(world, check.policy, check.labour())
    _price(check, shares)
    assert [pool.id for pool in allocation.pools] == [pool.id for pool in shares.pools]
    for engine, oracle in zip(allocation.pools, shares.pools, strict=True):
        assert pool_rows(world, engine) == _expected_rows(oracle), f"pool {oracle.id}"
    assert escrow_rows(world, allocation) == shares.escrow()
    assert _statements(check) == _expected_statements(check, shares)
    _indicators(check, indicators(world, check.policy, check.labour(), shares))


def _norms(check: Check, norms: dict[Key, Norm]) -> None:
    """Every published norm is the oracle's, and every norm that was used is published."""
    published = {(row.scope, row.task_type): row for row in check.allocation.norms}
    assert len(published) == len(check.allocation.norms)
    for key, row in published.items():
        norm = norms[key]
        nanoseconds = norm.seconds_per_unit * 10**9
        assert abs(row.norm_nanoseconds - nanoseconds) <= 1 + nanoseconds / 2**50, key
        assert (row.method, row.seconds, row.effective_micro_units, row.producers) == (
            norm.method,
            norm.seconds,
            norm.micro_units,
            norm.producers,
        ), key
        assert row.shrunk_toward == norm.shrunk_toward, key
    assert set(published) == set(norms)


def _labour(check: Check, norms: dict[Key, Norm], found: dict[str, str]) -> None:
    world, policy, table = check.world, check.policy, check.allocation.labour
    labour = check.labour()
    assert {key: row.basis for key, row in labour.items()} == found
    hours = credited_hours(world, policy, norms, found)
    held = provisional_contents(world, policy, labour)
    digit_ppm = 10 ** (6 - policy.complexity.decimals)
    for i, row in enumerate(world.rows()):
        kappa_ppm, decay_ppm = int(table.complexity_ppm[i]), int(table.decay_ppm[i])
        kappa = complexity_of(policy, row, found[row.id])
        assert abs(kappa_ppm - kappa * PPM) <= HALF_A_UNIT * digit_ppm, row.id
        assert kappa_ppm % digit_ppm == 0, row.id
        assert abs(decay_ppm - decay_of(policy, world, row) * PPM) <= HALF_A_UNIT, row.id
        credited = hours[row.id] * PPM
        assert abs(int(table.credited_uh[i]) - credited) <= TOLERANCE_UH, row.id
        content = credited * kappa_ppm * decay_ppm / PPM**2
        if not is_productive(world, policy, row):
            content = Fraction(0)
        expected = Fraction(held.get(row.id, content))
        assert abs(labour[row.id].content_uh - expected) <= TOLERANCE_UH, row.id
        assert row.id not in held or labour[row.id].content_uh == expected, row.id


def _price(check: Check, shares: Shares) -> None:
    found = check.allocation.price
    for name, amount in vars(shares.price).items():
        assert getattr(found, name) == amount, name
    amounts = [int(amount) for amount in check.allocation.product_revenue_micro]
    assert dict(zip(sorted(check.world.products), amounts, strict=True)) == shares.product_revenue


def pool_rows(world: World, pool: tables.PoolShare) -> dict[str, object]:
    """Return one shared pool with ids in place of positions."""
    products, rows = sorted(world.products), sorted(world.contributions)
    flows: dict[tuple[str, str | None], int] = {}
    for product, upstream, amount in zip(
        pool.flow_product, pool.flow_upstream, pool.flow_micro, strict=True
    ):
        source = None if upstream == tables.MISSING else products[upstream]
        assert (products[product], source) not in flows
        flows[products[product], source] = int(amount)
    lines = zip(pool.line_contribution, pool.line_micro, strict=True)
    weights = zip(pool.weighted, pool.weight, strict=True)
    assert len(set(pool.line_contribution.tolist())) == len(pool.line_contribution)
    assert len(set(pool.weighted.tolist())) == len(pool.weighted)
    return {
        "kind": pool.kind,
        "flow": pool.flow,
        "funded": pool.funded_micro,
        "scaled_from": pool.scaled_from_micro,
        "flows": flows,
        "lines": {rows[key]: int(amount) for key, amount in lines},
        "weights": {rows[key]: int(weight) for key, weight in weights},
        "embodied": dict(zip(products, pool.embodied_uh.tolist(), strict=True))
        if pool.flow == "lineage"
        else {},
    }


def _expected_rows(pool: PoolShare) -> dict[str, object]:
    return {
        "kind": pool.kind,
        "flow": pool.flow,
        "funded": pool.funded_micro,
        "scaled_from": pool.scaled_from_micro,
        "flows": {key: amount for key, amount in pool.flows.items() if amount},
        "lines": {key: amount for key, amount in pool.lines.items() if amount},
        "weights": pool.weights,
        "embodied": pool.embodied_uh if pool.flow == "lineage" else {},
    }


def escrow_rows(
    world: World, allocation: tables.Allocation
) -> dict[tuple[str, str | None, str], int]:
    """Return the escrow of a run with ids in place of positions; no row stands twice."""
    products = sorted(world.products)
    rows: Counter[tuple[str, str | None, str]] = Counter()
    for row in allocation.escrow:
        product = None if row.product == tables.MISSING else products[row.product]
        assert (row.pool, product, row.reason) not in rows
        assert row.amount_micro
        rows[row.pool, product, row.reason] = row.amount_micro
    return dict(rows)


def _statements(check: Check) -> dict[str, Payment]:
    table = check.allocation.statements
    columns = (
        table.amount_micro,
        table.carried_in_micro,
        table.paid_minor,
        table.carried_out_micro,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    workers = sorted(check.world.workers)
    return {worker: Payment(*row) for worker, row in zip(workers, rows, strict=True)}


def _expected_statements(check: Check, shares: Shares) -> dict[str, Payment]:
    carried = {row.worker: row.carried_in_micro for row in check.world.benchmarks}
    return {
        worker: payment(
            amount,
            carried.get(worker, 0),
            minor_digits=check.world.minor_digits,
            minimum_minor=check.policy.minimum_payout_minor,
        )
        for worker, amount in shares.worker_amounts(check.world).items()
    }


def _indicators(check: Check, expected: dict[str, Fraction]) -> None:
    found = check.allocation.indicators
    credited = check.allocation.labour.credited_uh.tolist()
    beyond = credited_beyond_worked(
        check.world,
        check.policy,
        check.labour(),
        dict(zip(sorted(check.world.contributions), credited, strict=True)),
    )
    if beyond is not None:
        expected = expected | {"credited_minus_worked_hours": beyond}
    assert set(found) == set(expected)
    for name, ratio in expected.items():
        assert abs(Fraction(found[name]) - ratio) <= Fraction(1, 2 * 10**9), name
