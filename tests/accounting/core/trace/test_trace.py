"""Every line's trace multiplies out to its amount, and a wrong number does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from accounting.core.allocation import allocate
from accounting.core.tables import MISSING, Inputs
from accounting.core.trace import (
    ComputedRun,
    LineUnknown,
    Quantity,
    Trace,
    TraceDoesNotMultiplyOut,
    all_steps,
    check,
    explain,
    gather,
    tell,
    trace_document,
)
from tests.accounting.core.changes import changed, with_cell, with_policy

DIVIDEND = {"id": "d", "kind": "data_dividend", "rate_ppm": 400_000, "flow": "lineage"}


def _median(example: Inputs) -> Inputs:
    return with_policy(example, norm={"method": "median", "min_producers": 1, "rescale": True})


def _capped(example: Inputs) -> Inputs:
    return with_cell(example, "contributions", "units", 2, 400)


def _own_time(example: Inputs) -> Inputs:
    norm = {"method": "individual", "min_producers": 1, "cap_low_ppm": 1_100_000, "rescale": True}
    return with_policy(example, norm=norm)


def _solidary(example: Inputs) -> Inputs:
    return with_policy(example, pools=[DIVIDEND | {"solidarity_ppm": 300_000}], half_life_days=90)


def _scaled(example: Inputs) -> Inputs:
    pools = [
        DIVIDEND,
        {"id": "floor", "kind": "wage_floor"},
        {"id": "p", "kind": "profit_share", "rate_ppm": 900_000},
        {"id": "c", "kind": "commons", "rate_ppm": 100_000},
    ]
    return with_policy(example, pools=pools)


def _refunds(example: Inputs) -> Inputs:
    mixed = changed(
        example, "revenue", product=[2, 3], bundle=[-1, -1], amount_micro=[10**11, -(10**10)]
    )
    return with_policy(mixed, pools=[DIVIDEND | {"solidarity_ppm": 100_000}])


def _patchy(example: Inputs) -> Inputs:
    inputs = with_cell(example, "contributions", "seconds", 2, MISSING)
    inputs = with_cell(inputs, "contributions", "seconds", 3, MISSING)
    inputs = with_cell(inputs, "contributions", "units", 3, MISSING)
    inputs = with_cell(inputs, "contributions", "quality_ppm", 8, 700_000)
    return with_cell(inputs, "contributions", "frozen_ppm", 5, 300_000)


@pytest.mark.parametrize(
    "change",
    [lambda x: x, _median, _capped, _own_time, _solidary, _scaled, _refunds, _patchy],
    ids=["as it is", "median", "capped", "own time", "solidary", "scaled", "refunds", "patchy"],
)
def test_every_line_multiplies_out(example: Inputs, change: object) -> None:
    assert callable(change)
    inputs = change(example)
    run = ComputedRun(inputs, allocate(inputs), "run_1")
    told = 0
    for pool in run.allocation.pools:
        lines = dict(zip(pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True))
        for row in pool.weighted.tolist():
            assert check(tell(gather(run, pool.id, row))) == lines.get(row, 0)
            told += 1
    assert told >= 8


def test_the_tree_leads_from_the_run_to_the_work(example: Inputs) -> None:
    trace = explain(example, allocate(example), "data-dividend", 0, run_id="run_1")
    (pool,) = trace.children
    path = [product.reference for product in pool.children]
    (work,) = pool.children[-1].children
    assert (trace.reference, pool.reference, work.reference) == (
        "run_1",
        "data-dividend",
        "ana-paid",
    )
    assert path == ["m2", "d2", "m1", "d1"]
    assert work.labels["task_type"] == "labelling"
    names = [step.result.name for step in work.steps]
    assert names[:3] == ["effective_output", "credited", "content"]
    assert names[-2:] == ["gross", "line"]


@pytest.mark.parametrize(("pool", "row"), [("data-dividend", 0), ("wage-floor", 7)])
def test_no_number_can_be_changed_unnoticed(example: Inputs, pool: str, row: int) -> None:
    trace = explain(example, allocate(example), pool, row)
    tampered = 0
    for changed_trace in _tampered(trace):
        with pytest.raises(TraceDoesNotMultiplyOut):
            check(changed_trace)
        tampered += 1
    assert tampered == len(list(all_steps(trace)))


def test_a_trace_can_be_told_without_what_an_application_does_not_keep(example: Inputs) -> None:
    run = ComputedRun(example, allocate(example))
    facts = gather(run, "data-dividend", 0)
    work = replace(facts.contribution, norm=None, cap=None)
    assert check(tell(replace(facts, contribution=work))) == facts.line.amount_micro


def test_a_line_that_does_not_exist_is_refused(example: Inputs) -> None:
    run = ComputedRun(example, allocate(example))
    for pool, row in (("nowhere", 0), ("data-dividend", 9), ("wage-floor", 0)):
        with pytest.raises(LineUnknown):
            gather(run, pool, row)


def test_a_trace_is_plain_json_with_numbers_as_text(example: Inputs) -> None:
    trace = explain(example, allocate(example), "profit-share", 9)
    document = json.loads(json.dumps(trace_document(trace)))
    leaf = document["children"][0]["children"][0]["children"][0]
    assert leaf["steps"][-1]["result"] == {
        "name": "line",
        "of": "hu-m2",
        "unit": "micro",
        "value": "467123778",
    }
    assert all(step.formula for step in all_steps(trace))


def _tampered(trace: Trace) -> Iterator[Trace]:
    """Yield the trace with each result moved by far more than any rounding allows."""
    for place, step in enumerate(trace.steps):
        moved = _moved(step.result)
        steps = list(trace.steps)
        steps[place] = replace(step, result=moved)
        yield replace(trace, steps=tuple(steps))
    for place, child in enumerate(trace.children):
        for changed_child in _tampered(child):
            children = list(trace.children)
            children[place] = changed_child
            yield replace(trace, children=tuple(children))


def _moved(quantity: Quantity) -> Quantity:
    return replace(quantity, value=quantity.value + 7)
