import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.waterfall import Span, WaterfallDoesNotAddUp, waterfall_spans


@given(st.lists(st.integers(-(10**15), 10**15), max_size=12))
def test_each_move_begins_where_the_one_before_ended(moves: list[int]) -> None:
    spans = waterfall_spans([(move, False) for move in moves])
    assert all(before.end == after.start for before, after in itertools.pairwise(spans))
    assert (spans[-1].end if spans else 0) == sum(moves)


def test_the_worked_example_comes_down_to_its_rent() -> None:
    steps = [
        (130_000, True),
        (-40_000, False),
        (-38_550, False),
        (51_450, True),
        (-9_600, False),
        (41_850, True),
    ]
    assert waterfall_spans(steps)[-1] == Span(0, 41_850)


def test_a_total_that_the_moves_do_not_reach_is_refused() -> None:
    with pytest.raises(WaterfallDoesNotAddUp) as caught:
        waterfall_spans([(100, True), (-30, False), (71, True)])
    assert (caught.value.reached, caught.value.stated) == (70, 71)


def test_a_span_knows_its_ends_in_either_direction() -> None:
    falling = Span(5, -2)
    assert (falling.low, falling.high) == (-2, 5)
