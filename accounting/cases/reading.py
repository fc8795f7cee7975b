"""Reads a case's own files into frozen tables, refusing whatever does not fit.

The files are TOML for small tables and CSV for long ones. A CSV opens with `#` lines that name
its source and licence, so a copied file still says where it comes from.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from accounting.cases.case import TaskType
from accounting.core.errors import AccountingError

FOLDER = Path(__file__).parent

Shape = TypeVar("Shape")


class CaseFileInvalid(AccountingError):
    """A file of a demonstration case does not have the shape its reader expects."""

    code = "case_file_invalid"


@dataclass(frozen=True, slots=True)
class _Catalogue:
    task_types: tuple[TaskType, ...]


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file."""
    with path.open("rb") as file:
        return tomllib.load(file)


def shaped(rows: object, kind: type[Shape], *, file: Path) -> Shape:
    """Turn decoded rows into a typed value.

    Dates and numbers written as text are understood, because a CSV knows only text.

    Raises:
        CaseFileInvalid: A field is missing or of another type; the sentence names it.
    """
    try:
        return msgspec.convert(rows, kind, strict=False)
    except msgspec.ValidationError as error:
        raise CaseFileInvalid(f"{file.name}: {error}", file=file.name) from error


def read_csv(path: Path) -> list[dict[str, str | None]]:
    """Return the rows of a CSV; `#` lines are its provenance, an empty cell is unknown.

    Raises:
        CaseFileInvalid: A row has more or fewer cells than the header.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    header, *body = csv.reader(lines)
    for number, cells in enumerate(body, start=1):
        if len(cells) != len(header):
            raise CaseFileInvalid(
                f"{path.name}: row {number} has {len(cells)} cells, not {len(header)}",
                file=path.name,
                row=number,
            )
    return [dict(zip(header, (cell or None for cell in cells), strict=True)) for cells in body]


def provenance(path: Path) -> dict[str, str]:
    """Return the `# Name: text` lines at the top of a CSV, names in lower case."""
    named: dict[str, str] = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                break
            name, _, text = line.removeprefix("#").partition(":")
            named[name.strip().lower()] = text.strip()
    return named


def task_types(codes: Iterable[str]) -> tuple[TaskType, ...]:
    """Return the named task types of the starter catalogue and their parents, in its order.

    Raises:
        CaseFileInvalid: The catalogue has no task type of that code.
    """
    by_code = {task_type.code: task_type for task_type in catalogue()}
    wanted: set[str] = set()
    for code in codes:
        step: str | None = code
        while step is not None:
            if step not in by_code:
                raise CaseFileInvalid(f"The catalogue has no task type {step!r}.", code=step)
            wanted.add(step)
            step = by_code[step].parent
    return tuple(task_type for task_type in by_code.values() if task_type.code in wanted)


def catalogue() -> tuple[TaskType, ...]:
    """Return the starter catalogue of task types, all eight labour types."""
    path = FOLDER / "task_types.toml"
    return shaped(read_toml(path), _Catalogue, file=path).task_types
