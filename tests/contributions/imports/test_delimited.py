"""CSV and TSV, cut into rows and cells."""

from __future__ import annotations

import csv
import hashlib
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contributions.imports import delimited
from contributions.imports.delimited import Dialect, read_delimited
from contributions.imports.limits import Limits
from contributions.imports.refusals import ImportRefused
from contributions.imports.tables import SourceRow

COMMA = Dialect(delimiter=b",")


def rows_of(content: bytes, dialect: Dialect = COMMA) -> list[SourceRow]:
    pieces = read_delimited(io.BytesIO(content), dialect, Limits())
    return [row for piece in pieces for row in piece.rows()]


def faults_of(content: bytes) -> list[tuple[int, str]]:
    pieces = read_delimited(io.BytesIO(content), COMMA, Limits())
    return [(fault.line, fault.code) for piece in pieces for fault in piece.faults]


def test_bom_crlf_blank_lines_and_a_missing_last_break_are_fine() -> None:
    rows = rows_of(b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4")

    assert [(row.line, dict(row.cells)) for row in rows] == [
        (2, {"a": "1", "b": "2"}),
        (4, {"a": "3", "b": "4"}),
    ]


def test_line_numbers_count_breaks_inside_cells() -> None:
    rows = rows_of(b'a,b\n1,"x\ny\nz"\n2,w\n')

    assert [(row.line, row.cells["b"]) for row in rows] == [(2, "x\ny\nz"), (5, "w")]


def test_quotes_inside_unquoted_cells_are_plain_characters() -> None:
    rows = rows_of(b'a,b\n5" disk,"say ""yes"""\n6" disk,no\n')

    assert [dict(row.cells) for row in rows] == [
        {"a": '5" disk', "b": 'say "yes"'},
        {"a": '6" disk', "b": "no"},
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'a,b\n1,2\n3,"x\n4,5\n', 3),
        (b'a,b\n1,"x\n2,"ok"\n3,4\n', 2),
        (b'a,b\n1,"x"y\n', 2),
        (b'a,b\n1,2\n5,"""\n', 3),
    ],
)
def test_an_unclosed_quote_is_refused_where_it_opens(content: bytes, line: int) -> None:
    with pytest.raises(ImportRefused) as refusal:
        rows_of(content)
    assert (refusal.value.code, refusal.value.facts) == ("quote_unclosed", {"line": line})


def test_an_unclosed_quote_in_a_long_file_does_not_swallow_it() -> None:
    content = b'a,b\n1,"open\n' + b"2,3\n" * 3_000_000
    with pytest.raises(ImportRefused) as refusal:
        list(read_delimited(io.BytesIO(content), COMMA, Limits(row_bytes=100_000)))
    assert (refusal.value.code, refusal.value.facts) == ("quote_unclosed", {"line": 2})


def test_rows_with_too_few_or_too_many_cells_are_faults_of_their_own() -> None:
    assert faults_of(b"a,b\n1\n1,2\n1,2,3\n") == [
        (2, "cells_miscounted"),
        (4, "cells_miscounted"),
    ]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"a,b\n\xe9,2\n", "not_utf8", 2),
        (b"a,b\n1,2\n\x00,2\n", "has_nul", 3),
        (b"a,b\n1,2\r3,4\n", "lone_return", 2),
    ],
)
def test_what_is_no_text_table_is_refused_with_its_line(
    content: bytes, code: str, line: int
) -> None:
    with pytest.raises(ImportRefused) as refusal:
        rows_of(content)
    assert (refusal.value.code, refusal.value.facts) == (code, {"line": line})


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ImportRefused, match="table_empty"):
        rows_of(b"\n\n")


def test_headings_are_trimmed_named_and_never_twice() -> None:
    (row,) = rows_of(b"id, id ,,id\n1,2,3,4\n")
    assert dict(row.cells) == {"id": "1", "id (2)": "2", "column 3": "3", "id (3)": "4"}


def test_a_file_without_heading_has_numbered_columns() -> None:
    (row,) = rows_of(b"W1,5\n", Dialect(delimiter=b",", has_header=False))
    assert (row.line, dict(row.cells)) == (1, {"column 1": "W1", "column 2": "5"})


def test_the_digest_is_that_of_the_row_without_its_end() -> None:
    (unix,), (dos,) = rows_of(b"a,b\n1,2\n"), rows_of(b"a,b\r\n1,2\r\n")
    assert unix.digest == dos.digest == hashlib.sha256(b"1,2").digest()


CELLS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=20), st.integers(1, 60))
def test_any_table_is_read_as_it_was_written_in_blocks_of_any_size(
    table: list[tuple[str, str, str]], block: int
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(table)
    content = written.getvalue().encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", block)
        read = [tuple(row.cells.get(name, "") for name in "abc") for row in rows_of(content)]
    assert read == [cells for cells in table if any(cells)]


@settings(deadline=None)
@given(st.binary(max_size=80), st.integers(1, 40))
def test_any_bytes_are_read_or_refused(content: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", block)
        with suppress(ImportRefused):
            rows_of(content)
