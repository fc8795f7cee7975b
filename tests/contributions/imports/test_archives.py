"""Zip files, sheets and gzip as people hand them in."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from contributions.imports.container import Container, sniff_delimiter
from contributions.imports.durations import DurationForm
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.refusals import ImportRefused
from contributions.imports.source import Source
from contributions.imports.walk import look

WORKER = ColumnMapping(columns={Field.WORKER: ("who",)})


def _zip(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in members.items():
            archive.writestr(name.replace("_", "."), part)
    return content.getvalue()


def test_one_table_in_a_zip_is_read_as_that_table(walked: Any, fixtures: Path) -> None:
    content = _zip(batch_csv=(fixtures / "mturk.csv").read_bytes())

    assert look(Source(content, "batch.zip", Limits())).candidates[0].format == "mturk"
    assert len(walked(content).rows) == 3
    assert len(walked(_zip(a_csv=b"who\nAna\n"), mapping=WORKER).rows) == 1


@pytest.mark.parametrize(
    "content",
    [
        _zip(a_csv=b"who\nAna\n", b_csv=b"who\nBo\n"),
        _zip(a_zip=_zip(b_csv=b"who\nAna\n")),
        _zip(),
    ],
    ids=["two tables", "a zip in a zip", "nothing"],
)
def test_a_mapping_reads_one_table_only(walked: Any, content: bytes) -> None:
    with pytest.raises(ImportRefused, match="archive_not_one_table"):
        walked(content, mapping=WORKER)


def test_what_systems_add_to_a_zip_is_no_content(walked: Any) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("table.csv", "who\nAna\n")
        archive.writestr("__MACOSX/._table.csv", b"\x00\x05")
        archive.writestr(".DS_Store", b"\x00")

    assert [row.worker_ref for row in walked(content.getvalue(), mapping=WORKER).rows] == ["Ana"]


def test_a_zip_of_too_many_or_encrypted_files_is_refused(walked: Any) -> None:
    many = _zip(**{f"f{number}_csv": b"a" for number in range(30)})
    with pytest.raises(ImportRefused, match="archive_too_many"):
        walked(many, mapping=WORKER, limits=Limits(members=20))
    locked = bytearray(_zip(a_csv=b"who\nAna\n"))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ImportRefused, match="archive_encrypted"):
        walked(bytes(locked), mapping=WORKER)


def test_gzip_is_unpacked_within_its_limit(walked: Any) -> None:
    content = gzip.compress(b"who\n" + b"Ana\n" * 1_000)

    assert len(walked(content, mapping=WORKER).rows) == 1_000
    with pytest.raises(ImportRefused, match="gzip_too_large"):
        walked(content, mapping=WORKER, limits=Limits(unpacked_bytes=1_000))


def test_times_and_dates_of_a_sheet_are_read_as_shown(walked: Any) -> None:
    sheet = io.BytesIO()
    with xlsxwriter.Workbook(sheet) as book:
        page = book.add_worksheet()
        clock = book.add_format({"num_format": "[h]:mm"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, ["who", "day", "time"])
        page.write_row(1, 0, ["Ana"])
        page.write_datetime(1, 1, datetime(2026, 9, 1), day)  # noqa: DTZ001
        page.write_datetime(1, 2, time(0, 6), clock)
        page.write_row(3, 0, ["Bo"])
        page.write_datetime(3, 2, timedelta(hours=30, minutes=30), clock)
    mapping = ColumnMapping(
        columns={
            Field.WORKER: ("who",),
            Field.OCCURRED_AT: ("day",),
            Field.DURATION: ("time",),
        },
        duration=DurationForm.CLOCK,
    )
    rows = walked(sheet.getvalue(), mapping=mapping).rows

    assert [(row.worker_ref, row.milliseconds, row.line) for row in rows] == [
        ("Ana", 360_000, 2),
        ("Bo", 109_800_000, 4),
    ]
    assert str(rows[0].occurred_on) == "2026-09-01"


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a,b\n1,2\n", b","),
        (b"a;b\n1,5;2\n3,5;4\n", b";"),
        (b"a\tb\n1,2\t2\n", b"\t"),
        (b'a|b\n"x,y,z"|2\n', b"|"),
        (b"only\n1\n", b","),
    ],
)
def test_the_delimiter_is_the_one_rows_agree_on(head: bytes, delimiter: bytes) -> None:
    assert sniff_delimiter(head) == delimiter


def test_a_container_is_told_by_content_not_by_name() -> None:
    contents = {
        b"a,b\n1,2\n": Container.CSV,
        b"a\tb\n1\t2\n": Container.TSV,
        b'[{"a": 1}]': Container.JSON,
        b'{"a": 1}': Container.JSON,
        b'{"a": 1}\n{"a": 2}\n': Container.JSON_LINES,
        b'{\n"a": 1}\n': Container.JSON,
    }
    for content, container in contents.items():
        assert Source(content, "table.xlsx", Limits()).container is container
