"""The shared public records, read through mappings, against their golden figures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from contributions.imports.answers import HitTime, Question
from contributions.imports.durations import MILLISECONDS_AN_HOUR, DurationForm
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import TimeBasis
from contributions.imports.times import TimeForm

CROWD = {Field.WORKER: ("column 1",), Field.TASK: ("column 2",), Field.DURATION: ("column 5",)}
TIMED = ColumnMapping(has_header=False, columns=CROWD, time_basis=TimeBasis.PAGE_OPEN)
UNTIMED = ColumnMapping(
    has_header=False, columns={Field.WORKER: ("column 1",), Field.TASK: ("column 2",)}
)
NIBBLER = ColumnMapping(
    columns={
        Field.WORKER: ("annotator_id",),
        Field.SOURCE_ID: ("example_uid", "annotator_id", "question_hash"),
        Field.DURATION: ("answer_time_ms",),
        Field.PRODUCT: ("round",),
    },
    duration=DurationForm.MILLISECONDS,
    time_basis=TimeBasis.PAGE_OPEN,
)


def _facts(shared: Path, name: str) -> Any:
    return json.loads((shared / "data" / name / "FACTS.json").read_text(encoding="utf-8"))


def _hours(milliseconds: int) -> float:
    return milliseconds / MILLISECONDS_AN_HOUR


def test_nibbler_validations_sum_to_their_hours_before_and_after_the_cap(
    walked: Any, shared: Path
) -> None:
    facts = _facts(shared, "adversarial_nibbler")
    path = shared / "data/adversarial_nibbler/flat_validations.csv.gz"

    preview = walked(path, mapping=NIBBLER, idle_cap_seconds=600).preview

    before = preview.milliseconds_before[TimeBasis.PAGE_OPEN]
    after = preview.milliseconds_after[TimeBasis.PAGE_OPEN]
    assert (preview.rows_accepted, preview.workers) == (facts["validations"], facts["validators"])
    assert round(_hours(before), 2) == facts["sum_hours"] == 2044.28
    assert round(_hours(after), 2) == facts["sum_hours_capped_10min"] == 841.46
    assert preview.hit_time is None
    assert not preview.faults


def test_nibbler_submissions_are_dated_and_untimed(walked: Any, shared: Path) -> None:
    facts = _facts(shared, "adversarial_nibbler")
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("submitter_id",),
            Field.SOURCE_ID: ("example_uid",),
            Field.OCCURRED_AT: ("submitted_at_ms",),
        },
        times=TimeForm.UNIX_MILLISECONDS,
    )
    read = walked(shared / "data/adversarial_nibbler/flat_submissions.csv", mapping=mapping)

    assert len(read.by_id) == facts["submissions"]
    assert read.preview.workers == facts["submitters"]
    assert f"{read.preview.first_day} 09:11:22" == facts["first"]
    assert f"{read.preview.last_day} 15:18:44" == facts["last"]
    assert {row.time_basis for row in read.rows} == {TimeBasis.NONE}


@pytest.mark.parametrize("name", ["CF_amt", "SP_amt"])
def test_times_of_single_labels_are_summed(walked: Any, shared: Path, name: str) -> None:
    facts = _facts(shared, "amt_crowd_time")[name]

    preview = walked(shared / f"data/amt_crowd_time/{name}.csv", mapping=TIMED).preview

    assert (preview.rows_accepted, preview.workers) == (facts["rows"], facts["workers"])
    assert preview.hit_time is None
    assert round(_hours(preview.milliseconds_after[TimeBasis.PAGE_OPEN]), 3) == facts["sum_hours"]


@pytest.mark.parametrize("name", ["CF", "MS", "SP"])
def test_labels_without_times_stay_without(walked: Any, shared: Path, name: str) -> None:
    facts = _facts(shared, "amt_crowd_time")[name]

    preview = walked(shared / f"data/amt_crowd_time/{name}.csv", mapping=UNTIMED).preview

    assert (preview.rows_accepted, preview.workers) == (facts["rows"], facts["workers"])
    assert preview.milliseconds_after == {}
    assert preview.rows_by_basis == {TimeBasis.NONE: facts["rows"]}
    assert Question.DAY in preview.questions


@pytest.mark.parametrize("name", ["ZenCrowd_all", "ZenCrowd_in", "ZenCrowd_us"])
def test_times_of_hits_repeated_on_rows_are_found_and_not_summed(
    walked: Any, shared: Path, name: str
) -> None:
    facts = _facts(shared, "amt_crowd_time")[name]

    preview = walked(shared / f"data/amt_crowd_time/{name}.csv", mapping=TIMED).preview

    before = preview.milliseconds_before[TimeBasis.PAGE_OPEN]
    after = preview.milliseconds_after[TimeBasis.PAGE_OPEN]
    assert (preview.rows_accepted, preview.workers) == (facts["rows"], facts["workers"])
    assert preview.repeated.is_repeated
    assert preview.hit_time is HitTime.DIVIDED
    assert round(_hours(before), 3) == facts["sum_hours"]
    assert after < before / 3


def test_divided_and_once_give_a_hit_the_same_time(walked: Any, shared: Path) -> None:
    path = shared / "data/amt_crowd_time/ZenCrowd_us.csv"
    divided = walked(path, mapping=TIMED)
    once = walked(path, mapping=TIMED, hit_time=HitTime.ONCE)
    per_row = walked(path, mapping=TIMED, hit_time=HitTime.PER_ROW)

    assert divided.preview.milliseconds_after == once.preview.milliseconds_after
    assert per_row.preview.milliseconds_after == per_row.preview.milliseconds_before
    assert once.preview.rows_by_basis[TimeBasis.NONE] > len(once.rows) / 2
    assert TimeBasis.NONE not in divided.preview.rows_by_basis


CROWDTRUTH = (
    "event-text-highlight",
    "event-text-sparse-multiple-choice",
    "person-video-highlight",
    "person-video-multiple-choice",
    "relex-sparse-multiple-choice",
)


@pytest.mark.parametrize("name", CROWDTRUTH)
def test_crowdtruth_times_run_from_start_to_creation(walked: Any, shared: Path, name: str) -> None:
    facts = _facts(shared, "crowdtruth")[name]
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("_worker_id",),
            Field.SOURCE_ID: ("_id",),
            Field.OCCURRED_AT: ("_started_at",),
            Field.ENDED_AT: ("_created_at",),
            Field.QUALITY: ("_trust",),
        },
        times=TimeForm.MONTH_FIRST,
        time_basis=TimeBasis.HELD,
    )
    read = walked(shared / f"data/crowdtruth/{name}.csv.gz", mapping=mapping)

    total = read.preview.milliseconds_after[TimeBasis.HELD]
    assert (len(read.by_id), read.preview.workers) == (facts["rows"], facts["workers"])
    assert round(total / 1000 / facts["rows"], 3) == facts["seconds"]["mean"]
    assert Question.ZONE in read.preview.questions


@pytest.mark.parametrize("name", ["rte.standardized", "temp.standardized"])
def test_one_made_up_time_on_every_row_is_no_time(walked: Any, shared: Path, name: str) -> None:
    facts = _facts(shared, "crowdtruth")[name]
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("!amt_worker_ids",),
            Field.SOURCE_ID: ("!amt_annotation_ids",),
            Field.OCCURRED_AT: ("start",),
            Field.ENDED_AT: ("end",),
        },
        times=TimeForm.DATE_COMMAND,
        time_basis=TimeBasis.HELD,
    )
    preview = walked(shared / f"data/crowdtruth/{name}.csv.gz", mapping=mapping).preview

    assert (preview.rows_accepted, preview.workers) == (facts["rows"], facts["workers"])
    assert preview.milliseconds_before[TimeBasis.HELD] == facts["rows"] * 83_000
    assert preview.repeated.one_for_all
    assert preview.milliseconds_after == {}
    assert preview.first_day is None
    assert Question.DAY in preview.questions


def test_metr_human_runs_keep_their_hours(walked: Any, shared: Path) -> None:
    facts = _facts(shared, "metr_runs")
    lines = gzip.decompress((shared / "data/metr_runs/all_runs.jsonl.gz").read_bytes()).splitlines()
    human = b"\n".join(line for line in lines if b'"alias":"human"' in line)
    mapping = ColumnMapping(
        columns={
            Field.SOURCE_ID: ("run_id",),
            Field.TASK: ("task_id",),
            Field.DURATION: ("completed_at",),
            Field.QUALITY: ("score_binarized",),
        },
        constants={Field.WORKER: "baseline"},
        duration=DurationForm.MILLISECONDS,
        time_basis=TimeBasis.HELD,
    )
    read = walked(human, mapping=mapping)

    assert len(read.by_id) == facts["human_runs"]
    assert round(read.preview.hours_after(TimeBasis.HELD), 2) == facts["human_hours"]
    success = sum(row.quality_ppm or 0 for row in read.rows) / 10**6 / len(read.rows)
    assert round(success, 4) == facts["human_success_share"]


def test_promptsource_authors_and_dates_with_offsets(walked: Any, shared: Path) -> None:
    facts = _facts(shared, "promptsource")
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("author",),
            Field.SOURCE_ID: ("template_id",),
            Field.OCCURRED_AT: ("first_authored_at",),
            Field.PRODUCT: ("dataset",),
        },
        constants={Field.TASK: "prompt template", Field.UNITS: "1"},
    )
    read = walked(shared / "data/promptsource/templates_authors.csv", mapping=mapping)

    assert len(read.by_id) == facts["templates"]
    assert read.preview.workers == facts["authors"]
    assert len({row.product_hint for row in read.rows}) == facts["datasets"]
    assert all(row.timezone_known for row in read.rows)
    assert sum(row.units or 0 for row in read.rows) == facts["templates"]
    assert str(read.preview.first_day) == facts["first"][:10]


def test_bigscience_commits_and_licence_checks_have_their_people(walked: Any, shared: Path) -> None:
    commits = _facts(shared, "bigscience_ops")
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("author",),
            Field.OCCURRED_AT: ("authored_at",),
            Field.TASK: ("area",),
        }
    )
    read = walked(shared / "data/bigscience_ops/commits_numstat.csv.gz", mapping=mapping)
    assert len(read.by_id) == commits["file_rows"]
    assert read.preview.workers == commits["authors"]

    checks = _facts(shared, "data_provenance")
    mapping = ColumnMapping(
        columns={Field.WORKER: ("license_verified_by",), Field.PRODUCT: ("id",)},
        constants={Field.TASK: "licence check"},
    )
    read = walked(shared / "data/data_provenance/datasets_licences.csv.gz", mapping=mapping)
    assert len(read.rows) == checks["with_verifier"]
    # Two of the checks were made by two people, whom the file joins by a bar.
    verifiers = {name for row in read.rows for name in row.worker_ref.split("|")}
    assert len(verifiers) == checks["verifiers"]
    assert read.preview.faults_by_code == {
        "worker_missing": checks["datasets"] - checks["with_verifier"]
    }
