"""CVAT, Argilla, doccano, Prodigy, Labelbox and V7."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from contributions.imports.answers import Question
from contributions.imports.durations import DurationForm
from contributions.imports.normal_form import Kind, Outcome, TimeBasis


def _zip(folder: Path, *names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.write(folder / name, name)
    return content.getvalue()


def test_cvat_events_of_a_job_person_and_day_become_one_row(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "cvat_events.csv")
    ana = [row for row in read.rows if row.worker_ref == "ana"]

    assert [(row.occurred_on, row.milliseconds, row.units) for row in ana] == [
        (date(2026, 9, 1), 100_000, 6),
        (date(2026, 9, 2), 60_000, None),
    ]
    assert {row.time_basis for row in ana} == {TimeBasis.ACTIVE}
    assert {row.outcome for row in ana} == {Outcome.ACCEPTED}
    assert {row.reviewer_ref for row in ana} == {"bo"}
    assert Question.ZONE in read.preview.questions


def test_cvat_output_without_time_keeps_time_missing(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "cvat_events.csv").rows
    (chen,) = [row for row in rows if row.worker_ref == "chen"]
    (bo,) = [row for row in rows if row.worker_ref == "bo"]

    assert (chen.milliseconds, chen.time_basis) == (None, TimeBasis.NONE)
    assert (chen.units, chen.outcome) == (1, Outcome.REJECTED)
    assert (bo.kind, bo.milliseconds, bo.reviewer_ref) == (Kind.TIME, 30_000, None)


def test_no_cvat_id_contains_a_name(walked: Any, fixtures: Path) -> None:
    for row in walked(fixtures / "cvat_events.csv").rows:
        assert row.worker_ref not in row.source_id


def test_cvat_jobs_count_frames_and_refuse_unassigned_ones(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "cvat_jobs.json")

    assert [(row.source_id, row.units, row.outcome) for row in read.rows] == [
        ("job/16", 11, Outcome.ACCEPTED),
        ("job/17", 5, Outcome.PENDING),
    ]
    assert read.rows[1].is_control
    assert read.codes == [(3, "assignee.username", "worker_missing")]


def test_the_real_cvat_samples_are_read(walked: Any, shared: Path) -> None:
    (day,) = walked(shared / "samples/cvat/events_SYNTHETIC.csv").rows
    jobs = walked(shared / "samples/cvat/jobs_api_excerpt.json").rows

    assert (day.milliseconds, day.units, day.worker_ref) == (81_250, 4, "worker2")
    assert [(row.worker_ref, row.units) for row in jobs] == [("worker2", 11), ("worker4", 5)]


def test_argilla_answers_to_several_questions_are_one_response(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "argilla_flat.json")

    assert [(row.worker_ref, row.outcome, row.prelabelled) for row in read.rows] == [
        ("user-ana", Outcome.ACCEPTED, True),
        ("user-bo", Outcome.PENDING, True),
        ("user-chen", Outcome.SKIPPED, True),
        ("user-ana", Outcome.ACCEPTED, False),
    ]
    assert {row.time_basis for row in read.rows} == {TimeBasis.NONE}
    assert Question.DAY in read.preview.questions


def test_both_forms_of_argilla_give_the_same_ids(walked: Any, fixtures: Path) -> None:
    flat = {row.source_id for row in walked(fixtures / "argilla_flat.json").rows}
    nested = {row.source_id for row in walked(fixtures / "argilla_nested.json").rows}

    assert len(nested) == 2
    assert nested < flat


def test_the_real_argilla_samples_give_three_responses(walked: Any, shared: Path) -> None:
    for name in ("records_to_list.json", "records_to_list_flatten.json"):
        read = walked(shared / "samples/argilla" / name)
        assert len(read.rows) == 3
        assert read.preview.workers == 2


def test_doccano_takes_the_worker_from_the_name_of_the_file(walked: Any, fixtures: Path) -> None:
    content = _zip(fixtures / "doccano", "ana.jsonl", "bo.jsonl")
    read = walked(content)

    assert read.preview.tool == "doccano"
    assert [row.worker_ref for row in read.rows] == ["ana", "ana", "bo"]
    assert len(read.by_id) == 3


def test_a_shared_doccano_project_names_nobody_until_asked(walked: Any, fixtures: Path) -> None:
    path = fixtures / "doccano/all.jsonl"

    assert walked(path).codes == [(1, "", "worker_missing")]
    assert [row.worker_ref for row in walked(path, worker="team").rows] == ["team"]


def test_doccano_csv_and_the_real_examples_are_read(
    walked: Any, fixtures: Path, shared: Path
) -> None:
    assert [row.worker_ref for row in walked(fixtures / "doccano/chen.csv").rows] == ["chen"]
    counts = {
        path.name: len(walked(path, filename="ana.jsonl", format="doccano").rows)
        for path in (shared / "samples/doccano").iterdir()
        if path.name != "SOURCE.txt"
    }
    assert len(counts) == 9
    assert counts["relation_extraction_example.jsonl"] == 1
    assert counts["intent_detection_example.jsonl"] == 2


def test_a_prodigy_answer_is_no_verdict_on_its_annotator(walked: Any, fixtures: Path) -> None:
    read = walked(fixtures / "prodigy.jsonl")

    assert [row.outcome for row in read.rows] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.SKIPPED,
    ]
    assert read.rows[0].occurred_on == date(2026, 9, 1)
    assert read.rows[0].timezone_known
    assert read.rows[2].worker_ref == "2026-09-01_08-00-00"
    assert read.codes == [(4, "answer", "outcome_unknown")]


def test_the_real_prodigy_sample_has_three_answers(walked: Any, shared: Path) -> None:
    read = walked(shared / "samples/prodigy/annotations.jsonl")

    assert len(read.by_id) == 3
    assert read.preview.first_day == date(2024, 2, 6)


def test_labelbox_labels_and_reviews_are_apart(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "labelbox.ndjson").by_id

    assert (rows["label/lb1"].milliseconds, rows["label/lb1"].outcome) == (
        77_000,
        Outcome.ACCEPTED,
    )
    assert rows["label/lb1"].product_hint == "Kitchens"
    assert rows["label/lb2"].outcome is Outcome.SKIPPED
    assert rows["label/lb2"].milliseconds is None
    assert rows["label/lb3"].outcome is Outcome.PENDING
    review = rows["label/lb1/review/1"]
    assert (review.worker_ref, review.milliseconds) == ("bo@union.example", 9_000)


def test_review_time_of_two_labelbox_reviewers_is_nobodys(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "labelbox.ndjson").by_id

    assert rows["label/lb3/review/1"].milliseconds is None
    assert rows["label/lb3/review/2"].worker_ref == "dee@union.example"


def test_the_older_labelbox_table_prefers_the_time_to_create(walked: Any, fixtures: Path) -> None:
    (row,) = walked(fixtures / "labelbox_flat.csv").rows

    assert (row.source_id, row.milliseconds) == ("label/lb1", 30_000)


def test_v7_time_is_missing_until_its_unit_is_told(walked: Any, fixtures: Path) -> None:
    unknown = walked(fixtures / "v7.csv")
    told = walked(fixtures / "v7.csv", duration_unit=DurationForm.MILLISECONDS)

    assert Question.DURATION_UNIT in unknown.preview.questions
    assert {row.milliseconds for row in unknown.rows} == {None}
    assert Question.DURATION_UNIT not in told.preview.questions
    assert [row.milliseconds for row in told.rows] == [3_600_000, 1_800_000]


def test_v7_machines_are_no_workers(walked: Any, fixtures: Path) -> None:
    rows = walked(fixtures / "v7.csv").rows

    assert [row.worker_ref for row in rows] == ["ana@union.example", "bo@union.example"]
    assert [row.kind for row in rows] == [Kind.WORK, Kind.REVIEW]
    assert (rows[0].units, rows[0].quality_ppm) == (60, 950_000)
