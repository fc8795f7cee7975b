"""Sums over a run's lines that pages show; kept after the first reading.

A finished run never changes, so what was summed once is true for as long as it is asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, QuerySet, Sum

from accounting.core.lineage import build_lineage, embody
from accounting.core.tables import Edges
from accounting.models import (
    AmortisationPlan,
    EscrowEntry,
    Flow,
    Line,
    Run,
    RunEdge,
    RunLabour,
    RunPool,
)
from accounting.services.run_cells import kept
from accounting.services.suppression import Cell, is_hidden, too_small
from contributions.models import Product
from contributions.models.labour import Phase

LabourKey = tuple[str, str, str]
"""Labour type, status and country of workers."""


@dataclass(frozen=True, slots=True)
class PoolSum:
    """A pool with what its lines pay and what of it is held, in µ."""

    pool: RunPool
    paid_micro: int
    held_micro: int
    lines: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Money of one pool on its way, in µ: over an edge, to a type of labour, or into escrow."""

    pool_id: int
    product_id: int | None
    target: str
    amount_micro: int


def pool_sums(run: Run) -> list[PoolSum]:
    """Return the pools of a run in order, with their sums."""
    return kept(run, "pool-sums", lambda: _pool_sums(run))


def own_lines(run: Run) -> list[Passage]:
    """Return what reached each product's own labour, by pool and labour type."""
    return kept(run, "own-lines", lambda: _own_lines(run))


def edges(run: Run) -> list[tuple[int, int, int, int]]:
    """Return (pool, product, upstream product, µ) of the money that went up the lineage."""
    rows = Flow.objects.filter(pool__run=run, upstream__isnull=False).order_by()
    return list(rows.values_list("pool_id", "product_id", "upstream_id", "amount_micro"))


def held(run: Run) -> list[Passage]:
    """Return what is in escrow or in the commons, by pool, product and reason."""
    rows = EscrowEntry.objects.filter(pool__run=run).values_list(
        "pool_id", "product_id", "reason", "amount_micro"
    )
    return [Passage(*row) for row in rows]


def labour_cells(run: Run) -> dict[LabourKey, Cell]:
    """Return who was paid how much, by labour type, status and country."""
    return kept(run, "labour-cells", lambda: _labour_cells(run))


def products_of(run: Run) -> dict[int, Product]:
    """Return the products in a run by number."""
    return Product.objects.filter(run_products__run=run).select_related("operator").in_bulk()


def totals(run: Run) -> tuple[int, int, int]:
    """Return what the run pays, what it holds in escrow and what goes to the commons, in µ."""
    entries = held(run)
    commons = sum(row.amount_micro for row in entries if row.target == EscrowEntry.Reason.COMMONS)
    paid = sum(row.paid_micro for row in pool_sums(run))
    return paid, sum(row.amount_micro for row in entries) - commons, commons


def by_type(cells: dict[LabourKey, Cell]) -> dict[str, Cell]:
    """Fold cells into one per labour type; workers of several groups are different people."""
    folded: dict[str, Cell] = {}
    for (labour_type, _status, _country), cell in cells.items():
        before = folded.get(labour_type, Cell(0, 0, 0))
        folded[labour_type] = Cell(
            before.workers + cell.workers,
            before.amount_micro + cell.amount_micro,
            max(before.largest_micro, cell.largest_micro),
        )
    return folded


def small_types(types: dict[str, Cell], fewest: int) -> set[str]:
    """Return the labour types that are too few people to be shown by themselves."""
    return set(types) if is_hidden(types, fewest) else too_small(types, fewest)


def embodied_content(run: Run) -> dict[int, int]:
    """Return the labour embodied in each product, in µh: its own and what lineage hands on.

    `λ_i = l_i + Σ τ_ji λ_j // 10⁶` over all labour of the run (value-model.md c).
    """
    own = dict(run.products.order_by("product_id").values_list("product_id", "own_content_uh"))
    numbers = np.array(list(own), dtype=np.int64)
    rows = list(lineage_of(run))
    ends = np.array([(row.upstream_id, row.downstream_id) for row in rows], dtype=np.int64)
    shares = np.array([(row.transfer_ppm, row.machine_ppm) for row in rows], dtype=np.int64)
    positions = np.searchsorted(numbers, ends.reshape(-1, 2))
    shares = shares.reshape(-1, 2)
    edges = Edges(
        upstream=positions[:, 0],
        downstream=positions[:, 1],
        relation=[row.relation for row in rows],
        transfer_ppm=shares[:, 0],
        machine_ppm=shares[:, 1],
    )
    total = embody(build_lineage(edges, len(own)), list(own.values())).total
    return dict(zip(own, total, strict=True))


def new_value_content(run: Run) -> int:
    """Return the labour content that makes new value under the policy, in µh.

    Where copies are valueless, only labour of the period itself does (value-model.md d).
    """
    labour = RunLabour.objects.filter(run=run)
    if run.policy.document["value"]["value_approach"] == "copies_are_rent":
        labour = labour.filter(contribution__occurred_on__gte=run.period.starts_on)
        return labour.aggregate(sum=Sum("content_uh"))["sum"] or 0
    total: int = labour.aggregate(sum=Sum("content_uh"))["sum"] or 0
    return total - _content_of_other_periods(run)


def _content_of_other_periods(run: Run) -> int:
    """Return what plans of amortisation, as the run knew them, leave to other periods, in µh."""
    plans = AmortisationPlan.objects.filter(
        product__run_products__run=run, recorded_at__lte=run.started_at or run.requested_at
    )
    left = 0
    for plan in plans:
        created = RunLabour.objects.filter(
            run=run, contribution__product=plan.product_id, contribution__phase=Phase.TRAIN
        )
        whole: int = created.aggregate(sum=Sum("content_uh"))["sum"] or 0
        ppm = plan.spread_ppm(run.period.starts_on, run.period.ends_on)
        left += whole - whole * ppm // 1_000_000
    return left


def lineage_of(run: Run) -> QuerySet[RunEdge]:
    """Return the edges between products of a run, as the run saw them."""
    return RunEdge.objects.filter(run=run)


def _pool_sums(run: Run) -> list[PoolSum]:
    pools = list(run.pools.order_by("position"))
    paid = {
        pool: (amount, count)
        for pool, amount, count in Line.objects.filter(pool__in=pools)
        .order_by()
        .values_list("pool_id")
        .annotate(Sum("amount_micro"), Count("pk"))
    }
    waiting: defaultdict[int, int] = defaultdict(int)
    for row in held(run):
        waiting[row.pool_id] += row.amount_micro
    return [PoolSum(pool, *_sums_of(pool, paid, waiting)) for pool in pools]


def _sums_of(
    pool: RunPool, paid: dict[int, tuple[int, int]], waiting: dict[int, int]
) -> tuple[int, int, int]:
    amount, count = paid.get(pool.pk, (0, 0))
    return amount, waiting.get(pool.pk, 0), count


def _own_lines(run: Run) -> list[Passage]:
    rows = (
        Line.objects.filter(pool__in=list(run.pools.all()))
        .order_by()
        .values_list("pool_id", "contribution__product_id", "contribution__task_type__labour_type")
        .annotate(Sum("amount_micro"))
    )
    return [Passage(*row) for row in rows]


def _labour_cells(run: Run) -> dict[LabourKey, Cell]:
    rows = (
        Line.objects.filter(pool__in=list(run.pools.all()))
        .order_by()
        .values_list(
            "contribution__task_type__labour_type",
            "contribution__worker__status",
            "contribution__worker__country",
            "contribution__worker_id",
        )
        .annotate(Sum("amount_micro"))
    )
    cells: dict[LabourKey, Cell] = {}
    for labour_type, status, country, _worker, amount in rows.iterator():
        key = (labour_type, status, country)
        before = cells.get(key, Cell(0, 0, 0))
        cells[key] = Cell(
            before.workers + 1, before.amount_micro + amount, max(before.largest_micro, amount)
        )
    return cells
