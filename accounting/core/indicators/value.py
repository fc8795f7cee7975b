"""What the price is made of: surplus, composition, rent, compute against labour."""

from __future__ import annotations

from fractions import Fraction

from accounting.core.indicators.pay import Indicators
from accounting.core.tables import Int, Price


def value_indicators(
    melt_micro: int, content_uh: int, price: Price, product_revenue: Int
) -> Indicators:
    """Return the indicators of value and rent.

    Args:
        content_uh: All living labour, on the base on which costs are counted.
    """
    variable = price.variable_capital_micro
    added = price.revenue_micro - price.constant_capital_micro
    return {
        "s_rate_price": _ratio(price.surplus_micro, variable),
        "s_rate_labour": _ratio(price.new_value_micro - variable, variable),
        "occ": _ratio(price.constant_capital_micro, variable),
        "rent_share_R": _ratio(price.excess_profit_micro, price.revenue_micro),
        "rent_share_S": _ratio(price.excess_profit_micro, price.surplus_micro),
        "transfer_share_newvalue": _ratio(price.transfer_micro, added),
        "compute_substitution": _compute_substitution(melt_micro, content_uh, price),
        "HHI_revenue": _ratio(
            sum(amount**2 for amount in product_revenue.tolist()), price.revenue_micro**2
        ),
    }


def _compute_substitution(melt_micro: int, living_uh: int, price: Price) -> Fraction | None:
    """Dead labour in compute, at the policy's MELT, over dead and living labour."""
    if melt_micro == 0:
        return None
    dead_uh = Fraction(price.compute_micro * 10**6, melt_micro)
    return dead_uh / (dead_uh + living_uh) if dead_uh + living_uh else None


def _ratio(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None
