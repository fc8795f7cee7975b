from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from accounting.valuation import blocks
from accounting.valuation.blocks import (
    BlocksIncomplete,
    BlockSums,
    BlockUnknown,
    BlockUnreadable,
    Valuation,
    merge,
    value_all,
    value_block,
    value_blocks,
)
from accounting.valuation.methods import Method, block_size, prepare
from accounting.valuation.points import TestPoints, TrainingPoints
from accounting.valuation.utility import freeze, hard

EVERY = [
    Method.POINT_SHAPLEY,
    Method.OWNER_SHAPLEY,
    Method.OWNER_BANZHAF,
    Method.LEAVE_ONE_OUT,
]


def noisy_game(method: Method, tests: int = 144) -> blocks.TestGame[object]:
    random = np.random.default_rng(21)
    training = TrainingPoints.of(
        features=random.normal(size=(500, 6)),
        targets=random.integers(0, 4, 500),
        owners=random.integers(0, 20, 500),
    )
    validation = TestPoints.of(
        features=random.normal(size=(tests, 6)), targets=random.integers(0, 4, tests)
    )
    utility = freeze(tests=validation, embedding="noise", neighbourhood=hard(5))
    return prepare(method=method, training=training, tests=validation, utility=utility)


def bits(valuation: Valuation) -> list[bytes | float]:
    return [
        value.tobytes() if isinstance(value, np.ndarray) else value
        for value in dataclasses.astuple(valuation)
    ]


@pytest.mark.parametrize("method", EVERY)
def test_threads_change_no_bit(method: Method) -> None:
    game = noisy_game(method)

    assert bits(value_all(game, threads=3)) == bits(value_all(game, threads=1))


@pytest.mark.parametrize("method", EVERY)
def test_two_workers_sharing_blocks_change_no_bit(method: Method) -> None:
    alone = value_all(noisy_game(method), threads=1)

    # Each worker prepares the game for itself and hands on bytes, as through a database.
    first, second = noisy_game(method), noisy_game(method)
    stored = {i: value_block(first, i).pack() for i in range(0, first.block_count, 2)}
    stored |= {i: value_block(second, i).pack() for i in range(1, second.block_count, 2)}
    together = merge(first, (BlockSums.unpack(stored[i]) for i in sorted(stored)))

    assert bits(together) == bits(alone)


def test_an_interrupted_run_goes_on_where_it_stopped() -> None:
    game = noisy_game(Method.OWNER_SHAPLEY)
    stored = [next(value_blocks(game, threads=1))]

    rest = list(value_blocks(game, done=[sums.index for sums in stored], threads=1))

    assert [sums.index for sums in rest] == [1, 2]
    assert bits(merge(game, stored + rest)) == bits(value_all(game, threads=1))


def test_tile_memory_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    game = noisy_game(Method.POINT_SHAPLEY)
    wide = value_all(game, threads=1)

    monkeypatch.setattr(blocks, "TILE_BYTES", 1)

    assert bits(value_all(game, threads=2)) == bits(wide)


def test_rows_in_another_order_change_no_bit() -> None:
    game = noisy_game(Method.POINT_SHAPLEY)
    training = game.training
    shuffle = np.random.default_rng(3).permutation(training.count)
    shuffled = TrainingPoints.of(
        features=training.features[shuffle],
        targets=training.targets[shuffle],
        owners=training.owners[shuffle],
        ids=training.ids[shuffle],
    )
    utility = freeze(tests=game.tests, embedding="noise", neighbourhood=hard(5))
    other = prepare(
        method=Method.POINT_SHAPLEY, training=shuffled, tests=game.tests, utility=utility
    )

    values, same = value_all(game), value_all(other)

    assert shuffled.digest() == training.digest()
    assert same.points.tobytes() == values.points[shuffle].tobytes()
    assert same.owners.tobytes() == values.owners.tobytes()


@pytest.mark.parametrize("order", [[0, 2], [1, 0, 2], [0, 0, 1, 2], [0, 1], [0, 1, 2, 3]])
def test_blocks_missing_repeated_or_out_of_order_are_refused(order: list[int]) -> None:
    game = noisy_game(Method.LEAVE_ONE_OUT)
    sums = [*value_blocks(game, threads=1)]
    extra = dataclasses.replace(sums[-1], index=3)

    with pytest.raises((BlocksIncomplete, BlockUnknown)):
        merge(game, [[*sums, extra][i] for i in order])


def test_a_block_outside_the_plan_is_refused() -> None:
    with pytest.raises(BlockUnknown) as refusal:
        value_block(noisy_game(Method.POINT_SHAPLEY), 3)

    assert refusal.value.facts == {"index": 3}


def test_damaged_or_foreign_sums_are_refused() -> None:
    game = noisy_game(Method.OWNER_SHAPLEY)
    sums = value_block(game, 0, threads=1)
    packed = sums.pack()

    for damaged in (b"", packed[:-1], b"x" + packed[1:], packed + b"\0", packed[:20]):
        with pytest.raises(BlockUnreadable):
            BlockSums.unpack(damaged)
    with pytest.raises(BlockUnreadable):
        merge(noisy_game(Method.POINT_SHAPLEY), [sums])
    with pytest.raises(BlockUnreadable):
        merge(noisy_game(Method.OWNER_SHAPLEY, tests=100), [sums])


@pytest.mark.parametrize(
    ("tests", "size"), [(1, 1), (2, 1), (3, 1), (20, 7), (24, 8), (100, 32), (1000, 128)]
)
def test_a_valuation_is_cut_into_three_blocks_at_least(tests: int, size: int) -> None:
    assert block_size(tests) == size
