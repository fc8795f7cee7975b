"""What a benchmark reports, and how it is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing.

    Attributes:
        subject: What was done.
        size: How much of it.
        seconds: Fastest of the timed repetitions.
        against: What it is compared with, and `ratio` how many times longer that took.
    """

    subject: str
    size: str
    seconds: float
    against: str = ""
    ratio: float | None = None


def fastest(work: Callable[[], object], *, repetitions: int = 3) -> float:
    """Return the shortest wall time of some repetitions, in seconds."""
    times = []
    for _repetition in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def render(rows: Iterable[Row]) -> str:
    """Write rows as a table of plain text."""
    cells = [("subject", "size", "seconds", "against", "ratio")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
        cells.append((row.subject, row.size, f"{row.seconds:.3f}", row.against, ratio))
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
