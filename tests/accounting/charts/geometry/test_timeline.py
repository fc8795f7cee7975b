import itertools

from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.geometry.timeline import columns_over

values = st.lists(
    st.tuples(st.integers(0, 10**15), st.integers(0, 10**15)), min_size=1, max_size=120
)


@given(values)
def test_columns_stay_inside_and_apart(buckets: list[tuple[int, int]]) -> None:
    columns = columns_over(buckets, width=900)
    assert columns.lefts[0] >= 0
    assert columns.lefts[-1] + columns.width <= 900
    assert all(b - a > columns.width for a, b in itertools.pairwise(columns.lefts))


@given(values)
def test_the_largest_of_each_kind_is_full_height_and_named(buckets: list[tuple[int, int]]) -> None:
    columns = columns_over(buckets, width=900)
    assert all(0 <= share <= 1 for pair in columns.shares for share in pair)
    for kind, peak in enumerate(columns.peaks):
        assert buckets[peak][kind] == max(bucket[kind] for bucket in buckets)
        assert columns.shares[peak][kind] == (1 if buckets[peak][kind] else 0)
