"""What one policy says otherwise than another, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounting.core.policy import parse_policy, policy_document

ABSENT = object()
"""Stands where one of two documents has nothing at all: a pool or a skill that is new or gone."""

# Where these stand in a document, the entries carry names of their own and are compared by them.
_NAMED = ("norm.assumed_seconds_per_unit", "complexity.task_types", "complexity.grades")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; `before` or `after` is `ABSENT` where an entry is new or gone.

    Attributes:
        path: The field: `norm.method`, `pools.rate_ppm`, or `pools` for a whole pool.
        entry: Of which pool, skill or task type it is; empty where there is but one.
    """

    path: str
    before: Any
    after: Any
    entry: str = ""


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Return every difference in the order of the document; name and version are no terms.

    Fields that a document leaves out have their defaults.
    """
    first, second = (policy_document(parse_policy(row)) for row in (before, after))
    found = [
        change
        for key in first
        if key not in {"format", "name", "version", "pools"}
        for change in _within(key, first[key], second[key])
    ]
    return [*found, *_pool_changes(first["pools"], second["pools"])]


def _within(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if path in _NAMED:
        for key in sorted({*before, *after}):
            if before.get(key, ABSENT) != after.get(key, ABSENT):
                yield Change(path, before.get(key, ABSENT), after.get(key, ABSENT), key)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            yield from _within(f"{path}.{key}", before[key], after[key])
    else:
        yield Change(path, before, after)


def _pool_changes(before: list[Any], after: list[Any]) -> Iterator[Change]:
    old = {pool["id"]: pool for pool in before}
    new = {pool["id"]: pool for pool in after}
    for code, pool in old.items():
        if code not in new:
            yield Change("pools", pool, ABSENT, code)
            continue
        for key in pool:
            if pool[key] != new[code][key]:
                yield Change(f"pools.{key}", pool[key], new[code][key], code)
    for code, pool in new.items():
        if code not in old:
            yield Change("pools", ABSENT, pool, code)
    stay = [code for code in old if code in new]
    order = [code for code in new if code in old]
    if stay != order:
        yield Change("pools", stay, order)
