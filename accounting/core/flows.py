"""Flows: a pool's money on its way to products, and through the lineage to labour.

A direct pool goes to products by total weight. A lineage pool starts at the products with
revenue and travels back through the graph; its solidarity part ignores the graph. Money that
finds no labour is held in escrow with a reason.

Source: value-model.md, c and f.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from accounting.core.funds import Fund
from accounting.core.lineage import Lineage, embody, trace_back
from accounting.core.sharing import part_per_million, share
from accounting.core.tables import MISSING, Flag, Int


@dataclass(frozen=True, slots=True)
class Flows:
    """One pool's money at the level of products.

    Attributes:
        embodied_uh: Labour embodied in each product; its own labour in direct pools.
        money: (product, upstream or `MISSING` for own labour) → µ.
        escrow: (product or `MISSING`, reason) → µ.
    """

    embodied_uh: Int
    money: dict[tuple[int, int], int] = field(default_factory=dict)
    escrow: dict[tuple[int, str], int] = field(default_factory=dict)

    def own_micro(self) -> Int:
        """Money that reaches each product's own labour."""
        own = np.zeros(len(self.embodied_uh), dtype=np.int64)
        for (product, upstream), amount in self.money.items():
            if upstream == MISSING:
                own[product] = amount
        return own


def flow_directly(funded_micro: int, weight_by_product: Int, unmeasured: Flag) -> Flows:
    """Share a fund over products by their total weight.

    Args:
        unmeasured: Products where eligible work of unknown size waits.
    """
    flows = Flows(embodied_uh=weight_by_product)
    if funded_micro and not weight_by_product.any():
        reason = "unmeasured" if unmeasured.any() else "no_labour"
        flows.escrow[MISSING, reason] = funded_micro
        return flows
    shares = share(funded_micro, weight_by_product)
    for product in np.flatnonzero(shares).tolist():
        flows.money[product, MISSING] = int(shares[product])
    return flows


def flow_along_lineage(
    fund: Fund, lineage: Lineage, weight_by_product: Int, unmeasured: Flag, public: Flag
) -> Flows:
    """Carry a fund from the products with revenue back to the labour they rest on.

    Positive funds and those of refunds travel apart, each in whole numbers of one sign.
    """
    embodied = embody(lineage, weight_by_product.tolist())
    flows = Flows(embodied_uh=np.array(embodied.total, dtype=np.int64))
    money: defaultdict[tuple[int, int], int] = defaultdict(int)
    escrow: defaultdict[tuple[int, str], int] = defaultdict(int)
    for inflow in _by_sign(fund.by_product):
        solidarity = _solidarity(inflow, fund.pool.solidarity_ppm, weight_by_product)
        for product, amount in solidarity.items():
            inflow[product] -= amount
        shares = share(sum(solidarity.values()), weight_by_product)
        for product in np.flatnonzero(shares).tolist():
            money[product, MISSING] += int(shares[product])
        traced = trace_back(lineage, embodied, inflow)
        for key, amount in traced.flows.items():
            money[key] += amount
        for product, amount in traced.stranded.items():
            escrow[product, _reason(bool(public[product]), bool(unmeasured[product]))] += amount
    flows.money.update({key: amount for key, amount in money.items() if amount})
    flows.escrow.update({key: amount for key, amount in escrow.items() if amount})
    return flows


def _by_sign(by_product: dict[int, int]) -> list[dict[int, int]]:
    positive = {product: amount for product, amount in by_product.items() if amount > 0}
    negative = {product: amount for product, amount in by_product.items() if amount < 0}
    return [inflow for inflow in (positive, negative) if inflow]


def _solidarity(inflow: dict[int, int], solidarity_ppm: int, weights: Int) -> dict[int, int]:
    """The part of each product's fund that all eligible labour shares, wherever it stands."""
    if not weights.any():
        return {}
    return {product: part_per_million(amount, solidarity_ppm) for product, amount in inflow.items()}


def _reason(public: bool, unmeasured: bool) -> str:
    """Why money at a product without embodied labour is nobody's yet."""
    if public:
        return "commons"
    return "unmeasured" if unmeasured else "no_labour"
