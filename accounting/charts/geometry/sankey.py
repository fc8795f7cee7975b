"""Nodes and ribbons of a flow chart whose widths are amounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.geometry.layers import Arrow, Routes, columns_of, ordered, routed
from accounting.charts.geometry.stacking import relaxed

NODE_WIDTH = 12.0
GAP = 16.0
ROW = 30.0
SHORTEST, TALLEST = 260.0, 1400.0
LEAST_WIDTH, LEAST_PITCH = 1120.0, 150.0
MARGIN_RIGHT = 164.0
# Of a column's height, at most this part is gaps; many small nodes stay visible.
GAPS_AT_MOST = 0.5


@dataclass(frozen=True, slots=True)
class NodeBox:
    """A node's rectangle; its height is its throughput times the common scale."""

    x: float
    y: float
    height: float
    column: int


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A link's band: equally thick from end to end.

    Attributes:
        tops: (x, y) of its upper edge: leaving the source, then in and out of each bend, then at
            the target. Between an odd and an even point lies a curve, within a bend a line.
        thickness: The amount times the common scale.
    """

    tops: tuple[tuple[float, float], ...]
    thickness: float


@dataclass(frozen=True, slots=True)
class SankeyLayout:
    """Everything in place; nodes and ribbons in the order they were given."""

    width: float
    height: float
    pitch: float
    scale: float
    nodes: tuple[NodeBox, ...]
    ribbons: tuple[Ribbon, ...]


def throughput(count: int, links: Sequence[tuple[int, int, int]]) -> list[int]:
    """Of each node the larger of what enters and what leaves."""
    entering, leaving = [0] * count, [0] * count
    for source, target, amount in links:
        leaving[source] += amount
        entering[target] += amount
    return [max(pair) for pair in zip(entering, leaving, strict=True)]


def sankey_layout(stages: Sequence[int], links: Sequence[tuple[int, int, int]]) -> SankeyLayout:
    """Place nodes in columns and let ribbons run between them.

    Args:
        stages: Of each node; a node stands right of every node of a lower stage.
        links: (source, target, amount > 0) by index of node; at least one. Every node is at
            the end of some link.

    Raises:
        CycleInChart: The links form a circle.
        ArrowRunsBackwards: A link leads to a lower stage.
    """
    arrows = [Arrow(source, target, amount) for source, target, amount in links]
    columns = columns_of(stages, arrows)
    routes = routed(columns, arrows)
    order = ordered(routes)
    amounts = _vertex_amounts(len(stages), links, routes)
    most = max(len(column) for column in order)
    height = min(TALLEST, max(SHORTEST, ROW * most))
    gap = min(GAP, height * GAPS_AT_MOST / max(1, most - 1))
    scale = min(
        (height - gap * (len(column) - 1)) / sum(amounts[vertex] for vertex in column)
        for column in order
    )
    tops = relaxed(order, routes, [scale * it for it in amounts], gap=gap, span=height)

    spaces = max(1, len(order) - 1)
    width = max(LEAST_WIDTH, MARGIN_RIGHT + NODE_WIDTH + LEAST_PITCH * spaces)
    pitch = (width - MARGIN_RIGHT - NODE_WIDTH) / spaces
    nodes = tuple(
        NodeBox(column * pitch, tops[node], scale * amounts[node], column)
        for node, column in enumerate(columns)
    )
    ribbons = _ribbons(routes, tops, [scale * amount for _, _, amount in links], pitch=pitch)
    return SankeyLayout(width, height, pitch, scale, nodes, ribbons)


def _vertex_amounts(count: int, links: Sequence[tuple[int, int, int]], routes: Routes) -> list[int]:
    amounts = throughput(count, links) + [0] * (len(routes.columns) - count)
    for (_, _, amount), chain in zip(links, routes.chains, strict=True):
        for bend in chain[1:-1]:
            amounts[bend] = amount
    return amounts


def _ribbons(
    routes: Routes, tops: Sequence[float], thickness: Sequence[float], *, pitch: float
) -> tuple[Ribbon, ...]:
    """Stack the ribbons along each node, ordered by where their other ends are."""
    leaving, entering = list(tops), list(tops)
    starts, ends = [0.0] * len(routes.chains), [0.0] * len(routes.chains)
    by_next = sorted(range(len(starts)), key=lambda link: tops[routes.chains[link][1]])
    for link in by_next:
        source = routes.chains[link][0]
        starts[link] = leaving[source]
        leaving[source] += thickness[link]
    by_previous = sorted(range(len(ends)), key=lambda link: tops[routes.chains[link][-2]])
    for link in by_previous:
        target = routes.chains[link][-1]
        ends[link] = entering[target]
        entering[target] += thickness[link]

    ribbons = []
    for link, chain in enumerate(routes.chains):
        points = [(routes.columns[chain[0]] * pitch + NODE_WIDTH, starts[link])]
        for bend in chain[1:-1]:
            x = routes.columns[bend] * pitch
            points += [(x, tops[bend]), (x + NODE_WIDTH, tops[bend])]
        points.append((routes.columns[chain[-1]] * pitch, ends[link]))
        ribbons.append(Ribbon(tuple(points), thickness[link]))
    return tuple(ribbons)
