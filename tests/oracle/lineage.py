"""Forward labour and backward money over the products (value-model.md c)."""

from __future__ import annotations

from tests.oracle.sharing import share
from tests.oracle.world import World

PPM = 1_000_000
Flow = tuple[str, str | None]
"""Money through a product: to its own labour (`None`) or to an upstream product."""


def in_order(world: World) -> list[str]:
    """Return the products so that every product stands after all that went into it."""
    shares = world.edge_shares()
    left = sorted(world.products)
    done: list[str] = []
    while left:
        ready = [p for p in left if all(up in done for (up, down) in shares if down == p)]
        done.append(ready[0])
        left.remove(ready[0])
    return done


def upstream_parts(world: World, product: str, embodied: dict[str, int]) -> dict[str, int]:
    """Return the labour that each upstream product passed on, by ascending product."""
    return {
        up: ppm * embodied[up] // PPM
        for (up, down), ppm in sorted(world.edge_shares().items())
        if down == product
    }


def embodied_labour(world: World, own: dict[str, int]) -> dict[str, int]:
    """Return own and transferred labour of every product, in micro-hours."""
    embodied: dict[str, int] = {}
    for product in in_order(world):
        parts = upstream_parts(world, product, embodied)
        embodied[product] = own.get(product, 0) + sum(parts.values())
    return embodied


def trace_back(
    world: World, own: dict[str, int], funds: dict[str, int]
) -> tuple[dict[Flow, int], dict[str, int]]:
    """Send money at products back to the labour it came from.

    Returns:
        The flows through each product, and the money stranded at products without labour.
    """
    embodied = embodied_labour(world, own)
    inflow = dict.fromkeys(world.products, 0) | funds
    flows: dict[Flow, int] = {}
    stranded: dict[str, int] = {}
    for product in reversed(in_order(world)):
        if not inflow[product]:
            continue
        if not embodied[product]:
            stranded[product] = inflow[product]
            continue
        claims: dict[str | None, int] = {None: own.get(product, 0)}
        claims.update(upstream_parts(world, product, embodied).items())
        for source, amount in share(inflow[product], claims).items():
            flows[product, source] = amount
            if source is not None:
                inflow[source] += amount
    return flows, stranded
