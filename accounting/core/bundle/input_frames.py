"""From inputs to the frames of a bundle's input files."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from accounting.core.bundle.frames import Column, Frame, Words, distinct, sorted_frame
from accounting.core.errors import AccountingError
from accounting.core.tables import (
    EVIDENCE_GRADES,
    LABOUR_TYPES,
    OUTCOMES,
    PHASES,
    TIME_BASES,
    Inputs,
    Int,
)

EPOCH = date(1970, 1, 1)
NANO_DIGITS = 9


class IdsMissing(AccountingError):
    """Contributions carry no ids yet, so nobody could find them in a bundle."""

    code = "ids_missing"


def input_frames(inputs: Inputs) -> dict[str, Frame]:
    """Return the frame of every input file.

    Raises:
        IdsMissing: Contributions have no public ids.
    """
    return {
        **_product_frames(inputs),
        "contributions": _contributions(inputs),
        **_money_frames(inputs),
        **_value_frames(inputs),
        "workers": {"worker_id": distinct(inputs.workers)},
        "grades": {"grade": distinct(inputs.grades)},
        "bundles": {"bundle_id": distinct(inputs.bundles)},
    }


def decimal_of_parts(parts: int, digits: int) -> str:
    """Write a number of fractions of 10^-digits as a decimal without needless zeros.

    >>> decimal_of_parts(-83_333_333, 9), decimal_of_parts(5_000_000, 6)
    ('-0.083333333', '5')
    """
    whole, fraction = divmod(abs(parts), 10**digits)
    tail = f".{fraction:0{digits}d}".rstrip("0").rstrip(".")
    return f"{'-' if parts < 0 else ''}{whole}{tail}"


def _product_frames(inputs: Inputs) -> dict[str, Frame]:
    products, edges, types = inputs.products, inputs.edges, inputs.task_types
    return {
        "products": {
            "product_id": distinct(products.id),
            "kind": distinct(products.kind),
            "name": distinct(products.name),
            "version": distinct(products.version),
            "operator": distinct(products.operator),
            "released_on": distinct(products.released_on),
            "public": Words(products.public.astype(np.int64), ("false", "true")),
        },
        "edges": {
            "upstream_id": Words(edges.upstream, products.id),
            "downstream_id": Words(edges.downstream, products.id),
            "relation": distinct(edges.relation),
            "transfer_ppm": edges.transfer_ppm,
            "machine_ppm": edges.machine_ppm,
        },
        "task_types": {
            "task_type": distinct(types.code),
            "labour_type": Words(types.labour_type, LABOUR_TYPES),
            "unit": distinct(types.unit),
            "parent": Words(types.parent, types.code),
        },
    }


def _contributions(inputs: Inputs) -> Frame:
    work = inputs.contributions
    if len(work.id) and not (work.id[0] and work.id[-1]):
        raise IdsMissing("A bundle names every contribution, so all of them need ids.")
    labour_type = inputs.task_types.labour_type
    frame: dict[str, Column] = {
        "contribution_id": Words(np.arange(len(work.id), dtype=np.int64), work.id),
        "worker_id": Words(work.worker, inputs.workers),
        "product_id": Words(work.product, inputs.products.id),
        "labour_type": Words(labour_type[work.task_type], LABOUR_TYPES),
        "task_type": Words(work.task_type, inputs.task_types.code),
        "phase": Words(work.phase, PHASES),
        "occurred_on": _dates(work.occurred_day),
        "seconds": work.seconds,
        "time_basis": Words(work.time_basis, TIME_BASES),
        "units": work.units,
        "quality_ppm": work.quality_ppm,
        "outcome": Words(work.outcome, OUTCOMES),
        "grade": Words(work.grade, inputs.grades),
        "wage_micro": work.wage_micro,
        "evidence_grade": Words(work.evidence, EVIDENCE_GRADES),
        "licence_id": Words(work.licence, inputs.licences.id),
        "frozen_ppm": work.frozen_ppm,
    }
    return frame


def _money_frames(inputs: Inputs) -> dict[str, Frame]:
    products, bundles = inputs.products.id, inputs.bundles
    revenue, usage, costs = inputs.revenue, inputs.usage, inputs.costs
    licences, benchmarks = inputs.licences, inputs.benchmarks
    usage_frame: Frame = {
        "bundle_id": Words(usage.bundle, bundles),
        "product_id": Words(usage.product, products),
        "unit": distinct(usage.unit),
        "quantity": usage.quantity,
    }
    return {
        "revenue": {
            "revenue_id": distinct(revenue.id),
            "product_id": Words(revenue.product, products),
            "bundle_id": Words(revenue.bundle, bundles),
            "channel": distinct(revenue.channel),
            "amount_micro": revenue.amount_micro,
        },
        "usage": sorted_frame(usage_frame, [usage.bundle.tolist(), usage.product.tolist()]),
        "costs": {
            "cost_id": distinct(costs.id),
            "product_id": Words(costs.product, products),
            "kind": distinct(costs.kind),
            "amount_micro": costs.amount_micro,
            "gpu_milli_hours": costs.gpu_milli_hours,
        },
        "licences": {
            "licence_id": distinct(licences.id),
            "product_id": Words(licences.product, products),
            "licensee": distinct(licences.licensee),
            "fee_micro": licences.fee_micro,
            "price_micro": licences.price_micro,
            "units": licences.units,
            "percentage_ppm": licences.percentage_ppm,
            "base_micro": licences.base_micro,
        },
        "benchmarks": {
            "worker_id": Words(benchmarks.worker, inputs.workers),
            "living_wage_micro_per_hour": benchmarks.living_wage_micro_per_hour,
            "received_micro": benchmarks.received_micro,
            "carried_in_micro": benchmarks.carried_in_micro,
        },
    }


def _value_frames(inputs: Inputs) -> dict[str, Frame]:
    products = inputs.products.id
    scores, valuations = inputs.scores, inputs.valuations
    index, facts = inputs.index_inputs, inputs.facts
    facts_frame: Frame = {
        "name": distinct(facts.name),
        "product_id": Words(facts.product, products),
        "item": distinct(facts.item),
        "value": distinct(facts.value),
        "weight": distinct(facts.weight),
    }
    return {
        "scores": {
            "contribution_id": Words(scores.contribution, inputs.contributions.id),
            "score": distinct(
                [decimal_of_parts(score, NANO_DIGITS) for score in scores.score_ppb.tolist()]
            ),
            "valuation_id": Words(scores.valuation, valuations.id),
        },
        "valuations": {
            "valuation_id": distinct(valuations.id),
            "product_id": Words(valuations.product, products),
            "method": distinct(valuations.method),
            "reliability_ppm": valuations.reliability_ppm,
        },
        "index_inputs": {
            "product_id": Words(index.product, products),
            "gpu_milli_hours": index.gpu_milli_hours,
            "governance_seconds": index.governance_seconds,
            "training_flop": distinct(index.training_flop),
        },
        "facts": sorted_frame(facts_frame, [facts.name, facts.product.tolist(), facts.item]),
    }


def _dates(days: Int) -> Words:
    occurring, codes = np.unique(days, return_inverse=True)
    return Words(codes, [(EPOCH + timedelta(days=day)).isoformat() for day in occurring.tolist()])
