from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.valuation.attribution import Makers, MakersUnusable, attribute, crews_of

makers_of_points = st.lists(
    st.dictionaries(st.integers(0, 5), st.integers(0, 10**9), min_size=1, max_size=4),
    min_size=1,
    max_size=12,
)


@given(makers_of_points, st.integers(0, 2**32 - 1))
def test_nothing_is_created_or_lost(points: list[dict[int, int]], seed: int) -> None:
    makers = Makers.of(entries=[list(p.items()) for p in points], contribution_count=6)
    values = np.random.default_rng(seed).normal(size=len(points))

    found = attribute(values=values, errors=np.abs(values), makers=makers)

    assert found.values.sum() == pytest.approx(values.sum(), abs=1e-12)
    assert found.errors.sum() == pytest.approx(np.abs(values).sum(), abs=1e-12)


def test_labour_content_decides_who_gets_how_much() -> None:
    makers = Makers.of(
        entries=[[(0, 3_000_000), (1, 1_000_000)], [(1, 500_000)], [(0, 0), (2, 0)]],
        contribution_count=3,
    )

    found = attribute(values=np.array([0.8, -0.1, 0.4]), errors=np.zeros(3), makers=makers)

    # The last point's makers have no content yet, so they share it equally.
    assert found.values == pytest.approx([0.6 + 0.2, 0.2 - 0.1, 0.2])


def test_people_who_made_points_together_are_one_player() -> None:
    makers = Makers.of(
        entries=[[(0, 4), (1, 6)], [(0, 1)], [(1, 2), (2, 2)], [(2, 5)]], contribution_count=3
    )

    # Contributions 0 and 2 are the same worker's.
    crews = crews_of(makers=makers, workers=np.array([7, 9, 7]))

    assert crews.owners.tolist() == [0, 1, 0, 1]
    assert crews.members == [(7, 9), (7,)]
    found = attribute(values=np.array([1.4, 0.6]), errors=np.zeros(2), makers=crews.makers)
    assert found.values == pytest.approx([0.4 + 0.1, 0.8, 0.2 + 0.5])


@pytest.mark.parametrize(
    "entries",
    [[[]], [[(0, 1)], [(0, 1), (0, 2)]], [[(3, 1)]], [[(-1, 1)]], [[(0, -1)]]],
)
def test_unusable_makers_are_refused(entries: list[list[tuple[int, int]]]) -> None:
    with pytest.raises(MakersUnusable) as refusal:
        Makers.of(entries=entries, contribution_count=3)

    assert refusal.value.facts == {"row": len(entries) - 1}
