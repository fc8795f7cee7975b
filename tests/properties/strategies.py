"""Hypothesis strategies. Sizes and seed shrink; the generator fills in the rest."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.oracle.world import World
from tests.properties.random_world import BIGGEST, random_world

randoms: st.SearchStrategy[Random] = st.randoms(use_true_random=True)


@st.composite
def worlds(draw: st.DrawFn, *, largest: int = 14) -> World:
    """Draw a whole world with up to `largest` contributions."""
    return random_world(
        draw(randoms),
        products=draw(st.sampled_from(range(1, 7))),
        workers=draw(st.sampled_from(range(1, 6))),
        contributions=draw(st.sampled_from(range(largest + 1))),
    )


amounts = st.one_of(
    st.integers(0, 1000), st.integers(0, BIGGEST), st.integers(BIGGEST - 1000, BIGGEST)
)
weight_lists = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.lists(st.integers(0, 2**40), min_size=1, max_size=30),
    # Beside a giant weight a tiny one must still get its due and no more.
    st.lists(st.sampled_from([0, 1, 2, 2**58, 2**62]), min_size=1, max_size=8),
).filter(any)


@st.composite
def crowded_worlds(draw: st.DrawFn) -> World:
    """Draw a world with many workers, so that medians, modes and top shares have a crowd."""
    return random_world(
        draw(randoms),
        products=draw(st.sampled_from(range(1, 9))),
        workers=draw(st.sampled_from(range(20, 130))),
        contributions=draw(st.sampled_from(range(60, 140))),
    )
