"""From an allocation to the frames of a bundle's derived files."""

from __future__ import annotations

import numpy as np

from accounting.core.bundle.frames import Frame, Words, distinct, sorted_frame
from accounting.core.bundle.input_frames import decimal_of_parts
from accounting.core.tables import CONTENT_BASES, Allocation, Inputs, Int, PoolShare

MICRO_DIGITS = 6


def derived_frames(inputs: Inputs, allocation: Allocation) -> dict[str, Frame]:
    """Return the frame of every derived table, in ascending order of its first columns."""
    pools = sorted(allocation.pools, key=lambda pool: pool.id)
    contributions, products = inputs.contributions.id, inputs.products.id
    statements = allocation.statements
    return {
        "norms": _norms(allocation),
        "labour": _labour(inputs, allocation),
        "pools": {
            "pool_id": distinct([pool.id for pool in pools]),
            "kind": distinct([pool.kind for pool in pools]),
            "flow": distinct([pool.flow for pool in pools]),
            "funded_micro": _integers([pool.funded_micro for pool in pools]),
            "scaled_from_micro": _integers([pool.scaled_from_micro for pool in pools]),
        },
        "weights": {
            "pool_id": _pool_column(pools, [pool.weighted for pool in pools]),
            "contribution_id": Words(_joined([pool.weighted for pool in pools]), contributions),
            "weight": _joined([pool.weight for pool in pools]),
        },
        "flows": {
            "pool_id": _pool_column(pools, [pool.flow_micro for pool in pools]),
            "product_id": Words(_joined([pool.flow_product for pool in pools]), products),
            "upstream_id": Words(_joined([pool.flow_upstream for pool in pools]), products),
            "amount_micro": _joined([pool.flow_micro for pool in pools]),
        },
        "lines": {
            "pool_id": _pool_column(pools, [pool.line_micro for pool in pools]),
            "contribution_id": Words(
                _joined([pool.line_contribution for pool in pools]), contributions
            ),
            "amount_micro": _joined([pool.line_micro for pool in pools]),
        },
        "statements": {
            "worker_id": distinct(inputs.workers),
            "amount_micro": statements.amount_micro,
            "carried_in_micro": statements.carried_in_micro,
            "paid_minor": statements.paid_minor,
            "carried_out_micro": statements.carried_out_micro,
        },
        "escrow": _escrow(inputs, allocation),
    }


def _norms(allocation: Allocation) -> Frame:
    norms = allocation.norms
    frame: Frame = {
        "task_type": distinct([norm.task_type for norm in norms]),
        "method": distinct([norm.method for norm in norms]),
        "seconds": _integers([norm.seconds for norm in norms]),
        "effective_units": distinct(
            [decimal_of_parts(norm.effective_micro_units, MICRO_DIGITS) for norm in norms]
        ),
        "producers": _integers([norm.producers for norm in norms]),
        "scope": distinct([norm.scope for norm in norms]),
        "norm_nanoseconds": distinct([str(norm.norm_nanoseconds) for norm in norms]),
        "shrunk_toward": distinct([norm.shrunk_toward for norm in norms]),
        "rescale_ppb": distinct([str(norm.rescale_ppb) for norm in norms]),
    }
    return sorted_frame(frame, [[n.task_type for n in norms], [n.scope for n in norms]])


def _labour(inputs: Inputs, allocation: Allocation) -> Frame:
    labour = allocation.labour
    rows = np.arange(len(labour.basis), dtype=np.int64)
    return {
        "contribution_id": Words(rows, inputs.contributions.id),
        "credited_uh": labour.credited_uh,
        "complexity_ppm": labour.complexity_ppm,
        "decay_ppm": labour.decay_ppm,
        "content_uh": labour.content_uh,
        "basis": Words(labour.basis, CONTENT_BASES),
    }


def _escrow(inputs: Inputs, allocation: Allocation) -> Frame:
    rows = sorted(allocation.escrow, key=lambda row: (row.pool, row.product, row.reason))
    return {
        "pool_id": distinct([row.pool for row in rows]),
        "product_id": Words(_integers([row.product for row in rows]), inputs.products.id),
        "amount_micro": _integers([row.amount_micro for row in rows]),
        "reason": distinct([row.reason for row in rows]),
    }


def _pool_column(pools: list[PoolShare], columns: list[Int]) -> Words:
    lengths = [len(column) for column in columns]
    codes = np.repeat(np.arange(len(pools), dtype=np.int64), lengths)
    return Words(codes, [pool.id for pool in pools])


def _joined(columns: list[Int]) -> Int:
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])


def _integers(values: list[int]) -> Int:
    return np.array(values, dtype=np.int64)
