"""The first sheet of an XLSX workbook, as a text table.

openpyxl is asked for as little as possible: it streams the cells that exist, and what the sheet
claims about its own size is not believed. Formulas stay the text they are; stored results are
not read, because a file can claim any result.
"""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO, Final

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from contributions.imports.archive import open_archive, read_member
from contributions.imports.delimited import (
    CELLS_MISCOUNTED,
    TableEmpty,
    TooManyRows,
    name_columns,
)
from contributions.imports.limits import Limits
from contributions.imports.normal_form import RowFault
from contributions.imports.refusals import ImportRefused
from contributions.imports.tables import TextTable, binary_digests

_ROWS_A_PIECE: Final = 20_000
_MOST_EMPTY_ROWS: Final = 10_000
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_MACROS: Final = ("vbaProject", "macroEnabled", "activeX")


class WorkbookDamaged(ImportRefused):
    """The workbook cannot be read."""

    code = "workbook_damaged"


class WorkbookHasMacros(ImportRefused):
    """The workbook carries macros (.xlsm); save it as .xlsx or CSV."""

    code = "workbook_has_macros"


class WorkbookHasEntities(ImportRefused):
    """The workbook's XML declares entities, which no spreadsheet program writes."""

    code = "workbook_has_entities"


class SheetTooSparse(ImportRefused):
    """Cells lie so far apart that the sheet is no table; facts: limit."""

    code = "sheet_too_sparse"


def read_workbook(
    stream: BinaryIO, limits: Limits, *, has_header: bool = True
) -> Iterator[TextTable]:
    """Read the first sheet.

    Raises:
        WorkbookDamaged, WorkbookHasMacros, WorkbookHasEntities, SheetTooSparse: As named.
        ArchiveTooLarge, TooManyColumns, TooManyRows, TableEmpty: As named.
    """
    _require_harmless(stream, limits)
    names: list[str] | None = None
    piece: list[tuple[int, list[str]]] = []
    for number, cells in _filled_rows(stream, limits):
        if number > limits.rows:
            raise TooManyRows(limit=limits.rows)
        if names is None:
            names = name_columns(cells if has_header else [""] * len(cells), limits)
            if has_header:
                continue
        piece.append((number, cells))
        if len(piece) == _ROWS_A_PIECE:
            yield _table(names, piece)
            piece = []
    if names is None:
        raise TableEmpty
    if piece:
        yield _table(names, piece)


def _require_harmless(stream: BinaryIO, limits: Limits) -> None:
    archive = open_archive(stream, limits)
    for name in archive.namelist():
        if any(mark in name for mark in _MACROS):
            raise WorkbookHasMacros
        if name.endswith((".xml", ".rels")):
            content = read_member(archive, name)
            if name == "[Content_Types].xml" and b"macroEnabled" in content:
                raise WorkbookHasMacros
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content[:2] in _UTF16_MARKS:
                raise WorkbookHasEntities
    stream.seek(0)


def _filled_rows(stream: BinaryIO, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Go through the rows that have cells, with their numbers, as text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            empty = 0
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = _trimmed(row)
                empty = 0 if cells else empty + 1
                if empty > _MOST_EMPTY_ROWS or len(row) > 4 * limits.columns:
                    raise SheetTooSparse(limit=_MOST_EMPTY_ROWS)
                if cells:
                    yield number, cells
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        IndexError,
        ValueError,
        SyntaxError,
    ):
        raise WorkbookDamaged from None


def _trimmed(row: tuple[object, ...]) -> list[str]:
    cells = [_text(value) for value in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: object) -> str:
    """Write a cell as a CSV file would have it."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float():
            text = repr(value).removesuffix(".0")
        case datetime():
            text = value.isoformat(" ")
        case date() | time():
            text = value.isoformat()
        case timedelta():
            text = _clock(value)
        case ArrayFormula() | DataTableFormula():
            text = f"={getattr(value, 'text', '') or ''}"
        case _:
            text = str(value)
    return text


def _clock(value: timedelta) -> str:
    seconds, rest = divmod(value // timedelta(milliseconds=1), 1000)
    clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{rest:03}" if rest else clock


def _table(names: list[str], piece: list[tuple[int, list[str]]]) -> TextTable:
    whole = [(number, cells) for number, cells in piece if len(cells) <= len(names)]
    columns = {
        name: pa.array(
            [cells[index] or None if index < len(cells) else None for _number, cells in whole],
            pa.string(),
        )
        for index, name in enumerate(names)
    }
    raws = ["\t".join(cells) for _number, cells in whole]
    return TextTable(
        columns=columns,
        lines=np.array([number for number, _cells in whole], np.int64),
        digests=binary_digests([hashlib.sha256(raw.encode()).digest() for raw in raws]),
        raw=raws.__getitem__,
        faults=[
            RowFault(line=number, column="", code=CELLS_MISCOUNTED, raw="\t".join(cells))
            for number, cells in piece
            if len(cells) > len(names)
        ],
    )
