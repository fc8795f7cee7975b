"""Gathering the products that a pool's money passes on its way to a contribution."""

from __future__ import annotations

from dataclasses import dataclass

from accounting.core.lineage import Embodied, embody
from accounting.core.sharing import part_per_million, share
from accounting.core.tables import MISSING, Int
from accounting.core.trace.context import RunTerms
from accounting.core.trace.facts import ProductFacts, SplitFacts


@dataclass(frozen=True, slots=True)
class Path:
    """The products on the way, and what all products of the pool have in common."""

    products: tuple[ProductFacts, ...]
    weight_total: int
    solidarity_micro: int
    mixed_signs: bool


def gather_path(run: RunTerms, place: int, product: int) -> Path:
    """Gather every product between revenue and a product that a pool's money passes."""
    pool = run.pools[place]
    weights = pool.weights
    total = sum(weights.tolist())
    if pool.flow == "direct":
        weight = int(weights[product])
        own = pool.flows.get((product, MISSING), 0)
        split = SplitFacts(upstream="", weight=weight, amount_micro=own)
        name = run.inputs.products.id[product]
        facts = ProductFacts(name, 0, 0, 0, (), (split,), 0, weight, weight)
        return Path((facts,), total, 0, mixed_signs=False)
    return _LineagePath(run, place, weights).gather(product, total)


class _LineagePath:
    """Walks the flows of a lineage pool against their direction."""

    def __init__(self, run: RunTerms, place: int, weights: Int) -> None:
        self._run = run
        self._fund = run.funds[place]
        self._flows = run.pools[place].flows
        self._weights = weights
        self._embodied: Embodied = embody(run.lineage, weights.tolist())
        rate = self._fund.pool.solidarity_ppm if weights.any() else 0
        self._solidarity_out = {
            product: part_per_million(amount, rate)
            for product, amount in self._fund.by_product.items()
        }

    def gather(self, product: int, total: int) -> Path:
        reached, waiting = {product}, [product]
        while waiting:
            upstream = waiting.pop()
            sources = {down for down, up in self._flows if up == upstream} - reached
            reached |= sources
            waiting += sources
        order = [p for p in reversed(self._run.lineage.order) if p in reached]
        amounts = self._fund.by_product.values()
        return Path(
            products=tuple(self._product(each) for each in order),
            weight_total=total,
            solidarity_micro=sum(self._solidarity_out.values()),
            mixed_signs=min(amounts, default=0) < 0 < max(amounts, default=0),
        )

    def _product(self, product: int) -> ProductFacts:
        names = self._run.inputs.products.id
        solidarity_in = self._solidarity_in(product)
        own = self._flows.get((product, MISSING), 0) - solidarity_in
        splits = [SplitFacts("", int(self._weights[product]), own)]
        parts = self._embodied.parts[product]
        for (upstream, transfer), part in zip(
            self._run.lineage.upstream[product], parts, strict=True
        ):
            amount = self._flows.get((product, upstream), 0)
            splits.append(SplitFacts(names[upstream], part, amount, transfer))
        return ProductFacts(
            id=names[product],
            revenue_micro=int(self._run.revenue_micro[product]),
            fund_micro=self._fund.by_product.get(product, 0),
            solidarity_out_micro=self._solidarity_out.get(product, 0),
            arrived=tuple(
                (names[down], amount) for (down, up), amount in self._flows.items() if up == product
            ),
            splits=tuple(splits),
            solidarity_in_micro=solidarity_in,
            weight=int(self._weights[product]),
            embodied_uh=self._embodied.total[product],
        )

    def _solidarity_in(self, product: int) -> int:
        """What own labour gets of the solidarity of income, and of that of refunds."""
        out = self._solidarity_out.values()
        income, refunds = sum(max(0, part) for part in out), sum(min(0, part) for part in out)
        return sum(
            int(share(everything, self._weights)[product])
            for everything in (income, refunds)
            if everything
        )
