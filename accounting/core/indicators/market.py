"""Control over the market: lock-in and scarcity mark-up, from declared figures."""

from __future__ import annotations

from fractions import Fraction

from accounting.core.declared import declared, of_products
from accounting.core.indicators.pay import Indicators
from accounting.core.tables import MISSING, Facts


def market_indicators(facts: Facts) -> Indicators:
    """Return the indicators of control."""
    return {"lockin": _lock_in(facts), "lerner": _lerner(facts)}


def _lock_in(facts: Facts) -> Fraction | None:
    """`1 - Σ w x portability / Σ w` over what a leaver would want to take along."""
    items = declared(facts, "portability")
    weights = sum((item.weight for item in items), Fraction(0))
    portable = sum((item.weight * item.value for item in items), Fraction(0))
    return 1 - portable / weights if weights else None


def _lerner(facts: Facts) -> Fraction | None:
    """`(P - MC) / P`, overall; of the one product with both figures where none is overall."""
    prices, costs = of_products(facts, "price"), of_products(facts, "marginal_cost")
    priced = [product for product in prices if product in costs and prices[product]]
    if MISSING not in priced and len(priced) != 1:
        return None
    product = MISSING if MISSING in priced else priced[0]
    return (prices[product] - costs[product]) / prices[product]
