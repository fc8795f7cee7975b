"""Indicators of a run: exact fractions, published with nine decimals.

An indicator whose denominator is zero or was never declared is absent rather than zero.

Source: value-model.md, i.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from accounting.core.amortisation import amortised_total
from accounting.core.indicators.market import market_indicators
from accounting.core.indicators.pay import pay_indicators
from accounting.core.indicators.time import time_indicators
from accounting.core.indicators.value import value_indicators
from accounting.core.lineage import Lineage
from accounting.core.policy import Policy
from accounting.core.tables import Flag, Inputs, Int, Labour, PoolShare, Price

DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has found out, as far as indicators read it.

    Attributes:
        counted: Which contributions count under the policy.
        amount_by_worker: Per worker, all lines of the run in µ.
    """

    lineage: Lineage
    counted: Flag
    labour: Labour
    price: Price
    product_revenue: Int
    pools: list[PoolShare]
    amount_by_worker: Int


def find_indicators(inputs: Inputs, policy: Policy, outcome: Outcome) -> dict[str, str]:
    """Return every indicator of a run that has a denominator, as decimal strings."""
    labour, melt = outcome.labour, policy.value.melt_micro_per_hour
    living = amortised_total(inputs, labour.content_uh, "content_uh")
    figures = (
        pay_indicators(inputs, outcome.amount_by_worker)
        | value_indicators(melt, living, outcome.price, outcome.product_revenue)
        | time_indicators(inputs, labour, outcome.lineage, outcome.pools, outcome.counted)
        | market_indicators(inputs.facts)
    )
    return {
        name: decimal_string(figure)
        for name, figure in sorted(figures.items())
        if figure is not None
    }


def decimal_string(figure: Fraction) -> str:
    """Write an exact figure with nine decimals, rounded half to even.

    >>> decimal_string(Fraction(1, 3))
    '0.333333333'
    """
    units = round(figure * 10**DECIMALS)
    digits = len(str(abs(units))) + DECIMALS
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    return f"{Decimal(units).scaleb(-DECIMALS, context):.{DECIMALS}f}"
