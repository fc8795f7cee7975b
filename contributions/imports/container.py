"""What a file really is, whatever its name says, and how it is taken apart.

The name of a file is a wish; its first bytes are a fact. So the container is sniffed from the
content, and files that are no table (images, programs, old Excel, PDF) are refused by name.
"""

from __future__ import annotations

import gzip
import json
import zlib
from enum import StrEnum
from io import BytesIO
from typing import BinaryIO, Final

from contributions.imports.archive import open_archive
from contributions.imports.limits import MIB, Limits
from contributions.imports.refusals import ImportRefused
from contributions.imports.text import without_bom

HEAD_BYTES: Final = 256 * 1024
_DELIMITERS: Final = (b",", b"\t", b";", b"|")
_FOREIGN: Final = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "Excel 97 (.xls)",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"SQLite format 3": "SQLite",
    b"<?xml": "XML",
    b"<!DOCTYPE": "HTML",
    b"<html": "HTML",
}


class Container(StrEnum):
    """What a file is made of."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"
    ZIP = "zip"


class FileEmpty(ImportRefused):
    """The file has no content."""

    code = "file_empty"


class FileTooLarge(ImportRefused):
    """The file is larger than allowed; facts: limit (bytes)."""

    code = "file_too_large"


class FileNoTable(ImportRefused):
    """The file is of another kind than its use here; facts: kind."""

    code = "file_no_table"


class GzipDamaged(ImportRefused):
    """The gzip file cannot be unpacked."""

    code = "gzip_damaged"


class GzipTooLarge(ImportRefused):
    """The gzip file unpacks to more than allowed; facts: limit (bytes)."""

    code = "gzip_too_large"


def unpack_gzip(stream: BinaryIO, limits: Limits) -> BinaryIO:
    """Hand out the stream itself, or what is inside if it is gzip.

    Raises:
        GzipDamaged, GzipTooLarge: As named.
    """
    head = stream.read(2)
    stream.seek(0)
    if head != b"\x1f\x8b":
        return stream
    unpacked = BytesIO()
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            while block := packed.read(MIB):
                unpacked.write(block)
                if unpacked.tell() > limits.unpacked_bytes:
                    raise GzipTooLarge(limit=limits.unpacked_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise GzipDamaged from None
    unpacked.seek(0)
    return unpacked


def sniff(stream: BinaryIO, limits: Limits) -> Container:
    """Tell what a stream holds from its content; the stream is left at its start.

    Raises:
        FileEmpty, FileNoTable: As named.
        ImportRefused: What `archive` refuses, for zip files.
    """
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise FileEmpty
    for mark, kind in _FOREIGN.items():
        if head.startswith(mark):
            raise FileNoTable(kind=kind)
    if head.startswith(b"PAR1"):
        return Container.PARQUET
    if head.startswith(b"PK"):
        names = open_archive(stream, limits).namelist()
        stream.seek(0)
        return Container.XLSX if "xl/workbook.xml" in names else Container.ZIP
    return _sniff_text(without_bom(head))


def _sniff_text(head: bytes) -> Container:
    start = head.lstrip()
    if not start:
        raise FileEmpty
    if start.startswith(b"["):
        return Container.JSON
    if start.startswith(b"{"):
        first_line, _break, others = start.partition(b"\n")
        lines = others.strip() and _is_whole(first_line)
        return Container.JSON_LINES if lines else Container.JSON
    return Container.TSV if sniff_delimiter(head) == b"\t" else Container.CSV


def _is_whole(line: bytes) -> bool:
    """Tell whether a line is a JSON value by itself."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def sniff_delimiter(head: bytes) -> bytes:
    """Find the byte that cuts the first rows into the most, and equally many, cells."""
    lines = [line for line in _outside_quotes(head).split(b"\n")[:50] if line.strip()]
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines.pop()

    def agreement(delimiter: bytes) -> tuple[float, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = counts[0] if counts else 0
        same = sum(count == usual for count in counts)
        return (same / len(counts) if usual else 0.0, usual)

    return max(_DELIMITERS, key=agreement)


def _outside_quotes(head: bytes) -> bytes:
    """Drop what stands between pairs of quotes."""
    return b"".join(head.split(b'"')[0::2])
