import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.stacking import stacked

GAP, SPAN = 4.0, 500.0
columns = st.lists(st.tuples(st.floats(-200, 700), st.floats(0, 20)), min_size=1, max_size=20)


@given(columns)
def test_boxes_keep_their_order_and_never_overlap(column: list[tuple[float, float]]) -> None:
    wanted, heights = zip(*column, strict=True)
    tops = stacked(wanted, heights, gap=GAP, span=SPAN)
    for (top, height), below in itertools.pairwise(zip(tops, heights, strict=True)):
        assert below[0] >= top + height + GAP - 1e-6


@given(columns)
def test_boxes_stay_inside_the_column(column: list[tuple[float, float]]) -> None:
    wanted, heights = zip(*column, strict=True)
    tops = stacked(wanted, heights, gap=GAP, span=SPAN)
    assert tops[0] >= -1e-6
    assert tops[-1] + heights[-1] <= SPAN + 1e-6


def test_boxes_with_room_get_the_places_they_want() -> None:
    assert stacked([10, 100, 300], [20, 20, 20], gap=GAP, span=SPAN) == [10, 100, 300]


def test_two_boxes_wanting_one_place_move_apart_equally() -> None:
    tops = stacked([100, 100], [20, 20], gap=GAP, span=SPAN)
    assert tops == pytest.approx([88, 112])
