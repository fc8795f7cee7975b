"""What a run of millions costs from the first read to the last posting, against its floor.

The floor is what no run could do without: reading labour in blocks into arrays, one compiled
pass of arithmetic for every pool, and binary COPY of the same lines into a bare table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from django.db import connection, transaction

from accounting.core.allocation import allocate_with_grounds
from accounting.core.bundle import write_bundle
from accounting.core.tables import Allocation
from accounting.core.trace import check
from accounting.models import Line, LineBlock, Period, Policy, Run
from accounting.models.blocks import BLOCK_SHIFT
from accounting.services import labour_segments, runs
from accounting.services.approving import approve_run
from accounting.services.binary_copy import write_columns
from accounting.services.explaining import explain_line
from accounting.services.posting import post_run
from accounting.services.run_inputs import Pinned, pin
from accounting.services.run_results import write_results
from bench.scale import arithmetic
from bench.scale.loading import loaded
from bench.table import Row, fastest
from bench.valuation.memory import peak, reset_peak
from bench.worlds import world_of_its_own
from contributions.models import User

COMPARED_ROWS = 1_000_000
EXPLAINED = 100
Result = TypeVar("Result")


@dataclass(slots=True)
class _Clock:
    """Times the steps of one run, in their order."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = work()
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start
        return result


def measure(contributions: int) -> Iterator[Row]:
    """Measure one run of a world of this size."""
    size = f"{contributions:,} contributions"
    period = loaded(world_of_its_own(contributions))
    clock = _Clock()
    clock.time("pack labour, once in its life", labour_segments.pack_labour)
    # What a worker does once in its life is no part of a run: compiled code is loaded here.
    allocate_with_grounds(_pinned(period).inputs)
    with transaction.atomic():
        yield from _measured(period, clock, size)
        # Each time starts from nothing, so that tables do not grow under the clock.
        transaction.set_rollback(True)


def _measured(period: Period, clock: _Clock, size: str) -> Iterator[Row]:
    reset_peak()
    run, pinned, allocation = _end_to_end(period, clock)
    memory = peak()
    packed = clock.seconds.pop("pack labour, once in its life")
    total = sum(clock.seconds.values())
    for step, seconds in clock.seconds.items():
        yield Row(step, size, seconds)
    floor = _floor(pinned, allocation)
    yield Row("the run, end to end", size, total, f"floor of {floor:.2f} s", floor / total)
    yield Row("peak memory of the run", f"{memory / 1e9:.2f} GB", total)
    yield Row("pack labour, once in its life", size, packed)
    yield from _arithmetic(pinned, allocation)
    yield _explaining(run, size)
    with TemporaryDirectory() as folder:
        yield Row(
            "write the bundle",
            size,
            fastest(lambda: _bundle(Path(folder), pinned, allocation), repetitions=1),
        )


def _pinned(period: Period) -> Pinned:
    policy = Policy.objects.get(operator=period.operator, state=Policy.State.IN_FORCE)
    with transaction.atomic():
        return pin(period=period, policy=policy)


def _end_to_end(period: Period, clock: _Clock) -> tuple[Run, Pinned, Allocation]:
    """Read, compute, write and post, with every constraint of the database."""
    run = runs.request_run(period=period, policy=None, requested_by=None)
    pinned = clock.time("read the inputs", lambda: _pinned(period))
    allocation, grounds = clock.time("allocate", lambda: allocate_with_grounds(pinned.inputs))
    clock.time(
        "write pools, labour, lines, statements",
        lambda: write_results(run=run, pinned=pinned, allocation=allocation, grounds=grounds),
    )
    clock.time("check the sums and foreign keys", lambda: _finish(run, allocation))
    clock.time("approve and post", lambda: _post(run))
    return run, pinned, allocation


def _post(run: Run) -> None:
    approver = User.objects.create(username=f"approver of {run.public_id}", is_superuser=True)
    approve_run(run=run, approved_by=approver)
    post_run(run=run, posted_by=approver)


def _finish(run: Run, allocation: Allocation) -> None:
    price = allocation.price
    run.price = {name: getattr(price, name) for name in price.__dataclass_fields__}
    run.state, run.result_sha256 = Run.State.COMPUTED, "0" * 64
    run.save()
    connection.check_constraints()


def _floor(pinned: Pinned, allocation: Allocation) -> float:
    """Seconds of the least that any run of these lines must do."""
    start = time.perf_counter()
    packing = labour_segments.packing()
    for _block in labour_segments.read_packed(packing.packed):
        pass
    product = pinned.inputs.contributions.product
    for pool in allocation.pools:
        if len(pool.weight) and pool.weight.any():
            arithmetic.compiled(product[pool.weighted], pool.weight)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE bare_lines (pool_id bigint, contribution_id bigint, weight bigint,"
                " amount_micro bigint)"
            )
        for number, pool in enumerate(allocation.pools):
            at = np.searchsorted(pool.weighted, pool.line_contribution)
            rows = len(at)
            columns = {
                "pool_id": np.full(rows, number, dtype=np.int64),
                "contribution_id": pinned.contribution_ids[pool.line_contribution],
                "weight": pool.weight[at],
                "amount_micro": pool.line_micro,
            }
            write_columns("bare_lines", columns, rows)
        seconds = time.perf_counter() - start
        transaction.set_rollback(True)
    return seconds


def _arithmetic(pinned: Pinned, allocation: Allocation) -> Iterator[Row]:
    largest = max(allocation.pools, key=lambda pool: len(pool.weighted))
    product = pinned.inputs.contributions.product[largest.weighted].astype(np.int64)
    weight = largest.weight
    whole = fastest(lambda: arithmetic.compiled(product, weight))
    yield Row("share one fund by two levels", f"{len(weight):,} rows", whole)
    product, weight = product[:COMPARED_ROWS], weight[:COMPARED_ROWS]
    size = f"{len(weight):,} rows"
    ours = fastest(lambda: arithmetic.compiled(product, weight))
    as_lists = product.tolist(), weight.tolist()
    plain = fastest(lambda: arithmetic.plain_python(*as_lists), repetitions=1)
    yield Row("the same", size, ours, "plain Python", plain / ours)
    arithmetic.stage_for_sql(product, weight)
    sql = fastest(arithmetic.in_sql, repetitions=1)
    yield Row("the same", size, ours, "SQL window functions", sql / ours)


def _explaining(run: Run, size: str) -> Row:
    """The slowest twentieth of some lines, evenly spread over pools and contributions."""
    blocks = list(LineBlock.objects.filter(pool__run=run).values_list("pk", flat=True))
    chosen = blocks[:: max(1, len(blocks) // EXPLAINED)]
    seconds = []
    for block in chosen:
        start = time.perf_counter()
        line = Line.objects.select_related("pool__run__policy").get(pk=block << BLOCK_SHIFT)
        if check(explain_line(line=line)) != line.amount_micro:
            raise AssertionError(line)
        seconds.append(time.perf_counter() - start)
    slow = sorted(seconds)[len(seconds) * 95 // 100]
    return Row("explain a line (95th percentile)", size, slow, "0.2 s", 0.2 / slow)


def _bundle(folder: Path, pinned: Pinned, allocation: Allocation) -> None:
    write_bundle(
        folder / "bundle", pinned.inputs, allocation, run_id="run_0000000000000", checkpoint=""
    )
