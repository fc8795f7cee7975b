import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.treemap import Rectangle, squarified

WHOLE = Rectangle(0, 0, 760, 380)
amounts = st.lists(st.integers(1, 10**9), min_size=1, max_size=40)


@given(amounts)
def test_areas_are_in_proportion_to_amounts(values: list[int]) -> None:
    for value, tile in zip(values, squarified(values, WHOLE), strict=True):
        expected = WHOLE.width * WHOLE.height * value / sum(values)
        assert tile.width * tile.height == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(amounts)
def test_tiles_stay_inside_the_whole(values: list[int]) -> None:
    for tile in squarified(values, WHOLE):
        assert tile.x >= 0
        assert tile.y >= 0
        assert tile.x + tile.width <= WHOLE.width + 1e-6
        assert tile.y + tile.height <= WHOLE.height + 1e-6


@given(amounts)
def test_no_two_tiles_overlap(values: list[int]) -> None:
    for a, b in itertools.combinations(squarified(values, WHOLE), 2):
        across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
        along = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
        assert min(across, along) <= 1e-6


def test_four_equal_amounts_are_laid_out_two_by_two() -> None:
    tiles = squarified([1, 1, 1, 1], Rectangle(0, 0, 100, 100))
    sides = [side for tile in tiles for side in (tile.width, tile.height)]
    assert sides == pytest.approx([50] * 8)
