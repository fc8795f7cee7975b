"""Statements: what is due to each worker, what is paid now and what is carried.

Source: value-model.md, h.
"""

from __future__ import annotations

import numpy as np

from accounting.core.sharing import total_of
from accounting.core.tables import Inputs, Int, Statements

MICRO_DIGITS = 6


def micro_per_minor(minor_digits: int) -> int:
    """Return how many micro-units one minor unit (cent) of a currency has.

    >>> micro_per_minor(2)
    10000
    """
    return int(10 ** (MICRO_DIGITS - minor_digits))


def make_statements(inputs: Inputs, amount_micro: Int, minimum_payout_minor: int) -> Statements:
    """Pay whole minor units and carry the fraction: it stays the payee's.

    `due = amount + carried in`; `paid = max(0, due // minor unit)`; `carried out = due - paid`.
    After a refund the carry may be negative and is netted later. What stays below the minimum
    payout is carried whole: it is held, never lost.

    Args:
        amount_micro: Per worker, all lines of the run.
    """
    carried_in = np.zeros(len(inputs.workers), dtype=np.int64)
    np.add.at(carried_in, inputs.benchmarks.worker, inputs.benchmarks.carried_in_micro)
    total_of(carried_in, "carried_in_micro")
    unit = micro_per_minor(inputs.period.minor_digits)
    due = amount_micro + carried_in
    paid = np.maximum(0, due // unit)
    paid[paid < minimum_payout_minor] = 0
    return Statements(
        amount_micro=amount_micro,
        carried_in_micro=carried_in,
        paid_minor=paid,
        carried_out_micro=due - paid * unit,
    )
