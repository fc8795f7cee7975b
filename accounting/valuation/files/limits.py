"""What one file may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on a file and on the process that reads it.

    Attributes:
        file_bytes: Size of the upload as it arrives.
        table_bytes: What features, or any other table, may take as arrays.
        rows: Rows of a table.
        columns: Columns of a table, or features of a point.
        references: Contributions that all rows together may name.
        memory_bytes: Memory of the reading process beyond what it starts with.
        cpu_seconds: Processor time of the reading process.
        wall_seconds: Time after which the reading process is killed.
    """

    file_bytes: int = 512 * MIB
    table_bytes: int = 512 * MIB
    rows: int = 5_000_000
    columns: int = 10_000
    references: int = 20_000_000
    memory_bytes: int = 2048 * MIB
    cpu_seconds: int = 300
    wall_seconds: int = 600
