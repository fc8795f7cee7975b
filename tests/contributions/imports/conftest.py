"""A walk from a file to labour rows, in this process, for tests of what is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contributions.imports.answers import Answers
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping
from contributions.imports.normal_form import Batch, LabourRow, unpack
from contributions.imports.report import Preview
from contributions.imports.source import Source
from contributions.imports.walk import Plan, Walk, look

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).resolve().parents[4] / "shared"


@dataclass(frozen=True)
class Walked:
    """What became of a file."""

    rows: list[LabourRow]
    batches: list[Batch]
    preview: Preview

    @property
    def by_id(self) -> dict[str, LabourRow]:
        return {row.source_id: row for row in self.rows}

    @property
    def codes(self) -> list[tuple[int, str, str]]:
        return [(fault.line, fault.column, fault.code) for fault in self.preview.faults]


Walker = Callable[..., Walked]


@pytest.fixture
def walked() -> Walker:
    """Reads a file by its detected format, or by a named format or mapping."""

    def walk(
        content: Path | bytes,
        *,
        filename: str = "",
        format: str | None = None,
        mapping: ColumnMapping | None = None,
        limits: Limits | None = None,
        **answers: Any,
    ) -> Walked:
        limits = limits or Limits()
        name = filename or (content.name if isinstance(content, Path) else "upload")
        source = Source(content, name, limits)
        if format is None and mapping is None:
            format = look(source).candidates[0].format
        plan = Plan(format=format, mapping=mapping, answers=Answers(**answers))
        reading = Walk(source, plan, limits)
        batches = list(reading.batches())
        rows = [row for batch in batches for row in unpack(batch.rows)]
        return Walked(rows, batches, reading.preview())

    return walk


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared samples and data, which are not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the shared samples and data are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """Synthetic exports with the exact headings of each tool."""
    return FIXTURES
