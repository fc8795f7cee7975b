"""The columns of one table as its mapping names them, and the rows refused on the way."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from contributions.imports.answers import Answers
from contributions.imports.columns import Parsed
from contributions.imports.mapping import ColumnMapping, Field
from contributions.imports.normal_form import RowFault
from contributions.imports.tables import TextTable


class MappedCells:
    """One table seen through a mapping.

    Attributes:
        count: Rows in the table.
        refused: Row to heading and code; a row is refused once, by its first field at fault.
    """

    def __init__(
        self, table: TextTable, mapping: ColumnMapping, answers: Answers, zone: ZoneInfo | None
    ) -> None:
        self.table = table
        self.mapping = mapping
        self.answers = answers
        self.zone = zone
        self.count = len(table)
        self.refused: dict[int, tuple[str, str]] = {}

    def faults(self) -> tuple[RowFault, ...]:
        """The rows rejected, those that could not be cut into cells included, by line."""
        own = [
            RowFault(
                line=int(self.table.lines[index]),
                column=column,
                code=code,
                raw=self.table.raw(index),
            )
            for index, (column, code) in self.refused.items()
        ]
        return tuple(sorted([*self.table.faults, *own], key=lambda fault: fault.line))

    def column(self, field: Field, separator: str = " ") -> pa.StringArray | None:
        """The cells of a field, its columns joined; None if it is not mapped."""
        names = self.mapping.columns.get(field, ())
        parts = [self.table.columns[name] for name in names if name in self.table.columns]
        if not names:
            return None
        if not parts:
            return pa.nulls(self.count, pa.string())
        if len(parts) == 1:
            return parts[0]
        joined = pc.binary_join_element_wise(*parts, separator, null_handling="skip")
        return pc.if_else(pc.equal(joined, ""), None, joined)

    def heading(self, field: Field) -> str:
        """What the file calls a field, for errors."""
        return " + ".join(self.mapping.columns.get(field, (field.value,)))

    def keep(self, parsed: Parsed, field: Field) -> pa.Array:
        """Take the values of a field, and refuse the rows that it refused."""
        self.refuse(parsed.refused, field)
        return parsed.values

    def refuse(self, codes: Mapping[int, str], field: Field) -> None:
        """Refuse rows because of a field, unless an earlier field already did."""
        heading = self.heading(field)
        for index, code in codes.items():
            self.refused.setdefault(index, (heading, code))

    def refuse_where(self, condition: pa.Array, field: Field, code: str) -> None:
        """Refuse the rows for which a condition holds."""
        rows = np.flatnonzero(np.asarray(pc.fill_null(condition, False)))
        self.refuse(dict.fromkeys(rows.tolist(), code), field)

    def always(self, value: str | None) -> pa.Array:
        """The same text on every row."""
        texts = pa.array([value], pa.string()).dictionary_encode()
        return texts.take(pa.array(np.zeros(self.count, np.int32)))
