from __future__ import annotations

import pytest
from hypothesis import given, settings

from accounting.valuation.methods import Method
from accounting.valuation.utility import hard
from tests.accounting.valuation.games import (
    World,
    coalition_utilities,
    semivalue_by_enumeration,
    small_world,
    small_worlds,
)


@settings(deadline=None, max_examples=120)
@given(small_worlds(most_points=16))
def test_values_equal_the_mean_gain_over_all_coalitions(world: World) -> None:
    valuation = world.value(Method.OWNER_BANZHAF)

    owners = world.training.owner_count
    utilities = coalition_utilities(world, world.training.owners, owners)
    by_size = [2.0 ** (1 - owners)] * owners
    expected = semivalue_by_enumeration(utilities, by_size)
    assert valuation.owners == pytest.approx(expected, abs=1e-12)


def test_twelve_owners_equal_enumeration() -> None:
    world = small_world(seed=4, sizes=(40, 12, 3), neighbourhood=hard(7), baseline=0.1)

    valuation = world.value(Method.OWNER_BANZHAF)

    utilities = coalition_utilities(world, world.training.owners, 12)
    expected = semivalue_by_enumeration(utilities, [2.0**-11] * 12)
    assert valuation.owners == pytest.approx(expected, abs=1e-12)
