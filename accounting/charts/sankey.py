"""Flow chart of money: revenue, products and their lineage, labour types, groups of workers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.errors import ChartError
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
from accounting.charts.geometry.sankey import (
    NODE_WIDTH,
    NodeBox,
    Ribbon,
    SankeyLayout,
    sankey_layout,
    throughput,
)
from accounting.charts.markup import Svg, element, haloed, join, mark, number, touch
from accounting.charts.palette import fill, glyph
from accounting.charts.textfit import shortened, text_width

ONE_LINE, TWO_LINES = 17.0, 33.0
THINNEST = 0.75
# Room above and below for labels of nodes at the very edge.
_EDGE = 18.0
LEAST_NAME = 40.0


class UnknownNode(ChartError):
    """A link names a node that is not in the chart."""

    code = "chart_unknown_node"


class NegativeFlow(ChartError):
    """A link carries less than nothing; money that runs back is another chart."""

    code = "chart_negative_flow"


@dataclass(frozen=True, slots=True)
class SankeyNode:
    """A place money passes.

    Attributes:
        key: Names the node in links, unique within the chart.
        label: Its name, any text.
        value_label: Its amount, formatted.
        stage: 0 for revenue, 1 products, 2 labour types, 3 worker groups, or any other ascending
            numbers: a node stands right of every node of a lower stage, and of what feeds it.
        kind: Of `palette.COLOURS`.
        href: Its explanation.
    """

    key: str
    label: str
    value_label: str
    stage: int
    kind: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class SankeyLink:
    """An amount in micro-units (or any integer unit common to the chart) on its way."""

    source: str
    target: str
    value: int
    value_label: str
    kind: str
    href: str | None = None


def sankey(*, frame: Frame, nodes: Sequence[SankeyNode], links: Sequence[SankeyLink]) -> Figure:
    """Draw where money comes from and where it goes; nodes without money are left out.

    Args:
        frame: Its columns head source, target, amount.
        nodes: Up to some hundreds; labels that would overlap are left to tooltip and table.
        links: From lower to higher stages, or along the lineage within one; none in a circle.

    Raises:
        UnknownNode: A link names a node that is not given.
        NegativeFlow: A link's value is below zero.
        CycleInChart: The links form a circle.
        ArrowRunsBackwards: A link leads to a lower stage.
    """
    by_key = {node.key: node for node in nodes}
    rows = []
    for link in links:
        if not {link.source, link.target} <= by_key.keys():
            raise UnknownNode(f"{link.source!r} to {link.target!r}")
        if link.value < 0:
            raise NegativeFlow(f"{link.source!r} to {link.target!r}: {link.value}")
        ends = (by_key[link.source].label, by_key[link.target].label)
        rows.append(Row((*ends, link.value_label), link.href))

    carrying = [link for link in links if link.value]
    if not carrying:
        return nothing_drawn(frame, rows)
    ends_used = {key for link in carrying for key in (link.source, link.target)}
    shown = [node for node in by_key.values() if node.key in ends_used]
    place = {node.key: index for index, node in enumerate(shown)}
    flows = [(place[link.source], place[link.target], link.value) for link in carrying]
    layout = sankey_layout([node.stage for node in shown], flows)

    # Wide ribbons first, so that narrow ones stay on top and reachable.
    widest_first = sorted(range(len(flows)), key=lambda index: -flows[index][2])
    labelled = _lines_per_label(layout, throughput(len(shown), flows))
    body = [
        *(_ribbon(carrying[it], by_key, flows[it], layout.ribbons[it]) for it in widest_first),
        *(_node(index, node, layout, lines=labelled[index]) for index, node in enumerate(shown)),
    ]
    canvas = Canvas("sankey", layout.width, layout.height, margin=(0, _EDGE))
    return drawn(frame, canvas, body, rows)


def _ribbon(
    link: SankeyLink, by_key: dict[str, SankeyNode], ends: tuple[int, int, int], ribbon: Ribbon
) -> Piece:
    label = f"{by_key[link.source].label} → {by_key[link.target].label}: {link.value_label}"
    shape = element("path", {**fill(link.kind), "fill-opacity": 0.38, "d": _outline(ribbon)})
    attributes = {"class": "ribbon", "data-source": str(ends[0]), "data-target": str(ends[1])}
    return Piece(mark(attributes, label=label, href=link.href, children=[shape]))


def _outline(ribbon: Ribbon) -> str:
    """Along the upper edge, then back along the lower one."""
    thickness = max(THINNEST, ribbon.thickness)
    upper = ribbon.tops
    lower = tuple((x, y + thickness) for x, y in reversed(upper))
    x, y = upper[0]
    path = [f"M{number(x)} {number(y)}", *_edge(upper)]
    x, y = lower[0]
    path += [f"L{number(x)} {number(y)}", *_edge(lower), "Z"]
    return "".join(path)


def _edge(points: Sequence[tuple[float, float]]) -> list[str]:
    path = []
    for index, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        end = f"{number(x1)} {number(y1)}"
        if index % 2:
            path.append(f"L{end}")
            continue
        middle = number((x0 + x1) / 2)
        path.append(f"C{middle} {number(y0)} {middle} {number(y1)} {end}")
    return path


def _lines_per_label(layout: SankeyLayout, amounts: Sequence[int]) -> list[int]:
    """How many lines each node's label gets: the largest choose first, none may overlap."""
    lines = [0] * len(layout.nodes)
    taken: dict[int, list[tuple[float, float]]] = {}
    for index in sorted(range(len(amounts)), key=lambda it: (-amounts[it], it)):
        node = layout.nodes[index]
        middle = node.y + node.height / 2
        for count, height in ((2, TWO_LINES), (1, ONE_LINE)):
            low, high = middle - height / 2, middle + height / 2
            others = taken.setdefault(node.column, [])
            if all(high <= start or end <= low for start, end in others):
                others.append((low, high))
                lines[index] = count
                break
    return lines


def _node(index: int, node: SankeyNode, layout: SankeyLayout, *, lines: int) -> Piece:
    box = layout.nodes[index]
    bar = {"x": box.x, "y": box.y, "width": NODE_WIDTH, "height": max(1.0, box.height)}
    children = [element("rect", {**fill(node.kind), **bar})]
    words: list[Svg] = []
    if lines:
        # Until the next column of bars; behind the last one stands only the margin.
        room = min(layout.pitch, layout.width - box.x) - NODE_WIDTH - 12
        words, width = _words(node, box, room, lines=lines)
        height = TWO_LINES if lines > 1 else ONE_LINE
        y = box.y + (box.height - height) / 2
        children.append(touch(x=box.x + NODE_WIDTH, y=y, width=width + 6, height=height))
    shapes = mark(
        {"class": "node", "data-node": str(index)},
        label=f"{node.label}: {node.value_label}",
        href=node.href,
        children=children,
    )
    return Piece(shapes, join(words))


def _words(node: SankeyNode, box: NodeBox, room: float, *, lines: int) -> tuple[list[Svg], float]:
    """The label's words and their width: name over amount, or name then amount, or the name."""
    x, middle = box.x + NODE_WIDTH + 6, box.y + box.height / 2
    shape = glyph(node.kind, x=x + 5, y=middle - (8 if lines > 1 else 0))
    parts = [] if shape is None else [shape]
    indent = 0 if shape is None else 15
    amount_width = text_width(node.value_label, size=FONT_SIZE)
    beside = room - indent - amount_width - 8 if lines == 1 else room - indent
    # Too little room for both on one line leaves the name alone, the amount in the tooltip.
    amount_fits = lines > 1 or beside >= LEAST_NAME
    name_room = beside if amount_fits else room - indent
    name = shortened(node.label, width=name_room / BOLD, size=FONT_SIZE)
    name_width = text_width(name, size=FONT_SIZE) * BOLD
    baseline = middle - 3.5 if lines > 1 else middle + 4.5
    strong = {"font-weight": "600"}
    parts.append(haloed(name, x=x + indent, y=baseline, attributes=strong))
    if not amount_fits:
        return parts, indent + name_width
    if lines == 1:
        after = x + indent + name_width + 6
        parts.append(haloed(node.value_label, x=after, y=baseline))
        return parts, indent + name_width + 6 + amount_width
    amount = shortened(node.value_label, width=room, size=FONT_SIZE)
    parts.append(haloed(amount, x=x, y=middle + 12.5))
    return parts, max(indent + name_width, min(room, amount_width))
