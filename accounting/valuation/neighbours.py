"""The utility of a coalition under K nearest neighbours, once its nearest points are known."""

from __future__ import annotations

from typing import NamedTuple

from accounting.valuation.compiled import compiled
from accounting.valuation.utility import Kind, Utility


class NeighbourRule(NamedTuple):
    """How the weights of the nearest points become a utility.

    Attributes:
        k: K.
        soft: Whether to divide by the neighbours there are, instead of K.
        baseline: b₀, the utility of no point at all.
    """

    k: int
    soft: bool
    baseline: float


def neighbour_rule(utility: Utility) -> NeighbourRule:
    """The rule of a hard or soft label utility."""
    neighbourhood = utility.neighbourhood
    return NeighbourRule(neighbourhood.k, neighbourhood.kind is Kind.SOFT, utility.baseline)


@compiled
def coalition_utility(total: float, count: int, rule: NeighbourRule) -> float:
    """The utility of `count` points, of which the K nearest weigh `total` together."""
    if count == 0:
        return rule.baseline
    return total / (min(rule.k, count) if rule.soft else rule.k)
