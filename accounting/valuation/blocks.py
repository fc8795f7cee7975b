"""Test points valued block by block, so that a run can stop, go on, and be shared.

Values average over test points. A block is a fixed range of them; its result is the sum, and
the sum of squares, of every player's value over the block. Within a block, lanes of eight
test points are summed one after the other and then added in order; blocks are merged in order.
No thread, worker or interruption changes the order of an addition, so the result is the same
to the last bit whoever computed which block.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from accounting.valuation.distances import Rows, Tile, measure_tile
from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray, TestPoints, TrainingPoints
from accounting.valuation.sums import LaneSums, mean_and_error

LANE: Final = 8
"""Test points summed one after the other; part of what fixes the bits of a result."""

TILE_BYTES: Final = 56 << 20
"""Memory for the distances one thread holds, if a lane fits; affects speed only."""

SUMS_MAGIC: Final = b"HSBLK1\0\0"

Scratch = TypeVar("Scratch")


class BlockUnknown(ValuationError):
    """A block was asked for that the plan does not have."""

    code = "valuation_block_unknown"


class BlocksIncomplete(ValuationError):
    """Blocks to merge are missing, repeated or out of order."""

    code = "valuation_blocks_incomplete"


class BlockUnreadable(ValuationError):
    """Stored sums are damaged or belong to another valuation."""

    code = "valuation_block_unreadable"


class TestKernel(Protocol[Scratch]):
    """The arithmetic of one method for one test point after another."""

    @property
    def values_points(self) -> bool:
        """Whether points get values, besides owners."""

    def new_scratch(self, rows: Rows, owner_count: int) -> Scratch:
        """Working memory for one thread."""

    def add_tests(self, rows: Rows, tile: Tile, scratch: Scratch, sums: LaneSums) -> None:
        """Add the values of every player for the tile's test points, in their order."""


@dataclass(frozen=True, slots=True)
class BlockSums:
    """What one block of test points adds to a valuation.

    Attributes:
        index: Which block.
        tests: Test points in it.
        points, owners, whole: As in `LaneSums`, in ascending order of id.
    """

    index: int
    tests: int
    points: FloatArray
    owners: FloatArray
    whole: FloatArray

    def pack(self) -> bytes:
        """The sums as bytes to store: a header, then little-endian float64."""
        sizes = [self.index, self.tests, self.points.shape[1], self.owners.shape[1]]
        parts = [np.array(sizes, dtype="<i8").tobytes()]
        parts += [part.astype("<f8").tobytes() for part in (self.points, self.owners, self.whole)]
        return SUMS_MAGIC + b"".join(parts)

    @classmethod
    def unpack(cls, stored: bytes) -> BlockSums:
        """Read back what `pack` wrote.

        Raises:
            BlockUnreadable: The bytes are not a block's, or cut short.
        """
        start = len(SUMS_MAGIC) + 32
        if len(stored) < start or not stored.startswith(SUMS_MAGIC):
            raise BlockUnreadable("these bytes are not the sums of a block")
        sizes = np.frombuffer(stored[len(SUMS_MAGIC) : start], dtype="<i8").tolist()
        index, tests, points, owners = sizes
        if min(sizes) < 0 or len(stored) != start + 16 * (points + owners + 1):
            raise BlockUnreadable("the sums of a block have the wrong length", index=index)
        numbers = np.frombuffer(stored[start:], dtype="<f8").astype(np.float64)
        cut = 2 * points, 2 * (points + owners)
        first, second, third = np.split(numbers, cut)
        return cls(index, tests, first.reshape(2, -1), second.reshape(2, -1), third.reshape(2, -1))


@dataclass(frozen=True, slots=True)
class TestGame(Generic[Scratch]):
    """A game per test point, ready to be valued block by block.

    Attributes:
        training: The points.
        tests: The validation set.
        rows: The points as kernels read them.
        kernel: The method.
        baseline: v(∅).
        block_size: Test points per block, a multiple of `LANE`.
    """

    # pytest would otherwise collect a class of this name.
    __test__ = False

    training: TrainingPoints
    tests: TestPoints
    rows: Rows
    kernel: TestKernel[Scratch]
    baseline: float
    block_size: int

    @property
    def block_count(self) -> int:
        """How many blocks make the valuation."""
        return -(-self.tests.count // self.block_size)

    def block_part(self, index: int) -> slice:
        """The test points of a block.

        Raises:
            BlockUnknown: There is no such block.
        """
        if not 0 <= index < self.block_count:
            raise BlockUnknown(f"there are {self.block_count} blocks", index=index)
        start = index * self.block_size
        return slice(start, min(start + self.block_size, self.tests.count))

    def new_sums(self) -> LaneSums:
        """Sums of nothing yet."""
        points = self.training.count if self.kernel.values_points else 0
        return LaneSums(
            np.zeros((2, points)), np.zeros((2, self.training.owner_count)), np.zeros((2, 1))
        )


def value_block(game: TestGame[Scratch], index: int, *, threads: int | None = None) -> BlockSums:
    """Value one block of test points.

    Args:
        game: What is played.
        index: Which block, 0 … block_count - 1.
        threads: Cores to use, all of them by default; no bit of the result depends on it.

    Raises:
        BlockUnknown: There is no such block.
    """
    game.block_part(index)
    return _value_block(game, index, _Workspace(game, threads))


def value_blocks(
    game: TestGame[Scratch], *, done: Iterable[int] = (), threads: int | None = None
) -> Iterator[BlockSums]:
    """Value every block that is not done, in order, one at each step of the iterator.

    Stop iterating to stop; call again with what is done to go on.
    """
    finished = frozenset(done)
    workspace = _Workspace(game, threads)
    for index in range(game.block_count):
        if index not in finished:
            yield _value_block(game, index, workspace)


@dataclass(frozen=True, slots=True)
class Valuation:
    """What every player was worth, averaged over test points.

    Attributes:
        tests: T, how many test points.
        points: (N,) values in the order the points were given in; (0,) if not asked.
        point_errors: Standard errors of `points` over test points; NaN if T is 1.
        owners: (M,) values.
        owner_errors: Standard errors of `owners`.
        whole: v(all).
        baseline: v(∅).
    """

    tests: int
    points: FloatArray
    point_errors: FloatArray
    owners: FloatArray
    owner_errors: FloatArray
    whole: float
    baseline: float

    @property
    def gap(self) -> float:
        """Owners' values less v(all) - v(∅): zero for an efficient method but for rounding."""
        return math.fsum([*self.owners.tolist(), self.baseline, -self.whole])


def merge(game: TestGame[Scratch], blocks: Iterable[BlockSums]) -> Valuation:
    """Add up all blocks of a valuation, in ascending order of index.

    Args:
        game: What was played.
        blocks: Every block once, in order; only one need be in memory at a time.

    Raises:
        BlocksIncomplete: A block is missing, repeated or out of order.
        BlockUnreadable: A block has other players than the game.
    """
    total = game.new_sums()
    expected = 0
    for block in blocks:
        if block.index != expected:
            raise BlocksIncomplete(
                f"block {expected} was due, {block.index} came", due=expected, came=block.index
            )
        _require_same_players(game, total, block)
        for sums, part in zip(total, (block.points, block.owners, block.whole), strict=True):
            np.add(sums, part, out=sums)
        expected += 1
    if expected != game.block_count:
        raise BlocksIncomplete(f"block {expected} is missing", due=expected)
    return _average(game, total)


def value_all(game: TestGame[Scratch], *, threads: int | None = None) -> Valuation:
    """Value every block and merge."""
    return merge(game, value_blocks(game, threads=threads))


class _Workspace(Generic[Scratch]):
    """The memory of a run, kept from block to block: fresh pages would cost as much as sorting.

    Attributes:
        threads: Threads that work at once.
        tile: Test points whose distances one thread holds: whole lanes, an even part each.
        spares: For each thread, room for distances, and the kernel's working memory.
        lanes: Sums of each lane of a block.
    """

    def __init__(self, game: TestGame[Scratch], threads: int | None) -> None:
        self.threads = threads or os.cpu_count() or 1
        count = game.training.count
        lanes = -(-min(game.block_size, game.tests.count) // LANE)
        fitting = TILE_BYTES // (8 * count * LANE)
        self.tile = LANE * max(1, min(fitting, -(-lanes // self.threads)))
        self.lanes = [game.new_sums() for _ in range(lanes)]
        self.spares: SimpleQueue[tuple[FloatArray, Scratch]] = SimpleQueue()
        for _ in range(self.threads):
            scratch = game.kernel.new_scratch(game.rows, game.training.owner_count)
            self.spares.put((np.empty((self.tile, count)), scratch))


def _value_block(game: TestGame[Scratch], index: int, workspace: _Workspace[Scratch]) -> BlockSums:
    part = game.block_part(index)

    def add_tile(start: int) -> None:
        buffer, scratch = workspace.spares.get()
        try:
            tests = slice(start, min(start + workspace.tile, part.stop))
            tile = measure_tile(game.rows, game.tests, tests, buffer)
            first = (start - part.start) // LANE
            for lane, piece in enumerate(_lane_pieces(tile), start=first):
                for sums in workspace.lanes[lane]:
                    sums[:] = 0.0
                game.kernel.add_tests(game.rows, piece, scratch, workspace.lanes[lane])
        finally:
            # Whatever went wrong, other threads must not wait for this one's memory.
            workspace.spares.put((buffer, scratch))

    # Every thread multiplies for itself: a BLAS of many threads leaves them spinning for work,
    # on the cores that ours are to use next.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(workspace.threads) as pool,
    ):
        list(pool.map(add_tile, range(part.start, part.stop, workspace.tile)))
    lanes = -(-(part.stop - part.start) // LANE)
    return _add_lanes(game, index, workspace.lanes[:lanes])


def _lane_pieces(tile: Tile) -> Iterator[Tile]:
    for start in range(0, len(tile.norms), LANE):
        yield Tile(*(array[start : start + LANE] for array in tile))


def _add_lanes(game: TestGame[Scratch], index: int, lanes: list[LaneSums]) -> BlockSums:
    total = game.new_sums()
    for lane in lanes:
        for sums, added in zip(total, lane, strict=True):
            np.add(sums, added, out=sums)
    part = game.block_part(index)
    return BlockSums(index, part.stop - part.start, *total)


def _require_same_players(game: TestGame[Scratch], total: LaneSums, block: BlockSums) -> None:
    part = game.block_part(block.index)
    found = (block.points.shape, block.owners.shape, block.tests)
    if found != (total.points.shape, total.owners.shape, part.stop - part.start):
        raise BlockUnreadable("the block belongs to another valuation", index=block.index)


def _average(game: TestGame[Scratch], total: LaneSums) -> Valuation:
    tests = game.tests.count
    points, point_errors = mean_and_error(total.points, tests)
    owners, owner_errors = mean_and_error(total.owners, tests)
    if game.kernel.values_points:
        points = game.training.in_given_order(points)
        point_errors = game.training.in_given_order(point_errors)
    return Valuation(
        tests=tests,
        points=points,
        point_errors=point_errors,
        owners=owners,
        owner_errors=owner_errors,
        whole=float(total.whole[0, 0]) / tests,
        baseline=game.baseline,
    )
