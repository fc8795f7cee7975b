"""The worked example as the columns of a run, built from the case's plain facts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from accounting.cases.case import Case
from accounting.cases.worked_example import worked_example
from accounting.core.tables import (
    EVIDENCE_GRADES,
    LABOUR_TYPES,
    MISSING,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Benchmarks,
    Contributions,
    Costs,
    Edges,
    Facts,
    IndexInputs,
    Inputs,
    Int,
    Licences,
    Period,
    Products,
    Revenue,
    Scores,
    TaskTypes,
    Usage,
    Valuations,
)

POLICIES = Path(__file__).resolve().parents[3] / "accounting" / "policies"


def worked_example_inputs() -> Inputs:
    """Build the inputs of a run over the eight people and four products."""
    return inputs_of(worked_example())


def inputs_of(case: Case) -> Inputs:
    """Build the inputs of a run over a small case; rows are put in ascending order of key."""
    products = sorted(case.products, key=lambda product: product.key)
    product = _positions(row.key for row in products)
    types = sorted(case.task_types, key=lambda task_type: task_type.code)
    bundles = sorted(bundle.key for bundle in case.bundles)
    work = sorted(case.contributions, key=lambda row: row.source_id)
    licences = sorted(case.licences, key=lambda row: row.key)
    revenue = sorted(case.revenue, key=lambda row: row.key)
    costs = sorted(case.costs, key=lambda row: row.key)
    usage = sorted(case.usage, key=lambda row: (row.bundle or "", row.product))
    workers = sorted(worker.key for worker in case.workers)
    indexed = [row for row in products if row.training_flop is not None]
    contribution = _positions(row.source_id for row in work)
    scores = sorted(case.scores, key=lambda row: contribution[row.contribution])
    valuations = sorted(case.valuations, key=lambda row: row.key)
    edges = sorted(case.edges, key=lambda e: (product[e.upstream], product[e.downstream]))
    facts = sorted(case.facts, key=lambda f: (f.name, product.get(f.product or "", -1), f.item))
    type_position = _positions(row.code for row in types)
    return Inputs(
        period=Period(
            start=case.period.start,
            end=case.period.end,
            currency=case.period.currency,
            minor_digits=case.period.minor_digits,
        ),
        operator=case.operator,
        policy_document=policy_of(case),
        products=Products(
            id=[row.key for row in products],
            kind=[row.kind for row in products],
            name=[row.name for row in products],
            version=[row.version for row in products],
            operator=[row.operator for row in products],
            released_on=[row.released_on.isoformat() for row in products],
            public=np.array([row.public for row in products], dtype=np.bool_),
        ),
        edges=Edges(
            upstream=ints(product[edge.upstream] for edge in edges),
            downstream=ints(product[edge.downstream] for edge in edges),
            relation=[edge.relation for edge in edges],
            transfer_ppm=ints(edge.transfer_ppm for edge in edges),
            machine_ppm=ints(edge.machine_ppm for edge in edges),
        ),
        task_types=TaskTypes(
            code=[row.code for row in types],
            labour_type=ints(LABOUR_TYPES.index(row.labour_type) for row in types),
            unit=[row.unit for row in types],
            parent=ints(type_position.get(row.parent or "", MISSING) for row in types),
        ),
        workers=workers,
        grades=sorted(case.grades),
        bundles=bundles,
        contributions=_contributions(case, product, type_position, licences),
        revenue=Revenue(
            id=[row.key for row in revenue],
            product=ints(product.get(row.product or "", MISSING) for row in revenue),
            bundle=ints(bundles.index(row.bundle) if row.bundle else MISSING for row in revenue),
            channel=[row.channel for row in revenue],
            amount_micro=ints(row.amount_micro for row in revenue),
        ),
        usage=Usage(
            bundle=ints(bundles.index(row.bundle or "") for row in usage),
            product=ints(product[row.product] for row in usage),
            unit=[row.unit for row in usage],
            quantity=ints(row.quantity for row in usage),
        ),
        costs=Costs(
            id=[row.key for row in costs],
            product=ints(product.get(row.product or "", MISSING) for row in costs),
            kind=[row.kind for row in costs],
            amount_micro=ints(row.amount_micro for row in costs),
            gpu_milli_hours=ints(row.gpu_milli_hours or 0 for row in costs),
        ),
        licences=Licences(
            id=[row.key for row in licences],
            product=ints(product[row.product] for row in licences),
            licensee=[row.licensee for row in licences],
            fee_micro=ints(row.fee_micro for row in licences),
            price_micro=ints(row.price_micro for row in licences),
            units=ints(row.units for row in licences),
            percentage_ppm=ints(row.percentage_ppm for row in licences),
            base_micro=ints(row.base_micro for row in licences),
        ),
        benchmarks=_benchmarks(case, workers),
        scores=Scores(
            contribution=ints(contribution[row.contribution] for row in scores),
            score_ppb=ints(round(float(row.score) * 10**9) for row in scores),
            valuation=ints([v.key for v in valuations].index(row.valuation) for row in scores),
        ),
        valuations=Valuations(
            id=[row.key for row in valuations],
            product=ints(product[row.product] for row in valuations),
            method=[row.method for row in valuations],
            reliability_ppm=ints(row.reliability_ppm for row in valuations),
        ),
        index_inputs=IndexInputs(
            product=ints(product[row.key] for row in indexed),
            gpu_milli_hours=ints(row.gpu_milli_hours or 0 for row in indexed),
            governance_seconds=ints(row.governance_seconds or 0 for row in indexed),
            training_flop=[row.training_flop or "" for row in indexed],
        ),
        facts=Facts(
            name=[fact.name for fact in facts],
            product=ints(product.get(fact.product or "", MISSING) for fact in facts),
            item=[fact.item for fact in facts],
            value=[fact.value for fact in facts],
            weight=[fact.weight for fact in facts],
        ),
    )


def policy_of(case: Case) -> dict[str, Any]:
    """Read the case's preset and lay its overrides over it."""
    preset = (POLICIES / f"{case.policy.preset}.toml").read_text(encoding="utf-8")
    overrides = case.policy.overrides
    return merged(tomllib.loads(preset), overrides)


def merged(document: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Lay overrides over a document: tables field by field, lists as a whole."""
    result = dict(document)
    for key, value in overrides.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def ints(values: Any) -> Int:
    """Turn any numbers into a column."""
    return np.array(list(values), dtype=np.int64)


def _contributions(
    case: Case, product: dict[str, int], task_type: dict[str, int], licences: Sequence[Any]
) -> Contributions:
    work = sorted(case.contributions, key=lambda row: row.source_id)
    worker = _positions(sorted(row.key for row in case.workers))
    grades, keys = sorted(case.grades), [row.key for row in licences]

    def column(read: Callable[[Any], int | None]) -> Int:
        values = (read(row) for row in work)
        return ints(MISSING if value is None else value for value in values)

    return Contributions(
        id=np.array([row.source_id for row in work], dtype=np.str_),
        worker=column(lambda row: worker[row.worker]),
        product=column(lambda row: product[row.product]),
        task_type=column(lambda row: task_type[row.task_type]),
        phase=column(lambda row: PHASES.index(row.phase)),
        occurred_day=column(lambda row: (row.occurred_on - date(1970, 1, 1)).days),
        seconds=column(lambda row: row.seconds),
        time_basis=column(lambda row: TIME_BASES.index(row.time_basis)),
        units=column(lambda row: row.units),
        quality_ppm=column(lambda row: row.quality_ppm),
        outcome=column(lambda row: OUTCOMES.index(row.outcome)),
        grade=column(lambda row: grades.index(row.grade) if row.grade else None),
        wage_micro=column(lambda row: row.wage_micro),
        evidence=column(lambda row: EVIDENCE_GRADES.index(row.evidence_grade)),
        licence=column(lambda row: keys.index(row.licence) if row.licence else None),
        frozen_ppm=column(lambda _: 0),
    )


def _benchmarks(case: Case, workers: list[str]) -> Benchmarks:
    wage = {row.region: row.living_wage_micro_per_hour for row in case.benchmarks}
    known = sorted(
        (workers.index(row.key), wage[row.region]) for row in case.workers if row.region in wage
    )
    nothing = np.zeros(len(known), dtype=np.int64)
    return Benchmarks(
        worker=ints(worker for worker, _ in known),
        living_wage_micro_per_hour=ints(amount for _, amount in known),
        received_micro=nothing,
        carried_in_micro=nothing,
    )


def _positions(keys: Any) -> dict[str, int]:
    return {key: position for position, key in enumerate(keys)}
