"""Socially necessary labour time: the norm of each task type, in seconds per effective unit.

Every norm is found as an exact ratio of integers and turned into a float once, so it is the same
whatever the order of rows.

Source: value-model.md, a.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from accounting.core.grouping import group_rows
from accounting.core.observations import Observations, Producers
from accounting.core.policy import PPM, Norm
from accounting.core.tables import Inputs, Int, NormRow, TaskTypes

NANO = 10**9


@dataclass(frozen=True, slots=True)
class Norms:
    """The norms of a run.

    Attributes:
        by_key: Per norm key with counted, metered work, what is published of its norm.
        seconds_per_micro_unit: Per norm key, NaN where no norm is known.
        shrunk: Norm keys whose norm leans on the parent task type's.
    """

    by_key: dict[int, NormRow]
    seconds_per_micro_unit: NDArray[np.float64]
    shrunk: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Found:
    """One norm with its provenance; `ratio` is seconds per effective micro-unit."""

    ratio: Fraction
    method: str
    seconds: int
    effective: int
    producers: int
    toward: str = ""


def find_norms(inputs: Inputs, policy: Norm, seen: Observations, producers: Producers) -> Norms:
    """Find the norm of every scope and task type that counted, metered work falls under."""
    types = inputs.task_types
    finder = _Finder(types, policy, producers)
    ratios = np.full(len(seen.scopes) * len(types.code), np.nan)
    by_key: dict[int, NormRow] = {}
    shrunk: set[int] = set()
    for key in np.unique(seen.norm_key[seen.counted & seen.metered]).tolist():
        found = finder.find(key)
        if found is None:
            continue
        ratios[key] = float(found.ratio)
        scope, task_type = divmod(key, len(types.code))
        by_key[key] = _row(found, types.code[task_type], seen.scopes[scope])
        if found.toward and found.producers:
            shrunk.add(key)
    return Norms(by_key=by_key, seconds_per_micro_unit=ratios, shrunk=shrunk)


def measure(method: str, seconds: Int, effective: Int) -> Fraction | None:
    """Find a norm from one (seconds, effective output) pair per producer.

    Args:
        method: mean, median (unit-weighted), mode (half-sample) or individual (as mean).
        seconds: Sum of a producer's working time.
        effective: Sum of a producer's effective output in micro-units.

    Returns:
        Seconds per micro-unit; nothing when there is no effective output.

    >>> measure("median", np.array([120, 100, 80]), np.array([5700, 4000, 3240]))
    Fraction(2, 81)
    """
    if method in {"mean", "individual"}:
        total = int(effective.sum())
        return Fraction(int(seconds.sum()), total) if total else None
    productive = effective > 0
    if not productive.any():
        return None
    seconds, effective = seconds[productive], effective[productive]
    # Producers at the same rate stand in the order of their output, never of their ids.
    order = np.lexsort((effective, seconds / effective))
    seconds, effective = seconds[order], effective[order]
    return _median(seconds, effective) if method == "median" else _mode(seconds, effective)


class _Finder:
    """Finds norms one key at a time; a parent's pooled norm is found once."""

    def __init__(self, types: TaskTypes, policy: Norm, producers: Producers) -> None:
        self._types = types
        self._policy = policy
        self._producers = producers
        groups = producers.by_key
        self._stretch = {
            label: slice(start, end)
            for label, start, end in zip(
                groups.label.tolist(), groups.starts.tolist(), groups.ends.tolist(), strict=True
            )
        }
        self._family = _families(types)
        self._pooled: dict[int, Fraction | None] = {}

    def find(self, key: int) -> _Found | None:
        stretch = self._stretch.get(key, slice(0, 0))
        seconds = self._producers.seconds[stretch]
        effective = self._producers.effective[stretch]
        ratio = measure(self._policy.method, seconds, effective)
        if ratio is None:
            return self._unmeasured(key)
        found = _Found(
            ratio=ratio,
            method=self._policy.method,
            seconds=int(seconds.sum()),
            effective=int(effective.sum()),
            producers=len(seconds),
        )
        return self._shrink(found, key)

    def _shrink(self, found: _Found, key: int) -> _Found:
        parent = self._parent_key(key)
        if found.producers >= self._policy.min_producers or parent is None:
            return found
        pooled = self._pool(parent)
        if pooled is None:
            return found
        own, prior = found.producers, self._policy.shrink_weight
        return _Found(
            ratio=(own * found.ratio + prior * pooled) / (own + prior),
            method=found.method,
            seconds=found.seconds,
            effective=found.effective,
            producers=own,
            toward=self._types.code[parent % len(self._types.code)],
        )

    def _unmeasured(self, key: int) -> _Found | None:
        """Fall back on the norm the policy assumes, else on the parent task type's."""
        code = self._types.code[key % len(self._types.code)]
        assumed = self._policy.assumed_seconds_per_unit.get(code)
        if assumed is not None:
            return _Found(Fraction(assumed, PPM), "assumed", 0, 0, 0)
        parent = self._parent_key(key)
        if parent is None:
            return None
        pooled = self._pool(parent)
        toward = self._types.code[parent % len(self._types.code)]
        return None if pooled is None else _Found(pooled, "parent", 0, 0, 0, toward)

    def _parent_key(self, key: int) -> int | None:
        """The key of the parent task type in the same scope, if it counts the same unit."""
        task_type = key % len(self._types.code)
        parent = int(self._types.parent[task_type])
        if parent < 0 or self._types.unit[parent] != self._types.unit[task_type]:
            return None
        return key - task_type + parent

    def _pool(self, key: int) -> Fraction | None:
        """The plain norm over a task type and all that descends from it, in its unit."""
        if key not in self._pooled:
            scope_start = key - key % len(self._types.code)
            stretches = [
                self._stretch[scope_start + member]
                for member in self._family[key % len(self._types.code)]
                if scope_start + member in self._stretch
            ]
            self._pooled[key] = self._measure_together(stretches)
        return self._pooled[key]

    def _measure_together(self, stretches: list[slice]) -> Fraction | None:
        if not stretches:
            return None
        table = self._producers
        workers = group_rows(np.concatenate([table.worker[part] for part in stretches]))
        seconds = workers.sums(np.concatenate([table.seconds[part] for part in stretches]))
        effective = workers.sums(np.concatenate([table.effective[part] for part in stretches]))
        return measure(self._policy.method, seconds, effective)


def _families(types: TaskTypes) -> list[list[int]]:
    """For each task type itself and its descendants that count the same unit."""
    families: list[list[int]] = [[] for _ in types.code]
    for member, unit in enumerate(types.unit):
        ancestor = member
        while ancestor >= 0:
            if types.unit[ancestor] == unit:
                families[ancestor].append(member)
            ancestor = int(types.parent[ancestor])
    return families


def _median(seconds: Int, effective: Int) -> Fraction:
    reached = np.cumsum(effective)
    middle = int(np.flatnonzero(2 * reached >= reached[-1])[0])
    return Fraction(int(seconds[middle]), int(effective[middle]))


def _mode(seconds: Int, effective: Int) -> Fraction:
    start, count = 0, len(seconds)
    while count > 2:
        kept = 2 if count == 3 else (count + 1) // 2
        stretch = slice(start, start + count)
        start += _narrowest(seconds[stretch], effective[stretch], kept)
        count = kept
    stretch = slice(start, start + count)
    return Fraction(int(seconds[stretch].sum()), int(effective[stretch].sum()))


def _narrowest(seconds: Int, effective: Int, kept: int) -> int:
    """Return where the `kept` consecutive rates with the smallest range begin, the first such."""
    rates = seconds / effective
    ranges = rates[kept - 1 :] - rates[: len(rates) - kept + 1]
    # Floats only shortlist: two ranges that are nearly equal are compared as fractions.
    close = np.flatnonzero(ranges <= ranges.min() + 1e-12 * rates[-1]).tolist()
    if len(close) == 1:
        return int(close[0])

    def exact_range(first: int) -> Fraction:
        last = first + kept - 1
        return Fraction(int(seconds[last]), int(effective[last])) - Fraction(
            int(seconds[first]), int(effective[first])
        )

    return int(min(close, key=exact_range))


def _row(found: _Found, code: str, scope: str) -> NormRow:
    return NormRow(
        task_type=code,
        scope=scope,
        method=found.method,
        seconds=found.seconds,
        effective_micro_units=found.effective,
        producers=found.producers,
        norm_nanoseconds=round(found.ratio * PPM * NANO),
        shrunk_toward=found.toward,
    )
