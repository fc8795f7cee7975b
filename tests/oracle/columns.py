"""Lays a plain world out in the engine's columns: sorted rows, positions instead of ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from accounting.core import tables
from tests.oracle.world import World

EPOCH = date(1970, 1, 1)


def inputs_of(world: World) -> tables.Inputs:
    """Return the columns of a world.

    Tables with a key are sorted by it. Usage and facts have none and keep the order of the
    world's lists, so that a test can show that their order does not matter.
    """
    products = sorted(world.products)
    return tables.Inputs(
        period=tables.Period(world.start, world.end, world.currency, world.minor_digits),
        operator=world.operator,
        policy_document=world.policy,
        products=_products(world, products),
        edges=_edges(world, products),
        task_types=_task_types(world),
        workers=sorted(world.workers),
        grades=sorted(world.grades),
        bundles=sorted(world.bundles),
        contributions=_contributions(world, products),
        revenue=_revenue(world, products),
        usage=_usage(world, products),
        costs=_costs(world, products),
        licences=_licences(world, products),
        benchmarks=_benchmarks(world),
        scores=_scores(world),
        valuations=_valuations(world, products),
        index_inputs=_index_inputs(world, products),
        facts=_facts(world, products),
    )


def _ints(values: Iterable[int | None]) -> tables.Int:
    return np.array([tables.MISSING if v is None else v for v in values], dtype=np.int64)


def _positions(keys: Iterable[str | None], order: Iterable[str]) -> tables.Int:
    where: dict[str | None, int] = {key: position for position, key in enumerate(order)}
    where[None] = tables.MISSING
    return np.array([where[key] for key in keys], dtype=np.int64)


def _products(world: World, order: list[str]) -> tables.Products:
    rows = [world.products[key] for key in order]
    return tables.Products(
        id=order,
        kind=[row.kind for row in rows],
        name=[f"Product {row.id}" for row in rows],
        version=[row.version for row in rows],
        operator=[row.operator for row in rows],
        released_on=["2025-06-01" for _ in rows],
        public=np.array([row.public for row in rows], dtype=np.bool_),
    )


def _edges(world: World, products: list[str]) -> tables.Edges:
    rows = sorted(world.edges, key=lambda row: (row.upstream, row.downstream, row.relation))
    return tables.Edges(
        upstream=_positions((row.upstream for row in rows), products),
        downstream=_positions((row.downstream for row in rows), products),
        relation=[row.relation for row in rows],
        transfer_ppm=_ints(row.transfer_ppm for row in rows),
        machine_ppm=_ints(row.machine_ppm for row in rows),
    )


def _task_types(world: World) -> tables.TaskTypes:
    codes = sorted(world.task_types)
    rows = [world.task_types[code] for code in codes]
    return tables.TaskTypes(
        code=codes,
        labour_type=_positions((row.labour_type for row in rows), tables.LABOUR_TYPES),
        unit=[row.unit for row in rows],
        parent=_positions((row.parent for row in rows), codes),
    )


def _contributions(world: World, products: list[str]) -> tables.Contributions:
    rows = world.rows()
    return tables.Contributions(
        id=np.array([row.id for row in rows], dtype=np.str_),
        worker=_positions((row.worker for row in rows), sorted(world.workers)),
        product=_positions((row.product for row in rows), products),
        task_type=_positions((row.task_type for row in rows), sorted(world.task_types)),
        phase=_positions((row.phase for row in rows), tables.PHASES),
        occurred_day=_ints((row.occurred_on - EPOCH).days for row in rows),
        seconds=_ints(row.seconds for row in rows),
        time_basis=_positions((row.time_basis for row in rows), tables.TIME_BASES),
        units=_ints(row.units for row in rows),
        quality_ppm=_ints(row.quality_ppm for row in rows),
        outcome=_positions((row.outcome for row in rows), tables.OUTCOMES),
        grade=_positions((row.grade for row in rows), sorted(world.grades)),
        wage_micro=_ints(row.wage_micro for row in rows),
        evidence=_positions((row.evidence for row in rows), tables.EVIDENCE_GRADES),
        licence=_positions((row.licence for row in rows), sorted(world.licences)),
        frozen_ppm=_ints(row.frozen_ppm for row in rows),
    )


def _revenue(world: World, products: list[str]) -> tables.Revenue:
    rows = sorted(world.revenue, key=lambda row: row.id)
    return tables.Revenue(
        id=[row.id for row in rows],
        product=_positions((row.product for row in rows), products),
        bundle=_positions((row.bundle for row in rows), sorted(world.bundles)),
        channel=[row.channel for row in rows],
        amount_micro=_ints(row.amount_micro for row in rows),
    )


def _usage(world: World, products: list[str]) -> tables.Usage:
    rows = world.usage
    return tables.Usage(
        bundle=_positions((row.bundle for row in rows), sorted(world.bundles)),
        product=_positions((row.product for row in rows), products),
        unit=[row.unit for row in rows],
        quantity=_ints(row.quantity for row in rows),
    )


def _costs(world: World, products: list[str]) -> tables.Costs:
    rows = sorted(world.costs, key=lambda row: row.id)
    return tables.Costs(
        id=[row.id for row in rows],
        product=_positions((row.product for row in rows), products),
        kind=[row.kind for row in rows],
        amount_micro=_ints(row.amount_micro for row in rows),
        gpu_milli_hours=_ints(None for _ in rows),
    )


def _licences(world: World, products: list[str]) -> tables.Licences:
    rows = [world.licences[key] for key in sorted(world.licences)]
    return tables.Licences(
        id=[row.id for row in rows],
        product=_positions((row.product for row in rows), products),
        licensee=["Licensee" for _ in rows],
        fee_micro=_ints(row.fee_micro for row in rows),
        price_micro=_ints(row.price_micro for row in rows),
        units=_ints(row.units for row in rows),
        percentage_ppm=_ints(row.percentage_ppm for row in rows),
        base_micro=_ints(row.base_micro for row in rows),
    )


def _benchmarks(world: World) -> tables.Benchmarks:
    rows = sorted(world.benchmarks, key=lambda row: row.worker)
    return tables.Benchmarks(
        worker=_positions((row.worker for row in rows), sorted(world.workers)),
        living_wage_micro_per_hour=_ints(row.living_wage_micro_per_hour for row in rows),
        received_micro=_ints(row.received_micro for row in rows),
        carried_in_micro=_ints(row.carried_in_micro for row in rows),
    )


def _scores(world: World) -> tables.Scores:
    rows = sorted(world.scores, key=lambda row: row.contribution)
    return tables.Scores(
        contribution=_positions((row.contribution for row in rows), sorted(world.contributions)),
        score_ppb=_ints(row.score_ppb for row in rows),
        valuation=_positions((row.valuation for row in rows), sorted(world.valuations)),
    )


def _valuations(world: World, products: list[str]) -> tables.Valuations:
    rows = [world.valuations[key] for key in sorted(world.valuations)]
    return tables.Valuations(
        id=[row.id for row in rows],
        product=_positions((row.product for row in rows), products),
        method=["imported" for _ in rows],
        reliability_ppm=_ints(row.reliability_ppm for row in rows),
    )


def _index_inputs(world: World, products: list[str]) -> tables.IndexInputs:
    rows = sorted(world.index_inputs, key=lambda row: row.product)
    return tables.IndexInputs(
        product=_positions((row.product for row in rows), products),
        gpu_milli_hours=_ints(row.gpu_milli_hours for row in rows),
        governance_seconds=_ints(row.governance_seconds for row in rows),
        training_flop=[row.training_flop for row in rows],
    )


def _facts(world: World, products: list[str]) -> tables.Facts:
    rows = world.facts
    return tables.Facts(
        name=[row.name for row in rows],
        product=_positions((row.product for row in rows), products),
        item=[row.item for row in rows],
        value=[row.value for row in rows],
        weight=[row.weight for row in rows],
    )
