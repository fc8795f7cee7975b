"""Which product went into which: data sets and models from the earliest to the latest."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.figure import (
    BOLD,
    FONT_SIZE,
    Canvas,
    Figure,
    Frame,
    Piece,
    Row,
    drawn,
    nothing_drawn,
)
from accounting.charts.geometry.lineage import (
    BOX_HEIGHT,
    BOX_WIDTH,
    ROOM_BETWEEN,
    LineageLayout,
    lineage_layout,
)
from accounting.charts.markup import (
    AXIS,
    PAPER,
    SOFT,
    Attributes,
    Svg,
    element,
    join,
    mark,
    number,
    text,
)
from accounting.charts.palette import fill
from accounting.charts.sankey import UnknownNode
from accounting.charts.textfit import shortened, text_width

MARGIN = 6.0
ARROW = 8.0
NAME_HEIGHT = 15.0
SMALL = 12.0


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A product version; `detail` is a second line, such as its kind and labour content."""

    key: str
    label: str
    detail: str
    kind: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """One product went into another.

    Attributes:
        upstream: Key of the product that went in.
        downstream: Key of the product made.
        label: The transfer coefficient or relation, short.
        is_evidenced: An edge without evidence is dashed.
        href: Its explanation.
    """

    upstream: str
    downstream: str
    label: str
    is_evidenced: bool = True
    href: str | None = None


def lineage(*, frame: Frame, nodes: Sequence[LineageNode], edges: Sequence[LineageEdge]) -> Figure:
    """Draw products as boxes and lineage as arrows from left to right.

    Args:
        frame: Its columns head upstream product, downstream product, edge.
        nodes: The products.
        edges: Between them, without a circle.

    Raises:
        UnknownNode: An edge names a product that is not given.
        CycleInChart: The edges form a circle.
    """
    place = {node.key: index for index, node in enumerate(nodes)}
    for edge in edges:
        if not {edge.upstream, edge.downstream} <= place.keys():
            raise UnknownNode(f"{edge.upstream!r} to {edge.downstream!r}")
    if not nodes:
        return nothing_drawn(frame)
    pairs = [(place[edge.upstream], place[edge.downstream]) for edge in edges]
    layout = lineage_layout(len(nodes), pairs)
    rows = [
        Row((nodes[source].label, nodes[target].label, edge.label), edge.href)
        for edge, (source, target) in zip(edges, pairs, strict=True)
    ]
    pieces = [
        *(
            _edge(edge, nodes[pairs[it][0]], nodes[pairs[it][1]], layout.paths[it])
            for it, edge in enumerate(edges)
        ),
        Piece(_edge_names(edges, layout.paths)),
        *(_node(node, layout, it) for it, node in enumerate(nodes)),
    ]
    size = Canvas("natural", layout.width, layout.height, margin=(MARGIN, MARGIN))
    return drawn(frame, size, pieces, rows)


def _edge(
    edge: LineageEdge,
    upstream: LineageNode,
    downstream: LineageNode,
    points: tuple[tuple[float, float], ...],
) -> Piece:
    line: Attributes = {
        "class": "line mark axis",
        "fill": "none",
        "stroke": AXIS,
        "stroke-width": 1.75,
        "stroke-dasharray": "none" if edge.is_evidenced else "5 4",
        "d": _curve(points),
    }
    x, y = points[-1]
    corners = ((x, y), (x - ARROW, y - 4.5), (x - ARROW, y + 4.5))
    tip = " ".join(f"{number(cx)},{number(cy)}" for cx, cy in corners)
    # A broad unseen line below the thin one is easier to point at.
    broad: Attributes = {
        "fill": "none",
        "stroke-width": 14,
        "pointer-events": "stroke",
        "d": line["d"],
    }
    children = [
        element("path", broad),
        element("path", line),
        element("polygon", {**fill("neutral"), "points": tip}),
    ]
    label = f"{upstream.label} → {downstream.label}: {edge.label}"
    return Piece(mark({"class": "edge"}, label=label, href=edge.href, children=children))


def _edge_names(
    edges: Sequence[LineageEdge], paths: Sequence[tuple[tuple[float, float], ...]]
) -> Svg:
    """The names of edges on their last stretch; one that would cover another is left out."""
    taken: list[tuple[float, float]] = []
    parts: list[Svg] = []
    for edge, path in zip(edges, paths, strict=True):
        (x0, y0), (x1, y1) = path[-2:]
        x, y = (x0 + x1 - ARROW) / 2, (y0 + y1) / 2
        if any(x == other_x and abs(y - other_y) < NAME_HEIGHT for other_x, other_y in taken):
            continue
        taken.append((x, y))
        name = shortened(edge.label, width=ROOM_BETWEEN - 2 * ARROW - 6, size=SMALL)
        width = text_width(name, size=SMALL) + 4
        place = {"x": x - width / 2, "y": y - NAME_HEIGHT / 2, "width": width}
        paper: Attributes = {"class": "hollow", "fill": PAPER, "height": NAME_HEIGHT}
        centred = {**SOFT, "text-anchor": "middle", "font-size": SMALL}
        parts += [
            element("rect", {**place, **paper}),
            text(name, x=x, y=y + 4, attributes=centred),
        ]
    return element("g", {"aria-hidden": "true", "pointer-events": "none"}, *parts)


def _curve(points: tuple[tuple[float, float], ...]) -> str:
    path = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for index, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        # The last stretch ends short of the arrow's tip.
        x_end = x1 - ARROW if index == len(points) - 2 else x1
        if index % 2:
            path.append(f"L{number(x_end)} {number(y1)}")
            continue
        middle = number((x0 + x_end) / 2)
        path.append(f"C{middle} {number(y0)} {middle} {number(y1)} {number(x_end)} {number(y1)}")
    return "".join(path)


def _node(node: LineageNode, layout: LineageLayout, index: int) -> Piece:
    x, y = layout.boxes[index]
    box = {"x": x, "y": y, "height": BOX_HEIGHT, "rx": 4}
    frame = {"class": "box axis", "fill": PAPER, "stroke": AXIS}
    room = BOX_WIDTH - 26
    children = [
        element("rect", {**box, **frame, "width": BOX_WIDTH}),
        element("rect", {**box, **fill(node.kind), "width": 6, "rx": 2}),
    ]
    words = [
        text(
            shortened(node.label, width=room / BOLD, size=FONT_SIZE),
            x=x + 16,
            y=y + 21,
            attributes={"font-weight": "600"},
        ),
        text(
            shortened(node.detail, width=room, size=SMALL),
            x=x + 16,
            y=y + 39,
            attributes={**SOFT, "font-size": SMALL},
        ),
    ]
    label = f"{node.label}: {node.detail}"
    shapes = mark({"class": "node"}, label=label, href=node.href, children=children)
    return Piece(shapes, join(words))
