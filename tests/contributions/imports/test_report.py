"""The normal form, the preview, the file of rejected rows and the sentences."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports import sandbox, workbook
from contributions.imports.formats.registry import FORMATS, detect
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import (
    Kind,
    LabourRow,
    Outcome,
    Role,
    TimeBasis,
    pack,
    unpack,
)
from contributions.imports.refusals import CellRefused, ImportRefused
from contributions.imports.rejected import plain_cell, write_rejected
from contributions.imports.report import preview_from_document, preview_to_document
from contributions.imports.sentences import (
    CELL_SENTENCES,
    FILE_SENTENCES,
    fault_sentence,
    file_sentence,
)
from contributions.imports.source import Source

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MAYBE_WORDS = st.none() | WORDS
NUMBERS = st.none() | st.integers(1, 2**31)
ROWS = st.builds(
    LabourRow,
    source_id=WORDS,
    worker_ref=WORDS,
    row_sha256=st.binary(min_size=32, max_size=32),
    line=st.integers(1, 2**40),
    kind=st.sampled_from(Kind),
    task_hint=MAYBE_WORDS,
    product_hint=MAYBE_WORDS,
    units=NUMBERS,
    milliseconds=NUMBERS,
    time_basis=st.sampled_from(TimeBasis),
    occurred_on=st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    occurred_at=st.none()
    | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    timezone_known=st.booleans(),
    outcome=st.sampled_from(Outcome),
    reviewer_ref=MAYBE_WORDS,
    wage_micro=st.none() | st.integers(0, 2**60),
    wage_currency=MAYBE_WORDS,
    quality_ppm=st.none() | st.integers(0, 10**6),
    role=st.sampled_from(Role),
    prelabelled=st.none() | st.booleans(),
    is_control=st.booleans(),
    time_group=MAYBE_WORDS,
)


@settings(deadline=None, max_examples=40)
@given(st.lists(ROWS, max_size=6))
def test_columns_hold_everything_that_rows_do(rows: list[LabourRow]) -> None:
    batch = pack(rows)

    assert list(unpack(batch)) == rows
    assert batch.column("seconds").to_pylist() == [row.seconds for row in rows]


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("label_studio.json", "label_studio"),
        ("label_studio.tsv", "label_studio"),
        ("label_studio_min.json", "label_studio"),
        ("cvat_events.csv", "cvat"),
        ("cvat_jobs.json", "cvat"),
        ("argilla_flat.json", "argilla"),
        ("argilla_nested.json", "argilla"),
        ("doccano/ana.jsonl", "doccano"),
        ("prodigy.jsonl", "prodigy"),
        ("mturk.csv", "mturk"),
        ("toloka.tsv", "toloka"),
        ("prolific.csv", "prolific"),
        ("labelbox.ndjson", "labelbox"),
        ("labelbox_flat.csv", "labelbox"),
        ("v7.csv", "v7"),
        ("kimai_en.csv", "kimai"),
        ("kimai_de.csv", "kimai"),
        ("solidtime_time_entries.csv", "solidtime"),
        ("solidtime_report.csv", "solidtime"),
        ("clockify.csv", "clockify"),
        ("toggl.csv", "toggl"),
        ("harvest.csv", "harvest"),
        ("activitywatch.json", "activitywatch"),
    ],
)
def test_every_export_is_recognised_whatever_its_name(fixtures: Path, name: str, tool: str) -> None:
    source = Source((fixtures / name).read_bytes(), "upload.bin", Limits())
    candidates = detect(source.head())

    assert candidates[0].format == tool
    assert candidates[0].matched
    assert all(other.score < candidates[0].score for other in candidates[1:])


def test_every_named_tool_has_a_format() -> None:
    assert set(FORMATS) == {
        "label_studio",
        "cvat",
        "argilla",
        "doccano",
        "prodigy",
        "mturk",
        "toloka",
        "prolific",
        "labelbox",
        "v7",
        "kimai",
        "solidtime",
        "clockify",
        "toggl",
        "harvest",
        "activitywatch",
    }


def test_the_user_may_overrule_what_is_detected(walked: Any, fixtures: Path) -> None:
    with pytest.raises(ImportRefused, match="format_unknown"):
        walked(fixtures / "toggl.csv", format="abacus")
    assert walked(fixtures / "toggl.csv", format="mturk").preview.rows_accepted == 0


@pytest.mark.parametrize("name", ["toloka.tsv", "labelbox.ndjson", "cvat_events.csv"])
def test_a_preview_survives_its_document(walked: Any, fixtures: Path, name: str) -> None:
    preview = walked(fixtures / name).preview
    document = json.loads(json.dumps(preview_to_document(preview)))

    assert preview_from_document(document) == preview


def test_a_preview_counts_what_it_shows(walked: Any, fixtures: Path) -> None:
    preview = walked(fixtures / "toloka.tsv").preview

    assert preview.rows_read == preview.rows_accepted == 7
    assert preview.rows_by_outcome == {
        Outcome.ACCEPTED: 3,
        Outcome.EXPIRED: 1,
        Outcome.REJECTED: 1,
        Outcome.SKIPPED: 1,
        Outcome.PENDING: 1,
    }
    assert preview.rows_by_basis == {TimeBasis.HELD: 5, TimeBasis.NONE: 2}
    assert preview.hours_after(TimeBasis.HELD) == 300 / 3600
    assert (preview.control_rows, preview.workers) == (1, 3)


def test_rejected_rows_come_back_in_their_columns_with_reasons(walked: Any) -> None:
    content = b'who;what;secs\n=cmd();"a;b";x\n-5;+1;1e5\n'
    columns = {Field.WORKER: ("who",), Field.DURATION: ("secs",)}
    preview = walked(content, mapping=ColumnMapping(columns=columns)).preview
    written = io.StringIO(newline="")

    write_rejected(preview, written, fault_sentence)

    header, first, second = csv.reader(io.StringIO(written.getvalue()))
    assert header == ["line", "column", "code", "reason", "who", "what", "secs"]
    assert first[:3] == ["2", "secs", "number_malformed"]
    assert first[3] == "This is no plain number."
    assert first[4:] == ["'=cmd()", "a;b", "x"]
    assert second[4:] == ["-5", "+1", "1e5"]


def test_rejected_records_come_back_as_json(walked: Any) -> None:
    mapping = ColumnMapping(columns={Field.WORKER: ("who",), Field.DURATION: ("secs",)})
    preview = walked(b'{"who": "a", "secs": "x"}\n{"who": "b", "secs": 1}', mapping=mapping).preview
    written = io.StringIO(newline="")

    write_rejected(preview, written, fault_sentence)

    _header, row = csv.reader(io.StringIO(written.getvalue()))
    assert json.loads(row[4]) == {"who": "a", "secs": "x"}


def test_no_cell_is_calculated_and_numbers_stay_numbers() -> None:
    assert [plain_cell(text) for text in ("=1+1", "@x", "-x", "-5", "+5,5", "a")] == [
        "'=1+1",
        "'@x",
        "'-x",
        "-5",
        "+5,5",
        "a",
    ]


def _all_below(kind: type) -> set[type]:
    below = set(kind.__subclasses__())
    return below.union(*map(_all_below, below))


def test_every_fault_has_a_sentence_and_no_sentence_is_idle() -> None:
    assert workbook.SheetTooSparse in _all_below(ImportRefused)
    cells = {refusal.code for refusal in _all_below(CellRefused)}  # type: ignore[attr-defined]
    files = {refusal.code for refusal in _all_below(ImportRefused)}  # type: ignore[attr-defined]

    assert cells | {"cells_miscounted"} == set(CELL_SENTENCES)
    assert files - {sandbox.FileRefused.code} == set(FILE_SENTENCES)


def test_sentences_mention_their_facts() -> None:
    assert "line 7" in file_sentence("quote_unclosed", {"line": 7})
    assert "UTF-8" in file_sentence("not_utf8", {"line": 1})
