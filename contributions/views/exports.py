"""Tables as files: CSV, XLSX, JSON and Parquet of exactly the rows that the filters keep.

All are written row by row or in small groups, so a file of any length takes the same memory.

Spreadsheets run text that starts like a formula. In CSV such text gets an apostrophe before it;
in XLSX the cell is text and marked as quoted.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import xlsxwriter
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from pyarrow import parquet

from contributions.views.tables import Link

FORMS = (("csv", "CSV"), ("xlsx", "XLSX"), ("json", "JSON"), ("parquet", "Parquet"))
MOST_XLSX_ROWS = 1_048_575
_STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE = 1_000
_ROWS_A_GROUP = 8_000
_ARROW = {int: pa.int64(), bool: pa.bool_(), date: pa.date32()}

Value = str | int | bool | date | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to write to a file: names of columns, and values in the same order.

    Attributes:
        count: Tells how many there are; a format with an end to it asks.
        kinds: What columns hold that are not text: `int`, `bool` or `date`, by name.
    """

    name: str
    columns: Sequence[str]
    values: Iterable[Sequence[Value]]
    count: Callable[[], int]
    kinds: Mapping[str, type] = field(default_factory=dict)


def answer_as(form: str, rows: Rows) -> HttpResponseBase:
    """Return rows as a download.

    Raises:
        Http404: There is no such format.
        BadRequest: There are more rows than the format holds.
    """
    writers = {"csv": _csv, "xlsx": _xlsx, "json": _json, "parquet": _parquet}
    if form not in writers:
        raise Http404(form)
    response = writers[form](rows)
    response["Content-Disposition"] = f'attachment; filename="{rows.name}.{form}"'
    return response


def downloads(url_name: str, query: dict[str, str]) -> list[Link]:
    """Return links to all formats of a table, narrowed and sorted as it stands."""
    kept = urlencode({key: value for key, value in query.items() if value and key != "cursor"})
    links = []
    for form, label in FORMS:
        url = reverse(url_name, args=[form])
        links.append(Link(label, f"{url}?{kept}" if kept else url))
    return links


def defused(value: Value) -> Value:
    """Return a value that a spreadsheet takes for what it is, never for a formula.

    >>> defused("=1+1"), defused("plain"), defused(-5)
    ("'=1+1", 'plain', -5)
    """
    if isinstance(value, str) and value.startswith(_STARTS_OF_FORMULAS):
        return f"'{value}"
    return value


def _csv(rows: Rows) -> HttpResponseBase:
    return StreamingHttpResponse(_csv_parts(rows), content_type="text/csv; charset=utf-8")


def _csv_parts(rows: Rows) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(rows.columns)
    for number, values in enumerate(rows.values, start=1):
        writer.writerow([_plain(defused(value)) for value in values])
        if number % _ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _json(rows: Rows) -> HttpResponseBase:
    return StreamingHttpResponse(_json_parts(rows), content_type="application/json")


def _json_parts(rows: Rows) -> Iterator[str]:
    yield "["
    between = "\n"
    for values in rows.values:
        named = dict(zip(rows.columns, values, strict=True))
        yield between + json.dumps(named, ensure_ascii=False, default=str)
        between = ",\n"
    yield "\n]\n"


def _xlsx(rows: Rows) -> HttpResponseBase:
    if rows.count() > MOST_XLSX_ROWS:
        raise BadRequest(_("A worksheet holds 1,048,575 rows. Narrow the filters, or take CSV."))
    # FileResponse closes the file, which removes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    quoted = book.add_format({"quote_prefix": True})
    sheet.write_row(0, 0, rows.columns)
    for line, values in enumerate(rows.values, start=1):
        for place, value in enumerate(values):
            _write_cell(sheet, (line, place), value, quoted)
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def _parquet(rows: Rows) -> HttpResponseBase:
    # Text stays as it is: nothing that reads Parquet takes text for a formula.
    schema = pa.schema(
        [(name, _ARROW.get(rows.kinds.get(name, str), pa.string())) for name in rows.columns]
    )
    # FileResponse closes the file, which removes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows.values):
            writer.write_batch(_record_batch(group, schema))
    file.seek(0)
    return FileResponse(file, content_type="application/vnd.apache.parquet")


def _groups(values: Iterable[Sequence[Value]]) -> Iterator[list[Sequence[Value]]]:
    remaining = iter(values)
    while group := list(islice(remaining, _ROWS_A_GROUP)):
        yield group


def _record_batch(group: Sequence[Sequence[Value]], schema: Any) -> Any:
    arrays = []
    for kind, values in zip(schema.types, zip(*group, strict=True), strict=True):
        texts = kind == pa.string()
        plain = [None if value is None else str(value) for value in values] if texts else values
        arrays.append(pa.array(plain, type=kind))
    return pa.record_batch(arrays, schema=schema)


def _write_cell(sheet: Any, place: tuple[int, int], value: Value, quoted: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, int) and abs(value) < 10**15:
        sheet.write_number(*place, value)
    elif isinstance(value, str) and defused(value) != value:
        sheet.write_string(*place, value, quoted)
    else:
        # Above fifteen digits a worksheet's numbers lose some; as text they keep them.
        sheet.write_string(*place, str(value))


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
