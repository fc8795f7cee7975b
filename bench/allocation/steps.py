"""A run of a synthetic world, step by step, against the floor that reading and writing set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from django.db import transaction

from accounting.core.allocation import allocate, allocate_with_grounds
from accounting.core.bundle import write_bundle
from accounting.core.grounds import Grounds
from accounting.core.sharing import share
from accounting.core.tables import Allocation
from accounting.core.verify import verify_bundle
from accounting.models import Period, Policy
from accounting.services import cases, runs
from accounting.services.run_inputs import Pinned, pin
from accounting.services.run_results import write_results
from bench.table import Row, fastest
from bench.worlds import world_of_its_own

SIZES = (20_000, 200_000)


def measure() -> Iterator[Row]:
    """Time sharing, then pinning, allocating, writing and verifying worlds of growing size."""
    yield _sharing(500_000)
    smallest: dict[str, float] = {}
    for size in SIZES:
        period = _loaded(size)
        for step, seconds in _steps(period):
            per_row = seconds / size
            smallest.setdefault(step, per_row)
            yield Row(
                subject=step,
                size=f"{size:,} contributions",
                seconds=seconds,
                against=f"time a row at {SIZES[0]:,}",
                ratio=smallest[step] / per_row,
            )


def _sharing(rows: int) -> Row:
    weights = np.random.default_rng(1).integers(1, 10**9, rows)
    amount = 10**12
    ours = fastest(lambda: share(amount, weights))
    plain = fastest(lambda: _plain_share(amount, weights.tolist()), repetitions=1)
    return Row(
        "share by largest remainders", f"{rows:,} weights", ours, "plain Python", plain / ours
    )


def _plain_share(amount: int, weights: list[int]) -> list[int]:
    total = sum(weights)
    parts = [divmod(amount * weight, total) for weight in weights]
    left = amount - sum(quotient for quotient, _remainder in parts)
    order = sorted(range(len(weights)), key=lambda at: (-parts[at][1], at))
    lucky = set(order[:left])
    return [quotient + (at in lucky) for at, (quotient, _remainder) in enumerate(parts)]


def _loaded(size: int) -> Period:
    made = world_of_its_own(size)
    return cases.loaded_period(made.case) or cases.load_case(case=made.case, chunks=made.blocks())


def _steps(period: Period) -> Iterator[tuple[str, float]]:
    policy = Policy.objects.get(operator=period.operator, state=Policy.State.IN_FORCE)
    pinned = pin(period=period, policy=policy)
    allocation, grounds = allocate_with_grounds(pinned.inputs)
    yield "read the inputs", fastest(lambda: pin(period=period, policy=policy))
    yield "allocate", fastest(lambda: allocate(pinned.inputs))
    yield "write the results", _write_seconds(period, pinned, allocation, grounds)
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        yield (
            "write the bundle",
            fastest(
                lambda: write_bundle(
                    bundle, pinned.inputs, allocation, run_id="run_0000000000000", checkpoint=""
                ),
                repetitions=1,
            ),
        )
        yield "verify the bundle", fastest(lambda: verify_bundle(bundle), repetitions=1)


def _write_seconds(
    period: Period, pinned: Pinned, allocation: Allocation, grounds: Grounds
) -> float:
    run = runs.request_run(period=period, policy=None, requested_by=None)

    def write() -> None:
        with transaction.atomic():
            write_results(run=run, pinned=pinned, allocation=allocation, grounds=grounds)
            # Each repetition starts from nothing, so the tables do not grow under the clock.
            transaction.set_rollback(True)

    seconds = fastest(write)
    runs.cancel_run(run=run)
    return seconds
