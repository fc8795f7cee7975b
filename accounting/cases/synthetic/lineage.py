"""Products of a synthetic world: levels of data sets and models up to deployments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from accounting.cases.case import Edge, Product, ProductKind, Relation
from accounting.cases.synthetic.draws import Draws, shuffled, skewed
from accounting.core.tables import Int

KINDS: tuple[ProductKind, ...] = (
    "dataset",
    "deployment",
    "evaluation",
    "model",
    "prompt_library",
)
BEGIN = date(2022, 10, 1)
_DAYS_OF_HISTORY = 1_200
_RELATION_TO: dict[tuple[str, str], Relation] = {
    ("model", "model"): "fine_tuned_from",
    ("model", "dataset"): "generated_by",
    ("evaluation", "model"): "evaluated_on",
    ("model", "deployment"): "deploys",
    ("dataset", "deployment"): "retrieves_from",
    ("evaluation", "deployment"): "evaluated_on",
    ("prompt_library", "deployment"): "calls_tool",
    ("dataset", "dataset"): "merged_from",
    ("prompt_library", "dataset"): "generated_by",
}


@dataclass(frozen=True, slots=True)
class Lineage:
    """Products by level and their edges; columns are aligned with `products`.

    Attributes:
        level: 0 for raw material, `depth - 1` for deployments.
        kind: Position in `KINDS`.
        share_of_work: Running sum of weights by which contributions fall on products.
        first_day, days: When people worked on it: from this day, for so many days.
    """

    products: tuple[Product, ...]
    edges: tuple[Edge, ...]
    level: Int
    kind: Int
    share_of_work: Int
    first_day: Int
    days: Int


def lineage(draws: Draws, count: int, depth: int, *, end: date) -> Lineage:
    """Invent `count` products on `depth` levels, the longest path touching every level.

    Args:
        draws: Where chance comes from.
        count: How many products, >= depth.
        depth: How many levels, >= 2.
        end: The last day anybody worked.
    """
    level = np.sort(np.concatenate([np.arange(depth), draws.below(depth, count - depth)]))
    step = timedelta(days=max(1, _DAYS_OF_HISTORY // depth))
    products = tuple(
        _product(draws, number, _kind(draws.one(0, 9), at, depth), BEGIN + step * (at + 1))
        for number, at in enumerate(level.tolist())
    )
    kind = np.array([KINDS.index(product.kind) for product in products])
    first_day, days = _working_days(products, step.days, end)
    # Shares of work are ranked at random, so that every level has busy and idle products.
    ranked = np.diff(skewed(count, 10), prepend=0)[shuffled(draws, count)]
    return Lineage(
        products=products,
        edges=_edges(draws, products, level.tolist()),
        level=level,
        kind=kind,
        share_of_work=np.cumsum(ranked),
        first_day=first_day,
        days=days,
    )


def _product(draws: Draws, number: int, kind: ProductKind, released_on: date) -> Product:
    metered = kind in {"model", "deployment"}
    # What is sold stays the platform's own, so that all revenue is the operator's.
    public = kind != "deployment" and draws.one(0, 19) == 0
    return Product(
        key=f"syn-product-{number:05d}",
        kind=kind,
        name=f"Synthetic {kind.replace('_', ' ')} {number}",
        version="1",
        operator="syn-lab" if public else "syn-platform",
        released_on=released_on,
        public=public,
        gpu_milli_hours=draws.one(10_000, 10**9) if metered else None,
        governance_seconds=draws.one(3_600, 36_000_000) if metered else None,
        training_flop=str(draws.one(1, 999) * 10**20) if metered else None,
    )


def _kind(chance: int, level: int, depth: int) -> ProductKind:
    if level == depth - 1:
        return "deployment"
    if level == 0:
        return "prompt_library" if chance < 2 else "dataset"
    if level % 2:
        return "model"
    return "evaluation" if chance < 3 else "dataset"


def _working_days(products: Sequence[Product], step_days: int, end: date) -> tuple[Int, Int]:
    epoch = date(1970, 1, 1)
    released = np.array([(product.released_on - epoch).days for product in products])
    last = (end - epoch).days
    running = np.array([product.kind == "deployment" for product in products])
    # A deployment is work from its release on, everything else is work before it.
    first = np.where(running, released, released - step_days)
    until = np.where(running, last, released)
    return first, until - first + 1


def _edges(draws: Draws, products: Sequence[Product], level: Sequence[int]) -> tuple[Edge, ...]:
    upstream_of = _upstream(draws, level)
    downstream_of: dict[int, list[int]] = defaultdict(list)
    for downstream, chosen in upstream_of.items():
        for upstream in chosen:
            downstream_of[upstream].append(downstream)
    edges: list[Edge] = []
    for upstream in sorted(downstream_of):
        targets = sorted(downstream_of[upstream])
        # What a product passes on never exceeds what it has: its shares add up to at most 95 %.
        whole_ppm = draws.one(300_000, 950_000)
        weights = draws.between(1, 9, len(targets)).tolist()
        for target, weight in zip(targets, weights, strict=True):
            transfer_ppm = whole_ppm * weight // sum(weights)
            edges.append(_edge(draws, products[upstream], products[target], transfer_ppm))
    return tuple(edges)


def _upstream(draws: Draws, level: Sequence[int]) -> dict[int, list[int]]:
    """Choose for each product one on the level just below and up to three from any below."""
    first_of = {at: level.index(at) for at in set(level)}
    chosen: dict[int, list[int]] = {}
    for product, at in enumerate(level):
        if at == 0:
            continue
        nearest = draws.one(first_of[at - 1], first_of[at] - 1)
        others = draws.below(first_of[at], draws.one(0, 3)).tolist()
        chosen[product] = sorted({nearest, *others})
    return chosen


def _edge(draws: Draws, upstream: Product, downstream: Product, transfer_ppm: int) -> Edge:
    relation = _RELATION_TO.get((upstream.kind, downstream.kind), "trained_on")
    generated = relation == "generated_by"
    return Edge(
        upstream=upstream.key,
        downstream=downstream.key,
        relation=relation,
        transfer_ppm=transfer_ppm,
        machine_ppm=draws.one(200_000, 1_000_000) if generated else 1_000_000,
        evidence="Synthetic",
        assumed=True,
    )
