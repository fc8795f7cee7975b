import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.scales import scale_over


@given(st.lists(st.integers(-(10**18), 10**18), max_size=20))
def test_every_value_and_zero_lie_on_the_scale(values: list[int]) -> None:
    scale = scale_over(values, length=400)
    for value in (0, *values):
        assert -1e-9 <= scale(value) <= 400 + 1e-9


def test_distances_are_in_proportion() -> None:
    scale = scale_over([-100, 300], length=400)
    assert [scale(value) for value in (-100, 0, 300)] == [0, pytest.approx(100), 400]


def test_zeros_alone_stand_at_the_start() -> None:
    assert scale_over([0, 0], length=400)(0) == 0
