"""How the columns of a table nobody foresaw become labour: a saved, shareable mapping.

A mapping is data. It is made in the browser from a guess, kept under a name, and exchanged as a
TOML file:

    format = "huisu-mapping/1"
    name = "Our tracker"
    tool = "our-tracker"

    [columns]
    worker = "Annotator"
    occurred_at = ["Date", "From"]
    duration = "Minutes"

    [reading]
    duration = "minutes"
    time_basis = "self_declared"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import tomli_w

from contributions.imports.durations import DurationForm
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.numbers import DecimalMark
from contributions.imports.refusals import ImportRefused
from contributions.imports.times import TimeForm, find_zone

FORMAT: Final = "huisu-mapping/1"
_LONGEST_TOML: Final = 64 * 1024
_LONGEST_NAME: Final = 200
_MOST_COLUMNS: Final = 6
_TOOL: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class MappingMalformed(ImportRefused):
    """The file is no TOML, or no mapping of this format."""

    code = "mapping_malformed"


class MappingKeyUnknown(ImportRefused):
    """The mapping has a key that means nothing; facts: key."""

    code = "mapping_key_unknown"


class MappingValueUnknown(ImportRefused):
    """A key of the mapping has a value that it cannot have; facts: key."""

    code = "mapping_value_unknown"


class MappingWorkerMissing(ImportRefused):
    """The mapping says neither which column names the worker nor who the worker is."""

    code = "mapping_worker_missing"


class Field(StrEnum):
    """What a column can be mapped to."""

    SOURCE_ID = "source_id"
    WORKER = "worker"
    OCCURRED_AT = "occurred_at"
    ENDED_AT = "ended_at"
    DURATION = "duration"
    UNITS = "units"
    OUTCOME = "outcome"
    TASK = "task"
    PRODUCT = "product"
    REVIEWER = "reviewer"
    WAGE = "wage"
    CURRENCY = "currency"
    QUALITY = "quality"
    ROLE = "role"
    PRELABELLED = "prelabelled"
    CONTROL = "control"
    TIME_GROUP = "time_group"


class QualityForm(StrEnum):
    """How a column writes quality."""

    RATIO = "ratio"
    PERCENT = "percent"


CONSTANT_FIELDS: Final = frozenset(
    {
        Field.WORKER,
        Field.UNITS,
        Field.OUTCOME,
        Field.TASK,
        Field.PRODUCT,
        Field.CURRENCY,
        Field.ROLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Which column is what, and how each is written.

    Attributes:
        name: The name under which people find it.
        tool: Stands as the tool in the records made with it.
        has_header: Whether the first row names the columns; otherwise they are `column 1`, ...
        records: Dotted path to the list of records, in JSON.
        explode: Dotted path, inside a record, to a list whose objects are the rows.
        columns: Field to the headings it is made of; several are joined by a space, those of
            `source_id` by a slash.
        constants: Field to the value it has on every row.
        duration: How working time is written.
        decimal: Decimal mark of durations, wages and quality.
        times: How dates and times are written.
        quality: How quality is written.
        time_basis: How the working time is known.
        zone: IANA zone of times that state none.
        outcomes: Status in the file, in lower case, to outcome.
    """

    name: str = ""
    tool: str = "table"
    has_header: bool = True
    records: str | None = None
    explode: str | None = None
    columns: Mapping[Field, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[Field, str] = field(default_factory=dict)
    duration: DurationForm = DurationForm.SECONDS
    decimal: DecimalMark = DecimalMark.POINT
    times: TimeForm = TimeForm.ISO
    quality: QualityForm = QualityForm.RATIO
    time_basis: TimeBasis = TimeBasis.SELF_DECLARED
    zone: str | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)

    def headings(self) -> frozenset[str]:
        """All headings that the mapping reads."""
        return frozenset(name for names in self.columns.values() for name in names)

    def require_worker(self) -> None:
        """Check that someone is said to have done the work.

        Raises:
            MappingWorkerMissing: Nobody is.
        """
        if Field.WORKER not in self.columns and Field.WORKER not in self.constants:
            raise MappingWorkerMissing


def write_mapping(mapping: ColumnMapping) -> str:
    """Write a mapping as TOML."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": mapping.name,
        "tool": mapping.tool,
        "has_header": mapping.has_header,
        "records": mapping.records,
        "explode": mapping.explode,
        "zone": mapping.zone,
        "columns": {
            key.value: names[0] if len(names) == 1 else list(names)
            for key, names in mapping.columns.items()
        },
        "constants": {key.value: value for key, value in mapping.constants.items()},
        "reading": {name: getattr(mapping, name).value for name in _READINGS},
        "outcomes": {status: outcome.value for status, outcome in mapping.outcomes.items()},
    }
    return tomli_w.dumps({key: part for key, part in document.items() if part is not None})


_READINGS: Final = MappingProxyType(
    {
        "duration": DurationForm,
        "decimal": DecimalMark,
        "times": TimeForm,
        "quality": QualityForm,
        "time_basis": TimeBasis,
    }
)
_TEXTS: Final = ("name", "tool", "records", "explode", "zone")
_TABLES: Final = ("columns", "constants", "reading", "outcomes")


def read_mapping(text: str) -> ColumnMapping:
    """Read a mapping from TOML.

    Raises:
        MappingMalformed, MappingKeyUnknown, MappingValueUnknown: As named.
        ZoneUnknown: Its zone does not exist.
    """
    if len(text) > _LONGEST_TOML:
        raise MappingMalformed
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise MappingMalformed from None
    if document.pop("format", None) != FORMAT:
        raise MappingMalformed
    unknown = document.keys() - {*_TEXTS, *_TABLES, "has_header"}
    if unknown:
        raise MappingKeyUnknown(key=min(unknown)[:60])
    tables = {key: _table(document, key) for key in _TABLES}
    texts: dict[str, str] = {
        key: _text(document[key], key) for key in _TEXTS if document.get(key, "") != ""
    }
    if not _TOOL.fullmatch(texts.setdefault("tool", "table")):
        raise MappingValueUnknown(key="tool")
    if "zone" in texts:
        find_zone(texts["zone"])
    has_header = document.get("has_header", True)
    if not isinstance(has_header, bool):
        raise MappingValueUnknown(key="has_header")
    return ColumnMapping(
        name=texts.get("name", ""),
        tool=texts["tool"],
        records=texts.get("records"),
        explode=texts.get("explode"),
        zone=texts.get("zone"),
        has_header=has_header,
        columns={_field(key): _names(value, key) for key, value in tables["columns"].items()},
        constants=_constants(tables["constants"]),
        outcomes={
            status.strip().casefold(): _member(Outcome, value, "outcomes")
            for status, value in tables["outcomes"].items()
        },
        **_reading(tables["reading"]),
    )


def _reading(table: dict[str, Any]) -> dict[str, Any]:
    unknown = table.keys() - _READINGS.keys()
    if unknown:
        raise MappingKeyUnknown(key=f"reading.{min(unknown)[:60]}")
    return {key: _member(_READINGS[key], value, f"reading.{key}") for key, value in table.items()}


def _constants(table: dict[str, Any]) -> dict[Field, str]:
    constants = {_field(key): _text(value, f"constants.{key}") for key, value in table.items()}
    odd = constants.keys() - CONSTANT_FIELDS
    if odd:
        raise MappingKeyUnknown(key=f"constants.{min(odd)}")
    return constants


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise MappingValueUnknown(key=key)
    return table


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_NAME:
        raise MappingValueUnknown(key=key)
    return value


def _names(value: Any, key: str) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    if not 1 <= len(names) <= _MOST_COLUMNS:
        raise MappingValueUnknown(key=f"columns.{key}")
    return tuple(_text(name, f"columns.{key}") for name in names)


def _field(key: str) -> Field:
    try:
        return Field(key)
    except ValueError:
        raise MappingKeyUnknown(key=key[:60]) from None


def _member(kind: type[StrEnum], value: Any, key: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise MappingValueUnknown(key=key) from None
