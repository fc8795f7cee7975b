"""Foreign keys of rows copied in bulk, checked once a set instead of once a row.

PostgreSQL checks a foreign key by a trigger per row and key, which costs more than all the rest
of copying the row. A bulk names few workers, products and so on; so they are checked and locked
as sets, and the triggers of the keys stand back while the rows are copied. Everything else holds:
unique and check constraints are no triggers, and the append-only guards are ENABLE ALWAYS.

What the catalogue does not allow for is left to the triggers: another ordinary trigger on the
table, a key over several columns, or a user who may not set `session_replication_role`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, connection
from numpy.typing import NDArray

Int = NDArray[np.int64]

_KEYS: Final = """
SELECT c.conname, a.attname, c.confrelid::regclass::text, f.attname, cardinality(c.conkey) = 1
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
WHERE c.contype = 'f' AND c.conrelid = %s::regclass ORDER BY c.conname
"""
# Bit 2 of tgtype is INSERT; 'O' is a trigger that stands back with the foreign keys.
_MAY_STAND_BACK: Final = """
SELECT has_parameter_privilege('session_replication_role', 'SET') AND NOT EXISTS (
    SELECT 1 FROM pg_trigger
    WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled = 'O' AND tgtype & 4 <> 0
)
"""


_STAND_BACK: Final = (
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL session_replication_role = origin",
)


class ReferenceMissing(IntegrityError):
    """A row names another table's row that is not there; `constraint` is the foreign key."""

    def __init__(self, constraint: str, numbers: list[int]) -> None:
        super().__init__(f"{constraint}: no rows {numbers}")
        self.constraint = constraint


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    column: str
    target: str
    target_column: str
    is_single: bool


class References:
    """The rows of other tables that a bulk of rows names, gathered while it is copied.

    Attributes:
        stands_back: Whether the triggers of foreign keys stand back for the bulk.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self._keys = [_Key(*row) for row in _rows(_KEYS, [table])]
        self._found: dict[str, set[int]] = {key.column: set() for key in self._keys}
        self.stands_back = all(key.is_single for key in self._keys) and self._may_stand_back()

    def gather(self, columns: Mapping[str, Int | int | None]) -> None:
        """Note what rows about to be copied name; unknown ones are negative or None."""
        for column, found in self._found.items():
            values = columns[column]
            if isinstance(values, np.ndarray):
                found.update(_distinct(values[values >= 0]))
            elif values is not None:
                found.add(int(values))

    @property
    def around(self) -> tuple[str, str] | None:
        """Statements around copying that make the triggers stand back; call `check` later."""
        return _STAND_BACK if self.stands_back else None

    def check(self) -> None:
        """See to it that all rows named are there, and stay till the commit.

        Raises:
            ReferenceMissing: One of them is not there.
        """
        if self.stands_back:
            for key in self._keys:
                self._check(key)

    def _may_stand_back(self) -> bool:
        return bool(_rows(_MAY_STAND_BACK, [self.table])[0][0])

    def _check(self, key: _Key) -> None:
        """Lock the rows named as the key's own trigger would, and count them."""
        named = sorted(self._found[key.column])
        if not named:
            return
        # Names come from the catalogue and never from a request.
        found = _rows(
            f'SELECT "{key.target_column}" FROM {key.target} '  # noqa: S608
            f'WHERE "{key.target_column}" = ANY(%s) FOR KEY SHARE',
            [named],
        )
        missing = set(named) - {int(row[0]) for row in found}
        if missing:
            raise ReferenceMissing(key.name, sorted(missing)[:10])


def _distinct(values: Int) -> list[int]:
    """Return the different numbers; those of one table mostly lie close together."""
    if not len(values):
        return []
    lowest, span = int(values.min()), int(np.ptp(values))
    if span > 16 * len(values):
        return [int(number) for number in np.unique(values)]
    return [int(number) + lowest for number in np.flatnonzero(np.bincount(values - lowest))]


def _rows(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
