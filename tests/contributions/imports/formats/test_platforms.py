"""Mechanical Turk, Toloka and Prolific."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.formats.toloka import share
from contributions.imports.normal_form import Outcome, TimeBasis


def test_mturk_time_is_held_and_dates_have_their_zone(walked: Any, fixtures: Path) -> None:
    row = walked(fixtures / "mturk.csv").by_id["ASSIGNMENT1"]

    assert (row.milliseconds, row.time_basis) == (300_000, TimeBasis.HELD)
    assert row.occurred_at == datetime(2026, 9, 1, 16, 0, tzinfo=UTC)
    assert row.timezone_known


def test_mturk_pays_for_approved_work_only(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "mturk.csv").by_id

    assert [(row.outcome, row.wage_micro, row.wage_currency) for row in rows.values()] == [
        (Outcome.ACCEPTED, 3_000_000, "USD"),
        (Outcome.REJECTED, 0, "USD"),
        (Outcome.PENDING, None, None),
    ]


def test_a_zone_abbreviation_of_several_zones_is_refused(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "mturk.csv")

    assert read.codes == [(5, "AcceptTime", "zone_abbreviation_unknown")]
    assert "WORKERCHEN" not in str(read.codes)


def test_toloka_times_and_rewards_of_a_page_are_shared_by_its_tasks(
    walked: Any, fixtures: Path
) -> None:
    rows = walked(fixtures / "toloka.tsv").rows
    page = [row for row in rows if row.source_id.startswith("a1/")]

    assert [row.milliseconds for row in page] == [33_333, 33_333, 33_334]
    assert sum(row.wage_micro or 0 for row in page) == 50_000
    assert [row.is_control for row in page] == [False, True, False]


def test_toloka_statuses_are_recorded_as_what_they_are(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "toloka.tsv").by_id

    assert rows["a2/task-4"].outcome is Outcome.EXPIRED
    assert (rows["a2/task-4"].milliseconds, rows["a2/task-4"].wage_micro) == (None, 0)
    assert rows["a3/task-5"].outcome is Outcome.REJECTED
    assert rows["a4/task-6"].outcome is Outcome.SKIPPED
    assert rows["a5/task-7"].outcome is Outcome.PENDING


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(1, 500))
def test_shares_of_a_page_add_up_to_it(total: int, size: int) -> None:
    assert sum(share(total, place, size) for place in range(size)) == total


def test_prolific_statuses_and_the_study_in_the_file_name(walked: Any, fixtures: Path) -> None:
    name = "prolific_export_65a1b2c3d4e5f60718293a4b.csv"
    read = walked((fixtures / "prolific.csv").read_bytes(), filename=name)

    assert [row.outcome for row in read.rows] == [
        Outcome.ACCEPTED,
        Outcome.EXPIRED,
        Outcome.SKIPPED,
        Outcome.PENDING,
        Outcome.REJECTED,
    ]
    assert {row.product_hint for row in read.rows} == {"65a1b2c3d4e5f60718293a4b"}
    assert [row.milliseconds for row in read.rows] == [630_000, None, 45_500, 612_000, 31_000]
    assert {row.wage_micro for row in read.rows} == {None}
