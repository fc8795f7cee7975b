"""Label Studio in its three flat and nested forms."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contributions.imports.normal_form import Kind, Outcome, TimeBasis


def test_an_annotation_keeps_its_page_open_time_reviewer_and_prelabel(
    walked: Any, fixtures: Path
) -> None:
    row = walked(fixtures / "label_studio.json").by_id["annotation/71"]

    assert row.worker_ref == "ana@union.example"
    assert (row.milliseconds, row.seconds, row.time_basis) == (7662, 8, TimeBasis.PAGE_OPEN)
    assert row.occurred_at == datetime(2026, 9, 1, 8, 0, 7, 662000, tzinfo=UTC)
    assert row.timezone_known
    assert row.outcome is Outcome.ACCEPTED
    assert row.reviewer_ref == "bo@union.example"
    assert row.prelabelled is True
    assert row.product_hint == "12"


def test_a_cancelled_annotation_is_skipped_work_without_time(walked: Any, fixtures: Path) -> None:
    row = walked(fixtures / "label_studio.json").by_id["annotation/72"]

    assert row.outcome is Outcome.SKIPPED
    assert (row.milliseconds, row.time_basis) == (None, TimeBasis.NONE)
    assert row.prelabelled is False


def test_ground_truth_is_a_control_item_and_a_failed_review_rejects(
    walked: Any, fixtures: Path
) -> None:
    row = walked(fixtures / "label_studio.json").by_id["annotation/73"]

    assert row.is_control
    assert row.outcome is Outcome.REJECTED


def test_reviews_are_labour_of_the_reviewer_timed_by_the_history(
    walked: Any, fixtures: Path
) -> None:
    rows = walked(fixtures / "label_studio.json").by_id

    assert rows["review/28"].kind is Kind.REVIEW
    assert rows["review/28"].worker_ref == "bo@union.example"
    assert rows["review/28"].milliseconds == 8500
    assert rows["review/29"].worker_ref == "4"
    assert rows["review/29"].milliseconds is None


def test_a_repair_by_a_third_person_is_labour_of_its_own(walked: Any, fixtures: Path) -> None:
    row = walked(fixtures / "label_studio.json").by_id["history/803"]

    assert (row.worker_ref, row.milliseconds) == ("9", 30250)


def test_the_row_digest_ignores_how_long_ago_the_machine_predicted(
    walked: Any, fixtures: Path
) -> None:
    content = (fixtures / "label_studio.json").read_bytes()
    later = content.replace(b"4 days, 1 hour", b"5 days, 2 hours")

    digests = [row.row_sha256 for row in walked(content).rows]
    assert digests == [row.row_sha256 for row in walked(later).rows]


def test_json_min_and_tab_separated_rows_have_the_ids_of_the_json(
    walked: Any, fixtures: Path
) -> None:
    minimal = walked(fixtures / "label_studio_min.json", filename="min.json")
    table = walked(fixtures / "label_studio.tsv")

    assert [row.source_id for row in minimal.rows] == ["annotation/71", "annotation/74"]
    assert [row.source_id for row in table.rows] == ["annotation/71", "annotation/74"]
    assert [row.milliseconds for row in table.rows] == [7662, None]
    assert [row.line for row in table.rows] == [2, 3]
    assert table.rows[1].worker_ref == "chen@union.example"


def test_the_real_exports_are_all_recognised_and_read(walked: Any, shared: Path) -> None:
    for path in sorted((shared / "samples/label-studio").glob("*.json")):
        tasks = json.loads(path.read_text(encoding="utf-8"))
        annotations = [part for task in tasks for part in task["annotations"]]
        stated = sum(part["lead_time"] or 0 for part in annotations)

        read = walked(path)

        own = [row for row in read.rows if row.source_id.startswith("annotation/")]
        assert read.preview.tool == "label_studio"
        assert not read.preview.faults
        assert len(own) == len(annotations)
        assert sum(row.milliseconds or 0 for row in own) == round(stated * 1000)


def test_the_real_rejections_name_their_reviewer(walked: Any, shared: Path) -> None:
    read = walked(shared / "samples/label-studio/test_export_csv_csv_test.json")

    own = [row for row in read.rows if row.kind is Kind.WORK]
    assert {row.outcome for row in own} == {Outcome.REJECTED}
    assert {row.reviewer_ref for row in own} == {"review@heartex.com"}
    assert {row.occurred_on for row in own} == {date(2022, 10, 31)}


def test_the_real_tab_separated_csv_agrees_with_its_json(walked: Any, shared: Path) -> None:
    folder = shared / "samples/label-studio"
    nested = walked(folder / "test_export_csv_csv_test2.json").rows[0]
    flat = walked(folder / "test_export_csv_csv_test2_result.csv").rows[0]

    assert flat.source_id == nested.source_id == "annotation/9"
    assert flat.worker_ref == nested.worker_ref
    assert flat.milliseconds == nested.milliseconds == 10744
    assert flat.occurred_at == nested.occurred_at
