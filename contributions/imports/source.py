"""An uploaded file, opened as what it is, as often as a reader needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from contributions.imports.archive import members, open_archive, read_member
from contributions.imports.container import (
    HEAD_BYTES,
    Container,
    FileTooLarge,
    sniff,
    sniff_delimiter,
    unpack_gzip,
)
from contributions.imports.delimited import Dialect, read_delimited
from contributions.imports.documents import Json, Record, read_json, read_json_lines
from contributions.imports.flattening import tabulate
from contributions.imports.limits import Limits
from contributions.imports.normal_form import RowFault
from contributions.imports.parquet import read_parquet
from contributions.imports.refusals import ImportRefused
from contributions.imports.tables import TextTable

_HEAD_RECORDS = 5


class ArchiveNotOneTable(ImportRefused):
    """A zip is to be read through a mapping, but does not hold exactly one table."""

    code = "archive_not_one_table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What one sees of a file at first sight, enough to recognise its tool.

    Attributes:
        container: What the file is made of.
        filename: Its name as uploaded.
        columns: Headings of its table, or dotted paths of its first records.
        rows: Its first rows, heading or path to text.
        records: Its first JSON records.
        members: Names of the files in a zip.
    """

    container: Container
    filename: str
    columns: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    records: tuple[dict[str, Json], ...] = ()
    members: tuple[str, ...] = ()


class Source:
    """A file that can be read from its start as often as needed.

    Attributes:
        filename: Its name as uploaded; some tools put the worker or the study there.
        container: What it is made of.
        size_bytes: Its size, unpacked if it came as gzip.
    """

    def __init__(self, content: Path | bytes, filename: str, limits: Limits) -> None:
        """Open a file just far enough to know what it is.

        Raises:
            FileTooLarge: It is larger than allowed.
            ImportRefused: What `container` refuses.
        """
        self.filename = filename
        self.limits = limits
        self._content = content
        self.size_bytes = len(content) if isinstance(content, bytes) else content.stat().st_size
        if self.size_bytes > limits.file_bytes:
            raise FileTooLarge(limit=limits.file_bytes)
        with self._open_as_uploaded() as stream:
            unpacked = unpack_gzip(stream, limits)
            if unpacked is not stream:
                self._content = unpacked.read()
                self.size_bytes = len(self._content)
            unpacked.seek(0)
            self.container = sniff(unpacked, limits)

    def _open_as_uploaded(self) -> BinaryIO:
        return (
            BytesIO(self._content) if isinstance(self._content, bytes) else self._content.open("rb")
        )

    @property
    def delimiter(self) -> bytes:
        """The byte between the cells of a CSV or TSV file."""
        with self._open_as_uploaded() as stream:
            return sniff_delimiter(stream.read(HEAD_BYTES))

    @property
    def is_table(self) -> bool:
        """Whether the file is flat rather than nested or a bundle."""
        return self.container in _TABLES

    def tables(
        self, *, has_header: bool = True, wanted: Collection[str] | None = None
    ) -> Iterator[TextTable]:
        """Read a flat file piece by piece.

        Args:
            has_header: Whether its first row names the columns.
            wanted: Headings of the columns needed; others may be left out.
        """
        with self._open_as_uploaded() as stream:
            if self.container is Container.PARQUET:
                yield from read_parquet(stream, self.limits)
            elif self.container is Container.XLSX:
                # Every reading process would wait for openpyxl, which few files need.
                from contributions.imports.workbook import read_workbook

                yield from read_workbook(stream, self.limits, has_header=has_header)
            else:
                dialect = Dialect(delimiter=self.delimiter, has_header=has_header)
                yield from read_delimited(stream, dialect, self.limits, wanted)

    def records(self, path: str | None = None) -> Iterator[Record | RowFault]:
        """Read a nested file record by record, those under a dotted path if one is given."""
        with self._open_as_uploaded() as stream:
            if self.container is Container.JSON_LINES and path is None:
                yield from read_json_lines(stream, self.limits)
            else:
                yield from read_json(stream, self.limits, path)

    def record_tables(self, path: str | None, explode: str | None) -> Iterator[TextTable]:
        """Read a nested file as a table of dotted paths; `explode` names a list to spread."""
        return tabulate(self.records(path), explode)

    def members(self) -> Iterator[tuple[str, Source]]:
        """Open the files of a zip in turn, each with its stem."""
        with self._open_as_uploaded() as stream, open_archive(stream, self.limits) as archive:
            for member in members(archive):
                content = read_member(archive, member.path)
                if content:
                    yield member.stem, Source(content, member.path, self.limits)

    def member(self, name: str) -> Source | None:
        """Open the file of a zip that has a name, in whichever folder."""
        with self._open_as_uploaded() as stream, open_archive(stream, self.limits) as archive:
            for member in members(archive):
                if member.path.rsplit("/", 1)[-1] == name:
                    return Source(read_member(archive, member.path), name, self.limits)
        return None

    def only_table(self) -> Source:
        """The file itself, or the only file in it if it is a zip.

        Raises:
            ArchiveNotOneTable: The zip holds several files, none, or another zip.
        """
        if self.container is not Container.ZIP:
            return self
        inside = [source for _stem, source in self.members()]
        if len(inside) != 1 or inside[0].container is Container.ZIP:
            raise ArchiveNotOneTable
        return inside[0]

    def head(self, *, has_header: bool = True) -> Head:
        """Look at the beginning of the file."""
        if self.container is Container.ZIP:
            with self._open_as_uploaded() as stream, open_archive(stream, self.limits) as archive:
                names = tuple(member.path for member in members(archive))
            return Head(container=self.container, filename=self.filename, members=names)
        if self.is_table:
            return self._table_head(self.tables(has_header=has_header), ())
        found = islice(self.records(), _HEAD_RECORDS)
        records = tuple(record for record in found if isinstance(record, Record))
        return self._table_head(tabulate(iter(records), None), tuple(r.value for r in records))

    def _table_head(
        self, tables: Iterator[TextTable], records: tuple[dict[str, Json], ...]
    ) -> Head:
        table = next(tables, None)
        rows = () if table is None else tuple(dict(r.cells) for r in islice(table.rows(), 200))
        return Head(
            container=self.container,
            filename=self.filename,
            columns=() if table is None else tuple(table.columns),
            rows=rows,
            records=records,
        )


_TABLES = frozenset({Container.CSV, Container.TSV, Container.XLSX, Container.PARQUET})
