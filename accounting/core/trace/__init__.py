"""Explaining a cent: the tree from a run down to recorded labour, multiplied out.

`facts` holds plain values, `gathering` takes them from a run's tables (an application takes
them from its own), `telling` turns them into a tree of steps and checks that it multiplies out.

Source: value-model.md, a to h; records.md, "Pool → flow → line".
"""

from __future__ import annotations

from accounting.core.trace.computed import ComputedRun
from accounting.core.trace.context import (
    KnownRun,
    LineUnknown,
    Paid,
    PoolOutline,
    RunTerms,
    Work,
)
from accounting.core.trace.gathering import explain, gather
from accounting.core.trace.steps import RULES, Quantity, Step, Trace
from accounting.core.trace.telling import (
    TraceDoesNotMultiplyOut,
    all_steps,
    check,
    tell,
    trace_document,
)

__all__ = [
    "RULES",
    "ComputedRun",
    "KnownRun",
    "LineUnknown",
    "Paid",
    "PoolOutline",
    "Quantity",
    "RunTerms",
    "Step",
    "Trace",
    "TraceDoesNotMultiplyOut",
    "Work",
    "all_steps",
    "check",
    "explain",
    "gather",
    "tell",
    "trace_document",
]
