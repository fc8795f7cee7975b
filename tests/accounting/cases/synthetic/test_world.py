from __future__ import annotations

import hashlib
import tracemalloc
from collections import defaultdict
from dataclasses import fields

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.cases.columns import ContributionColumns
from accounting.cases.synthetic import World, WorldImpossible, world
from accounting.cases.synthetic.world import ROWS_PER_BLOCK
from accounting.core.policy import Complexity, Value
from accounting.core.tables import LABOUR_TYPES, MISSING, OUTCOMES


def digest(made: World) -> str:
    """Hash all that chance decides: the drawn tables and every column of every block."""
    case = made.case
    money = (case.revenue, case.bundles, case.usage, case.costs, case.licences, case.facts)
    drawn = (case.workers, case.products, case.edges, money)
    state = hashlib.sha256(repr(drawn).encode())
    for block in made.blocks():
        for field in fields(block):
            column = getattr(block, field.name)
            state.update(column.astype(column.dtype.newbyteorder("<")).tobytes())
    return state.hexdigest()


def whole(made: World, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate([getattr(block, name) for block in made.blocks()])


def longest_path(made: World) -> int:
    upstream_of: dict[str, list[str]] = defaultdict(list)
    for edge in made.case.edges:
        upstream_of[edge.downstream].append(edge.upstream)
    length: dict[str, int] = {}
    for product in made.case.products:
        length[product.key] = 1 + max((length[key] for key in upstream_of[product.key]), default=0)
    return max(length.values())


@pytest.fixture(scope="module")
def large() -> World:
    return world(300_000, 5, products=1_000)


def test_a_seed_means_the_same_world_on_every_machine() -> None:
    expected = "d60f5afa218045dce2834ff75d11e3d4e1106f6380937f8f381e54fa41bfbae9"
    assert digest(world(3_000, 7)) == expected


def test_another_seed_means_another_world() -> None:
    assert digest(world(500, 1)) != digest(world(500, 2))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3_000), st.integers(0, 2**40), st.integers(2, 12))
def test_the_same_arguments_make_the_same_world(contributions: int, seed: int, depth: int) -> None:
    first, again = (world(contributions, seed, depth=depth) for _ in range(2))
    assert digest(first) == digest(again)
    assert sum(len(block) for block in first.blocks()) == contributions
    assert longest_path(first) == depth


def test_blocks_can_be_made_again_alone() -> None:
    made = world(ROWS_PER_BLOCK + 10, 3)
    first, second = made.blocks()
    assert (len(first), len(second)) == (ROWS_PER_BLOCK, 10)
    iterator = made.blocks()
    next(iterator)
    assert np.array_equal(next(iterator).seconds, second.seconds)
    assert str(second.source_id[0]) == f"syn-{ROWS_PER_BLOCK:010d}"


def test_a_large_world_has_a_thousand_products_six_deep(large: World) -> None:
    assert len(large.case.products) == 1_000
    assert longest_path(large) == 6


def test_all_eight_labour_types_and_several_countries_occur(large: World) -> None:
    occurring = {
        large.case.task_types[at].labour_type for at in np.unique(whole(large, "task_type"))
    }
    assert occurring == set(LABOUR_TYPES)
    assert len({worker.country for worker in large.case.workers}) >= 5
    assert len({worker.status for worker in large.case.workers}) == 7


def test_every_outcome_occurs_and_most_work_is_accepted(large: World) -> None:
    often = np.bincount(whole(large, "outcome"), minlength=len(OUTCOMES)) / large.contributions
    assert often[OUTCOMES.index("accepted")] == pytest.approx(0.92, abs=0.01)
    assert often.min() > 0.005


def test_some_time_is_missing_and_a_little_is_missing_both(large: World) -> None:
    no_time = whole(large, "seconds") == MISSING
    no_units = whole(large, "units") == MISSING
    assert (no_time & ~no_units).mean() == pytest.approx(0.08, abs=0.005)
    assert (no_units & ~no_time).mean() == pytest.approx(0.096, abs=0.01)
    assert (no_time & no_units).mean() == pytest.approx(0.0216, abs=0.003)


def test_few_people_do_much_and_nobody_does_the_impossible(large: World) -> None:
    seconds = whole(large, "seconds")
    worked = np.bincount(
        whole(large, "worker"),
        weights=np.where(seconds == MISSING, 0, seconds),
        minlength=len(large.case.workers),
    )
    hours = np.sort(worked)[::-1] / 3600
    tenth = len(hours) // 10
    assert hours[:tenth].sum() > 0.4 * hours.sum()
    # Four years, every waking hour: the most one person could have worked.
    assert hours[0] < 4 * 365 * 16


def test_the_platform_earns_more_than_it_spends(large: World) -> None:
    revenue = sum(row.amount_micro for row in large.case.revenue)
    costs = sum(row.amount_micro for row in large.case.costs)
    assert revenue == 300_000 * 30 * 1_000_000
    assert revenue - costs - int(whole(large, "wage_micro").sum()) > 0


def test_volunteers_and_users_are_never_paid(large: World) -> None:
    unpaid = np.array([row.status in {"volunteer", "user"} for row in large.case.workers])
    assert not whole(large, "wage_micro")[unpaid[whole(large, "worker")]].any()
    assert (whole(large, "wage_micro") > 0).mean() > 0.5


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    def peak(contributions: int) -> int:
        made = world(contributions, 1, products=50, workers=1_000)
        tracemalloc.start()
        total = sum(len(block) for block in made.blocks())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert total == contributions
        return most

    assert peak(8 * ROWS_PER_BLOCK) < 1.5 * peak(2 * ROWS_PER_BLOCK)


def test_the_world_says_that_it_is_synthetic(large: World) -> None:
    case = large.case
    assert case.synthetic
    assert "Synthetic" in case.title_en
    assert "300000" in case.title_en
    assert [row.subject for row in case.assumptions] == ["synthetic"]
    assert all("Synthetic" in row.name for row in case.products)
    assert all("Synthetic" in row.name for row in case.organisations)
    assert all(worker.display_name is None for worker in case.workers)
    assert all(row.assumed for row in case.revenue)


def test_the_policy_knows_every_field_the_case_changes(large: World) -> None:
    overrides = large.case.policy.overrides
    complexity = msgspec.convert(overrides["complexity"], Complexity)
    msgspec.convert(overrides["value"], Value)
    assert set(overrides) == {"complexity", "value"}
    assert set(complexity.grades) == set(large.case.grades)
    assert set(complexity.task_types) <= {row.code for row in large.case.task_types}


def test_columns_are_whole_numbers_of_64_bits(large: World) -> None:
    block: ContributionColumns = next(large.blocks())
    for field in fields(block):
        kind = getattr(block, field.name).dtype
        assert kind == ("<U14" if field.name == "source_id" else np.int64)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"contributions": 0}, "contributions"),
        ({"seed": -1}, "seed"),
        ({"depth": 1}, "depth"),
        ({"products": 5}, "products"),
        ({"workers": 0}, "workers"),
    ],
)
def test_an_impossible_world_is_refused_by_the_field(arguments: dict[str, int], field: str) -> None:
    with pytest.raises(WorldImpossible) as refusal:
        world(**{"contributions": 100, "seed": 1, **arguments})
    assert refusal.value.facts["field"] == field
    assert refusal.value.code == "world_impossible"
