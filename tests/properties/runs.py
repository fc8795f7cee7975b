"""Runs the engine on a plain world and lays what it found out for comparison."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from accounting.core.allocation import allocate
from accounting.core.tables import Allocation, PoolShare
from tests.oracle.columns import inputs_of
from tests.oracle.world import World


def run(world: World) -> Allocation:
    """Return the engine's allocation of a world."""
    return allocate(inputs_of(world))


def plain(value: Any) -> Any:
    """Return nested tables as lists and dictionaries, which compare by value."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return value


def lines_by_id(world: World, pool: PoolShare) -> dict[str, int]:
    """Return what each contribution earns from a pool."""
    keys = sorted(world.contributions)
    pairs = zip(pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True)
    return {keys[position]: amount for position, amount in pairs}


def content_by_id(world: World, allocation: Allocation) -> dict[str, int]:
    """Return the content (micro-hours) of each contribution."""
    contents = allocation.labour.content_uh.tolist()
    return dict(zip(sorted(world.contributions), contents, strict=True))


def amount_by_worker(world: World, allocation: Allocation) -> dict[str, int]:
    """Return what each worker earns in the run."""
    amounts = allocation.statements.amount_micro.tolist()
    return dict(zip(sorted(world.workers), amounts, strict=True))
