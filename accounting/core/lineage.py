"""Lineage: labour flows forward from product to product, money flows back the same way.

Forward, `λ_i = l_i + Σ τ_ji λ_j`; backward, money at a product splits between its own labour and
its upstream products in proportion to `l_i : τ_ji λ_j`. Both passes run over whole numbers in
topological order, so labour is neither lost nor counted twice and money is conserved exactly.

Source: value-model.md, c; Leontief 1936; Morishima 1973; Pasinetti 1973.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

from accounting.core.errors import AccountingError
from accounting.core.policy import PPM
from accounting.core.sharing import share_whole
from accounting.core.tables import MISSING, Edges


class LineageCycle(AccountingError):
    """A product would be made from itself."""

    code = "lineage_cycle"


class TransferExceedsOne(AccountingError):
    """The transfers leaving a product add up to more than one."""

    code = "transfer_exceeds_one"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The products' graph.

    Attributes:
        order: Products so that everything upstream comes first.
        upstream: Per product its (upstream product, effective transfer in ppm), ascending.
    """

    order: list[int]
    upstream: list[list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Embodied:
    """Labour embodied in products, in µh.

    Attributes:
        own: Each product's own labour.
        parts: Per product what each of its upstream products passed on, aligned with lineage.
        total: Own labour and parts together: λ.
    """

    own: list[int]
    parts: list[list[int]]
    total: list[int]


@dataclass(frozen=True, slots=True)
class Traced:
    """Money traced back: (product, upstream or `MISSING` for own labour) → µ, and what stayed.

    `stranded` holds money per product that embodies no labour.
    """

    flows: dict[tuple[int, int], int]
    stranded: dict[int, int]


def build_lineage(edges: Edges, products: int) -> Lineage:
    """Order the products and combine each edge's transfer with its machine share.

    Several edges between the same two products pass on their transfers together.

    Raises:
        LineageCycle: The edges close a circle.
        TransferExceedsOne: A product passes on more than all of its labour.
    """
    upstream: list[dict[int, int]] = [{} for _ in range(products)]
    leaving = [0] * products
    for source, target, transfer, machine in zip(
        edges.upstream.tolist(),
        edges.downstream.tolist(),
        edges.transfer_ppm.tolist(),
        edges.machine_ppm.tolist(),
        strict=True,
    ):
        effective = transfer * machine // PPM
        upstream[target][source] = upstream[target].get(source, 0) + effective
        leaving[source] += effective
    for product, transfers in enumerate(leaving):
        if transfers > PPM:
            raise TransferExceedsOne(
                "The transfers leaving a product add up to more than one.",
                product=product,
                transfer_ppm=transfers,
            )
    return Lineage(
        order=_topological_order(upstream),
        upstream=[sorted(sources.items()) for sources in upstream],
    )


def embody(lineage: Lineage, own_uh: list[int]) -> Embodied:
    """Carry labour forward along the lineage.

    >>> chain = Lineage(order=[0, 1], upstream=[[], [(0, 600_000)]])
    >>> embody(chain, [100, 10]).total
    [100, 70]
    """
    total = list(own_uh)
    parts: list[list[int]] = [[] for _ in own_uh]
    for product in lineage.order:
        parts[product] = [
            transfer * total[source] // PPM for source, transfer in lineage.upstream[product]
        ]
        total[product] += sum(parts[product])
    return Embodied(own=own_uh, parts=parts, total=total)


def trace_back(lineage: Lineage, embodied: Embodied, inflow: dict[int, int]) -> Traced:
    """Carry money back to the labour it rests on.

    Args:
        inflow: Money per product, of one sign throughout.

    >>> chain = Lineage(order=[0, 1], upstream=[[], [(0, 600_000)]])
    >>> trace_back(chain, embody(chain, [100, 10]), {1: 70}).flows
    {(1, -1): 10, (1, 0): 60, (0, -1): 60}
    """
    arrived = defaultdict(int, inflow)
    flows: defaultdict[tuple[int, int], int] = defaultdict(int)
    stranded: dict[int, int] = {}
    for product in reversed(lineage.order):
        money = arrived[product]
        if money == 0:
            continue
        if embodied.total[product] == 0:
            stranded[product] = money
            continue
        sources = [MISSING, *(source for source, _ in lineage.upstream[product])]
        keys = [embodied.own[product], *embodied.parts[product]]
        for source, part in zip(sources, share_whole(money, keys), strict=True):
            if part:
                flows[product, source] += part
            if part and source != MISSING:
                arrived[source] += part
    return Traced(flows=dict(flows), stranded=stranded)


def _topological_order(upstream: list[dict[int, int]]) -> list[int]:
    """Kahn's algorithm; of the products that are ready the lower position comes first."""
    downstream: list[list[int]] = [[] for _ in upstream]
    for target, sources in enumerate(upstream):
        for source in sources:
            downstream[source].append(target)
    waiting = [len(sources) for sources in upstream]
    ready = [product for product, count in enumerate(waiting) if count == 0]
    order: list[int] = []
    while ready:
        product = heapq.heappop(ready)
        order.append(product)
        for target in downstream[product]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(ready, target)
    if len(order) < len(upstream):
        circle = sorted(set(range(len(upstream))) - set(order))
        raise LineageCycle("The lineage contains a cycle.", products=circle)
    return order
