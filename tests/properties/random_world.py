"""Random worlds: small enough to understand when they fail, odd enough to find faults.

Sums of money reach 2^53 and beyond; time, output and quality go missing; outcomes, refunds,
disputes, refusals to measure and products that nobody worked on all occur.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.world import (
    Benchmark,
    Contribution,
    Cost,
    Edge,
    Fact,
    IndexInput,
    Licence,
    Product,
    Revenue,
    Score,
    TaskType,
    Usage,
    Valuation,
    World,
)
from tests.properties.policies import GRADES, chance, policy, ratio

END = date(2026, 12, 31)
BIGGEST = 2**53

CATALOGUE = {
    row.code: row
    for row in [
        TaskType("t0", "DATA", "item"),
        TaskType("t1", "DATA", "item", "t0"),
        TaskType("t2", "DATA", "item", "t1"),
        TaskType("t3", "EVAL", "item", "t0"),
        TaskType("t4", "MODEL", "page", "t0"),
        TaskType("t5", "BIZ", "item"),
        TaskType("t6", "PROMPT", "page", "t4"),
    ]
}
TASK_CHOICE = ("t0", "t0", "t1", "t1", "t2", "t3", "t3", "t4", "t5", "t6")
OUTCOMES = ("accepted",) * 9 + ("rejected", "expired", "skipped", "pending")
BASES = ("active", "active", "page_open", "held", "self_declared", "none")


def random_world(rng: Random, *, products: int, workers: int, contributions: int) -> World:
    """Return a world of the given size; everything else is up to the generator."""
    keys = [f"p{i}" for i in range(products)]
    people = [f"w{i:03}" for i in range(workers)]
    rows = [_contribution(rng, keys, people, f"c{i:03}") for i in range(contributions)]
    money = _money(rng)
    return World(
        policy=policy(rng),
        products={key: Product(key, rng.choice(("op0", "op1")), chance(rng, 25)) for key in keys},
        task_types=CATALOGUE,
        workers=people,
        contributions={row.id: row for row in rows},
        end=END,
        minor_digits=rng.choice((2, 2, 0, 3)),
        grades=list(GRADES),
        edges=_lineage(rng, keys),
        **_income(rng, keys, money),
        **_valued(rng, rows),
        facts=_facts(rng, keys, money),
        benchmarks=[_benchmark(rng, worker) for worker in people if chance(rng, 70)],
    )


def _contribution(rng: Random, products: list[str], people: list[str], name: str) -> Contribution:
    # The extremes together stay below what one contribution may hold (2^50 micro-hours).
    seconds = rng.choice((rng.randint(0, 9), rng.randint(1, 60_000), 3600, 10**6))
    units = rng.choice((rng.randint(0, 20), rng.randint(1, 500), 1, 10**4))
    quality = rng.choice(
        (0, ratio(rng, 50_000), rng.randint(800_000, 1_000_000), 950_000, 1_200_000)
    )
    return Contribution(
        id=name,
        worker=rng.choice(people),
        product=rng.choice(products),
        task_type=rng.choice(TASK_CHOICE),
        occurred_on=END - timedelta(days=rng.choice((0, rng.randint(0, 400), 1500))),
        seconds=None if chance(rng, 20) else seconds,
        units=None if chance(rng, 30) else units,
        quality_ppm=None if chance(rng, 30) else quality,
        outcome=rng.choice(OUTCOMES),
        time_basis=rng.choice(BASES),
        grade=rng.choice((None, *GRADES)),
        wage_micro=rng.choice((0, rng.randint(0, 10**6), rng.randint(0, 10**8))),
        frozen_ppm=rng.choice((0, 0, 0, 0, 0, 0, ratio(rng))),
    )


def _lineage(rng: Random, products: list[str]) -> list[Edge]:
    """Return acyclic lineage whose transfers out of one product add up to at most one."""
    order = rng.sample(products, len(products))
    edges: list[Edge] = []
    for position, upstream in enumerate(order):
        left_ppm = 1_000_000
        for downstream in order[position + 1 :]:
            transfer_ppm = rng.choice((0, ratio(rng, 0, left_ppm)))
            left_ppm -= transfer_ppm
            if transfer_ppm and chance(rng, 25):
                edges.append(Edge(upstream, downstream, "generated_by", transfer_ppm, ratio(rng)))
            elif transfer_ppm:
                edges.append(Edge(upstream, downstream, "trained_on", transfer_ppm))
    return rng.sample(edges, len(edges))


def _money(rng: Random) -> Callable[[], int]:
    """Return a source of amounts of one order of magnitude, now and then of another."""
    usual = rng.choice((50, 10**4, 10**8, 10**10, 10**10, 10**12, BIGGEST))

    def amount() -> int:
        most = usual if chance(rng, 80) else rng.choice((10, 10**6, 10**11, BIGGEST))
        return most if chance(rng, 5) else rng.randint(0, most)

    return amount


def _income(rng: Random, products: list[str], money: Callable[[], int]) -> dict[str, Any]:
    """Return revenue, bundles with their meters and index, costs and licences."""
    used = rng.sample(products, rng.randint(0, min(3, len(products))))
    bundles = ["b0"] if used else []
    sources = [*[(key, None) for key in products], *[(None, key) for key in bundles]]
    refund_percent = rng.choice((0, 0, 0, 30, 30, 100))
    revenue = []
    for i in range(rng.choice((0, 1, 2, 3, 4, 4))):
        product, bundle = rng.choice(sources)
        amount = -money() if chance(rng, refund_percent) else money()
        revenue.append(Revenue(f"r{i}", product, bundle, amount))
    kinds = rng.choices(("compute", "wages", "other"), k=rng.choice((0, 1, 2)))
    licensed = rng.choices(products, k=rng.choice((0, 0, 1, 2)))
    return {
        "bundles": bundles,
        "revenue": revenue,
        "usage": [Usage("b0", product, rng.randint(1, 10**6)) for product in used],
        "index_inputs": [_index_input(rng, key, least=int(key == used[0])) for key in used],
        "costs": [
            Cost(f"k{i}", None, kind, money() // rng.choice((1, 10, 100, 1000)))
            for i, kind in enumerate(kinds)
        ],
        "licences": {f"l{i}": _licence(rng, f"l{i}", key) for i, key in enumerate(licensed)}
        if chance(rng, 90)
        else {"l0": Licence("l0", products[0], money(), 0, 0, 50_000, money())},
    }


def _index_input(rng: Random, product: str, *, least: int) -> IndexInput:
    """Return the inputs of the index; one product of a bundle has something of everything."""
    return IndexInput(
        product=product,
        gpu_milli_hours=rng.choice((least, rng.randint(1, 10 ** rng.randint(1, 12)))),
        governance_seconds=rng.choice((least, rng.randint(1, 10 ** rng.randint(1, 9)))),
        training_flop=str(rng.choice((1 + least, rng.randint(2, 10 ** rng.randint(1, 26))))),
    )


def _licence(rng: Random, name: str, product: str) -> Licence:
    return Licence(
        id=name,
        product=product,
        fee_micro=rng.randint(0, 10**10),
        price_micro=rng.randint(0, 10**6),
        units=rng.randint(0, 10**6),
        percentage_ppm=ratio(rng, 0, 200_000),
        base_micro=rng.randint(0, 10**12),
    )


def _valued(rng: Random, rows: list[Contribution]) -> dict[str, Any]:
    """Return at most one valuation per product with scores of that product's contributions."""
    products = sorted({row.product for row in rows if chance(rng, 40)})
    reliability = {key: rng.choice((ratio(rng), 800_000, -300_000)) for key in products}
    scores: list[Score] = []
    for product in products:
        least = rng.choice((-(10**9), -100, 0))
        most = rng.choice((0, 5, 10**9, 10**9))
        scores += [
            Score(row.id, f"v-{product}", rng.randint(least, most))
            for row in rows
            if row.product == product and chance(rng, 70)
        ]
    return {
        "valuations": {
            f"v-{key}": Valuation(f"v-{key}", key, reliability[key]) for key in products
        },
        "scores": rng.sample(scores, len(scores)),
    }


def _facts(rng: Random, products: list[str], money: Callable[[], int]) -> list[Fact]:
    names = ("capital_advanced", "expired_escrow", "price", "marginal_cost")
    facts = [Fact(name, _in_currency(money())) for name in names if chance(rng, 60)]
    facts += [
        Fact(name, _in_currency(money()), product)
        for product in products
        for name in names[2:]
        if chance(rng, 15)
    ]
    if chance(rng, 50):
        facts.append(Fact("unlogged_hours", f"{rng.randint(0, 500)}.25"))
    facts += [
        Fact("realised_share", f"0.{rng.randint(0, 99):02}", product)
        for product in products
        if chance(rng, 40)
    ]
    facts += [
        Fact("amortised_share", rng.choice(("0", "0.083333", "0.25", "1")), product)
        for product in products
        if chance(rng, 20)
    ]
    facts += [
        Fact("portability", rng.choice(("0", "0.5", "1", "0.125")), None, f"item {i}", str(weight))
        for i, weight in enumerate(rng.choices((0, 1, 2, 5), k=rng.randint(0, 3)))
    ]
    return facts


def _in_currency(micro: int) -> str:
    return f"{micro // 10**6}.{micro % 10**6:06}"


def _benchmark(rng: Random, worker: str) -> Benchmark:
    return Benchmark(
        worker=worker,
        living_wage_micro_per_hour=rng.choice((0, 40_000_000, rng.randint(1, 10**8))),
        received_micro=rng.choice((0, 0, rng.randint(0, 10**8))),
        carried_in_micro=rng.choice((0, rng.randint(0, 9_999), rng.randint(-(10**9), 0))),
    )
