"""Binary COPY in the background: the database takes rows in while the next ones are laid out.

A connection does one thing at a time, so a query of the same connection waits for the rows under
way. Whoever prepares rows needs no query once all of a file's workers are known; so two
processors are kept busy, one by the database and one by us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection

from contributions.services.bulk_rows import COPY_HEAD, COPY_TAIL, Laid, copied_rows

_PIECE_BYTES: Final = 256 * 1024
Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class Copier:
    """Copies rows into one table, a piece at a time, on this thread's connection.

    Attributes:
        around: Statements to run before and after each piece.
    """

    def __init__(self, table: str, *, around: tuple[str, str] | None) -> None:
        self.table = table
        self.around = around
        self._under_way: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "copy")

    @contextmanager
    def started(self) -> Iterator[None]:
        """Let queries of this thread wait for the rows under way; on leaving, all are in."""
        with self._thread, connection.execute_wrapper(self._after_rows):
            yield
            self.wait()

    def copy(self, columns: Mapping[str, Laid], *, count: int) -> None:
        """Start copying rows as soon as those under way are in."""
        statement = f"COPY {self.table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
        content = copied_rows(columns, count=count)
        self.wait()
        self._under_way = self._thread.submit(self._copy, connection.connection, statement, content)

    def wait(self) -> None:
        """Wait for the rows under way.

        Raises:
            psycopg.Error: The database refused them, or is gone.
        """
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def _after_rows(
        self, execute: Execute, statement: str, parameters: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        self.wait()
        return execute(statement, parameters, many, context)

    def _copy(self, raw: psycopg.Connection[Any], statement: str, content: memoryview) -> None:
        before, after = self.around or (None, None)
        with raw.cursor() as cursor:
            if before:
                cursor.execute(before)
            with cursor.copy(statement) as copy:
                copy.write(COPY_HEAD)
                for start in range(0, len(content), _PIECE_BYTES):
                    copy.write(content[start : start + _PIECE_BYTES])
                copy.write(COPY_TAIL)
            # After an error the transaction is lost, and the setting with it.
            if after:
                cursor.execute(after)
