import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.charts.geometry.sankey import (
    LEAST_WIDTH,
    MARGIN_RIGHT,
    NODE_WIDTH,
    SankeyLayout,
    sankey_layout,
    throughput,
)

Links = list[tuple[int, int, int]]


@st.composite
def flows(draw: st.DrawFn) -> tuple[list[int], Links]:
    """A graph where every node is at the end of a link; amounts up to a billion units."""
    count = draw(st.integers(2, 25))
    stages = sorted(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    amounts = st.integers(1, 10**15)
    links = [(draw(st.integers(0, node - 1)), node, draw(amounts)) for node in range(1, count)]
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), amounts)
    extra = draw(st.lists(pair.filter(lambda it: it[0] < it[1]), max_size=30))
    return stages, links + extra


@given(flows())
@settings(max_examples=60)
def test_every_node_and_ribbon_is_as_thick_as_its_amount(given_: tuple[list[int], Links]) -> None:
    stages, links = given_
    layout = sankey_layout(stages, links)
    for node, amount in zip(layout.nodes, throughput(len(stages), links), strict=True):
        assert node.height == pytest.approx(amount * layout.scale)
    for ribbon, (_, _, amount) in zip(layout.ribbons, links, strict=True):
        assert ribbon.thickness == pytest.approx(amount * layout.scale)


@given(flows())
@settings(max_examples=60)
def test_ribbons_fill_the_sides_of_their_nodes_without_overlap(
    given_: tuple[list[int], Links],
) -> None:
    stages, links = given_
    layout = sankey_layout(stages, links)
    for node, box in enumerate(layout.nodes):
        for side, end in ((0, 0), (1, -1)):
            touching = sorted(
                (ribbon.tops[end][1], ribbon.thickness)
                for ribbon, link in zip(layout.ribbons, links, strict=True)
                if link[side] == node
            )
            reached = box.y
            for top, thickness in touching:
                assert top == pytest.approx(reached, abs=1e-6)
                reached = top + thickness
            assert reached <= box.y + box.height + 1e-6


@given(flows())
@settings(max_examples=60)
def test_nodes_stay_inside_the_drawing_and_apart(given_: tuple[list[int], Links]) -> None:
    stages, links = given_
    layout = sankey_layout(stages, links)
    for box in layout.nodes:
        assert box.y >= -1e-6
        assert box.y + box.height <= layout.height + 1e-6
        assert box.x + NODE_WIDTH + MARGIN_RIGHT <= layout.width + 1e-6
    by_column = sorted(layout.nodes, key=lambda box: (box.column, box.y))
    for upper, lower in itertools.pairwise(by_column):
        assert upper.column != lower.column or upper.y + upper.height <= lower.y + 1e-6


@given(flows())
@settings(max_examples=30)
def test_ribbons_run_from_left_to_right(given_: tuple[list[int], Links]) -> None:
    stages, links = given_
    for ribbon in sankey_layout(stages, links).ribbons:
        places = [x for x, _ in ribbon.tops]
        assert places == sorted(places)


def test_the_same_input_gives_the_same_drawing() -> None:
    stages, links = [0, 1, 1, 2], [(0, 1, 5), (0, 2, 5), (1, 3, 5), (2, 3, 5)]
    assert sankey_layout(stages, links) == sankey_layout(list(stages), list(links))


def test_one_flow_fills_the_height() -> None:
    layout = sankey_layout([0, 1], [(0, 1, 7)])
    assert isinstance(layout, SankeyLayout)
    assert layout.width == LEAST_WIDTH
    assert layout.nodes[0].height == pytest.approx(layout.height)


def test_a_column_of_many_nodes_still_fits() -> None:
    links = [(0, node, node) for node in range(1, 201)]
    layout = sankey_layout([0] + [1] * 200, links)
    assert max(box.y + box.height for box in layout.nodes) <= layout.height + 1e-6
    assert layout.scale > 0
