"""Revenue per product; bundled subscriptions are split by usage and the composite index.

`X_i = Π (x_i / Σx)^ω` over GPU-hours, governance hours and the logarithm of training FLOP. It is
only ever a key between products that no meter divides, never one between people. Powers and
logarithms are taken in 40 decimal digits and the shares fixed in parts per million before any
money is split.

Source: value-model.md, e.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Protocol

import numpy as np

from accounting.core.errors import AccountingError
from accounting.core.policy import PPM, Index
from accounting.core.sharing import share_whole, total_of
from accounting.core.tables import MISSING, IndexInputs, Inputs, Int, Products, Usage

DIGITS = Context(prec=40, rounding=ROUND_HALF_EVEN)
NANO = 10**9
FLOP = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?", re.ASCII)


class IndexInputsMissing(AccountingError):
    """A product of a bundle lacks a figure that the composite index needs."""

    code = "index_inputs_missing"


class BundleUnmetered(AccountingError):
    """A bundle earned money but no use of any of its products is recorded."""

    code = "bundle_unmetered"


class Bundled(Protocol):
    """What splitting bundles reads of the inputs."""

    @property
    def products(self) -> Products:
        """The products that positions refer to."""

    @property
    def bundles(self) -> list[str]:
        """The ids of the bundles."""

    @property
    def usage(self) -> Usage:
        """How much each product of a bundle was used."""

    @property
    def index_inputs(self) -> IndexInputs:
        """What the index is made of."""


@dataclass(frozen=True, slots=True)
class BundleSplit:
    """How the money of one bundle is split.

    Attributes:
        products: The products whose use is recorded, ascending.
        quantities: Their recorded use.
        index: Their composite index.
        shares_ppm: Their shares, adding up to one million.
    """

    products: list[int]
    quantities: list[int]
    index: list[Decimal]
    shares_ppm: list[int]


def product_revenue(inputs: Inputs, policy: Index) -> Int:
    """Return the revenue of each product in µ, its shares of bundles included.

    Raises:
        BundleUnmetered: A bundle with revenue has no recorded use.
        IndexInputsMissing: A product of such a bundle lacks an input of the index.
        FigureTooLarge: Revenue adds up to more than 64 bits hold.
    """
    revenue = inputs.revenue
    total_of(revenue.amount_micro, "amount_micro")
    earned = [0] * len(inputs.products.id)
    splits: dict[int, BundleSplit] = {}
    for product, bundle, amount in zip(
        revenue.product.tolist(),
        revenue.bundle.tolist(),
        revenue.amount_micro.tolist(),
        strict=True,
    ):
        if bundle == MISSING:
            earned[product] += amount
            continue
        if bundle not in splits:
            splits[bundle] = split_bundle(inputs, policy, bundle)
        split = splits[bundle]
        for member, part in zip(split.products, share_whole(amount, split.shares_ppm), strict=True):
            earned[member] += part
    return np.array(earned, dtype=np.int64)


def split_bundle(inputs: Bundled, policy: Index, bundle: int) -> BundleSplit:
    """Find the share of each product in a bundle: usage share times composite index.

    Raises:
        BundleUnmetered: The bundle has no recorded use.
        IndexInputsMissing: A product lacks an input, or no product has any weight.
    """
    used: dict[int, int] = {}
    usage = inputs.usage
    for row in np.flatnonzero(usage.bundle == bundle).tolist():
        product = int(usage.product[row])
        used[product] = used.get(product, 0) + int(usage.quantity[row])
    products = sorted(product for product, quantity in used.items() if quantity)
    if not products:
        raise BundleUnmetered(
            "A bundle has revenue but no recorded use.", bundle=inputs.bundles[bundle]
        )
    index = composite_index(inputs, policy, products)
    weights = [
        DIGITS.multiply(Decimal(used[product]), value)
        for product, value in zip(products, index, strict=True)
    ]
    total = _sum(weights)
    if total == 0:
        raise IndexInputsMissing(
            "The index of every product in a bundle is zero.", bundle=inputs.bundles[bundle]
        )
    shares = [
        int(DIGITS.divide(weight * NANO, total).to_integral_value(ROUND_HALF_EVEN))
        for weight in weights
    ]
    return BundleSplit(
        products=products,
        quantities=[used[product] for product in products],
        index=index,
        shares_ppm=share_whole(PPM, shares),
    )


def composite_index(inputs: Bundled, policy: Index, products: list[int]) -> list[Decimal]:
    """Return X of each of these products relative to the others.

    A component that is zero for all of them tells them apart in nothing and is left out.

    Raises:
        IndexInputsMissing: A product lacks a component whose exponent is above zero.
    """
    rows = {product: row for row, product in enumerate(inputs.index_inputs.product.tolist())}
    index = [Decimal(1)] * len(products)
    for component, exponent_ppm in (
        ("gpu_milli_hours", policy.gpu_hours_ppm),
        ("governance_seconds", policy.governance_hours_ppm),
        ("training_flop", policy.training_flop_ppm),
    ):
        if exponent_ppm == 0:
            continue
        figures = [_figure(inputs, rows.get(product), component, product) for product in products]
        total = _sum(figures)
        if total == 0:
            continue
        exponent = Decimal(exponent_ppm) / PPM
        factors = [_power(DIGITS.divide(figure, total), exponent) for figure in figures]
        index = [DIGITS.multiply(x, factor) for x, factor in zip(index, factors, strict=True)]
    return index


def _figure(inputs: Bundled, row: int | None, component: str, product: int) -> Decimal:
    table = inputs.index_inputs
    figure: Decimal | None = None
    if row is not None and component == "training_flop":
        figure = _logarithm(table.training_flop[row])
    elif row is not None:
        column = (
            table.gpu_milli_hours if component == "gpu_milli_hours" else table.governance_seconds
        )
        figure = Decimal(int(column[row]))
    if figure is None or figure < 0:
        raise IndexInputsMissing(
            f"A product of a bundle has no usable {component}.",
            product=inputs.products.id[product],
            component=component,
        )
    return figure


def _logarithm(flop: str) -> Decimal | None:
    number = Decimal(flop) if FLOP.fullmatch(flop) else Decimal(0)
    return DIGITS.log10(number) if number >= 1 else None


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    return DIGITS.power(base, exponent) if base else Decimal(0)


def _sum(numbers: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = DIGITS.add(total, number)
    return total
