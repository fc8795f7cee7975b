"""A synthetic export of a tracker, of any length."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from contributions.imports.durations import DurationForm
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import TimeBasis

WORKERS: Final = 5_000
_HEADINGS: Final = "entry,annotator,started,seconds,pieces,verdict,quality,pay,note\n"
_VERDICTS: Final = ("accepted", "accepted", "accepted", "rejected", "expired")

MAPPING: Final = ColumnMapping(
    tool="bench",
    columns={
        Field.SOURCE_ID: ("entry",),
        Field.WORKER: ("annotator",),
        Field.OCCURRED_AT: ("started",),
        Field.DURATION: ("seconds",),
        Field.UNITS: ("pieces",),
        Field.OUTCOME: ("verdict",),
        Field.QUALITY: ("quality",),
        Field.WAGE: ("pay",),
    },
    constants={Field.CURRENCY: "PHP"},
    duration=DurationForm.SECONDS,
    time_basis=TimeBasis.ACTIVE,
)


def write_export(path: Path, rows: int) -> None:
    """Write an export of so many rows by `WORKERS` people; the same every time."""
    with path.open("w", encoding="ascii") as file:
        file.write(_HEADINGS)
        for start in range(0, rows, 10_000):
            file.writelines(_row(number) for number in range(start, min(start + 10_000, rows)))


def _row(number: int) -> str:
    # Steps that share no divisor spread the values without a random generator.
    second = number * 7_919 % 31_536_000
    day, clock = divmod(second, 86_400)
    return (
        f"entry-{number:09d},annotator-{number * 31 % WORKERS}@example.org,"
        f"2025-{day // 31 + 1:02d}-{day % 28 + 1:02d}T"
        f"{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}Z,"
        f"{number * 13 % 900 + 5},{number * 17 % 40 + 1},{_VERDICTS[number % 5]},"
        f"0.{number * 29 % 100:02d},{number * 11 % 90}.{number % 10}5,batch {number // 500}\n"
    )
