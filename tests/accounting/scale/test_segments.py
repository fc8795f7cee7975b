"""Labour packed in segments is read as the same columns as row by row, whatever came since."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from accounting.cases.synthetic import world
from accounting.core.tables import Contributions, NumberedIds
from accounting.models import LabourSegment, Period, Policy
from accounting.services import cases, labour_segments
from accounting.services.run_inputs import Pinned, pin
from contributions.models import Contribution, ImportBatch
from contributions.services import recording

ROWS = 3_000


@given(
    arrays(
        np.int64,
        st.tuples(st.just(len(labour_segments.COLUMNS)), st.integers(1, 40)),
        elements=st.one_of(st.integers(-1, 300), st.integers(-(2**62), 2**62)),
    )
)
def test_packing_loses_nothing(rows: np.ndarray) -> None:
    # A column's span must fit 64 bits, as any span of row numbers, days and money does.
    columns = dict(zip(labour_segments.COLUMNS, rows, strict=True))
    block = labour_segments.Block(columns, ["", "senior"], ["", "EUR"])
    read = labour_segments.unpack_block(labour_segments.pack_block(block))
    assert (read.grades, read.currencies) == (block.grades, block.currencies)
    for name in labour_segments.COLUMNS:
        assert read.columns[name].tolist() == columns[name].tolist()


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few hundred rows, so that a small world has several."""
    for name in ("_COUNTS", "_UNPACKED", "_STRETCH"):
        query = getattr(labour_segments, name)
        monkeypatch.setattr(labour_segments, name, query.replace("16", "8"))


@pytest.fixture
def period() -> Period:
    """A synthetic world."""
    made = world(ROWS, 11)
    return cases.load_case(case=made.case, chunks=made.blocks())


def pinned(period: Period) -> Pinned:
    """The inputs of a run of the period."""
    policy = Policy.objects.get(operator=period.operator, state=Policy.State.IN_FORCE)
    return pin(period=period, policy=policy)


def columns(found: Pinned) -> dict[str, list[object]]:
    """Every column of labour as plain values."""
    work = found.inputs.contributions
    named = {field.name: getattr(work, field.name) for field in fields(Contributions)}
    assert isinstance(named["id"], NumberedIds)
    named["id"] = named["id"].numbers
    return {name: values.tolist() for name, values in named.items()}


@pytest.mark.django_db
@pytest.mark.usefixtures("narrow")
class TestReading:
    """A run sees the same labour, packed or not."""

    def test_packed_and_loose_labour_are_the_same_columns(self, period: Period) -> None:
        loose = pinned(period)
        assert labour_segments.pack_labour() >= ROWS // 256 - 1
        assert labour_segments.pack_labour() == 0
        packed = pinned(period)
        assert labour_segments.packing().packed
        assert columns(packed) == columns(loose)
        assert packed.inputs.grades == loose.inputs.grades
        assert packed.inputs.workers == loose.inputs.workers
        assert packed.inputs.task_types.code == loose.inputs.task_types.code

    def test_what_counts_as_current_is_decided_while_reading(self, period: Period) -> None:
        labour_segments.pack_labour()
        first, second, *_rest = Contribution.objects.order_by("pk")[:5]
        recording.withdraw(
            replaced=first, reason="counted twice", recorded_by=None, today=period.ends_on
        )
        expected = Contribution.objects.current().until(period.ends_on)
        assert pinned(period).contribution_ids.tolist() == list(
            expected.order_by("pk").values_list("pk", flat=True)
        )
        assert first.pk not in pinned(period).contribution_ids
        assert second.pk in pinned(period).contribution_ids
        ImportBatch.objects.update(state=ImportBatch.State.UNDONE)
        assert len(pinned(period).contribution_ids) == 0

    def test_work_after_the_period_is_left_out(self, period: Period) -> None:
        labour_segments.pack_labour()
        last = Contribution.objects.order_by("-occurred_on")[0].occurred_on
        Period.objects.filter(pk=period.pk).update(ends_on=last - timedelta(days=1))
        period.refresh_from_db()
        found = pinned(period).contribution_ids
        assert len(found) == Contribution.objects.until(last - timedelta(days=1)).count()

    def test_a_segment_that_lacks_rows_is_not_used_and_packed_again(self, period: Period) -> None:
        before = columns(pinned(period))
        labour_segments.pack_labour()
        # As if rows of its stretch had been committed after it was packed.
        victim = LabourSegment.objects.order_by("number")[2]
        block = labour_segments.unpack_block(bytes(victim.body))
        fewer = {name: values[:-7] for name, values in block.columns.items()}
        LabourSegment.objects.filter(pk=victim.pk).update(
            rows=victim.rows - 7,
            body=labour_segments.pack_block(
                labour_segments.Block(fewer, block.grades, block.currencies)
            ),
        )
        found = pinned(period)
        assert found.stale_segments == [victim.number]
        assert columns(found) == before
        labour_segments.pack(found.stale_segments)
        assert pinned(period).stale_segments == []
        assert columns(pinned(period)) == before


@pytest.mark.django_db
def test_a_stretch_that_may_still_grow_is_not_packed(period: Period) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) >> 16 FROM contributions_contribution")
        (last,) = cursor.fetchone()
    labour_segments.pack_labour()
    assert not LabourSegment.objects.filter(number__gte=last).exists()
    assert period.starts_on < period.ends_on
