"""What the value model promises the people who worked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from accounting.core.policy import parse_policy
from tests.oracle.norms import is_timed
from tests.oracle.sharing import part_of
from tests.oracle.world import Contribution, World
from tests.properties.effort import effort
from tests.properties.runs import amount_by_worker, content_by_id, plain, run
from tests.properties.strategies import worlds


@effort(150)
@given(worlds())
def test_nobody_is_paid_less_than_nothing_without_refunds(world: World) -> None:
    revenue = [replace(row, amount_micro=abs(row.amount_micro)) for row in world.revenue]
    allocation = run(replace(world, revenue=revenue))
    for pool in allocation.pools:
        assert pool.funded_micro >= 0
        assert (pool.line_micro > 0).all()
        assert (pool.flow_micro > 0).all()
    assert all(row.amount_micro > 0 for row in allocation.escrow)


@effort(150)
@given(worlds())
def test_scores_move_shares_only_among_the_scored(world: World) -> None:
    """Unscored labour keeps its share; scored labour keeps all but the blended part of its own."""
    allocation = run(world)
    policy = parse_policy(world.policy)
    keys = sorted(world.contributions)
    contents = content_by_id(world, allocation)
    reliability = {key: row.reliability_ppm for key, row in world.valuations.items()}
    reliability = {row.contribution: reliability[row.valuation] for row in world.scores}
    for pool in allocation.pools:
        if pool.kind == "wage_floor":
            continue
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for position, weight in zip(pool.weighted.tolist(), pool.weight.tolist(), strict=True):
            key = keys[position]
            beta_ppm = part_of(policy.blend_beta_ppm, max(0, reliability.get(key, 0)))
            assert weight >= contents[key] - part_of(contents[key], beta_ppm)
            assert key in reliability or weight == contents[key]
            before[world.contributions[key].product] += contents[key]
            after[world.contributions[key].product] += weight
        assert before == after


@effort(120)
@given(worlds())
def test_missing_evidence_of_quality_counts_as_full_quality(world: World) -> None:
    """For output that is counted in units, nothing at all changes."""
    silent = {
        key: replace(row, quality_ppm=None) if is_timed(row) else row
        for key, row in world.contributions.items()
    }
    praised = {
        key: replace(row, quality_ppm=1_000_000) if is_timed(row) else row
        for key, row in world.contributions.items()
    }
    with_none = run(replace(world, contributions=silent))
    with_full = run(replace(world, contributions=praised))
    assert plain(with_none) == plain(with_full)


@effort(120)
@given(worlds())
def test_time_without_evidence_of_output_or_quality_is_credited_in_full(world: World) -> None:
    allocation = run(world)
    counted = parse_policy(world.policy).norm.counted_outcomes
    credited = allocation.labour.credited_uh.tolist()
    for row, credited_uh in zip(world.rows(), credited, strict=True):
        if row.outcome in counted and row.seconds and not row.units and row.quality_ppm is None:
            assert abs(credited_uh - row.seconds * 1_000_000 / 3600) <= 1


@effort(120)
@given(worlds(), st.data())
def test_splitting_a_batch_gains_nothing(world: World, data: st.DataObject) -> None:
    """Work cut into pieces is worth the same, up to the rounding of each piece."""
    world = replace(world, policy=_with_one_profit_share(world.policy), scores=[])
    if not world.contributions:
        return
    key = data.draw(st.sampled_from(sorted(world.contributions)))
    pieces = data.draw(st.integers(2, 5))
    whole = _divisible(world.contributions[key], pieces)
    before = replace(world, contributions=world.contributions | {key: whole})
    rest = {name: row for name, row in before.contributions.items() if name != key}
    cut = {f"{key}-{i}": _piece(whole, pieces, f"{key}-{i}") for i in range(pieces)}
    after = replace(before, contributions=rest | cut)
    first, second = run(before), run(after)
    assert first.norms == second.norms
    old, new = content_by_id(before, first), content_by_id(after, second)
    if whole.seconds or whole.units:
        assert abs(sum(new.pop(name) for name in cut) - old.pop(key)) <= pieces
    # Unmeasured work is held per worker, so its rows may differ while the worker's sum does not.
    was, now = _content_by_work(before, old), _content_by_work(after, new)
    assert all(abs(now[work] - content_uh) <= pieces for work, content_uh in was.items())
    fund = first.pools[0].funded_micro
    total_uh = int(first.labour.content_uh.sum())
    # Each piece may round by half a micro-hour, which moves that part of the fund at most.
    slack = 2 * pieces * fund // max(1, total_uh) + len(after.contributions)
    later = amount_by_worker(after, second)
    for worker, amount in amount_by_worker(before, first).items():
        assert total_uh == 0 or abs(amount - later[worker]) <= slack


def _content_by_work(world: World, content_uh: dict[str, int]) -> dict[tuple[str, str, str], int]:
    sums: dict[tuple[str, str, str], int] = {}
    for name, amount in content_uh.items():
        row = world.contributions[name]
        work = (row.worker, row.product, row.task_type)
        sums[work] = sums.get(work, 0) + amount
    return sums


def _with_one_profit_share(policy: dict[str, object]) -> dict[str, object]:
    return policy | {"pools": [{"id": "p", "kind": "profit_share", "rate_ppm": 50_000}]}


def _divisible(row: Contribution, pieces: int) -> Contribution:
    return replace(
        row,
        seconds=row.seconds and row.seconds * pieces,
        units=row.units and row.units * pieces,
        wage_micro=row.wage_micro * pieces,
        frozen_ppm=0,
    )


def _piece(row: Contribution, pieces: int, name: str) -> Contribution:
    return replace(
        row,
        id=name,
        seconds=row.seconds and row.seconds // pieces,
        units=row.units and row.units // pieces,
        wage_micro=row.wage_micro // pieces,
    )
