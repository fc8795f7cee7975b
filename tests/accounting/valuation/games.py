"""Small games for the tests, and slow oracles that follow the definitions word by word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from accounting.valuation.blocks import Valuation, value_all
from accounting.valuation.methods import Method, prepare
from accounting.valuation.points import BoolArray, FloatArray, IntArray, TestPoints, TrainingPoints
from accounting.valuation.utility import (
    Agreement,
    Kind,
    Neighbourhood,
    Utility,
    freeze,
    hard,
    soft,
    within,
)


@dataclass(frozen=True)
class World:
    """A training set, a validation set and a utility."""

    training: TrainingPoints
    tests: TestPoints
    utility: Utility

    def value(self, method: Method) -> Valuation:
        """Value everyone on one thread."""
        game = prepare(
            method=method, training=self.training, tests=self.tests, utility=self.utility
        )
        return value_all(game, threads=1)


def small_world(
    *, seed: int, sizes: tuple[int, int, int], neighbourhood: Neighbourhood, baseline: float
) -> World:
    """Random points on a coarse grid, so that distances tie often.

    Args:
        seed: Decides everything random.
        sizes: Points N, owners M, test points T.
        neighbourhood: Of the utility.
        baseline: Of the utility.
    """
    random = np.random.default_rng(seed)
    points, owners, count = sizes
    training = TrainingPoints.of(
        features=random.integers(0, 4, (points, 2)),
        targets=random.integers(0, 3, points),
        owners=random.integers(0, owners, points),
        owner_count=owners,
        ids=random.permutation(points),
    )
    tests = TestPoints.of(
        features=random.integers(0, 4, (count, 2)), targets=random.integers(0, 3, count)
    )
    agreement = Agreement.LABEL if seed % 3 else Agreement.SCORE
    utility = freeze(
        tests=tests,
        embedding="grid",
        neighbourhood=neighbourhood,
        agreement=agreement,
        baseline=baseline,
    )
    return World(training, tests, utility)


@st.composite
def small_worlds(
    draw: st.DrawFn, *, kinds: tuple[Kind, ...] = (Kind.HARD, Kind.SOFT), most_points: int = 10
) -> World:
    """Worlds of up to ten points and six owners, few enough to enumerate."""
    kind = draw(st.sampled_from(kinds))
    k = draw(st.integers(1, 12))
    neighbourhoods = {Kind.HARD: hard(k), Kind.SOFT: soft(k), Kind.THRESHOLD: within(k / 4)}
    sizes = (draw(st.integers(1, most_points)), draw(st.integers(1, 6)), draw(st.integers(1, 4)))
    return small_world(
        seed=draw(st.integers(0, 2**32 - 1)),
        sizes=sizes,
        neighbourhood=neighbourhoods[kind],
        baseline=draw(st.sampled_from([0.0, 1 / 3, -0.25])),
    )


def weights_in_order(world: World, t: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """Rows by (distance, id) to test point t, their weights and their distances."""
    training, tests = world.training, world.tests
    distances = np.sqrt(((training.features - tests.features[t]) ** 2).sum(axis=1))
    order = np.lexsort((training.ids, distances))
    weights = training.targets.copy()
    if world.utility.agreement is Agreement.LABEL:
        weights = (training.targets == tests.targets[t]).astype(float)
    return order, weights[order], distances[order]


def everyone_subsets(count: int) -> BoolArray:
    """(2^P, P): who is in each coalition; coalition i is the binary digits of i."""
    digits = np.arange(2**count)[:, np.newaxis] >> np.arange(count)
    return np.asarray(digits % 2, dtype=np.bool_)


def coalition_utilities(world: World, players: IntArray, count: int) -> FloatArray:
    """(2^P,) utility of every coalition of players; `players` says whose each row is."""
    members = everyone_subsets(count)
    total = np.zeros(len(members))
    for t in range(world.tests.count):
        order, weights, distances = weights_in_order(world, t)
        total += _utilities(world.utility, members[:, players[order]], weights, distances)
    return total / world.tests.count


def _utilities(
    utility: Utility, present: BoolArray, weights: FloatArray, distances: FloatArray
) -> FloatArray:
    neighbourhood = utility.neighbourhood
    counted = present & (np.cumsum(present, axis=1) <= neighbourhood.k)
    if neighbourhood.kind is Kind.THRESHOLD:
        counted = present & (distances**2 <= neighbourhood.radius**2)
    found = counted.sum(axis=1)
    divisor = found if neighbourhood.kind is not Kind.HARD else neighbourhood.k
    mean = (counted @ weights) / np.maximum(divisor, 1)
    nobody = found == 0 if neighbourhood.kind is Kind.THRESHOLD else ~present.any(axis=1)
    return np.where(nobody, utility.baseline, mean)


def shapley_by_enumeration(utilities: FloatArray) -> FloatArray:
    """Shapley values from the utilities of all coalitions."""
    count = len(utilities).bit_length() - 1
    by_size = [1.0 / (count * math.comb(count - 1, s)) for s in range(count)]
    return semivalue_by_enumeration(utilities, by_size)


def semivalue_by_enumeration(utilities: FloatArray, by_size: list[float]) -> FloatArray:
    """Values that weigh a marginal contribution by the size of the coalition joined."""
    members = everyone_subsets(len(utilities).bit_length() - 1)
    values = []
    for player in range(members.shape[1]):
        without = np.flatnonzero(~members[:, player])
        sizes = members[without].sum(axis=1)
        gains = utilities[without + 2**player] - utilities[without]
        values.append(math.fsum(np.array(by_size)[sizes] * gains))
    return np.array(values)


def shapley_by_quadrature(world: World) -> FloatArray:
    """Owner-level hard-label values from the multilinear extension, v(∅) = 0.

    `φ_m = ∫₀¹ E[v(S with m) - v(S)] dt`, where everyone else is in S with probability t. The
    integrand is a polynomial of degree M - 1, so ⌈M/2⌉ Gauss-Legendre nodes are exact.

    Source: Owen 1972, *Multilinear extensions of games*.
    """
    owners = world.training.owner_count
    nodes, node_weights = np.polynomial.legendre.leggauss(-(-owners // 2))
    values = np.zeros(owners)
    for node, node_weight in zip((nodes + 1) / 2, node_weights / 2, strict=True):
        for player in range(owners):
            chances = np.full(owners, node)
            chances[player] = 1.0
            joined = _expected_utility(world, chances)
            chances[player] = 0.0
            values[player] += node_weight * (joined - _expected_utility(world, chances))
    return values


def _expected_utility(world: World, chances: FloatArray) -> float:
    """Expected hard-label utility when each owner is in with its own chance."""
    k = world.utility.neighbourhood.k
    total = 0.0
    for t in range(world.tests.count):
        order, weights, _ = weights_in_order(world, t)
        nearer = np.zeros(world.training.owner_count, dtype=int)
        for owner, weight in zip(world.training.owners[order], weights, strict=True):
            total += weight / k * chances[owner] * _chance_of_room(nearer, chances, owner, k)
            nearer[owner] += 1
    return total / world.tests.count


def _chance_of_room(nearer: IntArray, chances: FloatArray, owner: int, k: int) -> float:
    """Chance that fewer than K points are nearer, given that the owner is in."""
    distribution = np.zeros(k)
    if nearer[owner] < k:
        distribution[nearer[owner]] = 1.0
    for other in np.flatnonzero(nearer):
        if other != owner:
            joined = np.zeros(k)
            if nearer[other] < k:
                joined[nearer[other] :] = distribution[: k - nearer[other]]
            distribution = (1 - chances[other]) * distribution + chances[other] * joined
    return float(distribution.sum())
