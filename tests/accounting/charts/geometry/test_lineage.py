import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.charts.geometry.lineage import BOX_HEIGHT, BOX_WIDTH, lineage_layout

Edges = list[tuple[int, int]]


@st.composite
def lineages(draw: st.DrawFn) -> tuple[int, Edges]:
    """Products and edges from earlier to later ones."""
    count = draw(st.integers(1, 25))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = draw(st.lists(pairs.filter(lambda it: it[0] < it[1]), max_size=40, unique=True))
    return count, edges


@given(lineages())
@settings(max_examples=60)
def test_boxes_stay_inside_the_drawing_and_apart(graph: tuple[int, Edges]) -> None:
    layout = lineage_layout(*graph)
    for x, y in layout.boxes:
        assert 0 <= x <= layout.width - BOX_WIDTH
        assert -1e-6 <= y <= layout.height - BOX_HEIGHT + 1e-6
    for (x0, y0), (x1, y1) in itertools.combinations(layout.boxes, 2):
        assert abs(x0 - x1) >= BOX_WIDTH or abs(y0 - y1) >= BOX_HEIGHT - 1e-6


@given(lineages())
@settings(max_examples=60)
def test_edges_leave_and_reach_the_sides_of_their_boxes(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    layout = lineage_layout(count, edges)
    for (upstream, downstream), path in zip(edges, layout.paths, strict=True):
        (left, top), (right, other_top) = layout.boxes[upstream], layout.boxes[downstream]
        assert path[0][0] == pytest.approx(left + BOX_WIDTH)
        assert path[-1][0] == pytest.approx(right)
        assert top < path[0][1] < top + BOX_HEIGHT
        assert other_top < path[-1][1] < other_top + BOX_HEIGHT


@given(lineages())
@settings(max_examples=60)
def test_no_edge_runs_through_a_box(graph: tuple[int, Edges]) -> None:
    count, edges = graph
    layout = lineage_layout(count, edges)
    for path in layout.paths:
        # Bends are level stretches as wide as a box, in columns the edge only passes.
        for x, y in path[1:-1:2]:
            for left, top in layout.boxes:
                assert left != pytest.approx(x) or not top < y < top + BOX_HEIGHT


def test_products_without_edges_stand_in_one_column() -> None:
    assert {x for x, _ in lineage_layout(3, []).boxes} == {0}
