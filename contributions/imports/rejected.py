"""The file of rejected rows: what to mend, in the columns of the file it came from."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from contributions.imports.delimited import split_cells
from contributions.imports.normal_form import RowFault
from contributions.imports.report import Preview

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_rejected(preview: Preview, stream: TextIO, sentence: Callable[[RowFault], str]) -> None:
    """Write the rejected rows as CSV with the reason of each beside it.

    Cells that a spreadsheet would take for formulas get an apostrophe, numbers do not.

    Args:
        preview: The preview whose faults to write.
        stream: A text stream opened with `newline=""`.
        sentence: Tells a fault in the reader's language.
    """
    writer = csv.writer(stream, lineterminator="\n")
    named = list(preview.columns) or ["row"]
    writer.writerow(["line", "column", "code", "reason", *map(plain_cell, named)])
    for fault in preview.faults:
        cells = _cells(fault, preview)
        told = [str(fault.line), fault.column, fault.code, sentence(fault)]
        writer.writerow([plain_cell(cell) for cell in (*told, *cells)])


def _cells(fault: RowFault, preview: Preview) -> Sequence[str]:
    if not preview.columns:
        return [fault.raw]
    return split_cells(fault.raw, preview.delimiter)


def plain_cell(text: str) -> str:
    """Write a text so that no spreadsheet calculates it."""
    if text.startswith(_FORMULA_STARTS) and not _is_signed_number(text):
        return f"'{text}"
    return text


def _is_signed_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1).replace(",", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
