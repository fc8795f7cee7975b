"""Funds: how much money each pool of the policy shares out.

Pools that no contract fixes (data dividend, profit share, commons) are paid out of surplus value:
where together they exceed it they scale down together.

Source: value-model.md, f.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from accounting.core.declared import amount_of
from accounting.core.policy import Policy, Pool
from accounting.core.sharing import part_per_million, share_whole
from accounting.core.tables import MISSING, Inputs, Int, Price


@dataclass(frozen=True, slots=True)
class Fund:
    """What one pool has to share out, in µ.

    Attributes:
        id: The pool's id; of a licence pool the licence's id follows.
        formula_micro: What the terms of the pool yield, before scaling down.
        funded_micro: What is shared out.
        by_product: Of a data dividend, the fund of each product with revenue.
        licensed: Of a licence pool, the licensed product, else `MISSING`.
    """

    id: str
    pool: Pool
    formula_micro: int
    funded_micro: int
    by_product: dict[int, int] = field(default_factory=dict)
    licensed: int = MISSING


def find_funds(
    inputs: Inputs, policy: Policy, product_revenue: Int, price: Price
) -> tuple[list[Fund], list[str]]:
    """Find every pool's fund, in the order of the policy, and note any scaling down.

    A wage floor starts empty: what it takes out of the profit share depends on what the pools
    before it have paid.
    """
    funds: list[Fund] = []
    for pool in policy.pools:
        if pool.kind == "licence":
            funds += _licence_funds(inputs, pool)
        else:
            funds.append(_fund(inputs, pool, product_revenue, price))
    return _scale_down(funds, price.surplus_micro, amount_of(inputs.facts, "expired_escrow"))


def licence_terms_micro(fee: int, price: int, units: int, percentage_ppm: int, base: int) -> int:
    """Return what a licence yields in the period: `fee + price x units + percentage of base`."""
    return fee + price * units + part_per_million(base, percentage_ppm)


def _licence_funds(inputs: Inputs, pool: Pool) -> list[Fund]:
    licences = inputs.licences
    funds = []
    for row, licence in enumerate(licences.id):
        amount = licence_terms_micro(
            int(licences.fee_micro[row]),
            int(licences.price_micro[row]),
            int(licences.units[row]),
            int(licences.percentage_ppm[row]),
            int(licences.base_micro[row]),
        )
        product = int(licences.product[row])
        funds.append(Fund(f"{pool.id}-{licence}", pool, amount, amount, licensed=product))
    return funds


def _fund(inputs: Inputs, pool: Pool, product_revenue: Int, price: Price) -> Fund:
    by_product: dict[int, int] = {}
    amount = 0
    if pool.kind == "data_dividend":
        by_product = {
            product: part_per_million(revenue, pool.rate_ppm)
            for product, revenue in enumerate(product_revenue.tolist())
            if revenue
        }
        amount = sum(by_product.values())
    elif pool.kind == "profit_share":
        amount = part_per_million(max(0, price.surplus_micro), pool.rate_ppm)
    elif pool.kind == "commons":
        amount = part_per_million(price.excess_profit_micro, pool.rate_ppm)
        amount += amount_of(inputs.facts, "expired_escrow")
    return Fund(pool.id, pool, amount, amount, by_product=by_product)


def _scale_down(
    funds: list[Fund], surplus_micro: int, expired_micro: int
) -> tuple[list[Fund], list[str]]:
    """Scale the claims on surplus value down to it, in proportion.

    Expired escrow in the commons was set aside in earlier periods, so this period's surplus
    does not limit it. Negative dividends, of refunds, are no claim on it either.
    """
    limit = max(0, surplus_micro)
    claims = [_claim(fund, expired_micro) for fund in funds]
    if sum(claims) <= limit:
        return funds, []
    granted = share_whole(limit, claims)
    scaled = [
        _scaled(fund, grant, claim) if claim else fund
        for fund, claim, grant in zip(funds, claims, granted, strict=True)
    ]
    return scaled, [f"funds_scaled_down from={sum(claims)} to={limit}"]


def _claim(fund: Fund, expired_micro: int) -> int:
    """What a fund claims of the surplus value of the period, >= 0."""
    if fund.pool.kind in {"data_dividend", "profit_share"}:
        return max(0, fund.formula_micro)
    return fund.formula_micro - expired_micro if fund.pool.kind == "commons" else 0


def _scaled(fund: Fund, granted: int, claim: int) -> Fund:
    if not fund.by_product:
        return replace(fund, funded_micro=fund.formula_micro - claim + granted)
    # What refunds take back shrinks in the same proportion as the rest.
    amounts = list(fund.by_product.values())
    refunded = -sum(min(0, amount) for amount in amounts)
    refund = refunded * granted // claim
    gains = share_whole(granted + refund, [max(0, amount) for amount in amounts])
    refunds = share_whole(-refund, [max(0, -amount) for amount in amounts])
    by_product = {
        product: gain + loss
        for product, gain, loss in zip(fund.by_product, gains, refunds, strict=True)
    }
    return replace(fund, funded_micro=granted, by_product=by_product)
