"""Pinning: reading all that a run needs, as columns, in one snapshot.

The universe of a run is the operator's products and everything they descend from, with all
labour on them up to the period's end, because old labour still earns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.core.tables import Edges, Inputs, Products
from accounting.core.tables import Period as PeriodTable
from accounting.models import Period, Policy
from accounting.services.index_inputs import read_index_inputs
from accounting.services.labour_inputs import read_labour
from accounting.services.money_inputs import read_money
from accounting.services.payee_inputs import read_benchmarks, read_scores
from contributions.currencies import minor_digits
from contributions.identifiers import public_ids
from contributions.models import LineageEdge, Product
from contributions.services.lineage import ancestors

Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pinned:
    """The inputs of a run beside the row numbers that its positions stand for.

    `edges` are the lineage's own rows, in the order of `inputs.edges`; `merged` says that work
    may count for another worker than it was recorded of; `stale_segments` are
    segments of packed labour that lack rows by now.
    """

    inputs: Inputs
    edges: list[LineageEdge]
    product_ids: Int
    worker_ids: Int
    contribution_ids: Int
    merged: bool
    stale_segments: list[int]


def pin(*, period: Period, policy: Policy) -> Pinned:
    """Read everything a run of this period under this policy needs.

    Call it inside a REPEATABLE READ transaction: an import during the run must not show.

    Raises:
        FxRateMissing: A wage is in a currency without a rate into the ledger's.
    """
    products = universe(period)
    product_ids = np.array([product.pk for product in products], dtype=np.int64)
    edges = _edges_between(product_ids)
    money = read_money(period, product_ids)
    labour = read_labour(period, product_ids, licence_of=money.licence_of)
    valuations, scores = read_scores(product_ids, labour.contribution_ids)
    inputs = Inputs(
        period=PeriodTable(
            start=period.starts_on,
            end=period.ends_on,
            currency=period.currency,
            minor_digits=minor_digits(period.currency),
        ),
        operator=period.operator.public_id,
        policy_document=policy.document,
        products=_products(products),
        edges=_edges(edges, product_ids),
        task_types=labour.task_types,
        workers=public_ids("wrk", labour.worker_ids).tolist(),
        grades=labour.grades,
        bundles=money.bundles,
        contributions=labour.contributions,
        revenue=money.revenue,
        usage=money.usage,
        costs=money.costs,
        licences=money.licences,
        benchmarks=read_benchmarks(period, labour.worker_ids),
        scores=scores,
        valuations=valuations,
        index_inputs=read_index_inputs(products, until=period.ends_on),
        facts=money.facts,
    )
    return Pinned(
        inputs=inputs,
        edges=edges,
        product_ids=product_ids,
        worker_ids=labour.worker_ids,
        contribution_ids=labour.contribution_ids,
        merged=labour.merged,
        stale_segments=labour.stale_segments,
    )


def universe(period: Period) -> list[Product]:
    """Return the operator's products and all they descend from, in ascending order of id."""
    own = Product.objects.filter(operator=period.operator_id).values_list("pk", flat=True)
    return list(
        Product.objects.filter(pk__in=ancestors(own)).select_related("operator").order_by("pk")
    )


def _products(products: list[Product]) -> Products:
    return Products(
        id=[product.public_id for product in products],
        kind=[product.kind for product in products],
        name=[product.name for product in products],
        version=[product.version for product in products],
        operator=[product.operator.public_id for product in products],
        released_on=[
            product.released_on.isoformat() if product.released_on else "" for product in products
        ],
        public=np.array([product.public for product in products], dtype=np.bool_),
    )


def _edges_between(product_ids: Int) -> list[LineageEdge]:
    return list(
        LineageEdge.objects.filter(upstream__in=product_ids.tolist())
        .filter(downstream__in=product_ids.tolist())
        .order_by("upstream_id", "downstream_id")
    )


def _edges(rows: list[LineageEdge], product_ids: Int) -> Edges:
    columns = np.array(
        [[r.upstream_id, r.downstream_id, r.transfer_ppm, r.machine_ppm] for r in rows],
        dtype=np.int64,
    ).reshape(-1, 4)
    return Edges(
        upstream=np.searchsorted(product_ids, columns[:, 0]).astype(np.int64),
        downstream=np.searchsorted(product_ids, columns[:, 1]).astype(np.int64),
        relation=[row.relation for row in rows],
        transfer_ppm=columns[:, 2],
        machine_ppm=columns[:, 3],
    )
