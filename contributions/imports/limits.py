"""What one import may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on a file and on the process that reads it.

    Attributes:
        file_bytes: Size of the upload as it arrives.
        unpacked_bytes: Size of everything a zip, XLSX, gzip or Parquet file unpacks to.
        members: Files inside a zip.
        row_bytes: One row of a table or one record of a JSON file, as text.
        columns: Columns of a table.
        rows: Rows of a table.
        kept_faults: Rejected rows that are kept with their text; further ones are only counted.
        memory_bytes: Memory of the reading process beyond what the interpreter starts with.
        cpu_seconds: Processor time of the reading process.
        wall_seconds: Time after which the reading process is killed.
    """

    file_bytes: int = 2048 * MIB
    unpacked_bytes: int = 512 * MIB
    members: int = 2_000
    row_bytes: int = 16 * MIB
    columns: int = 1_000
    rows: int = 20_000_000
    kept_faults: int = 100_000
    memory_bytes: int = 768 * MIB
    cpu_seconds: int = 600
    wall_seconds: int = 900
