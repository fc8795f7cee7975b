"""Mappings guessed from headings and values, for a person to correct."""

from __future__ import annotations

from datetime import date
from typing import Any

from contributions.imports.durations import DurationForm
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping, Field, read_mapping, write_mapping
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.source import Source
from contributions.imports.times import TimeForm
from contributions.imports.walk import look


def _guess(content: bytes) -> ColumnMapping:
    return look(Source(content, "upload", Limits())).guess


def test_a_strange_english_table_is_guessed() -> None:
    guess = _guess(
        b"Annotator,Started At,Time spent (min),Items,Verdict,Reviewer,Payment\n"
        b"Ana,9/14/2026 08:00,12.5,3,approved,Bo,1.50\n"
    )

    assert guess.columns == {
        Field.WORKER: ("Annotator",),
        Field.OCCURRED_AT: ("Started At",),
        Field.DURATION: ("Time spent (min)",),
        Field.UNITS: ("Items",),
        Field.OUTCOME: ("Verdict",),
        Field.REVIEWER: ("Reviewer",),
        Field.WAGE: ("Payment",),
    }
    assert guess.duration is DurationForm.MINUTES
    assert guess.times is TimeForm.MONTH_FIRST
    assert guess.outcomes == {"approved": Outcome.ACCEPTED}
    assert guess.time_basis is TimeBasis.SELF_DECLARED


def test_chinese_and_german_tables_are_guessed() -> None:
    chinese = _guess(
        "任务编号,标注员,开始时间,用时,状态\n7,安娜,2026-09-01 08:00,0:12,通过\n".encode()
    )
    german = _guess(b"Mitarbeiter;Datum;Stunden;Projekt\nAna;01.09.2026;7,5;Acme\n")

    assert chinese.columns[Field.WORKER] == ("标注员",)
    assert chinese.columns[Field.DURATION] == ("用时",)
    assert chinese.duration is DurationForm.CLOCK
    assert chinese.outcomes == {"通过": Outcome.ACCEPTED}
    assert german.columns[Field.DURATION] == ("Stunden",)
    assert (german.duration, german.decimal) == (DurationForm.HOURS, DecimalMark.COMMA)
    assert german.times is TimeForm.DAY_FIRST


def test_columns_are_not_guessed_against_their_values() -> None:
    guess = _guess(b"user,id,total,date\nAna,7,many,soon\nBo,7,few,later\n")

    assert guess.columns == {Field.WORKER: ("user",)}


def test_nested_records_and_missing_headings_are_guessed() -> None:
    nested = _guess(b'{"results": [{"id": 1, "completed_by": {"email": "a@x"}, "secs": 3}]}')
    bare = _guess(b"W1,17,0,12\nW2,18,1,13\n")

    assert nested.records == "results"
    assert nested.columns[Field.WORKER] == ("completed_by.email",)
    assert not bare.has_header


def test_a_guess_is_a_mapping_that_works(walked: Any) -> None:
    content = (
        b"annotator_id,answer_time_ms,submitted_at_ms,outcome\n"
        b"a,1500,1690908107000,done\nb,2500,1690971993000,rejected\n"
    )
    guess = _guess(content)
    read = walked(content, mapping=read_mapping(write_mapping(guess)))

    assert guess.time_basis is TimeBasis.PAGE_OPEN
    assert [(row.milliseconds, row.outcome) for row in read.rows] == [
        (1_500, Outcome.ACCEPTED),
        (2_500, Outcome.REJECTED),
    ]
    assert read.rows[0].occurred_on == date(2023, 8, 1)
