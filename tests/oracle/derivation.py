"""The whole derivation by the oracle alone, content rounded to whole micro-hours."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from accounting.core.policy import PPM, Policy, parse_policy
from tests.oracle.complexity import complexity_of, decay_of
from tests.oracle.credited import (
    Labour,
    bases,
    credited_hours,
    is_productive,
    provisional_contents,
)
from tests.oracle.norms import find_norms
from tests.oracle.pools import Shares, share_out
from tests.oracle.world import Contribution, World


@dataclass(frozen=True)
class Derivation:
    """What the oracle makes of a world without looking at the engine."""

    policy: Policy
    credited: dict[str, Fraction]
    labour: dict[str, Labour]
    shares: Shares


def rounded_ppm(ratio: Decimal, digits: int = 6) -> int:
    """Return a ratio rounded half to even to some decimals, in ppm."""
    return int(ratio.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN) * PPM)


def derive(world: World) -> Derivation:
    """Derive content and shares of a world from the specification alone."""
    policy = parse_policy(world.policy)
    norms = find_norms(world, policy)
    found = bases(world, policy, norms)
    credited = credited_hours(world, policy, norms, found)
    labour = {
        row.id: Labour(_content(world, policy, row, found, credited), found[row.id])
        for row in world.rows()
    }
    for key, content_uh in provisional_contents(world, policy, labour).items():
        labour[key] = Labour(content_uh, "escrow")
    return Derivation(policy, credited, labour, share_out(world, policy, labour))


def _content(
    world: World,
    policy: Policy,
    row: Contribution,
    found: dict[str, str],
    credited: dict[str, Fraction],
) -> int:
    if not is_productive(world, policy, row):
        return 0
    kappa = complexity_of(policy, row, found[row.id])
    kappa_ppm = rounded_ppm(kappa, policy.complexity.decimals)
    decay_ppm = rounded_ppm(decay_of(policy, world, row))
    return round(credited[row.id] * kappa_ppm * decay_ppm / PPM)
