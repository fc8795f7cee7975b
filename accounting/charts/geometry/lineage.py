"""Boxes and arrows of a graph of products, upstream on the left."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.geometry.layers import Arrow, columns_of, ordered, routed
from accounting.charts.geometry.stacking import relaxed

BOX_WIDTH, BOX_HEIGHT = 170.0, 50.0
ROOM_BETWEEN = 70.0
GAP = 22.0
BEND_HEIGHT = 14.0


@dataclass(frozen=True, slots=True)
class LineageLayout:
    """Everything in place.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        boxes: Top left corner of each product's box.
        paths: Of each edge the points it passes: leaving the upstream box, then in and out of
            each column it skips, then at the downstream box.
    """

    width: float
    height: float
    boxes: tuple[tuple[float, float], ...]
    paths: tuple[tuple[tuple[float, float], ...], ...]


def lineage_layout(count: int, edges: Sequence[tuple[int, int]]) -> LineageLayout:
    """Place products left of what was made from them.

    Args:
        count: Number of products, at least one.
        edges: (upstream, downstream) by index.

    Raises:
        CycleInChart: The edges form a circle.
    """
    arrows = [Arrow(upstream, downstream, 1.0) for upstream, downstream in edges]
    routes = routed(columns_of([0] * count, arrows), arrows)
    order = ordered(routes)
    heights = [BOX_HEIGHT] * count + [BEND_HEIGHT] * (len(routes.columns) - count)
    height = max(
        sum(heights[vertex] for vertex in column) + GAP * (len(column) - 1) for column in order
    )
    tops = relaxed(order, routes, heights, gap=GAP, span=height)
    pitch = BOX_WIDTH + ROOM_BETWEEN
    leaving, entering = _ports(routes.chains, tops, heights, count)

    paths = []
    for edge, chain in enumerate(routes.chains):
        points = [(routes.columns[chain[0]] * pitch + BOX_WIDTH, leaving[edge])]
        for bend in chain[1:-1]:
            x, y = routes.columns[bend] * pitch, tops[bend] + BEND_HEIGHT / 2
            points += [(x, y), (x + BOX_WIDTH, y)]
        points.append((routes.columns[chain[-1]] * pitch, entering[edge]))
        paths.append(tuple(points))
    boxes = tuple((routes.columns[it] * pitch, tops[it]) for it in range(count))
    width = pitch * len(order) - ROOM_BETWEEN
    return LineageLayout(width, height, boxes, tuple(paths))


def _ports(
    chains: Sequence[tuple[int, ...]],
    tops: Sequence[float],
    heights: Sequence[float],
    count: int,
) -> tuple[list[float], list[float]]:
    """Where edges touch their boxes: spread over the side, in the order of their other ends."""
    leaving, entering = [0.0] * len(chains), [0.0] * len(chains)
    for ports, own, other in ((leaving, 0, 1), (entering, -1, -2)):
        touching: list[list[int]] = [[] for _ in range(count)]
        for edge, chain in enumerate(chains):
            touching[chain[own]].append(edge)
        for vertex, edges in enumerate(touching):
            edges.sort(key=lambda edge, other=other: tops[chains[edge][other]])  # type: ignore[misc]
            for place, edge in enumerate(edges, start=1):
                ports[edge] = tops[vertex] + heights[vertex] * place / (len(edges) + 1)
    return leaving, entering
