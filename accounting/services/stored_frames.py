"""The tables of a run as the database holds them, in the form and order of its bundle.

What runs write by the million comes block by block, so comparing ten million rows needs no
more memory than a few thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.core.bundle.frames import Frame, Words, distinct
from accounting.core.bundle.input_frames import decimal_of_parts
from accounting.core.tables import CONTENT_BASES, NumberedIds
from accounting.models import EscrowEntry, LabourBlock, LineBlock, Run, Statement
from contributions.identifiers import public_id, public_ids
from contributions.models import Contribution, Product, Worker

Int = NDArray[np.int64]

_MICRO_DIGITS = 6
_AT_ONCE = 64


def norms(run: Run) -> Iterator[Frame]:
    """Yield the norms."""
    rows = list(run.norms.order_by("task_type", "scope"))
    rows.sort(key=lambda row: (row.task_type, row.scope))
    yield {
        "task_type": distinct([row.task_type for row in rows]),
        "method": distinct([row.method for row in rows]),
        "seconds": _integers(row.seconds for row in rows),
        "effective_units": distinct(
            [decimal_of_parts(row.effective_micro_units, _MICRO_DIGITS) for row in rows]
        ),
        "producers": _integers(row.producers for row in rows),
        "scope": distinct([row.scope for row in rows]),
        "norm_nanoseconds": distinct([str(row.norm_nanoseconds) for row in rows]),
        "shrunk_toward": distinct([row.shrunk_toward for row in rows]),
        "rescale_ppb": distinct([str(row.rescale_ppb) for row in rows]),
    }


def labour(run: Run) -> Iterator[Frame]:
    """Yield labour content, block by block."""
    blocks = LabourBlock.objects.filter(run=run).order_by("first_id")
    for block in blocks.iterator(chunk_size=_AT_ONCE):
        yield {
            "contribution_id": _ids(block.contributions),
            "credited_uh": _integers(block.credited_uh),
            "complexity_ppm": _integers(block.complexity_ppm),
            "decay_ppm": _integers(block.decay_ppm),
            "content_uh": _integers(block.content_uh),
            "basis": Words(_integers(block.basis), CONTENT_BASES),
        }


def pools(run: Run) -> Iterator[Frame]:
    """Yield the pools."""
    rows = sorted(run.pools.all(), key=lambda row: row.code)
    yield {
        "pool_id": distinct([row.code for row in rows]),
        "kind": distinct([row.kind for row in rows]),
        "flow": distinct([row.flow for row in rows]),
        "funded_micro": _integers(row.funded_micro for row in rows),
        "scaled_from_micro": _integers(row.scaled_from_micro for row in rows),
    }


def flows(run: Run) -> Iterator[Frame]:
    """Yield the flows, pool by pool."""
    for pool in sorted(run.pools.all(), key=lambda row: row.code):
        rows = sorted(pool.flows.all(), key=lambda row: (row.product_id, row.upstream_id or 0))
        yield {
            "pool_id": _same(pool.code, len(rows)),
            "product_id": distinct([_product(row.product_id) for row in rows]),
            "upstream_id": distinct([_product(row.upstream_id) for row in rows]),
            "amount_micro": _integers(row.amount_micro for row in rows),
        }


def lines(run: Run) -> Iterator[Frame]:
    """Yield the lines, pool by pool and block by block."""
    for code, block in _line_blocks(run):
        yield {
            "pool_id": _same(code, len(block.contributions)),
            "contribution_id": _ids(block.contributions),
            "amount_micro": _integers(block.amounts),
        }


def weights(run: Run) -> Iterator[Frame]:
    """Yield the weights of what has a line; the bundle knows those of the rest too."""
    for code, block in _line_blocks(run):
        yield {
            "pool_id": _same(code, len(block.contributions)),
            "contribution_id": _ids(block.contributions),
            "weight": _integers(block.weights),
        }


def statements(run: Run) -> Iterator[Frame]:
    """Yield the statements; workers with nothing to state have none."""
    rows = Statement.objects.filter(run=run).order_by("worker_id")
    columns = _columns(
        rows.values_list(
            "worker_id", "amount_micro", "carried_in_micro", "paid_minor", "carried_out_micro"
        ),
        width=5,
    )
    yield {
        "worker_id": _numbered(Worker.id_prefix, columns[0]),
        "amount_micro": columns[1],
        "carried_in_micro": columns[2],
        "paid_minor": columns[3],
        "carried_out_micro": columns[4],
    }


def escrow(run: Run) -> Iterator[Frame]:
    """Yield what is held."""
    rows = sorted(
        EscrowEntry.objects.filter(pool__run=run).select_related("pool"),
        key=lambda row: (row.pool.code, row.product_id or 0, row.reason),
    )
    yield {
        "pool_id": distinct([row.pool.code for row in rows]),
        "product_id": distinct([_product(row.product_id) for row in rows]),
        "amount_micro": _integers(row.amount_micro for row in rows),
        "reason": distinct([row.reason for row in rows]),
    }


def _line_blocks(run: Run) -> Iterator[tuple[str, LineBlock]]:
    for pool in sorted(run.pools.all(), key=lambda row: row.code):
        blocks = LineBlock.objects.filter(pool=pool).order_by("first_id")
        for block in blocks.iterator(chunk_size=_AT_ONCE):
            yield pool.code, block


def _ids(numbers: list[int]) -> Words:
    return _numbered(Contribution.id_prefix, _integers(numbers))


def _numbered(prefix: str, numbers: Int) -> Words:
    rows = np.arange(len(numbers), dtype=np.int64)
    return Words(rows, NumberedIds(numbers, lambda some: public_ids(prefix, some)))


def _same(text: str, rows: int) -> Words:
    return Words(np.zeros(rows, dtype=np.int64), [text])


def _product(number: int | None) -> str:
    return "" if number is None else public_id(Product.id_prefix, number)


def _columns(rows: Any, *, width: int) -> Int:
    return np.array(list(rows), dtype=np.int64).reshape(-1, width).T


def _integers(values: Any) -> Int:
    return np.fromiter(values, dtype=np.int64)
