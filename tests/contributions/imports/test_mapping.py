"""Column mappings: kept as TOML, applied to tables of any kind, guessed."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports.durations import DurationForm
from contributions.imports.limits import Limits
from contributions.imports.mapping import (
    CONSTANT_FIELDS,
    ColumnMapping,
    Field,
    QualityForm,
    read_mapping,
    write_mapping,
)
from contributions.imports.normal_form import Outcome, Role, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.refusals import ImportRefused
from contributions.imports.times import TimeForm

TABLE = (
    b"id;Wer;Von;Minuten;Stand;Lohn;Qual\n"
    b"1;Ana;01.09.2026 08:00;12,5;gut;3,50 EUR;95%\n"
    b"2;Bo;01.09.2026 09:00;;schlecht;;80%\n"
)
MAPPING = ColumnMapping(
    name="Beispiel",
    tool="beispiel",
    columns={
        Field.SOURCE_ID: ("id",),
        Field.WORKER: ("Wer",),
        Field.OCCURRED_AT: ("Von",),
        Field.DURATION: ("Minuten",),
        Field.OUTCOME: ("Stand",),
        Field.WAGE: ("Lohn",),
        Field.QUALITY: ("Qual",),
    },
    constants={Field.TASK: "labelling", Field.UNITS: "3", Field.ROLE: "supervise"},
    duration=DurationForm.MINUTES,
    decimal=DecimalMark.COMMA,
    times=TimeForm.DAY_FIRST,
    zone="Europe/Berlin",
    outcomes={"gut": Outcome.ACCEPTED, "schlecht": Outcome.REJECTED},
)


def test_every_field_of_a_mapping_arrives_in_the_row(walked: Any) -> None:
    first, second = walked(TABLE, mapping=MAPPING).rows

    assert (first.source_id, first.worker_ref, first.task_hint) == ("1", "Ana", "labelling")
    assert (first.milliseconds, first.time_basis) == (750_000, TimeBasis.SELF_DECLARED)
    assert first.occurred_at == datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
    assert (first.outcome, first.role, first.units) == (Outcome.ACCEPTED, Role.SUPERVISE, 3)
    assert (first.wage_micro, first.wage_currency) == (3_500_000, "EUR")
    assert first.quality_ppm == 950_000
    assert (second.milliseconds, second.time_basis) == (None, TimeBasis.NONE)
    assert (second.outcome, second.wage_micro) == (Outcome.REJECTED, None)


def test_a_mapping_survives_its_toml() -> None:
    assert read_mapping(write_mapping(MAPPING)) == MAPPING


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
MAPPINGS = st.builds(
    ColumnMapping,
    name=NAMES,
    has_header=st.booleans(),
    columns=st.dictionaries(
        st.sampled_from(Field), st.lists(NAMES, min_size=1, max_size=3).map(tuple)
    ),
    constants=st.dictionaries(st.sampled_from(sorted(CONSTANT_FIELDS)), NAMES),
    duration=st.sampled_from(DurationForm),
    decimal=st.sampled_from(DecimalMark),
    times=st.sampled_from(TimeForm),
    quality=st.sampled_from(QualityForm),
    time_basis=st.sampled_from(TimeBasis),
    outcomes=st.dictionaries(NAMES.map(str.casefold), st.sampled_from(Outcome)),
)


@settings(deadline=None, max_examples=40)
@given(MAPPINGS)
def test_any_mapping_survives_its_toml(mapping: ColumnMapping) -> None:
    assert read_mapping(write_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not toml", "mapping_malformed"),
        ('name = "no format"', "mapping_malformed"),
        ('format = "huisu-mapping/1"\ncolour = "red"', "mapping_key_unknown"),
        ('format = "huisu-mapping/1"\n[columns]\nboss = "x"', "mapping_key_unknown"),
        ('format = "huisu-mapping/1"\n[reading]\nduration = "weeks"', "mapping_value_unknown"),
        ('format = "huisu-mapping/1"\n[columns]\nworker = 3', "mapping_value_unknown"),
        ('format = "huisu-mapping/1"\n[constants]\nduration = "3"', "mapping_key_unknown"),
        ('format = "huisu-mapping/1"\ntool = "A tool!"', "mapping_value_unknown"),
        ('format = "huisu-mapping/1"\nzone = "Mars/Base"', "zone_unknown"),
        ("a = " + "[" * 5_000, "mapping_malformed"),
        ("#" * 70_000, "mapping_malformed"),
    ],
)
def test_a_faulty_mapping_is_refused_by_name(text: str, code: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        read_mapping(text)
    assert refusal.value.code == code


def test_a_mapping_must_say_who_worked_and_name_real_columns(walked: Any) -> None:
    with pytest.raises(ImportRefused, match="mapping_worker_missing"):
        walked(TABLE, mapping=ColumnMapping())
    with pytest.raises(ImportRefused, match="column_missing"):
        walked(TABLE, mapping=ColumnMapping(columns={Field.WORKER: ("Who",)}))


def test_row_errors_name_line_column_and_reason_but_no_content(walked: Any) -> None:
    content = (
        b"who,start,end,secs,status,items,pay\n"
        b"Ana,2026-09-01 08:00:00,2026-09-01 08:10:00,60,done,5,1.00\n"
        b",2026-09-01 08:00:00,,60,done,5,1.00\n"
        b"Secret\xe2\x80\xaename,2026-09-01 08:00:00,,60,done,5,1.00\n"
        b"Bo,2026-02-30,,60,done,5,1.00\n"
        b"Bo,2026-09-01 08:00:00,,NaN,done,5,1.00\n"
        b"Bo,2026-09-01 08:00:00,,60,lost,5,1.00\n"
        b"Bo,2026-09-01 08:00:00,,60,done,5.5,1.00\n"
        b"Bo,2026-09-01 08:00:00,,60,done,5,1.00 EUR\n"
        b"Bo,2027-09-01 08:00:00,,60,done,5,1.00\n"
        b"Bo,2026-09-01 08:00:00,,60\n"
    )
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("who",),
            Field.OCCURRED_AT: ("start",),
            Field.DURATION: ("secs",),
            Field.OUTCOME: ("status",),
            Field.UNITS: ("items",),
            Field.WAGE: ("pay",),
        },
        constants={Field.CURRENCY: "USD"},
    )
    read = walked(content, mapping=mapping, received_on=date(2026, 11, 1))

    assert read.codes == [
        (3, "who", "worker_missing"),
        (4, "who", "text_has_bidi"),
        (5, "start", "day_does_not_exist"),
        (6, "secs", "not_a_number"),
        (7, "status", "outcome_unknown"),
        (8, "items", "number_malformed"),
        (9, "pay", "currencies_mixed"),
        (10, "start", "time_in_future"),
        (11, "", "cells_miscounted"),
    ]
    assert len(read.rows) == 1
    assert read.preview.rows_read == 10


def test_one_bad_row_in_a_hundred_gives_exactly_as_many_errors(walked: Any) -> None:
    lines = [
        f"{n},W{n % 50},{'x' if n % 100 == 7 else n % 900 + 1}".encode() for n in range(100_000)
    ]
    mapping = ColumnMapping(
        columns={
            Field.SOURCE_ID: ("id",),
            Field.WORKER: ("who",),
            Field.DURATION: ("secs",),
        }
    )
    preview = walked(b"id,who,secs\n" + b"\n".join(lines), mapping=mapping).preview

    assert preview.faults_by_code == {"number_malformed": 1_000}
    assert len(preview.faults) == 1_000
    assert preview.rows_accepted == 99_000
    assert preview.rows_read == 100_000


def test_faults_beyond_the_limit_are_counted_but_not_kept(walked: Any) -> None:
    content = b"who,secs\n" + b"a,x\n" * 50
    mapping = ColumnMapping(columns={Field.WORKER: ("who",), Field.DURATION: ("secs",)})
    preview = walked(content, mapping=mapping, limits=Limits(kept_faults=10)).preview

    assert (len(preview.faults), preview.rows_rejected) == (10, 50)


def test_rows_without_ids_are_told_apart_by_content_and_count(walked: Any) -> None:
    content = b"who,item\na,1\na,1\nb,1\na,1\n"
    read = walked(content, mapping=ColumnMapping(columns={Field.WORKER: ("who",)}))

    ids = [row.source_id for row in read.rows]
    assert len(set(ids)) == 4
    assert ids[1] == f"{ids[0]}/2"
    assert ids[3] == f"{ids[0]}/3"


def test_composite_ids_hold_no_worker_and_do_not_collide(walked: Any) -> None:
    content = b"who,task,part\nana,a/b,c\nana,a,b/c\nbo,a,b/c\n"
    columns = {Field.WORKER: ("who",), Field.SOURCE_ID: ("task", "part", "who")}
    read = walked(content, mapping=ColumnMapping(columns=columns))

    assert len(read.by_id) == 3
    assert not any("ana" in row.source_id or "bo" in row.source_id for row in read.rows)


def test_dates_and_clocks_in_two_columns_and_times_from_start_to_end(walked: Any) -> None:
    content = (
        b"first,last,day,from,to\nAna,Reyes,2026-09-01,08:00:00,2026-09-01 08:30:00\n"
        b"Ana,Reyes,2026-09-01,09:00:00,2026-09-01 08:30:00\n"
    )
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("first", "last"),
            Field.OCCURRED_AT: ("day", "from"),
            Field.ENDED_AT: ("to",),
        },
        time_basis=TimeBasis.HELD,
    )
    read = walked(content, mapping=mapping)

    assert [(row.worker_ref, row.milliseconds) for row in read.rows] == [("Ana Reyes", 1_800_000)]
    assert read.codes == [(3, "to", "ends_before_start")]


def test_flags_controls_and_reviewers_are_read(walked: Any) -> None:
    content = b"who,gold,pre,rev\na,yes,no,b\nb,0,1,b\na,,,\nc,perhaps,,\n"
    columns = {
        Field.WORKER: ("who",),
        Field.CONTROL: ("gold",),
        Field.PRELABELLED: ("pre",),
        Field.REVIEWER: ("rev",),
    }
    read = walked(content, mapping=ColumnMapping(columns=columns))

    assert [(row.is_control, row.prelabelled, row.reviewer_ref) for row in read.rows] == [
        (True, False, "b"),
        (False, True, None),
        (False, None, None),
    ]
    assert read.codes == [(5, "gold", "flag_unknown")]


def test_currencies_in_a_column_belong_to_their_row(walked: Any) -> None:
    content = b"who,pay,cur\na,1.50,EUR\na,2,KES\na,,KES\na,2,\na,2,XXQ\n"
    columns = {Field.WORKER: ("who",), Field.WAGE: ("pay",), Field.CURRENCY: ("cur",)}
    read = walked(content, mapping=ColumnMapping(columns=columns))

    assert [(row.wage_micro, row.wage_currency) for row in read.rows] == [
        (1_500_000, "EUR"),
        (2_000_000, "KES"),
        (None, None),
    ]
    assert [code for _line, _column, code in read.codes] == [
        "currency_missing",
        "currency_unknown",
    ]


NESTED = ColumnMapping(
    records="results",
    explode="marks",
    columns={
        Field.SOURCE_ID: ("marks[].id",),
        Field.WORKER: ("marks[].by.name",),
        Field.DURATION: ("marks[].secs",),
        Field.PRODUCT: ("project.name",),
    },
)


def test_nested_records_are_read_by_paths(walked: Any) -> None:
    content = json.dumps(
        {
            "results": [
                {
                    "project": {"name": "Kitchens"},
                    "marks": [
                        {"id": 1, "by": {"name": "Ana"}, "secs": 7.5},
                        {"id": 2, "by": {"name": "Bo"}, "secs": None},
                    ],
                },
                {"project": {"name": "Gardens"}, "marks": []},
            ]
        }
    ).encode()
    read = walked(content, mapping=NESTED)

    assert [(row.worker_ref, row.milliseconds, row.product_hint) for row in read.rows] == [
        ("Ana", 7_500, "Kitchens"),
        ("Bo", None, "Kitchens"),
    ]


def test_json_lines_parquet_and_xlsx_give_the_same_rows(walked: Any) -> None:
    began = [datetime(2026, 9, 1, 8, tzinfo=UTC), datetime(2026, 9, 1, 9, 30, tzinfo=UTC)]
    records: list[dict[str, Any]] = [
        {"who": "Ana", "start": began[0].isoformat(), "secs": 12.5, "items": 3},
        {"who": "Bo", "start": began[1].isoformat(), "secs": None, "items": 4},
    ]
    lines = "\n".join(map(json.dumps, records)).encode()
    parquet = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "who": ["Ana", "Bo"],
                "start": pa.array(began, pa.timestamp("us", tz="Asia/Manila")),
                "secs": [12.5, None],
                "items": [3, 4],
            }
        ),
        parquet,
    )
    sheet = io.BytesIO()
    with xlsxwriter.Workbook(sheet, {"remove_timezone": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["who", "start", "secs", "items"])
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row, record in enumerate(records, start=1):
            page.write(row, 0, record["who"])
            page.write_datetime(row, 1, began[row - 1], stamp)
            page.write(row, 2, record["secs"])
            page.write(row, 3, record["items"])
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("who",),
            Field.OCCURRED_AT: ("start",),
            Field.DURATION: ("secs",),
            Field.UNITS: ("items",),
        }
    )
    for content in (lines, parquet.getvalue(), sheet.getvalue()):
        read = walked(content, mapping=mapping)
        assert [
            (row.worker_ref, row.occurred_at, row.milliseconds, row.units) for row in read.rows
        ] == [("Ana", began[0], 12_500, 3), ("Bo", began[1], None, 4)]
