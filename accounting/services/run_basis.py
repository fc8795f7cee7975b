"""The basis of a run: what it saw beside labour, and the sums that explain its lines.

Records may change after a run (a new rate, a corrected licence); the basis does not. So a line
is explained from the database alone, with the figures that the run went by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from accounting.core.errors import AccountingError
from accounting.core.grounds import BlendSums, Grounds
from accounting.core.tables import (
    Allocation,
    Benchmarks,
    Contributions,
    Costs,
    Edges,
    Facts,
    IndexInputs,
    Inputs,
    Licences,
    Period,
    Products,
    Revenue,
    Scores,
    TaskTypes,
    Usage,
    Valuations,
)
from accounting.models import Run, RunBasis, RunPool
from accounting.models.blocks import BLOCK_SHIFT
from accounting.services.binary_copy import Array, write_blocks
from accounting.services.run_inputs import Pinned

Int = NDArray[np.int64]

_TABLES: dict[str, type[Any]] = {
    "products": Products,
    "edges": Edges,
    "task_types": TaskTypes,
    "revenue": Revenue,
    "usage": Usage,
    "costs": Costs,
    "licences": Licences,
    "valuations": Valuations,
    "index_inputs": IndexInputs,
    "facts": Facts,
}
_MANY: dict[str, type[Any]] = {
    "contributions": Contributions,
    "benchmarks": Benchmarks,
    "scores": Scores,
}


class BasisMissing(AccountingError):
    """The run was computed before runs kept their basis."""

    code = "basis_missing"


class _Document(msgspec.Struct):
    """The stored form.

    `weights` are positions of products and their weight, pool by pool; `frozen` are row numbers
    of contributions and the share of their lines that open disputes hold back.
    """

    operator: str
    starts_on: date
    ends_on: date
    currency: str
    minor_digits: int
    bundles: list[str]
    tables: dict[str, dict[str, list[Any]]]
    weights: list[tuple[list[int], list[int]]]
    frozen: list[tuple[int, int]]
    quality: list[tuple[int, int, int]]
    blends: list[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Basis:
    """A basis as read back.

    Attributes:
        inputs: The run's inputs; those with a row a contribution or worker are empty.
        weights: Per pool, in the order of the run, the total weight of each product's labour.
        frozen_ppm: Per contribution, by row number, what disputes held back; others nothing.
        quality, blends: As in `Grounds`.
    """

    inputs: Inputs
    weights: list[Int]
    frozen_ppm: dict[int, int]
    quality: dict[int, tuple[int, int]]
    blends: dict[tuple[int, int], BlendSums]


def write_basis(
    *,
    run: Run,
    pools: Sequence[RunPool],
    pinned: Pinned,
    allocation: Allocation,
    grounds: Grounds,
) -> None:
    """Write the basis of a run, inside the caller's transaction."""
    inputs = pinned.inputs
    document = _Document(
        operator=inputs.operator,
        starts_on=inputs.period.start,
        ends_on=inputs.period.end,
        currency=inputs.period.currency,
        minor_digits=inputs.period.minor_digits,
        bundles=inputs.bundles,
        tables={name: _listed(getattr(inputs, name)) for name in _TABLES},
        weights=[_sparse(share.weight_by_product) for share in allocation.pools],
        frozen=_frozen(pinned),
        quality=[(key, *sums) for key, sums in grounds.quality.items()],
        blends=[
            (*key, sums.pot_uh, sums.positive_scores_ppb) for key, sums in grounds.blends.items()
        ],
    )
    RunBasis.objects.create(run=run, document=msgspec.json.encode(document))
    _write_producers(run, pinned, grounds)
    _write_gaps(pools, pinned, grounds)
    if grounds.blends:
        _write_scores(run, pinned)


def read_basis(run: Run) -> Basis:
    """Read the basis of a run.

    Raises:
        BasisMissing: The run has none.
    """
    stored = RunBasis.objects.filter(run=run).first()
    if stored is None:
        raise BasisMissing(f"{run.public_id} has no basis to explain its lines from.")
    document = msgspec.json.decode(bytes(stored.document), type=_Document)
    products = len(document.tables["products"]["id"])
    tables = {name: _table(kind, document.tables[name]) for name, kind in _TABLES.items()}
    empty: dict[str, Any] = {
        name: kind(**{column.name: np.zeros(0, dtype=np.int64) for column in fields(kind)})
        for name, kind in _MANY.items()
    }
    return Basis(
        inputs=Inputs(
            period=Period(
                document.starts_on, document.ends_on, document.currency, document.minor_digits
            ),
            operator=document.operator,
            policy_document=run.policy.document,
            workers=[],
            grades=[],
            bundles=document.bundles,
            **tables,
            **empty,
        ),
        weights=[_dense(*weights, products) for weights in document.weights],
        frozen_ppm=dict(document.frozen),
        quality={key: (weighted, seconds) for key, weighted, seconds in document.quality},
        blends={
            (place, valuation): BlendSums(pot, positive)
            for place, valuation, pot, positive in document.blends
        },
    )


def _listed(table: Any) -> dict[str, list[Any]]:
    columns = {column.name: getattr(table, column.name) for column in fields(table)}
    return {
        name: values.tolist() if isinstance(values, np.ndarray) else values
        for name, values in columns.items()
    }


def _table(kind: type[Any], columns: dict[str, list[Any]]) -> Any:
    kinds: dict[object, Any] = {"Int": np.int64, "Flag": np.bool_}
    return kind(
        **{
            column.name: (
                np.array(columns[column.name], dtype=kinds[column.type])
                if column.type in kinds
                else columns[column.name]
            )
            for column in fields(kind)
        }
    )


def _frozen(pinned: Pinned) -> list[tuple[int, int]]:
    frozen = pinned.inputs.contributions.frozen_ppm
    rows = np.flatnonzero(frozen)
    return list(zip(pinned.contribution_ids[rows].tolist(), frozen[rows].tolist(), strict=True))


def _sparse(weights: Int) -> tuple[list[int], list[int]]:
    at = np.flatnonzero(weights)
    return at.tolist(), weights[at].tolist()


def _dense(at: list[int], weights: list[int], products: int) -> Int:
    dense = np.zeros(products, dtype=np.int64)
    dense[np.array(at, dtype=np.int64)] = weights
    return dense


def _write_producers(run: Run, pinned: Pinned, grounds: Grounds) -> None:
    capped = grounds.capped
    keys, starts = np.unique(capped.norm_key, return_index=True)
    ends = np.append(starts, len(capped.norm_key))[1:].tolist()
    write_blocks(
        "accounting_producerblock",
        ("run_id", "norm_key", "workers", "cap_ppm", "seconds", "effective"),
        (
            (
                run.pk,
                key,
                pinned.worker_ids[capped.worker[start:end]],
                capped.cap_ppm[start:end],
                capped.seconds[start:end],
                capped.effective[start:end],
            )
            for key, start, end in zip(keys.tolist(), starts.tolist(), ends, strict=True)
        ),
    )


def _write_gaps(pools: Sequence[RunPool], pinned: Pinned, grounds: Grounds) -> None:
    benchmarks = pinned.inputs.benchmarks
    write_blocks(
        "accounting_gapblock",
        ("pool_id", "workers", "living_wage_micro_per_hour", "seconds", "received_micro"),
        (
            (
                pools[place].pk,
                pinned.worker_ids[benchmarks.worker],
                benchmarks.living_wage_micro_per_hour,
                grounds.worked_seconds[benchmarks.worker],
                received[benchmarks.worker],
            )
            for place, received in grounds.received_micro.items()
        ),
    )


def _write_scores(run: Run, pinned: Pinned) -> None:
    scores = pinned.inputs.scores
    columns = (
        pinned.contribution_ids[scores.contribution],
        scores.score_ppb,
        scores.valuation,
    )
    write_blocks(
        "accounting_scoreblock",
        ("run_id", "first_id", "last_id", "contributions", "scores_ppb", "valuations"),
        in_blocks(run.pk, columns),
    )


def in_blocks(
    owner: int, columns: Sequence[Array], optional: Sequence[Array | None] = ()
) -> Iterator[list[int | Array | None]]:
    """Cut equally long columns into blocks of one owner.

    Args:
        owner: Row number of what the blocks belong to.
        columns: The first of them are row numbers of contributions, ascending.
        optional: More columns, or NULL in their place.

    Yields:
        The owner, the first and last contribution, and the columns' parts.
    """
    for start in range(0, len(columns[0]), 1 << BLOCK_SHIFT):
        rows = slice(start, start + (1 << BLOCK_SHIFT))
        parts = [column[rows] for column in columns]
        more = [None if column is None else column[rows] for column in optional]
        yield [owner, int(parts[0][0]), int(parts[0][-1]), *parts, *more]
