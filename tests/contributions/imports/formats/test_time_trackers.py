"""Kimai, solidtime, Clockify, Toggl, Harvest and ActivityWatch."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contributions.imports.answers import Question
from contributions.imports.normal_form import Outcome, TimeBasis

MINUTE = 60_000


def test_kimai_tells_six_minutes_from_a_ninth_of_an_hour(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "kimai_en.csv")

    assert [row.milliseconds for row in read.rows] == [6 * MINUTE, 396_000, 150 * MINUTE]
    assert {row.time_basis for row in read.rows} == {TimeBasis.SELF_DECLARED}
    assert {row.wage_micro for row in read.rows} == {None}
    assert Question.ZONE in read.preview.questions


def test_kimai_in_german_with_bom_and_decimal_commas(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "kimai_de.csv", zone="Europe/Berlin")

    assert read.preview.tool == "kimai"
    assert [row.milliseconds for row in read.rows] == [396_000, 150 * MINUTE]
    assert read.rows[0].occurred_at == datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
    assert read.rows[0].occurred_on == date(2026, 9, 1)
    assert not read.rows[0].timezone_known
    assert read.preview.questions == frozenset()


def test_solidtime_export_measures_from_start_to_end(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "solidtime_time_entries.csv")

    assert [row.milliseconds for row in read.rows] == [3_601_000, None]
    assert read.codes == [(4, "end", "ends_before_start")]


def test_solidtime_zip_is_told_from_doccano_zip(walked: Any, fixtures: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(fixtures / "solidtime_time_entries.csv", "export/time_entries.csv")
        archive.writestr("export/members.csv", "id,user_id\n")

    read = walked(content.getvalue())

    assert read.preview.tool == "solidtime"
    assert len(read.rows) == 2


def test_solidtime_report_has_decimal_commas(walked: Any, fixtures: Path) -> None:
    (row,) = walked(fixtures / "solidtime_report.csv").rows

    assert (row.worker_ref, row.milliseconds) == ("Ana Reyes", 90 * MINUTE)


def test_clockify_asks_for_the_order_of_dates_that_nothing_tells(
    walked: Any, fixtures: Path
) -> None:
    unasked = walked(fixtures / "clockify.csv")
    day_first = walked(fixtures / "clockify.csv", day_first=True)

    assert Question.DATE_ORDER in unasked.preview.questions
    assert unasked.rows[0].occurred_on == date(2026, 3, 4)
    assert day_first.rows[0].occurred_on == date(2026, 4, 3)
    assert Question.DATE_ORDER not in day_first.preview.questions


def test_clockify_dates_above_twelve_tell_their_order(walked: Any, fixtures: Path) -> None:
    content = (fixtures / "clockify.csv").read_bytes().replace(b"03/05/2026", b"25/04/2026")
    read = walked(content)

    assert Question.DATE_ORDER not in read.preview.questions
    assert read.preview.last_day == date(2026, 4, 25)


def test_clockify_clocks_have_halves_and_a_zero_is_no_time(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "clockify.csv").rows

    assert [row.milliseconds for row in rows] == [3_601_000, 30 * MINUTE, None]
    assert [row.occurred_at.hour for row in rows if row.occurred_at] == [10, 0, 13]
    assert rows[2].time_basis is TimeBasis.NONE


def test_toggl_entries_without_ids_are_told_apart_by_content(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "toggl.csv")

    assert [row.milliseconds for row in read.rows] == [2_000, 60 * MINUTE]
    assert len(read.by_id) == 2
    assert not any("ana@" in row.source_id for row in read.rows)


def test_harvest_reads_decimal_commas_and_refuses_thousands(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "harvest.csv")

    assert [(row.worker_ref, row.milliseconds) for row in read.rows] == [
        ("Ana Reyes", 90 * MINUTE),
        ("Bo Li", 15 * MINUTE),
    ]
    assert read.rows[0].occurred_at is None
    assert read.rows[0].occurred_on == date(2026, 9, 1)
    assert read.codes == [(4, "Hours", "number_grouped")]


def test_unreviewed_entries_take_the_outcome_the_user_gives(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "harvest.csv", unreviewed=Outcome.PENDING).rows

    assert [row.outcome for row in rows] == [Outcome.ACCEPTED, Outcome.PENDING]


def test_activitywatch_gives_daily_presence_and_nothing_else(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "activitywatch.json", worker="ana")

    (row,) = read.rows
    assert (row.occurred_on, row.milliseconds) == (date(2026, 9, 1), 1_860_500)
    assert row.time_basis is TimeBasis.ACTIVE
    assert read.codes == [(5, "duration", "not_a_number")]
    assert read.preview.faults[0].raw == ""
    assert "SECRET" not in repr(read)


def test_activitywatch_days_are_those_of_the_worker(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "activitywatch.json", worker="ana", zone="Asia/Manila")

    assert {row.occurred_on: row.milliseconds for row in read.rows} == {
        date(2026, 9, 1): 1_800_500,
        date(2026, 9, 2): 60_000,
    }


def test_activitywatch_buckets_may_be_a_list(walked: Any, shared: Path) -> None:
    read = walked(shared / "samples/activitywatch/aw-buckets-export_SYNTHETIC.json", worker="w")

    assert [row.milliseconds for row in read.rows] == [1_500_000]
    listed = b'{"buckets": [{"id": "b", "type": "afkstatus", "hostname": "h", "events": []}]}'
    assert walked(listed, worker="w").preview.tool == "activitywatch"
