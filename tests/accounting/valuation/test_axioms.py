"""The axioms that single out the Shapley value, as properties of every exact method."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.valuation.methods import Method
from accounting.valuation.points import FloatArray, TestPoints, TrainingPoints
from accounting.valuation.utility import Agreement, Neighbourhood, freeze, hard, soft
from tests.accounting.valuation.games import World, small_worlds

seeds = st.integers(0, 2**32 - 1)
neighbourhoods = st.builds(
    lambda kind, k: kind(k), st.sampled_from([hard, soft]), st.integers(1, 9)
)
owner_methods = st.sampled_from(
    [Method.OWNER_SHAPLEY, Method.OWNER_BANZHAF, Method.LEAVE_ONE_OUT, Method.POINT_SHAPLEY]
)


@settings(deadline=None, max_examples=60)
@given(small_worlds(most_points=40), st.sampled_from([Method.OWNER_SHAPLEY, Method.POINT_SHAPLEY]))
def test_values_add_up_to_what_everyone_gains(world: World, method: Method) -> None:
    valuation = world.value(method)

    assert valuation.owners.sum() == pytest.approx(
        valuation.whole - world.utility.baseline, abs=1e-12
    )
    assert abs(valuation.gap) <= 1e-12


@settings(deadline=None, max_examples=40)
@given(small_worlds(most_points=40), owner_methods)
def test_an_owner_without_points_gets_exactly_nothing(world: World, method: Method) -> None:
    training = dataclasses.replace(world.training, owner_count=world.training.owner_count + 1)

    with_idler = dataclasses.replace(world, training=training).value(method)

    assert with_idler.owners[-1] == 0.0
    assert with_idler.owners[:-1] == pytest.approx(world.value(method).owners, abs=1e-13)


@settings(deadline=None, max_examples=40)
@given(seeds, neighbourhoods, owner_methods)
def test_owners_who_bring_the_same_get_the_same(
    seed: int, neighbourhood: Neighbourhood, method: Method
) -> None:
    random = np.random.default_rng(seed)
    # Two owners whose points are as far away as each other's: mirrored on the first axis.
    half = random.integers(1, 5, (6, 2)).astype(float)
    features = np.concatenate([half, half * [-1.0, 1.0]])
    targets = np.tile(random.integers(0, 2, 6), 2)
    owners = np.concatenate([np.zeros(6), np.ones(6)])
    tests = TestPoints.of(features=[[0.0, 1.0], [0.0, 3.0]], targets=[0, 1])
    utility = freeze(tests=tests, embedding="mirror", neighbourhood=neighbourhood)
    # Mirrored points tie, and a tie goes to the lower id: let each owner win it once.
    values = [
        World(
            TrainingPoints.of(features=features, targets=targets, owners=owners, ids=ids),
            tests,
            utility,
        ).value(method)
        for ids in (np.arange(12), np.roll(np.arange(12), 6))
    ]

    mean = (values[0].owners + values[1].owners) / 2
    assert mean[0] == pytest.approx(mean[1], abs=1e-13)


@settings(deadline=None, max_examples=40)
@given(seeds, neighbourhoods, owner_methods, st.floats(-4, 4), st.floats(-4, 4))
def test_values_are_linear_in_the_weights(
    seed: int, neighbourhood: Neighbourhood, method: Method, first: float, second: float
) -> None:
    random = np.random.default_rng(seed)
    features, owners = random.normal(size=(20, 2)), random.integers(0, 5, 20)
    one, other = random.normal(size=20), random.normal(size=20)
    tests = TestPoints.of(features=random.normal(size=(3, 2)), targets=[0, 0, 0])

    def values_of(scores: FloatArray) -> FloatArray:
        training = TrainingPoints.of(
            features=features, targets=scores, owners=owners, owner_count=5
        )
        utility = freeze(
            tests=tests,
            embedding="noise",
            neighbourhood=neighbourhood,
            agreement=Agreement.SCORE,
            baseline=0.0,
        )
        return World(training, tests, utility).value(method).owners

    combined = values_of(first * one + second * other)
    assert combined == pytest.approx(first * values_of(one) + second * values_of(other), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(small_worlds(most_points=30), owner_methods, seeds)
def test_renaming_owners_renames_values(world: World, method: Method, seed: int) -> None:
    names = np.random.default_rng(seed).permutation(world.training.owner_count)
    renamed = dataclasses.replace(world.training, owners=names[world.training.owners])

    values = dataclasses.replace(world, training=renamed).value(method).owners

    assert values[names] == pytest.approx(world.value(method).owners, abs=1e-13)
