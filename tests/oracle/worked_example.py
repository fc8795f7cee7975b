"""The worked example of the value model as a plain world: eight people, four products."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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

MICRO = 1_000_000
PEOPLE = ["Ana", "Bo", "Chen", "Dee", "Eva", "Fen", "Gao", "Hu"]

POLICY: dict[str, object] = {
    "format": "huisu-policy/1",
    "name": "Worked example",
    "version": "1",
    "complexity": {
        "wage_ratio_weight": 1,
        "training_cost_weight": 1,
        "flat_weight": 0,
        "simple_wage_micro_per_hour": 30 * MICRO,
        "task_types": {
            "label": {"wage_micro_per_hour": 30 * MICRO, "working_life_hours": 60_000},
            "postedit": {"wage_micro_per_hour": 30 * MICRO, "working_life_hours": 60_000},
            "review": {
                "wage_micro_per_hour": 39 * MICRO,
                "working_life_hours": 60_000,
                "training": [{"hours": 3000}],
            },
            "align": {
                "wage_micro_per_hour": 45 * MICRO,
                "working_life_hours": 60_000,
                "training": [{"hours": 7200}],
            },
            "eng": {
                "wage_micro_per_hour": 90 * MICRO,
                "working_life_hours": 60_000,
                "training": [{"hours": 12_600}],
            },
        },
    },
    "pools": [
        {"id": "licence", "kind": "licence"},
        {
            "id": "dividend",
            "kind": "data_dividend",
            "rate_ppm": 30_000,
            "labour_types": ["DATA", "EVAL"],
            "task_types": ["align"],
            "flow": "lineage",
            "key": "blend",
        },
        {"id": "floor", "kind": "wage_floor"},
        {"id": "profit_share", "kind": "profit_share", "rate_ppm": 100_000},
        {"id": "commons", "kind": "commons", "rate_ppm": 100_000},
    ],
}

EDGES = [
    ("D1", "M1", 600_000),
    ("D1", "M2", 100_000),
    ("M1", "D2", 50_000),
    ("M1", "M2", 500_000),
    ("D2", "M2", 900_000),
]


def _work(
    worker: str, product: str, task_type: str, hours: int, output: tuple[int, int] | None = None
) -> Contribution:
    """Return a contribution paid in full, on a day of the quarter the example gives.

    Args:
        output: Units and their quality in ppm, where the work has a countable output.
    """
    wage = {"label": 30, "postedit": 30, "review": 39, "align": 45, "eng": 90}[task_type]
    days = {"D1": date(2025, 11, 20), "M1": date(2026, 5, 20), "D2": date(2026, 4, 1)}
    occurred = days.get(product, date(2026, 5, 1) if worker == "Hu" else date(2026, 9, 30))
    return Contribution(
        id=f"{worker}-{product}",
        worker=worker,
        product=product,
        task_type=task_type,
        occurred_on=occurred,
        seconds=hours * 3600,
        units=output[0] if output else None,
        quality_ppm=output[1] if output else None,
        wage_micro=(hours if worker != "Ana" else 0) * wage * MICRO,
    )


def worked_example() -> World:
    """Return the world of `worked-example.json`."""
    rows = [
        _work("Bo", "D1", "label", 100, (4000, 1_000_000)),
        _work("Chen", "D1", "label", 80, (3600, 900_000)),
        _work("Dee", "D1", "review", 50),
        _work("Eva", "M2", "align", 60, (300, 1_000_000)),
        _work("Fen", "M2", "align", 40, (240, 1_000_000)),
        _work("Hu", "M1", "eng", 200),
        _work("Hu", "M2", "eng", 50),
    ]
    contributions = {row.id: row for row in rows}
    contributions |= {row.id: row for row in _ana_and_gao()}
    return World(
        policy=POLICY,
        products={key: Product(key, "op0", public=False) for key in ("D1", "D2", "M1", "M2")},
        task_types={
            code: TaskType(code, labour_type, "item")
            for code, labour_type in [
                ("label", "DATA"),
                ("postedit", "DATA"),
                ("review", "EVAL"),
                ("align", "MODEL"),
                ("eng", "MODEL"),
            ]
        },
        workers=PEOPLE,
        contributions=contributions,
        bundles=["B"],
        edges=[Edge(up, down, "trained_on", ppm) for up, down, ppm in EDGES],
        revenue=[
            Revenue("r1", "M1", None, 40_000 * MICRO),
            Revenue("r2", None, "B", 90_000 * MICRO, "subscription"),
        ],
        usage=[Usage("B", "M1", 25), Usage("B", "M2", 75)],
        costs=[
            Cost("c1", "M1", "compute", 24_000 * MICRO),
            Cost("c2", "M2", "compute", 6_000 * MICRO),
            Cost("c3", "D1", "licences", 2_000 * MICRO),
            Cost("c4", None, "other", 8_000 * MICRO),
        ],
        licences={"L1": Licence("L1", "D1", 2_000 * MICRO, 0, 0, 0, 0)},
        benchmarks=[Benchmark(worker, 40 * MICRO, 0, 0) for worker in PEOPLE],
        scores=[
            Score("Ana-D1-a", "V", 416_666_667),
            Score("Ana-D1-b", "V", 83_333_333),
            Score("Bo-D1", "V", 300_000_000),
            Score("Chen-D1", "V", -100_000_000),
        ],
        valuations={"V": Valuation("V", "D1", 800_000)},
        index_inputs=[
            IndexInput("M1", 12_000_000, 350 * 3600, "100000000"),
            IndexInput("M2", 3_000_000, 190 * 3600, "251188643.150958"),
        ],
        facts=_facts(),
        end=date(2026, 12, 31),
    )


def _ana_and_gao() -> list[Contribution]:
    """Ana's twenty unpaid hours stand apart from her paid ones; nobody logged Gao's time."""
    ana = _work("Ana", "D1", "label", 120, (6000, 950_000))
    gao = _work("Gao", "D2", "postedit", 40)
    wage = 3_000 * MICRO
    return [
        replace(ana, id="Ana-D1-a", seconds=360_000, units=5000, wage_micro=wage),
        replace(ana, id="Ana-D1-b", seconds=72_000, units=1000, wage_micro=0),
        replace(gao, time_basis="self_declared"),
    ]


def _facts() -> list[Fact]:
    portability = [("2", "0.5"), ("1", "1"), ("1", "0"), ("1", "0.5"), ("1", "1")]
    return [
        Fact("capital_advanced", "120000"),
        Fact("unlogged_hours", "60"),
        Fact("realised_share", "0.3", product="M1"),
        Fact("realised_share", "0.4", product="M2"),
        Fact("price", "20"),
        Fact("marginal_cost", "3.00"),
        *(
            Fact("portability", value, item=f"item {i}", weight=weight)
            for i, (weight, value) in enumerate(portability)
        ),
    ]
