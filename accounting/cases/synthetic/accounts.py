"""Income, costs, licences and declared figures of a synthetic world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from accounting.cases.case import (
    Bundle,
    Channel,
    Cost,
    Fact,
    Licence,
    Product,
    Revenue,
    Usage,
)
from accounting.cases.synthetic.draws import Draws
from accounting.cases.synthetic.parties import MICRO
from accounting.core.tables import MISSING, Int

# Money per recorded batch: enough above usual wages that there is a surplus to share.
_REVENUE_PER_ROW_MICRO = 30 * MICRO
_COST_PER_ROW_MICRO = 6 * MICRO
_CHANNELS: tuple[Channel, ...] = ("api", "subscription", "integration", "other")
_MOST_LICENCES = 5
_BUNDLED = 3


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the platform earned, spent and declared.

    Attributes:
        licence_of_product: Position in `licences` per product, or `MISSING`.
    """

    revenue: tuple[Revenue, ...]
    bundles: tuple[Bundle, ...]
    usage: tuple[Usage, ...]
    costs: tuple[Cost, ...]
    licences: tuple[Licence, ...]
    facts: tuple[Fact, ...]
    licence_of_product: Int


def accounts(
    draws: Draws, products: Sequence[Product], *, contributions: int, starts_on: date
) -> Accounts:
    """Invent the money of one period, in proportion to the labour recorded."""
    sold = [product for product in products if product.kind == "deployment"]
    income_micro = contributions * _REVENUE_PER_ROW_MICRO
    # A fifth comes from a bundle, where the world is large enough to have one.
    bundled = sold[:_BUNDLED] if len(sold) > _BUNDLED else []
    bundle_micro = income_micro // 5 if bundled else 0
    licences = _licences(draws, products, starts_on)
    position = {product.key: at for at, product in enumerate(products)}
    licence_of_product = np.full(len(products), MISSING)
    for at, licence in enumerate(licences):
        licence_of_product[position[licence.product]] = at
    return Accounts(
        revenue=_revenue(draws, sold, income_micro - bundle_micro, bundle_micro),
        bundles=_bundles(bundled),
        usage=tuple(
            Usage(product.key, "calls", draws.one(1, 10**6), "syn-bundle") for product in bundled
        ),
        costs=_costs(draws, products, contributions * _COST_PER_ROW_MICRO),
        licences=licences,
        facts=_facts(contributions, sold),
        licence_of_product=licence_of_product,
    )


def _split(draws: Draws, whole: int, parts: int) -> list[int]:
    weights = draws.between(1, 1_000, parts).tolist()
    shares = [whole * weight // sum(weights) for weight in weights]
    shares[0] += whole - sum(shares)
    return shares


def _revenue(
    draws: Draws, sold: Sequence[Product], direct_micro: int, bundle_micro: int
) -> tuple[Revenue, ...]:
    rows = [
        Revenue(
            key=f"syn-revenue-{product.key}",
            channel=_CHANNELS[draws.one(0, len(_CHANNELS) - 1)],
            amount_micro=amount_micro,
            product=product.key,
            assumed=True,
            note="Synthetic",
        )
        for product, amount_micro in zip(sold, _split(draws, direct_micro, len(sold)), strict=True)
    ]
    if bundle_micro:
        rows.append(
            Revenue(
                key="syn-revenue-bundle",
                channel="subscription",
                amount_micro=bundle_micro,
                bundle="syn-bundle",
                assumed=True,
                note="Synthetic",
            )
        )
    return tuple(rows)


def _bundles(bundled: Sequence[Product]) -> tuple[Bundle, ...]:
    if not bundled:
        return ()
    keys = tuple(product.key for product in bundled)
    return (Bundle("syn-bundle", "Synthetic subscription", keys),)


def _costs(draws: Draws, products: Sequence[Product], whole_micro: int) -> tuple[Cost, ...]:
    metered = [product for product in products if product.gpu_milli_hours is not None]
    amounts = _split(draws, whole_micro * 3 // 4, len(metered))
    compute = [
        Cost(
            key=f"syn-compute-{product.key}",
            kind="compute",
            amount_micro=amount_micro,
            product=product.key,
            gpu_milli_hours=product.gpu_milli_hours,
            assumed=True,
            note="Synthetic",
        )
        for product, amount_micro in zip(metered, amounts, strict=True)
    ]
    rest_micro = whole_micro - sum(amounts)
    energy = Cost("syn-energy", "energy", rest_micro // 2, assumed=True, note="Synthetic")
    other = Cost("syn-other", "other", rest_micro - rest_micro // 2, assumed=True, note="Synthetic")
    return (*compute, energy, other)


def _licences(draws: Draws, products: Sequence[Product], starts_on: date) -> tuple[Licence, ...]:
    data_sets = [row for row in products if row.kind == "dataset" and not row.public]
    return tuple(
        Licence(
            key=f"syn-licence-{product.key}",
            product=product.key,
            licensee="syn-platform",
            scope="Synthetic training licence",
            starts_on=starts_on,
            fee_micro=draws.one(100, 5_000) * MICRO,
            price_micro=draws.one(0, 5_000),
            units=draws.one(0, 10_000),
            percentage_ppm=draws.one(0, 20_000),
            base_micro=draws.one(0, 10_000) * MICRO,
        )
        for product in data_sets[:_MOST_LICENCES]
    )


def _facts(contributions: int, sold: Sequence[Product]) -> tuple[Fact, ...]:
    capital = contributions * _REVENUE_PER_ROW_MICRO // MICRO // 2
    return (
        Fact("capital_advanced", str(capital), assumed=True),
        Fact("unlogged_hours", str(contributions // 20), assumed=True),
        Fact("price", "10", assumed=True),
        Fact("marginal_cost", "2", assumed=True),
        Fact("portability", "0.5", item="work history", weight="2", assumed=True),
        Fact("portability", "0", item="model weights", assumed=True),
        Fact("portability", "1", item="pay records", assumed=True),
        *(Fact("realised_share", "0.5", product=product.key, assumed=True) for product in sold),
    )
