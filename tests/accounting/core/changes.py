"""Small changes to the worked example, and sums over what a run found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from accounting.core.tables import Allocation, Inputs, Int


def changed(inputs: Inputs, table: str, **columns: Any) -> Inputs:
    """Return inputs with some columns of a table replaced; lists of numbers become columns."""
    values = {
        name: np.array(column, dtype=np.int64) if _numbers(column) else column
        for name, column in columns.items()
    }
    tables: dict[str, Any] = {table: replace(getattr(inputs, table), **values)}
    return replace(inputs, **tables)


def with_cell(inputs: Inputs, table: str, column: str, row: int, value: int) -> Inputs:
    """Return inputs with one number replaced."""
    cells: Int = getattr(getattr(inputs, table), column).copy()
    cells[row] = value
    return changed(inputs, table, **{column: cells})


def with_policy(inputs: Inputs, **fields: Any) -> Inputs:
    """Return inputs under a policy with some fields replaced."""
    return replace(inputs, policy_document=inputs.policy_document | fields)


def pool_sums(run: Allocation) -> dict[str, int]:
    """Return what lines and escrow of every pool add up to."""
    sums = {pool.id: int(pool.line_micro.sum()) for pool in run.pools}
    for row in run.escrow:
        sums[row.pool] += row.amount_micro
    return sums


def _numbers(column: Any) -> bool:
    return isinstance(column, list) and all(isinstance(value, int) for value in column)
