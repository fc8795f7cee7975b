"""Owner-level values against exact rational arithmetic, where no coalition can be enumerated."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from accounting.valuation.methods import Method
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import freeze, hard
from tests.accounting.valuation.games import World, weights_in_order

Table = list[list[int]]


def times(table: Table, count: int, sign: int) -> Table:
    """Multiply by one owner's factor, or divide by it where the sign is negative."""
    k = len(table)
    product = [row[:] for row in table]
    for s in range(1, k):
        source = (table if sign > 0 else product)[s - 1]
        for w in range(max(s, count), k):
            product[s][w] += sign * source[w - count]
    return product


def rational_values(world: World) -> list[Fraction]:
    """Every point's game in exact integers, each owner's loss worked out for itself."""
    k, owners = world.utility.neighbourhood.k, world.training.owner_count
    order, weights, _ = weights_in_order(world, 0)
    values, held = [Fraction(0)] * owners, [0] * owners
    table = [[int(s == w == 0) for w in range(k)] for s in range(k)]
    for owner, weight in zip(world.training.owners[order].tolist(), weights, strict=True):
        if held[owner] >= k:
            continue
        if held[owner]:
            table = times(table, held[owner], -1)
        if weight:
            others = [o for o in range(owners) if held[o] and o != owner]
            for player, value in game_of_point(table, held, owner, others).items():
                values[player] += value / k
        held[owner] += 1
        if held[owner] < k:
            table = times(table, held[owner], 1)
    return values


def game_of_point(
    table: Table, held: list[int], owner: int, others: list[int]
) -> dict[int, Fraction]:
    room, players = len(table) - held[owner], len(others) + 1

    def beta(s: int) -> Fraction:
        return Fraction(1, players * math.comb(players - 1, s)) if s < players else Fraction(0)

    gains = {owner: sum((sum(table[s][:room]) * beta(s) for s in range(room)), Fraction(0))}
    by_count: dict[int, Fraction] = {}
    for other in others:
        count = held[other]
        if count not in by_count:
            without = times(table, count, -1) if count < len(table) else table
            low = max(0, room - count)
            ways = [sum(without[s][low:room]) for s in range(room)]
            by_count[count] = sum((w * beta(s + 1) for s, w in enumerate(ways)), Fraction(0))
        gains[other] = -by_count[count]
    return gains


@pytest.mark.parametrize(("owners", "k"), [(15, 4), (80, 12), (150, 25)])
def test_values_equal_exact_rationals(owners: int, k: int) -> None:
    random = np.random.default_rng(owners)
    points = 8 * owners
    training = TrainingPoints.of(
        features=random.normal(size=(points, 3)),
        targets=random.integers(0, 10, points),
        owners=random.integers(0, owners, points),
        owner_count=owners,
    )
    tests = TestPoints.of(features=random.normal(size=(1, 3)), targets=[3])
    utility = freeze(tests=tests, embedding="noise", neighbourhood=hard(k), baseline=0.0)
    world = World(training, tests, utility)

    values = world.value(Method.OWNER_SHAPLEY).owners

    expected = [float(value) for value in rational_values(world)]
    assert values == pytest.approx(expected, abs=1e-15)
