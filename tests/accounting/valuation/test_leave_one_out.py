from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from accounting.valuation.methods import Method
from tests.accounting.valuation.games import World, coalition_utilities, small_worlds


@settings(deadline=None, max_examples=120)
@given(small_worlds(most_points=11))
def test_values_are_what_the_utility_loses(world: World) -> None:
    valuation = world.value(Method.LEAVE_ONE_OUT)

    count, owners = world.training.count, world.training.owner_count
    by_point = coalition_utilities(world, np.arange(count), count)
    by_owner = coalition_utilities(world, world.training.owners, owners)
    points = by_point[-1] - by_point[2**count - 1 - 2 ** np.arange(count)]
    losses = by_owner[-1] - by_owner[2**owners - 1 - 2 ** np.arange(owners)]
    assert valuation.points[world.training.places] == pytest.approx(points, abs=1e-12)
    assert valuation.owners == pytest.approx(losses, abs=1e-12)
