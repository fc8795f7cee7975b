"""Idle caps and repeated times, on synthetic rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.answers import HitTime
from contributions.imports.idle import IdleCapTooShort, RepeatedTimes, cap_idle
from contributions.imports.normal_form import Batch, LabourRow, TimeBasis, pack, unpack

ROW = LabourRow(
    source_id="r",
    worker_ref="w",
    row_sha256=bytes(32),
    line=1,
    milliseconds=20_000,
    time_basis=TimeBasis.HELD,
)


def _batches(rows: list[LabourRow], size: int) -> Iterator[Batch]:
    for start in range(0, len(rows), size):
        yield Batch(rows=pack(rows[start : start + size]))


def _settled(
    rows: list[LabourRow], chosen: HitTime | None, size: int = 1_000
) -> tuple[list[LabourRow], RepeatedTimes]:
    repeats = RepeatedTimes(chosen)
    settled = [row for batch in repeats.settle(_batches(rows, size)) for row in unpack(batch.rows)]
    return settled, repeats


def _hits(sizes: list[int]) -> list[LabourRow]:
    """Rows of assignments of some sizes, each taking 1 001 ms times its number, from 1."""
    return [
        replace(
            ROW,
            source_id=f"{number}/{place}",
            worker_ref=f"w{number % 3}",
            milliseconds=(number + 1) * 1_001,
        )
        for number, size in enumerate(sizes)
        for place in range(size)
    ]


def test_a_cap_takes_idle_time_off_page_open_and_held_rows_only() -> None:
    bases = [TimeBasis.PAGE_OPEN, TimeBasis.HELD, TimeBasis.ACTIVE, TimeBasis.SELF_DECLARED]
    rows = [replace(ROW, time_basis=basis, milliseconds=900_000) for basis in bases]
    missing = replace(ROW, milliseconds=None, time_basis=TimeBasis.NONE)

    capped = list(unpack(cap_idle(pack([*rows, missing]), 600)))

    assert [row.milliseconds for row in capped] == [600_000, 600_000, 900_000, 900_000, None]
    assert [row.time_basis for row in capped] == [*bases, TimeBasis.NONE]


def test_a_cap_of_nothing_is_refused() -> None:
    with pytest.raises(IdleCapTooShort):
        cap_idle(pack([ROW]), 0)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=40),
    st.integers(1, 30),
    st.sampled_from([HitTime.DIVIDED, HitTime.ONCE]),
)
def test_assignments_keep_their_time_once_wherever_batches_are_cut(
    sizes: list[int], batch: int, chosen: HitTime
) -> None:
    rows = _hits(sizes)
    settled, _repeats = _settled(rows, chosen, batch)

    assert [row.source_id for row in settled] == [row.source_id for row in rows]
    assert sum(row.milliseconds or 0 for row in settled) == sum(
        (number + 1) * 1_001 for number in range(len(sizes))
    )


def test_repeats_are_found_without_being_told() -> None:
    settled, repeats = _settled(_hits([8] * 30), None)

    assert repeats.treatment is HitTime.DIVIDED
    assert repeats.found.equal / repeats.found.pairs > 0.5
    assert sum(row.milliseconds or 0 for row in settled) == 1_001 * sum(range(1, 31))


@pytest.mark.parametrize(
    "change",
    [
        {"time_basis": TimeBasis.SELF_DECLARED},
        {"milliseconds": 1_000},
    ],
    ids=["declared hours are often round", "one common value proves nothing"],
)
def test_equal_times_that_mean_nothing_are_left_alone(change: dict[str, Any]) -> None:
    rows = [replace(row, **change) for row in _hits([8] * 30)]
    settled, repeats = _settled(rows, None)

    assert repeats.treatment is None
    assert [row.milliseconds for row in settled] == [row.milliseconds for row in rows]


def test_the_users_word_stands_against_what_is_found() -> None:
    rows = _hits([8] * 30)
    settled, repeats = _settled(rows, HitTime.PER_ROW)

    assert repeats.treatment is None
    assert [row.milliseconds for row in settled] == [row.milliseconds for row in rows]


def test_a_named_assignment_gives_its_time_once_even_if_its_rows_lie_apart() -> None:
    rows = [
        replace(ROW, source_id=str(number), time_group=group)
        for number, group in enumerate(["a", "a", "b", "a", None, None])
    ]
    settled, _repeats = _settled(rows, None)

    assert [row.milliseconds for row in settled] == [
        10_000,
        10_000,
        20_000,
        None,
        20_000,
        20_000,
    ]
    assert settled[3].time_basis is TimeBasis.NONE
