"""Steps: one multiplication (or sum, or division) of a trace, and the rules they follow.

A rule says between which whole numbers the result of its operands must lie. Most rules leave one
number; sharing leaves the unit that Hamilton's method may add, and content the rounding of
floats. So a step can be checked by anybody from what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from accounting.core.labour_content import decay_ppm
from accounting.core.sharing import part_per_million

Bounds = tuple[int, int]

UH_PER_HOUR = 10**6
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a trace.

    Attributes:
        name: What it measures; pages translate it.
        value: In `unit`.
        unit: micro, minor, uh, seconds, units, micro_units, ppm, ppb, nanoseconds, days, count.
        of: The id of what it belongs to. One name of one thing has one value in a whole trace.
    """

    name: str
    value: int
    unit: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One calculation: a rule, its operands, its result."""

    rule: str
    operands: tuple[Quantity, ...]
    result: Quantity

    @property
    def formula(self) -> str:
        """The rule in the operands' places, as plain mathematics."""
        return RULES[self.rule].formula

    def holds(self) -> bool:
        """Whether the operands give the result."""
        low, high = RULES[self.rule].bounds([operand.value for operand in self.operands])
        return low <= self.result.value <= high


@dataclass(frozen=True, slots=True)
class Trace:
    """A node of a trace: what it is about, its calculations, and what lies below.

    Attributes:
        kind: run, pool, product or contribution.
        reference: The id of the run, pool, product or contribution.
        labels: Words that identify it further, such as the task type; name to text.
    """

    kind: str
    reference: str
    steps: tuple[Step, ...]
    children: tuple[Trace, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a result follows from operands, and how to say so."""

    formula: str
    bounds: Callable[[Sequence[int]], Bounds]


def _exactly(value: Callable[[Sequence[int]], int]) -> Callable[[Sequence[int]], Bounds]:
    def bounds(operands: Sequence[int]) -> Bounds:
        result = value(operands)
        return result, result

    return bounds


def _about(value: Callable[[Sequence[int]], tuple[float, float]]) -> Callable[..., Bounds]:
    """Allow for floats: the exact value give or take a stated slack."""

    def bounds(operands: Sequence[int]) -> Bounds:
        result, slack = value(operands)
        return math.floor(result - slack), math.ceil(result + slack)

    return bounds


def _share(operands: Sequence[int]) -> Bounds:
    amount, weight, total = operands
    if total == 0:
        return 0, 0  # Nothing is entitled, so the money waits in escrow.
    quotient, remainder = divmod(abs(amount) * weight, total)
    low, high = quotient, quotient + (remainder > 0)
    return (low, high) if amount >= 0 else (-high, -low)


def _mixed_share(operands: Sequence[int]) -> Bounds:
    """Refunds and income travel apart and add up, so two roundings may meet."""
    low, high = _share(operands)
    return low - 2, high + 2


def _credited_by_norm(operands: Sequence[int]) -> tuple[float, float]:
    effective, norm, rescale = operands
    exact = effective * norm * rescale / (SECONDS_PER_HOUR * 10**18)
    # The norm is shown to the nanosecond and the rescaling to nine decimals.
    return exact, 1 + exact * (1 / max(norm, 1) + 1 / max(rescale, 1))


def _credited_by_cap(operands: Sequence[int]) -> tuple[float, float]:
    base, worker_base, worker_seconds, cap, rescale = operands
    exact = base * worker_seconds * cap * rescale / (worker_base * SECONDS_PER_HOUR * 10**9)
    return exact, 1 + exact / max(rescale, 1)


def _credited_by_time(operands: Sequence[int]) -> tuple[float, float]:
    seconds, rescale = operands
    exact = seconds * UH_PER_HOUR * rescale / (SECONDS_PER_HOUR * 10**9)
    return exact, 1 + exact / max(rescale, 1)


def _credited_by_quality(operands: Sequence[int]) -> tuple[float, float]:
    seconds, quality, weighted, total, low, high = operands
    factor = min(max(quality * total / weighted, low / 10**6), high / 10**6)
    return seconds * UH_PER_HOUR * factor / SECONDS_PER_HOUR, 1


def _content(operands: Sequence[int]) -> tuple[float, float]:
    credited, complexity, decay = operands
    # Content comes from unrounded credit, so half a micro-hour of it may be missing here.
    return credited * complexity * decay / 10**12, 1 + complexity / 2_000_000


def _decay(operands: Sequence[int]) -> int:
    age_days, half_life_days = operands
    end = date(2000, 1, 1) + timedelta(days=age_days)
    occurred = np.array([(date(2000, 1, 1) - date(1970, 1, 1)).days], dtype=np.int64)
    return int(decay_ppm(occurred, end, half_life_days)[0])


RULES: dict[str, Rule] = {
    "sum": Rule("a + b + …", _exactly(sum)),
    "difference": Rule("a - b - …", _exactly(lambda x: x[0] - sum(x[1:]))),
    "excess": Rule("max(0, a - b - …)", _exactly(lambda x: max(0, x[0] - sum(x[1:])))),
    "positive": Rule("max(0, a)", _exactly(lambda x: max(0, x[0]))),
    "smaller": Rule("min(a, b)", _exactly(min)),
    "rate": Rule("a x rate ÷ 10^6, rounded down", _exactly(lambda x: part_per_million(*x))),
    "licence": Rule(
        "fee + price x units + base x percentage ÷ 10^6",
        _exactly(lambda x: x[0] + x[1] * x[2] + part_per_million(x[3], x[4])),
    ),
    "share": Rule("amount x weight ÷ total weight, by largest remainder", _share),
    "mixed_share": Rule("amount x weight ÷ total weight, refunds apart", _mixed_share),
    "effective": Rule("units x quality", _exactly(lambda x: x[0] * x[1])),
    "credited_by_norm": Rule("effective output x norm x rescaling", _about(_credited_by_norm)),
    "credited_by_cap": Rule(
        "output ÷ the worker's output x the worker's time x cap x rescaling",
        _about(_credited_by_cap),
    ),
    "credited_by_time": Rule("time x rescaling", _about(_credited_by_time)),
    "credited_by_quality": Rule(
        "time x quality ÷ mean quality, within bounds", _about(_credited_by_quality)
    ),
    "decay": Rule("2^(-age ÷ half-life)", _exactly(_decay)),
    "content": Rule("credited time x complexity x decay", _about(_content)),
    "beta": Rule("beta x reliability ÷ 10^6", _exactly(lambda x: x[0] * max(0, x[1]) // 10**6)),
    "blend": Rule("content - given up + share", _exactly(lambda x: x[0] - x[1] + x[2])),
    "living_wage": Rule(
        "living wage x hours, rounded up",
        _exactly(lambda x: -(-x[0] * x[1] // SECONDS_PER_HOUR)),
    ),
    "given": Rule("a", _exactly(lambda x: x[0])),
}
