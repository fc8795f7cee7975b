"""Socially necessary labour time in exact fractions (value-model.md a)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from accounting.core.policy import Policy
from tests.oracle.world import Contribution, TaskType, World

Key = tuple[str, str]
"""Scope (product, operator or empty text) and code of the task type."""


@dataclass(frozen=True)
class Norm:
    """Seconds per effective unit of one task type in one scope, and what it rests on."""

    seconds_per_unit: Fraction
    method: str
    seconds: int = 0
    micro_units: int = 0
    producers: int = 0
    shrunk_toward: str = ""


@dataclass(frozen=True)
class _Point:
    """A producer's rate (seconds per effective micro-unit) and its weight."""

    rate: Fraction
    seconds: int
    micro_units: int


def micro_units(row: Contribution) -> int:
    """Return effective units in millionths; missing evidence of quality lowers nothing."""
    quality_ppm = 1_000_000 if row.quality_ppm is None else row.quality_ppm
    return (row.units or 0) * quality_ppm


def is_timed(row: Contribution) -> bool:
    """Tell whether both time and output are known."""
    return bool(row.seconds) and bool(row.units)


def scope_of(world: World, policy: Policy, row: Contribution) -> str:
    """Return what keeps the norms of a contribution apart from others'."""
    if policy.norm.scope == "project":
        return row.product
    if policy.norm.scope == "platform":
        return world.products[row.product].operator
    return ""


def timed_work(world: World, policy: Policy) -> dict[Key, list[Contribution]]:
    """Return the counted work with known time and output, by scope and task type."""
    work: dict[Key, list[Contribution]] = {}
    for row in world.counted(policy.norm.counted_outcomes):
        if is_timed(row):
            key = (scope_of(world, policy, row), row.task_type)
            work.setdefault(key, []).append(row)
    return work


def find_norms(world: World, policy: Policy) -> dict[Key, Norm]:
    """Return the norm of every scope and task type that has counted output and a norm."""
    work = timed_work(world, policy)
    keys = {
        (scope_of(world, policy, row), row.task_type)
        for row in world.counted(policy.norm.counted_outcomes)
        if row.units
    }
    norms = {key: _norm(world, policy, work, key) for key in sorted(keys)}
    return {key: norm for key, norm in norms.items() if norm is not None}


def _norm(
    world: World, policy: Policy, work: dict[Key, list[Contribution]], key: Key
) -> Norm | None:
    scope, code = key
    rows = work.get(key, [])
    own = _plain(rows, policy.norm.method)
    parent = _parent_of_same_unit(world, code)
    pooled = None
    if parent is not None:
        pooled = _plain(_family(world, work, scope, parent), policy.norm.method)
    if own is None:
        return _unmeasured(policy, code, parent, pooled)
    producers = len({row.worker for row in rows})
    shrunk_toward = ""
    if parent is not None and pooled is not None and producers < policy.norm.min_producers:
        weight = policy.norm.shrink_weight
        own = (producers * own + weight * pooled) / (producers + weight)
        shrunk_toward = parent.code
    return Norm(
        seconds_per_unit=own,
        method=policy.norm.method,
        seconds=sum(row.seconds or 0 for row in rows),
        micro_units=sum(micro_units(row) for row in rows),
        producers=producers,
        shrunk_toward=shrunk_toward,
    )


def _unmeasured(
    policy: Policy, code: str, parent: TaskType | None, pooled: Fraction | None
) -> Norm | None:
    if code in policy.norm.assumed_seconds_per_unit:
        return Norm(Fraction(policy.norm.assumed_seconds_per_unit[code]), "assumed")
    if parent is None or pooled is None:
        return None
    return Norm(pooled, "parent", shrunk_toward=parent.code)


def _parent_of_same_unit(world: World, code: str) -> TaskType | None:
    child = world.task_types[code]
    if child.parent is None:
        return None
    parent = world.task_types[child.parent]
    return parent if parent.unit == child.unit else None


def _family(
    world: World, work: dict[Key, list[Contribution]], scope: str, head: TaskType
) -> list[Contribution]:
    """Return the work of a task type and of all that descend from it, in its unit."""
    rows: list[Contribution] = []
    for code, task_type in sorted(world.task_types.items()):
        if task_type.unit == head.unit and head.code in _line_of(world, code):
            rows += work.get((scope, code), [])
    return rows


def _line_of(world: World, code: str) -> list[str]:
    line: list[str] = []
    step: str | None = code
    while step is not None:
        line.append(step)
        step = world.task_types[step].parent
    return line


def _plain(rows: list[Contribution], method: str) -> Fraction | None:
    """Return seconds per effective unit over some work, by one method, unshrunk."""
    effective = sum(micro_units(row) for row in rows)
    if not effective:
        return None
    if method == "median":
        rate = _median(_points(rows))
    elif method == "mode":
        rate = _mean(_densest(_points(rows)))
    else:
        # Time spent on output of no quality is time worked all the same.
        rate = Fraction(sum(row.seconds or 0 for row in rows), effective)
    return rate * 1_000_000


def _points(rows: list[Contribution]) -> list[_Point]:
    seconds: dict[str, int] = {}
    units: dict[str, int] = {}
    for row in rows:
        seconds[row.worker] = seconds.get(row.worker, 0) + (row.seconds or 0)
        units[row.worker] = units.get(row.worker, 0) + micro_units(row)
    points = [
        _Point(Fraction(seconds[worker], units[worker]), seconds[worker], units[worker])
        for worker in seconds
        if units[worker]
    ]
    # Equal rates stand in order of output, so that nobody's id decides.
    return sorted(points, key=lambda point: (point.rate, point.micro_units))


def _mean(points: list[_Point]) -> Fraction:
    return Fraction(sum(p.seconds for p in points), sum(p.micro_units for p in points))


def _median(points: list[_Point]) -> Fraction:
    total = sum(point.micro_units for point in points)
    below = 0
    for point in points:
        below += point.micro_units
        if 2 * below >= total:
            return point.rate
    raise AssertionError("The weights add up to their total.")


def _densest(points: list[_Point]) -> list[_Point]:
    """Return the points that the half-sample mode keeps; `points` ascend by rate."""
    while len(points) > 3:
        points = _tightest(points, -(-len(points) // 2))
    return _tightest(points, 2) if len(points) == 3 else points


def _tightest(points: list[_Point], size: int) -> list[_Point]:
    windows = [points[i : i + size] for i in range(len(points) - size + 1)]
    return min(windows, key=lambda window: window[-1].rate - window[0].rate)
