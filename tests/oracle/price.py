"""Price categories, rents and the revenue of each product (value-model.md d, e)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from accounting.core.policy import Index, Policy
from tests.oracle.sharing import share
from tests.oracle.world import IndexInput, World

PPM = 1_000_000


@dataclass(frozen=True)
class Price:
    """R = c + v + s with both rents, in micro-units; fields as in the engine's table."""

    revenue_micro: int
    constant_capital_micro: int
    variable_capital_micro: int
    surplus_micro: int
    average_profit_micro: int
    excess_profit_micro: int
    new_value_micro: int
    transfer_micro: int
    compute_micro: int


def declared(world: World, name: str) -> int:
    """Return the sum of the declared money of one name, in micro-units.

    Facts are declared in the currency, as decimals with at most six places.
    """
    amounts = [Decimal(fact.value) * PPM for fact in world.facts if fact.name == name]
    return sum(int(amount) for amount in amounts)


def of_the_period(world: World, values: Mapping[str, int]) -> int:
    """Add up figures of contributions, creation under a plan only by the period's part of it."""
    parts = {
        fact.product: Decimal(fact.value) for fact in world.facts if fact.name == "amortised_share"
    }
    total = 0
    spread = dict.fromkeys(parts, 0)
    for key, value in values.items():
        row = world.contributions[key]
        if row.phase == "TRAIN" and row.product in spread:
            spread[row.product] += value
        else:
            total += value
    return total + sum(int(parts[product] * whole) for product, whole in spread.items())


def price_of(world: World, policy: Policy, content_uh: int) -> Price:
    """Return the price categories.

    Args:
        content_uh: Labour content of all productive labour that makes new value, in micro-hours.
    """
    revenue = sum(row.amount_micro for row in world.revenue)
    constant = sum(row.amount_micro for row in world.costs if row.kind != "wages")
    variable = sum(row.amount_micro for row in world.costs if row.kind == "wages")
    variable += of_the_period(
        world, {key: row.wage_micro for key, row in world.contributions.items()}
    )
    surplus = revenue - constant - variable
    capital = declared(world, "capital_advanced")
    average = policy.value.reference_profit_ppm * capital // PPM
    new_value = policy.value.melt_micro_per_hour * content_uh // PPM
    return Price(
        revenue_micro=revenue,
        constant_capital_micro=constant,
        variable_capital_micro=variable,
        surplus_micro=surplus,
        average_profit_micro=average,
        excess_profit_micro=max(0, surplus - average),
        new_value_micro=new_value,
        transfer_micro=revenue - constant - new_value,
        compute_micro=sum(row.amount_micro for row in world.costs if row.kind == "compute"),
    )


def product_revenue(world: World, policy: Policy) -> dict[str, int]:
    """Return the revenue of every product, bundles divided, in micro-units."""
    revenue = dict.fromkeys(sorted(world.products), 0)
    for row in world.revenue:
        if row.product is not None:
            revenue[row.product] += row.amount_micro
        elif row.bundle is not None:
            parts = bundle_shares(world, policy.index, row.bundle)
            for product, amount in share(row.amount_micro, parts).items():
                revenue[product] += amount
    return revenue


def bundle_shares(world: World, index: Index, bundle: str) -> dict[str, int]:
    """Return how a bundle divides among its products, in ppm: use times the technical index."""
    used: dict[str, int] = {}
    for row in sorted(world.usage, key=lambda row: row.product):
        if row.bundle == bundle:
            used[row.product] = used.get(row.product, 0) + row.quantity
    inputs = {row.product: row for row in world.index_inputs if row.product in used}
    with localcontext(prec=50):
        scores = _technical_index(inputs, index)
        claims = {product: quantity * scores[product] for product, quantity in used.items()}
        total = sum(claims.values())
        weights = {
            product: int((10**9 * claim / total).to_integral_value(ROUND_HALF_EVEN))
            for product, claim in claims.items()
        }
    return share(PPM, weights)


def _technical_index(inputs: dict[str, IndexInput], index: Index) -> dict[str, Decimal]:
    gpu = {key: Decimal(row.gpu_milli_hours) for key, row in inputs.items()}
    governance = {key: Decimal(row.governance_seconds) for key, row in inputs.items()}
    complexity = {key: Decimal(row.training_flop).log10() for key, row in inputs.items()}
    scores = dict.fromkeys(inputs, Decimal(1))
    exponents = (index.gpu_hours_ppm, index.governance_hours_ppm, index.training_flop_ppm)
    for measure, exponent_ppm in zip((gpu, governance, complexity), exponents, strict=True):
        total = sum(measure.values())
        if not total or not exponent_ppm:
            continue
        for product, amount in measure.items():
            scores[product] *= (amount / total) ** (Decimal(exponent_ppm) / PPM)
    return scores
