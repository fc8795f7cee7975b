import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.layers import (
    Arrow,
    ArrowRunsBackwards,
    CycleInChart,
    columns_of,
    ordered,
    routed,
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[Arrow]]:
    """Stages in ascending order and arrows from lower to higher index: always drawable."""
    stages = sorted(draw(st.lists(st.integers(0, 3), min_size=1, max_size=20)))
    ends = st.tuples(st.integers(0, len(stages) - 1), st.integers(0, len(stages) - 1))
    pairs = draw(st.lists(ends.filter(lambda pair: pair[0] != pair[1]), max_size=40))
    weights = draw(st.lists(st.integers(0, 100), min_size=len(pairs), max_size=len(pairs)))
    arrows = [
        Arrow(min(pair), max(pair), weight) for pair, weight in zip(pairs, weights, strict=True)
    ]
    return stages, arrows


@given(graphs())
def test_every_arrow_leads_to_a_column_further_right(
    graph: tuple[list[int], list[Arrow]],
) -> None:
    stages, arrows = graph
    columns = columns_of(stages, arrows)
    assert all(columns[arrow.source] < columns[arrow.target] for arrow in arrows)


@given(graphs())
def test_a_later_stage_stands_right_of_every_earlier_one(
    graph: tuple[list[int], list[Arrow]],
) -> None:
    stages, arrows = graph
    columns = columns_of(stages, arrows)
    for here, its_stage in enumerate(stages):
        for there, other_stage in enumerate(stages):
            assert its_stage >= other_stage or columns[here] < columns[there]


@given(graphs())
def test_no_column_between_first_and_last_is_empty(
    graph: tuple[list[int], list[Arrow]],
) -> None:
    columns = columns_of(*graph)
    assert set(columns) == set(range(max(columns) + 1))


@given(graphs())
def test_routes_go_one_column_at_a_time(graph: tuple[list[int], list[Arrow]]) -> None:
    stages, arrows = graph
    routes = routed(columns_of(stages, arrows), arrows)
    assert all(
        routes.columns[step.source] + 1 == routes.columns[step.target] for step in routes.steps
    )
    ends = [(chain[0], chain[-1]) for chain in routes.chains]
    assert ends == [(arrow.source, arrow.target) for arrow in arrows]


@given(graphs())
def test_ordering_keeps_every_vertex_in_its_column(
    graph: tuple[list[int], list[Arrow]],
) -> None:
    stages, arrows = graph
    routes = routed(columns_of(stages, arrows), arrows)
    order = ordered(routes)
    for column, vertices in enumerate(order):
        assert sorted(vertices) == [
            vertex for vertex, its in enumerate(routes.columns) if its == column
        ]


def test_ordering_uncrosses_two_crossing_arrows() -> None:
    routes = routed([0, 0, 1, 1], [Arrow(0, 3, 1), Arrow(1, 2, 1)])
    first, second = ordered(routes)
    assert (first.index(0) < first.index(1)) == (second.index(3) < second.index(2))


def test_a_circle_of_arrows_is_refused() -> None:
    with pytest.raises(CycleInChart) as caught:
        columns_of([0, 0, 0], [Arrow(0, 1, 1), Arrow(1, 2, 1), Arrow(2, 1, 1)])
    assert caught.value.code == "chart_cycle"


def test_an_arrow_to_itself_is_refused() -> None:
    with pytest.raises(CycleInChart):
        columns_of([0], [Arrow(0, 0, 1)])


def test_an_arrow_to_an_earlier_stage_is_refused() -> None:
    with pytest.raises(ArrowRunsBackwards):
        columns_of([0, 1], [Arrow(1, 0, 1)])
