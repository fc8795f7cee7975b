import itertools

import pytest

from accounting.charts import Figure, SankeyLink, SankeyNode, sankey
from accounting.charts.geometry.layers import CycleInChart
from accounting.charts.sankey import NegativeFlow, UnknownNode
from tests.accounting.charts.drawings import SVG, frame, names, parsed, words


def node(key: str, stage: int, label: str | None = None) -> SankeyNode:
    """A product-coloured node."""
    return SankeyNode(key, label or key, f"{key} amount", stage, "product")


def link(source: str, target: str, value: int) -> SankeyLink:
    """A link whose label is its value."""
    return SankeyLink(source, target, value, str(value), "product")


def drawn(nodes: list[SankeyNode], links: list[SankeyLink]) -> Figure:
    """A flow chart of these."""
    return sankey(frame=frame("from", "to", "amount"), nodes=nodes, links=links)


def classes(figure: Figure, name: str) -> int:
    """How many marks of this class there are."""
    return sum(element.get("class") == name for element in parsed(figure).iter())


def test_every_flow_is_drawn_and_listed() -> None:
    figure = drawn(
        [node("revenue", 0), node("m2", 1), node("m1", 1), node("data", 2)],
        [link("revenue", "m2", 9), link("m2", "m1", 4), link("m1", "data", 4)],
    )
    assert classes(figure, "ribbon") == 3
    assert classes(figure, "node") == 4
    assert "m2 → m1: 4" in names(figure)
    assert [row.cells for row in figure.rows] == [
        ("revenue", "m2", "9"),
        ("m2", "m1", "4"),
        ("m1", "data", "4"),
    ]


def test_a_flow_of_nothing_is_listed_but_not_drawn() -> None:
    figure = drawn(
        [node("a", 0), node("b", 1), node("c", 1)], [link("a", "b", 5), link("a", "c", 0)]
    )
    assert (classes(figure, "ribbon"), classes(figure, "node")) == (1, 2)
    assert len(figure.rows) == 2


def test_nothing_but_empty_flows_says_so() -> None:
    figure = drawn([node("a", 0), node("b", 1)], [link("a", "b", 0)])
    assert words(figure) == ["Nothing to draw"]
    assert len(figure.rows) == 1


def test_a_long_name_is_shortened_and_whole_in_the_tooltip() -> None:
    name = "A worker group with a remarkably long name in a faraway place"
    figure = drawn([node("a", 0), node("b", 1, name)], [link("a", "b", 5)])
    assert any(line.endswith("…") for line in words(figure))
    assert f"{name}: b amount" in names(figure)


def test_names_of_two_hundred_nodes_do_not_overlap() -> None:
    nodes = [node("a", 0), *(node(f"n{it}", 1) for it in range(200))]
    figure = drawn(nodes, [link("a", f"n{it}", 1 + it % 7) for it in range(200)])
    column: dict[str, set[float]] = {}
    for element in parsed(figure).iter(f"{SVG}text"):
        column.setdefault(element.attrib["x"], set()).add(float(element.attrib["y"]))
    for lines in column.values():
        places = sorted(lines)
        assert all(b - a > 13 for a, b in itertools.pairwise(places))
    assert classes(figure, "node") == 201


def test_a_link_to_a_stranger_is_refused() -> None:
    with pytest.raises(UnknownNode):
        drawn([node("a", 0)], [link("a", "b", 5)])


def test_a_negative_flow_is_refused() -> None:
    with pytest.raises(NegativeFlow):
        drawn([node("a", 0), node("b", 1)], [link("a", "b", -5)])


def test_a_circle_of_flows_is_refused() -> None:
    with pytest.raises(CycleInChart):
        drawn([node("a", 0), node("b", 0)], [link("a", "b", 5), link("b", "a", 5)])
