import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.lorenz import PPM, NegativeAmount, lorenz_points

amounts = st.lists(st.integers(0, 10**12), max_size=300)


@given(amounts)
def test_the_curve_climbs_from_nothing_to_everything(values: list[int]) -> None:
    points = lorenz_points(values)
    assert (points[0], points[-1]) == ((0, 0), (PPM, PPM))
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(points))


@given(amounts)
def test_nobody_below_has_more_than_an_equal_share(values: list[int]) -> None:
    # Both shares are cut to whole ppm, so they may differ by one.
    assert all(share <= people + 1 for people, share in lorenz_points(values))


@given(amounts)
def test_order_of_people_does_not_matter(values: list[int]) -> None:
    assert lorenz_points(values) == lorenz_points(values[::-1])


def test_equal_amounts_follow_the_diagonal() -> None:
    assert all(people == share for people, share in lorenz_points([7] * 10))


def test_one_owner_of_everything_leaves_the_rest_at_zero() -> None:
    assert lorenz_points([0, 0, 0, 9]) == [
        (0, 0),
        (250_000, 0),
        (500_000, 0),
        (750_000, 0),
        (PPM, PPM),
    ]


def test_a_million_people_make_a_hundred_and_one_points() -> None:
    assert len(lorenz_points([1] * 1_000_000)) == 101


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(NegativeAmount):
        lorenz_points([1, -1])
