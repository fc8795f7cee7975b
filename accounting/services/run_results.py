"""Writing what a run computed: norms, labour, pools, flows, lines, escrow, statements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.core.grounds import Grounds
from accounting.core.grouping import sums_by
from accounting.core.tables import MISSING, Allocation, PoolShare
from accounting.models import (
    EscrowEntry,
    Flow,
    Run,
    RunEdge,
    RunIndicator,
    RunNorm,
    RunPool,
    RunProduct,
)
from accounting.services.binary_copy import Array, write_blocks, write_columns
from accounting.services.run_basis import in_blocks, write_basis
from accounting.services.run_inputs import Pinned

Int = NDArray[np.int64]


def write_results(*, run: Run, pinned: Pinned, allocation: Allocation, grounds: Grounds) -> None:
    """Write an allocation under a run, inside the caller's transaction."""
    _write_norms(run, allocation)
    _write_labour(run, pinned, allocation)
    _write_products(run, pinned, allocation)
    _write_edges(run, pinned)
    pools = _write_pools(run, allocation)
    for pool, share in zip(pools, allocation.pools, strict=True):
        _write_flows(pool, share, pinned)
        _write_lines(pool, share, pinned)
    _write_escrow(pools, pinned, allocation)
    _write_statements(run, pinned, allocation)
    RunIndicator.objects.bulk_create(
        RunIndicator(run=run, name=name, value=value)
        for name, value in sorted(allocation.indicators.items())
    )
    write_basis(run=run, pools=pools, pinned=pinned, allocation=allocation, grounds=grounds)


def paid_workers(allocation: Allocation) -> NDArray[np.bool_]:
    """Say of each worker whether the run has anything to state: an amount or a carry."""
    statements = allocation.statements
    stated: NDArray[np.bool_] = (statements.amount_micro != 0) | (statements.carried_in_micro != 0)
    return stated


def _write_norms(run: Run, allocation: Allocation) -> None:
    RunNorm.objects.bulk_create(
        RunNorm(
            run=run,
            task_type=norm.task_type,
            scope=norm.scope,
            method=norm.method,
            seconds=norm.seconds,
            effective_micro_units=norm.effective_micro_units,
            producers=norm.producers,
            norm_nanoseconds=norm.norm_nanoseconds,
            shrunk_toward=norm.shrunk_toward,
            rescale_ppb=norm.rescale_ppb,
        )
        for norm in allocation.norms
    )


def _write_labour(run: Run, pinned: Pinned, allocation: Allocation) -> None:
    labour = allocation.labour
    columns = (
        pinned.contribution_ids,
        labour.credited_uh,
        labour.complexity_ppm.astype(np.int32),
        labour.decay_ppm.astype(np.int32),
        labour.content_uh,
        labour.basis.astype(np.int16),
    )
    write_blocks(
        "accounting_labourblock",
        (
            "run_id",
            "first_id",
            "last_id",
            "contributions",
            "credited_uh",
            "complexity_ppm",
            "decay_ppm",
            "content_uh",
            "basis",
            "workers",
        ),
        in_blocks(run.pk, columns, [_workers(pinned)]),
    )


def _workers(pinned: Pinned) -> Array | None:
    """Whose labour the run took each contribution for, where that may not be on record."""
    if not pinned.merged:
        return None
    workers: Array = pinned.worker_ids[pinned.inputs.contributions.worker]
    return workers


def _write_products(run: Run, pinned: Pinned, allocation: Allocation) -> None:
    product = pinned.inputs.contributions.product
    own = sums_by(product, allocation.labour.content_uh, len(pinned.product_ids))
    RunProduct.objects.bulk_create(
        RunProduct(run=run, product_id=int(number), revenue_micro=int(r), own_content_uh=int(c))
        for number, r, c in zip(
            pinned.product_ids, allocation.product_revenue_micro, own, strict=True
        )
    )


def _write_edges(run: Run, pinned: Pinned) -> None:
    RunEdge.objects.bulk_create(
        RunEdge(
            run=run,
            upstream_id=edge.upstream_id,
            downstream_id=edge.downstream_id,
            relation=edge.relation,
            transfer_ppm=edge.transfer_ppm,
            machine_ppm=edge.machine_ppm,
            evidence=edge.evidence,
            assumed=edge.assumed,
        )
        for edge in pinned.edges
    )


def _write_pools(run: Run, allocation: Allocation) -> list[RunPool]:
    return RunPool.objects.bulk_create(
        [
            RunPool(
                run=run,
                position=position,
                code=share.id,
                kind=share.kind,
                flow=share.flow,
                funded_micro=share.funded_micro,
                scaled_from_micro=share.scaled_from_micro,
            )
            for position, share in enumerate(allocation.pools)
        ]
    )


def _write_flows(pool: RunPool, share: PoolShare, pinned: Pinned) -> None:
    weights = _flow_weights(share, pinned)
    Flow.objects.bulk_create(
        Flow(
            pool=pool,
            product_id=int(pinned.product_ids[product]),
            upstream_id=None if upstream == MISSING else int(pinned.product_ids[upstream]),
            weight=weight,
            amount_micro=int(amount),
        )
        for product, upstream, amount, weight in zip(
            share.flow_product.tolist(),
            share.flow_upstream.tolist(),
            share.flow_micro.tolist(),
            weights,
            strict=True,
        )
    )


def _flow_weights(share: PoolShare, pinned: Pinned) -> list[int]:
    own = share.weight_by_product
    edges = pinned.inputs.edges
    transfer = {
        (int(up), int(down)): int(t) * int(m) // 1_000_000
        for up, down, t, m in zip(
            edges.upstream, edges.downstream, edges.transfer_ppm, edges.machine_ppm, strict=True
        )
    }
    return [
        int(own[product])
        if upstream == MISSING
        else transfer[upstream, product] * int(share.embodied_uh[upstream]) // 1_000_000
        for product, upstream in zip(
            share.flow_product.tolist(), share.flow_upstream.tolist(), strict=True
        )
    ]


def _write_lines(pool: RunPool, share: PoolShare, pinned: Pinned) -> None:
    contested = share.line_gross_micro is not share.line_micro
    columns = (
        pinned.contribution_ids[share.line_contribution],
        share.weight[np.searchsorted(share.weighted, share.line_contribution)],
        share.line_micro,
    )
    write_blocks(
        "accounting_lineblock",
        ("pool_id", "first_id", "last_id", "contributions", "weights", "amounts", "gross"),
        in_blocks(pool.pk, columns, [share.line_gross_micro if contested else None]),
    )


def _write_escrow(pools: list[RunPool], pinned: Pinned, allocation: Allocation) -> None:
    by_code = {pool.code: pool for pool in pools}
    EscrowEntry.objects.bulk_create(
        EscrowEntry(
            pool=by_code[entry.pool],
            product_id=(
                None if entry.product == MISSING else int(pinned.product_ids[entry.product])
            ),
            reason=entry.reason,
            amount_micro=entry.amount_micro,
        )
        for entry in allocation.escrow
    )


def _write_statements(run: Run, pinned: Pinned, allocation: Allocation) -> None:
    statements = allocation.statements
    rows = np.flatnonzero(paid_workers(allocation))
    columns: dict[str, Any] = {
        "run_id": np.full(len(rows), run.pk, dtype=np.int64),
        "worker_id": pinned.worker_ids[rows],
        "amount_micro": statements.amount_micro[rows],
        "carried_in_micro": statements.carried_in_micro[rows],
        "paid_minor": statements.paid_minor[rows],
        "carried_out_micro": statements.carried_out_micro[rows],
    }
    write_columns("accounting_statement", columns, len(rows))
