"""Telling a trace: from facts to the tree, and checking that the tree multiplies out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounting.core.errors import AccountingError
from accounting.core.trace.facts import TraceFacts
from accounting.core.trace.labour import contribution_steps
from accounting.core.trace.money import pool_steps, product_steps, run_steps
from accounting.core.trace.steps import Quantity, Step, Trace


class TraceDoesNotMultiplyOut(AccountingError):
    """A trace's numbers contradict each other; `step` names the calculation."""

    code = "trace_does_not_multiply_out"


def tell(facts: TraceFacts) -> Trace:
    """Return the tree run → pool → products → contribution behind one line."""
    work = facts.contribution
    norm = work.norm
    labels = {"worker": work.worker, "task_type": work.task_type, "basis": work.basis}
    if norm is not None:
        labels |= {"norm_method": norm.method, "shrunk_toward": norm.shrunk_toward}
    leaf = Trace("contribution", work.id, contribution_steps(facts), labels=labels)
    products = [
        Trace(
            "product",
            product.id,
            product_steps(facts, place),
            children=(leaf,) if place == len(facts.path) - 1 else (),
        )
        for place, product in enumerate(facts.path)
    ]
    pool = Trace(
        "pool",
        facts.pool.id,
        pool_steps(facts.run, facts.pool),
        children=tuple(products),
        labels={"kind": facts.pool.kind, "flow": facts.pool.flow},
    )
    return Trace("run", facts.run.id, run_steps(facts.run), children=(pool,))


def check(trace: Trace) -> int:
    """Multiply a trace out from its root and return the amount of its line, in µ.

    Every step must follow from its operands, and one name of one thing must have the same value
    wherever it occurs, so that the steps hang together.

    Raises:
        TraceDoesNotMultiplyOut: A step does not hold, two steps contradict each other, or no
            line comes out.
    """
    known: dict[tuple[str, str], int] = {}
    line: int | None = None
    for step in all_steps(trace):
        for quantity in (*step.operands, step.result):
            _require_same(known, quantity)
        if not step.holds():
            operands = [operand.value for operand in step.operands]
            raise TraceDoesNotMultiplyOut(
                f"{step.result.name} {step.result.value} does not follow from {operands}.",
                step=step.rule,
                result=step.result.name,
            )
        if step.result.name == "line":
            line = step.result.value
    if line is None:
        raise TraceDoesNotMultiplyOut("The trace leads to no line.")
    return line


def trace_document(trace: Trace) -> dict[str, Any]:
    """Return a trace as plain JSON values; numbers are text, so that none loses digits."""
    return {
        "kind": trace.kind,
        "reference": trace.reference,
        "labels": trace.labels,
        "steps": [
            {
                "rule": step.rule,
                "formula": step.formula,
                "operands": [_quantity(operand) for operand in step.operands],
                "result": _quantity(step.result),
            }
            for step in trace.steps
        ],
        "children": [trace_document(child) for child in trace.children],
    }


def all_steps(trace: Trace) -> Iterator[Step]:
    """Yield every step of a trace, from the run down."""
    yield from trace.steps
    for child in trace.children:
        yield from all_steps(child)


def _quantity(quantity: Quantity) -> dict[str, str]:
    return {
        "name": quantity.name,
        "of": quantity.of,
        "unit": quantity.unit,
        "value": str(quantity.value),
    }


def _require_same(known: dict[tuple[str, str], int], quantity: Quantity) -> None:
    key = (quantity.name, quantity.of)
    if known.setdefault(key, quantity.value) != quantity.value:
        raise TraceDoesNotMultiplyOut(
            f"{quantity.name} of {quantity.of or 'the run'} is {known[key]} in one step and"
            f" {quantity.value} in another.",
            step=quantity.name,
        )
