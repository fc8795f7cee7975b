"""Gaps to the living wage, by worker and by contribution (value-model.md f)."""

from __future__ import annotations

from tests.oracle.sharing import share
from tests.oracle.world import World


def gaps_of(world: World, earned: dict[str, int]) -> dict[str, int]:
    """Return what each worker lacks of a living wage for all hours really worked.

    Args:
        earned: What the pools before the floor give each worker, in micro-units.
    """
    gaps: dict[str, int] = {}
    for benchmark in sorted(world.benchmarks, key=lambda row: row.worker):
        worker = benchmark.worker
        rows = [row for row in world.rows() if row.worker == worker]
        seconds = sum(row.seconds or 0 for row in rows)
        # Minus, floor, minus: the living wage is rounded up to the micro-unit.
        living = -(-benchmark.living_wage_micro_per_hour * seconds // 3600)
        received = sum(row.wage_micro for row in rows)
        received += benchmark.received_micro + earned[worker]
        if seconds and living > received:
            gaps[worker] = living - received
    return gaps


def spread_gaps(world: World, gaps: dict[str, int]) -> dict[str, int]:
    """Spread each worker's gap over that worker's contributions by seconds."""
    weights: dict[str, int] = {}
    for worker, gap in gaps.items():
        rows = [row for row in world.rows() if row.worker == worker]
        weights |= share(gap, {row.id: row.seconds or 0 for row in rows})
    return {key: weights[key] for key in sorted(weights) if weights[key]}
