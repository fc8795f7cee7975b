"""Credited hours and labour content per contribution, in exact fractions (value-model.md a, b)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from accounting.core.policy import Policy
from tests.oracle.norms import (
    Key,
    Norm,
    is_timed,
    micro_units,
    scope_of,
    timed_work,
)
from tests.oracle.world import Contribution, World

PPM = 1_000_000


@dataclass(frozen=True)
class Labour:
    """Labour content of one contribution, in whole micro-hours, and how it was found."""

    content_uh: int
    basis: str


def bases(world: World, policy: Policy, norms: dict[Key, Norm]) -> dict[str, str]:
    """Return how the labour of every contribution, counted or not, can be measured."""
    return {row.id: _basis(world, policy, norms, row) for row in world.rows()}


def _basis(world: World, policy: Policy, norms: dict[Key, Norm], row: Contribution) -> str:
    if is_timed(row):
        return "metered"
    if row.seconds:
        return "time_only"
    if row.units and (scope_of(world, policy, row), row.task_type) in norms:
        return "imputed"
    return "escrow"


def credited_hours(
    world: World, policy: Policy, norms: dict[Key, Norm], found: dict[str, str]
) -> dict[str, Fraction]:
    """Return the credited hours of every contribution; zero where nothing counts.

    Args:
        found: The basis of every contribution, from `bases`.
    """
    hours = {row.id: Fraction(0) for row in world.rows()}
    for key, rows in timed_work(world, policy).items():
        hours |= _metered(policy, norms.get(key), rows)
    rest: dict[Key, list[Contribution]] = {}
    for row in world.counted(policy.norm.counted_outcomes):
        key = (scope_of(world, policy, row), row.task_type)
        if found[row.id] == "imputed":
            hours[row.id] = norms[key].seconds_per_unit * micro_units(row) / PPM / 3600
        elif found[row.id] == "time_only":
            rest.setdefault(key, []).append(row)
    for rows in rest.values():
        hours |= _time_only(policy, rows)
    return hours


def _metered(policy: Policy, norm: Norm | None, rows: list[Contribution]) -> dict[str, Fraction]:
    worked = {row.id: Fraction(row.seconds or 0, 3600) for row in rows}
    if policy.norm.method == "individual":
        raw = dict(worked)
    elif norm is None:
        raw = {row.id: Fraction(0) for row in rows}
    else:
        raw = {row.id: norm.seconds_per_unit * micro_units(row) / PPM / 3600 for row in rows}
    capped = dict(raw)
    for worker in {row.worker for row in rows}:
        own = [row.id for row in rows if row.worker == worker]
        before = sum((raw[key] for key in own), Fraction(0))
        ratio = before / sum((worked[key] for key in own), Fraction(0))
        low = Fraction(policy.norm.cap_low_ppm, PPM)
        high = Fraction(policy.norm.cap_high_ppm, PPM)
        if ratio:
            capped |= {key: raw[key] * min(high, max(low, ratio)) / ratio for key in own}
    changed = capped != raw or (norm is not None and norm.shrunk_toward != "")
    rescale = policy.norm.rescale or (policy.norm.method == "mean" and changed)
    total = sum(capped.values(), Fraction(0))
    if rescale and total:
        scale = sum(worked.values(), Fraction(0)) / total
        return {key: hours * scale for key, hours in capped.items()}
    return capped


def _time_only(policy: Policy, rows: list[Contribution]) -> dict[str, Fraction]:
    rated = [row for row in rows if row.quality_ppm is not None]
    seconds = sum(row.seconds or 0 for row in rated)
    weighed = sum((row.seconds or 0) * (row.quality_ppm or 0) for row in rated)
    low = Fraction(policy.norm.time_only_low_ppm, PPM)
    high = Fraction(policy.norm.time_only_high_ppm, PPM)
    hours: dict[str, Fraction] = {}
    for row in rows:
        factor = Fraction(1)
        if row.quality_ppm is not None and weighed:
            factor = min(high, max(low, Fraction(row.quality_ppm * seconds, weighed)))
        hours[row.id] = Fraction(row.seconds or 0, 3600) * factor
    return hours


def is_productive(world: World, policy: Policy, row: Contribution) -> bool:
    """Tell whether the labour creates value: selling and buying does not, unless agreed."""
    return policy.productive_business_labour or world.labour_type(row) != "BIZ"


def provisional_contents(world: World, policy: Policy, labour: dict[str, Labour]) -> dict[str, int]:
    """Return the content held for counted work of which neither time nor output is known.

    Args:
        labour: Whole micro-hours of all contributions; only measured ones are looked at.
    """
    counted = [
        row
        for row in world.counted(policy.norm.counted_outcomes)
        if is_productive(world, policy, row)
    ]
    measured = [row for row in counted if labour[row.id].basis != "escrow"]
    held = {row.id: 0 for row in counted if labour[row.id].basis == "escrow"}
    if policy.norm.unmeasured != "hold_mean":
        return held
    for row in counted:
        if row.id not in held:
            continue
        # What one worker did not measure at one kind of work in one product counts once.
        alike = sorted(
            other.id
            for other in counted
            if other.id in held
            and (other.worker, other.product, other.task_type)
            == (row.worker, row.product, row.task_type)
        )
        whole, left = divmod(_content_of_a_mean_worker(row, measured, labour), len(alike))
        held[row.id] = whole + (alike.index(row.id) < left)
    return held


def _content_of_a_mean_worker(
    row: Contribution, measured: list[Contribution], labour: dict[str, Labour]
) -> int:
    likenesses: list[Callable[[Contribution], bool]] = [
        lambda other: other.product == row.product and other.task_type == row.task_type,
        lambda other: other.task_type == row.task_type,
        lambda other: other.product == row.product,
    ]
    for alike in likenesses:
        like_work = [other for other in measured if alike(other)]
        if like_work:
            workers = {other.worker for other in like_work}
            return sum(labour[other.id].content_uh for other in like_work) // len(workers)
    return 0
