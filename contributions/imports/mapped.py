"""Tables read through a column mapping, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contributions.imports.answers import Answers
from contributions.imports.columns import (
    parse_codes,
    parse_counts,
    parse_distinct,
    parse_durations,
    parse_identifiers,
    parse_names,
)
from contributions.imports.durations import recorded_seconds
from contributions.imports.entry import SourceIdMissing, WorkerMissing, who
from contributions.imports.mapped_cells import MappedCells
from contributions.imports.mapping import ColumnMapping, Field, MappingValueUnknown
from contributions.imports.money import parse_amount, parse_currency
from contributions.imports.normal_form import (
    DIGEST_BYTES,
    SCHEMA,
    Batch,
    Kind,
    Outcome,
    Role,
    TimeBasis,
)
from contributions.imports.numbers import parse_count
from contributions.imports.refusals import CellRefused, ImportRefused
from contributions.imports.repeats import Repeats
from contributions.imports.source import Source
from contributions.imports.tables import TextTable
from contributions.imports.text import parse_text
from contributions.imports.time_columns import Moments, parse_moments
from contributions.imports.times import EndsBeforeStart, TimeInFuture
from contributions.imports.vocabulary import (
    OUTCOME_WORDS,
    parse_flag,
    parse_outcome,
    parse_quality,
    parse_role,
)

_WAGE: Final = pa.struct([("micro", pa.int64()), ("currency", pa.string())])
_MICROS_A_MILLISECOND: Final = 1_000
_CONSTANTS: Final[Mapping[Field, Callable[[str], object]]] = {
    Field.UNITS: parse_count,
    Field.CURRENCY: parse_currency,
    Field.ROLE: parse_role,
    Field.OUTCOME: partial(parse_outcome, words=OUTCOME_WORDS),
}


class ColumnMissing(ImportRefused):
    """The mapping names a column that the file does not have; facts: column."""

    code = "column_missing"


def read_mapped(source: Source, mapping: ColumnMapping, answers: Answers) -> Iterator[Batch]:
    """Read a table, flat or nested, through a mapping.

    Raises:
        MappingWorkerMissing, MappingValueUnknown, ColumnMissing, ZoneUnknown: As named.
        ImportRefused: What the file itself is refused for.
    """
    mapping.require_worker()
    _require_constants(mapping)
    place = answers.place()
    repeats = Repeats()
    if source.is_table:
        wanted = mapping.headings()
        tables = source.tables(has_header=mapping.has_header, wanted=wanted)
    else:
        tables = source.record_tables(mapping.records, mapping.explode)
    for number, table in enumerate(tables):
        if number == 0:
            _require_columns(table, mapping)
        whole = table.without_empty_rows()
        batch = _Work(whole, mapping, answers, place).batch(repeats)
        yield replace(batch, bytes_total=source.size_bytes)


def _require_constants(mapping: ColumnMapping) -> None:
    for field, value in mapping.constants.items():
        try:
            _CONSTANTS.get(field, parse_text)(value)
        except CellRefused:
            raise MappingValueUnknown(key=f"constants.{field}") from None


def _require_columns(table: TextTable, mapping: ColumnMapping) -> None:
    for names in mapping.columns.values():
        if not any(name in table.columns for name in names):
            raise ColumnMissing(column=names[0][:60])


class _Work(MappedCells):
    """One table being turned into a batch."""

    def batch(self, repeats: Repeats) -> Batch:
        """Read all columns, then leave out the rows that any of them refused."""
        columns = {
            "source_id": self._source_ids(repeats),
            "worker_ref": self._workers(),
            "row_sha256": self.table.digests,
            "line": pa.array(self.table.lines, pa.int64()),
            "kind": self.always(Kind.WORK),
            "task_hint": self._named(Field.TASK, None),
            "product_hint": self._named(Field.PRODUCT, self.answers.product),
            "units": self._units(),
            "outcome": self._outcomes(),
            "quality_ppm": self._quality(),
            "role": self._roles(),
            "prelabelled": self._flags(Field.PRELABELLED),
            "is_control": pc.fill_null(self._flags(Field.CONTROL), False),
            "time_group": self._identifiers(Field.TIME_GROUP),
            **self._times(),
            **self._wages(),
        }
        reviewer = self._named(Field.REVIEWER, None)
        is_self = pc.equal(reviewer.cast(pa.string()), columns["worker_ref"].cast(pa.string()))
        columns["reviewer_ref"] = pc.if_else(pc.fill_null(is_self, False), None, reviewer)
        kept = np.delete(np.arange(self.count), list(self.refused))
        arrays = [_typed(columns[field.name], field.type) for field in SCHEMA]
        rows = pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
        if self.refused:
            rows = rows.take(pa.array(kept))
        return Batch(
            rows=rows,
            faults=self.faults(),
            rows_read=self.count + len(self.table.faults),
            bytes_read=self.table.bytes_read,
        )

    def _source_ids(self, repeats: Repeats) -> pa.Array:
        """The file's own ids, or the row's digest and its number among equal rows."""
        names = self.mapping.columns.get(Field.SOURCE_ID, ())
        if not names:
            return self._digest_ids(repeats)
        if len(names) == 1:
            column = self.column(Field.SOURCE_ID)
        else:
            column = pc.binary_join_element_wise(*map(self._id_part, names), "/")
        values = self.keep(parse_identifiers(column), Field.SOURCE_ID)
        self.refuse_where(pc.is_null(values), Field.SOURCE_ID, SourceIdMissing.code)
        return pc.fill_null(values, "")

    def _id_part(self, name: str) -> pa.Array:
        """One part of an id: worker columns as stand-ins, slashes unlike those between parts."""
        part = self.table.columns.get(name, pa.nulls(self.count, pa.string()))
        if name in self.mapping.columns.get(Field.WORKER, ()):
            return parse_distinct(part, who, pa.string()).values
        return pc.replace_substring(pc.replace_substring(part, "%", "%25"), "/", "%2F")

    def _digest_ids(self, repeats: Repeats) -> pa.Array:
        content = np.frombuffer(self.table.digests.buffers()[1] or b"", np.uint8)
        offset = self.table.digests.offset
        digests = content.reshape(-1, DIGEST_BYTES)[offset : offset + self.count]
        numbers = repeats.number(digests)
        ids = [f"row/{digest.hex()[:24]}" for digest in self.table.digests.to_pylist()]
        for index in np.flatnonzero(numbers).tolist():
            ids[index] = f"{ids[index]}/{numbers[index] + 1}"
        return pa.array(ids, pa.string())

    def _workers(self) -> pa.Array:
        constant = self.mapping.constants.get(Field.WORKER) or self.answers.worker
        column = self.column(Field.WORKER)
        if column is None:
            return self.always(constant)
        values = self.keep(parse_names(column), Field.WORKER)
        missing = pc.is_null(values)
        if constant is None:
            self.refuse_where(missing, Field.WORKER, WorkerMissing.code)
        filled = pc.fill_null(values.cast(pa.string()), constant or "")
        return filled.dictionary_encode() if pc.any(missing).as_py() else values

    def _named(self, field: Field, default: str | None) -> pa.Array:
        constant = self.mapping.constants.get(field) or default
        column = self.column(field)
        if column is None:
            return self.always(constant)
        values = self.keep(parse_names(column), field)
        if constant is None or not values.null_count:
            return values
        return pc.fill_null(values.cast(pa.string()), constant).dictionary_encode()

    def _identifiers(self, field: Field) -> pa.Array:
        column = self.column(field)
        if column is None:
            return pa.nulls(self.count, pa.string())
        return self.keep(parse_identifiers(column), field)

    def _units(self) -> pa.Array:
        constant = self.mapping.constants.get(Field.UNITS)
        column = self.column(Field.UNITS)
        if column is None and constant is None:
            return pa.nulls(self.count, pa.int64())
        if column is None:
            column = self.always(constant).cast(pa.string())
        return self.keep(parse_counts(column), Field.UNITS)

    def _outcomes(self) -> pa.Array:
        words: dict[str, Outcome] = {**OUTCOME_WORDS, **self.mapping.outcomes}
        constant = self.mapping.constants.get(Field.OUTCOME)
        usual = self.answers.unreviewed if constant is None else parse_outcome(constant, words)
        column = self.column(Field.OUTCOME)
        if column is None:
            return self.always(usual)
        parsed = parse_codes(column, lambda text: parse_outcome(text, words))
        values = self.keep(parsed, Field.OUTCOME)
        if not values.null_count:
            return values
        return pc.fill_null(values.cast(pa.string()), usual.value).dictionary_encode()

    def _roles(self) -> pa.Array:
        constant = self.mapping.constants.get(Field.ROLE)
        usual = Role.EXECUTE if constant is None else parse_role(constant)
        column = self.column(Field.ROLE)
        if column is None:
            return self.always(usual)
        values = self.keep(parse_codes(column, parse_role), Field.ROLE)
        return pc.fill_null(values.cast(pa.string()), usual.value).dictionary_encode()

    def _quality(self) -> pa.Array:
        column = self.column(Field.QUALITY)
        if column is None:
            return pa.nulls(self.count, pa.int32())
        mapping = self.mapping
        parsed = parse_distinct(
            column,
            lambda text: parse_quality(text, mapping.quality, mapping.decimal),
            pa.int32(),
        )
        return self.keep(parsed, Field.QUALITY)

    def _flags(self, field: Field) -> pa.Array:
        column = self.column(field)
        if column is None:
            return pa.nulls(self.count, pa.bool_())
        return self.keep(parse_distinct(column, parse_flag, pa.bool_()), field)

    def _wages(self) -> dict[str, pa.Array]:
        column = self.column(Field.WAGE)
        if column is None:
            return {
                "wage_micro": pa.nulls(self.count, pa.int64()),
                "wage_currency": self.always(None),
            }
        constant = self.mapping.constants.get(Field.CURRENCY)
        named = self.column(Field.CURRENCY)
        if named is not None:
            # The amount is read together with the currency of its own row.
            joined = pc.binary_join_element_wise(column, pc.fill_null(named, constant or ""), " ")
            column = pc.if_else(pc.is_null(column), None, joined)
        parsed = parse_distinct(column, lambda text: self._wage(text, constant), _WAGE)
        values = self.keep(parsed, Field.WAGE)
        return {
            "wage_micro": pc.struct_field(values, "micro"),
            "wage_currency": pc.struct_field(values, "currency").dictionary_encode(),
        }

    def _wage(self, text: str, constant: str | None) -> dict[str, Any]:
        currency = None if Field.CURRENCY in self.mapping.columns else constant
        micro, code = parse_amount(text, currency, self.mapping.decimal)
        return {"micro": micro, "currency": code}

    def _moments(self, field: Field) -> Moments | None:
        column = self.column(field)
        if column is None:
            return None
        moments = parse_moments(column, self.mapping.times, self.zone)
        self.refuse(moments.refused, field)
        return moments

    def _times(self) -> dict[str, pa.Array]:
        """When, how long, and how that is known."""
        began, ended = self._moments(Field.OCCURRED_AT), self._moments(Field.ENDED_AT)
        milliseconds = self._milliseconds(began, ended)
        moments = began or ended or self._no_moments()
        received = self.answers.received_on
        if received is not None:
            # A day's grace, because it is already tomorrow somewhere.
            latest = pa.scalar(received + timedelta(days=1), pa.date32())
            future = pc.greater(moments.on, latest)
            self.refuse_where(future, Field.OCCURRED_AT, TimeInFuture.code)
        usual = self.answers.occurred_on
        basis = pc.if_else(
            pc.is_valid(milliseconds), self.mapping.time_basis.value, TimeBasis.NONE.value
        )
        return {
            "milliseconds": milliseconds,
            "seconds": seconds_of(milliseconds),
            "time_basis": basis.dictionary_encode(),
            "occurred_on": moments.on if usual is None else pc.fill_null(moments.on, usual),
            "occurred_at": moments.at,
            "timezone_known": moments.zone_known,
        }

    def _no_moments(self) -> Moments:
        return Moments(
            on=pa.nulls(self.count, pa.date32()),
            at=pa.nulls(self.count, pa.timestamp("us", tz="UTC")),
            zone_known=pa.array(np.zeros(self.count, np.bool_)),
            refused={},
        )

    def _milliseconds(self, began: Moments | None, ended: Moments | None) -> pa.Array:
        column = self.column(Field.DURATION)
        if column is not None:
            parsed = parse_durations(column, self.mapping.duration, self.mapping.decimal)
            return self.keep(parsed, Field.DURATION)
        if began is None or ended is None:
            return pa.nulls(self.count, pa.int64())
        micros = pc.subtract(ended.at.cast(pa.int64()), began.at.cast(pa.int64()))
        self.refuse_where(pc.less(micros, 0), Field.ENDED_AT, EndsBeforeStart.code)
        held = pc.divide(micros, _MICROS_A_MILLISECOND)
        return pc.if_else(pc.greater(held, 0), held, None)


def seconds_of(milliseconds: pa.Array) -> pa.Array:
    """Round a column of milliseconds to the seconds that are recorded."""
    encoded = milliseconds.dictionary_encode()
    rounded = [recorded_seconds(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(rounded, pa.int32()).take(encoded.indices)


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column if column.type == kind else column.cast(kind)
