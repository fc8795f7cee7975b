"""Hostile files, each in a child process: refused by name, in bounded memory and time."""

from __future__ import annotations

import io
import resource
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest

from contributions.imports.answers import Answers
from contributions.imports.limits import MIB, Limits
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import SCHEMA
from contributions.imports.refusals import ImportRefused
from contributions.imports.sandbox import ImportRun, look_at, preview_of
from contributions.imports.sentences import file_sentence
from contributions.imports.walk import Plan

PLAN = Plan(mapping=ColumnMapping(columns={Field.WORKER: ("who",)}))
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types><Default Extension="xml" ContentType="{kind}"/></Types>'
)
SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main">{dimension}<sheetData>{rows}</sheetData></worksheet>'
)
WORKBOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATIONS = (
    f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
    f'Type="{OFFICE}/%s" Target="%s"/></Relationships>'
)
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(rows: str, dimension: str = "", extra: dict[str, str] | None = None) -> bytes:
    """Write the least that counts as a workbook, with any sheet in it."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        f'package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="'
        f'{SPREADSHEET}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{SPREADSHEET}.worksheet+xml"/></Types>'
    )
    parts = {
        "[Content_Types].xml": types,
        "_rels/.rels": RELATIONS % ("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS % ("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": SHEET.format(rows=rows, dimension=dimension),
        **(extra or {}),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ana.jsonl", b"\0" * (64 * MIB))
    return content.getvalue()


def shared_strings_bomb() -> bytes:
    """A workbook that unpacks within the limits but not into the memory allowed."""
    strings = "<si><t>a</t></si>" * 2_000_000
    row = f'<row r="1">{cell("A1", "who")}</row>'
    return workbook(row, extra={"xl/filler.xml": f"<sst>{strings}</sst>"})


HEAD = f'<row r="1">{cell("A1", "who")}</row><row r="2">{cell("A2", "Ana")}</row>'
HOSTILE = {
    "zip bomb": (zip_bomb, "archive_too_large"),
    "workbook of nothing but filler": (shared_strings_bomb, "archive_too_large"),
    "cell in the last corner": (
        lambda: workbook(f'{HEAD}<row r="1048576">{cell("XFD1048576", "x")}</row>'),
        "sheet_too_sparse",
    ),
    "row sixteen thousand wide": (
        lambda: workbook(f'<row r="1">{cell("A1", "who")}{cell("XFD1", "x")}</row>'),
        "sheet_too_sparse",
    ),
    "workbook with macros": (
        lambda: workbook(HEAD, extra={"xl/vbaProject.bin": "x"}),
        "workbook_has_macros",
    ),
    "workbook with entities": (
        lambda: workbook(
            HEAD, extra={"xl/styles.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}
        ),
        "workbook_has_entities",
    ),
    "lists nested a hundred thousand deep": (lambda: b"[" * 100_000, "json_too_deep"),
    "objects nested a hundred thousand deep": (
        lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "json_too_deep",
    ),
    "one deep line among others": (
        lambda: b'{"who": "a"}\n{"who": ' + b"[" * 100_000 + b"\n",
        "json_too_deep",
    ),
    "picture named .csv": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "file_no_table"),
    "old workbook named .csv": (lambda: b"\xd0\xcf\x11\xe0" + bytes(100), "file_no_table"),
    "program named .csv": (lambda: b"\x7fELF" + bytes(100), "file_no_table"),
    "broken zip": (lambda: b"PK\x03\x04" + bytes(100), "archive_damaged"),
    "broken parquet": (lambda: b"PAR1" + bytes(100) + b"PAR1", "parquet_damaged"),
    "broken gzip": (lambda: b"\x1f\x8b\x08" + bytes(20), "gzip_damaged"),
    "number of five thousand digits": (
        lambda: b'[{"who": "a"}, ' + b"9" * 5_000 + b"]",
        None,
    ),
    "truncated json": (lambda: b'[{"who": "a"}, {"who": ', "json_malformed"),
    "latin-1": (lambda: "who,x\nJos\u00e9,1\n".encode("latin-1"), "not_utf8"),
    "utf-16": (lambda: "who,x\nAna,1\n".encode("utf-16"), "utf16"),
    "unclosed quote": (lambda: b'who,x\nAna,"1\nBo,2\n', "quote_unclosed"),
    "nul bytes": (lambda: b"who,x\nAna,\x00\n", "has_nul"),
    "empty file": (lambda: b"", "file_empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name(name: str, tmp_path: Path) -> None:
    make, code = HOSTILE[name]
    path = tmp_path / "labour.csv"
    path.write_bytes(make())
    began = time.monotonic()

    if code is None:
        assert preview_of(path, filename=path.name, plan=PLAN).rows_rejected == 1
    else:
        with pytest.raises(ImportRefused) as refusal:
            preview_of(path, filename=path.name, plan=PLAN)
        assert refusal.value.code == code
        assert file_sentence(code, refusal.value.facts)
    assert time.monotonic() - began < 20


def test_a_sheet_that_lies_about_its_size_is_read_by_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "labour.xlsx"
    path.write_bytes(workbook(HEAD, dimension='<dimension ref="A1:XFD1048576"/>'))

    preview = preview_of(path, filename=path.name, plan=PLAN)

    assert [row.worker_ref for row in preview.first_rows] == ["Ana"]


def test_formulas_in_a_sheet_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "labour.xlsx"
    formula = '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c></row>'
    path.write_bytes(workbook(HEAD + formula))

    preview = preview_of(path, filename=path.name, plan=PLAN)

    assert [row.worker_ref for row in preview.first_rows] == ["Ana", "=1+1"]


def test_a_reader_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    path.write_bytes(b"who\n" + b"Ana\n" * 5_000_000)
    began = time.monotonic()

    with pytest.raises(ImportRefused, match="reader_took_too_long"):
        preview_of(path, filename=path.name, plan=PLAN, limits=Limits(wall_seconds=1))
    assert time.monotonic() - began < 5


def test_a_reader_that_takes_too_much_processor_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    path.write_bytes(b"who\n" + b"Ana\n" * 10_000_000)

    with pytest.raises(ImportRefused, match="reader_took_too_long"):
        preview_of(path, filename=path.name, plan=PLAN, limits=Limits(cpu_seconds=1))


def test_a_reader_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labour.json"
    path.write_bytes(b'[{"who": "a", "x": "' + b"x" * (60 * MIB) + b'"}]')

    limits = Limits(memory_bytes=100 * MIB, row_bytes=100 * MIB)
    with pytest.raises(ImportRefused) as refusal:
        preview_of(path, filename=path.name, plan=PLAN, limits=limits)
    assert refusal.value.code == "reader_out_of_memory"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    with path.open("wb") as sparse:
        sparse.truncate(51 * MIB)

    with pytest.raises(ImportRefused) as refusal:
        look_at(path, filename=path.name, limits=Limits(file_bytes=50 * MIB))
    assert (refusal.value.code, refusal.value.facts) == (
        "file_too_large",
        {"limit": 50 * MIB},
    )


def test_batches_arrive_as_they_were_read_and_the_preview_with_the_last(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    lines = [f"W{number % 7},{number}" for number in range(300_000)]
    path.write_text("who,item\n" + "\n".join([*lines, ",x"]) + "\n", encoding="utf-8")
    run = ImportRun(path=path, filename=path.name, plan=PLAN)

    batches = list(run.batches())

    assert len(batches) > 1
    assert all(batch.rows.schema.equals(SCHEMA) for batch in batches)
    assert sum(batch.rows.num_rows for batch in batches) == 300_000
    assert [fault.code for batch in batches for fault in batch.faults] == ["worker_missing"]
    assert [batch.bytes_read for batch in batches] == sorted(b.bytes_read for b in batches)
    assert batches[-1].bytes_read == batches[-1].bytes_total == path.stat().st_size
    assert run.preview is not None
    assert (run.preview.rows_accepted, run.preview.workers) == (300_000, 7)


def test_leaving_a_run_early_ends_its_process(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    path.write_bytes(b"who\n" + b"Ana\n" * 3_000_000)
    # Other tests of this process may have servers of their own.
    others = children()
    batches = ImportRun(path=path, filename=path.name, plan=PLAN).batches()

    next(batches)
    assert len(children() - others) == 1
    batches.close()  # type: ignore[attr-defined]

    assert children() <= others


def children() -> set[int]:
    """Numbers of the processes that this one has started, from any of its threads."""
    return {child.pid for child in psutil.Process().children()}


def test_a_first_look_crosses_the_pipe(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    path.write_bytes(b"HITId,AssignmentId,WorkerId,AssignmentStatus\nh,a,w,Approved\n")

    seen = look_at(path, filename=path.name)

    assert seen.candidates[0].format == "mturk"
    assert "WorkerId" in seen.candidates[0].matched
    assert seen.rows[0]["WorkerId"] == "w"
    assert seen.guess.columns[Field.WORKER] == ("WorkerId",)


def test_an_unknown_format_or_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    path.write_bytes(b"who\nAna\n")

    with pytest.raises(ImportRefused) as refusal:
        preview_of(path, filename=path.name, plan=Plan(format="abacus"))
    assert refusal.value.code == "format_unknown"
    plan = Plan(mapping=PLAN.mapping, answers=Answers(zone="Mars/Base"))
    with pytest.raises(ImportRefused) as refusal:
        preview_of(path, filename=path.name, plan=plan)
    assert refusal.value.code == "zone_unknown"


def test_reading_a_million_rows_stays_within_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "labour.csv"
    with path.open("wb") as file:
        file.write(b"id,who,when,secs\n")
        for start in range(0, 1_000_000, 10_000):
            numbers = range(start, start + 10_000)
            file.write(
                b"".join(
                    b"%d,W%d,2026-09-01T08:00:00Z,%d\n" % (n, n % 999, n % 77 + 1) for n in numbers
                )
            )
    columns = {
        Field.SOURCE_ID: ("id",),
        Field.WORKER: ("who",),
        Field.OCCURRED_AT: ("when",),
        Field.DURATION: ("secs",),
    }
    plan = Plan(mapping=ColumnMapping(columns=columns))

    # The system keeps one peak for all children of a process, so this one has no others.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        accepted, peak = pool.submit(_accepted_and_peak, path, plan).result()

    assert accepted == 1_000_000
    assert peak < 600 * MIB


def _accepted_and_peak(path: Path, plan: Plan) -> tuple[int, int]:
    """Read a file; return the rows accepted and the peak memory of the child that read it."""
    preview = preview_of(path, filename=path.name, plan=plan, limits=Limits(memory_bytes=300 * MIB))
    return (
        preview.rows_accepted,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
    )
