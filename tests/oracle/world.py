"""A whole world of inputs as plain records: what the oracle reads and the strategies make.

`None` stands for an unknown number or an absent reference; rows refer to each other by id.

Source: records.md, "Run bundle".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Product:
    """A product version; `operator` is the name of the scope `platform`."""

    id: str
    operator: str
    public: bool
    kind: str = "dataset"
    version: str = "1"


@dataclass(frozen=True)
class Edge:
    """Product `upstream` went into product `downstream`."""

    upstream: str
    downstream: str
    relation: str
    transfer_ppm: int
    machine_ppm: int = 1_000_000


@dataclass(frozen=True)
class TaskType:
    """A task type; output in `unit`, compared with its parent's only in the same unit."""

    code: str
    labour_type: str
    unit: str
    parent: str | None = None


@dataclass(frozen=True)
class Contribution:
    """One batch of recorded labour."""

    id: str
    worker: str
    product: str
    task_type: str
    occurred_on: date
    seconds: int | None
    units: int | None
    quality_ppm: int | None
    outcome: str = "accepted"
    time_basis: str = "active"
    grade: str | None = None
    wage_micro: int = 0
    phase: str = "TRAIN"
    evidence: str = "A"
    licence: str | None = None
    frozen_ppm: int = 0


@dataclass(frozen=True)
class Revenue:
    """Income on a product or on a bundle."""

    id: str
    product: str | None
    bundle: str | None
    amount_micro: int
    channel: str = "api"


@dataclass(frozen=True)
class Usage:
    """Use of a bundle that fell on a product."""

    bundle: str
    product: str
    quantity: int
    unit: str = "token"


@dataclass(frozen=True)
class Cost:
    """A cost of the period."""

    id: str
    product: str | None
    kind: str
    amount_micro: int


@dataclass(frozen=True)
class Licence:
    """A licence in force: fund = fee + price x units + percentage of base."""

    id: str
    product: str
    fee_micro: int
    price_micro: int
    units: int
    percentage_ppm: int
    base_micro: int


@dataclass(frozen=True)
class Benchmark:
    """A worker's living wage and what earlier runs paid and carried."""

    worker: str
    living_wage_micro_per_hour: int
    received_micro: int
    carried_in_micro: int


@dataclass(frozen=True)
class Valuation:
    """Reliability of the scores of one product."""

    id: str
    product: str
    reliability_ppm: int


@dataclass(frozen=True)
class Score:
    """Data value of a contribution in parts per billion, possibly negative."""

    contribution: str
    valuation: str
    score_ppb: int


@dataclass(frozen=True)
class IndexInput:
    """Inputs of the composite technical index."""

    product: str
    gpu_milli_hours: int
    governance_seconds: int
    training_flop: str


@dataclass(frozen=True)
class Fact:
    """A declared figure; `value` and `weight` are numbers as text."""

    name: str
    value: str
    product: str | None = None
    item: str = ""
    weight: str = "1"


@dataclass(frozen=True)
class World:
    """All that a run reads, keyed by id, in no particular order."""

    policy: dict[str, object]
    products: dict[str, Product]
    task_types: dict[str, TaskType]
    workers: list[str]
    contributions: dict[str, Contribution]
    start: date = date(2026, 1, 1)
    end: date = date(2026, 12, 31)
    currency: str = "CNY"
    minor_digits: int = 2
    operator: str = "op0"
    grades: list[str] = field(default_factory=list)
    bundles: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    revenue: list[Revenue] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    licences: dict[str, Licence] = field(default_factory=dict)
    benchmarks: list[Benchmark] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    valuations: dict[str, Valuation] = field(default_factory=dict)
    index_inputs: list[IndexInput] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def counted(self, counted_outcomes: tuple[str, ...]) -> list[Contribution]:
        """Return the contributions whose outcome counts, in ascending order of id."""
        return [row for row in self.rows() if row.outcome in counted_outcomes]

    def rows(self) -> list[Contribution]:
        """Return all contributions in ascending order of id."""
        return [self.contributions[key] for key in sorted(self.contributions)]

    def labour_type(self, row: Contribution) -> str:
        """Return the labour type of a contribution."""
        return self.task_types[row.task_type].labour_type

    def edge_shares(self) -> dict[tuple[str, str], int]:
        """Return the effective transfer (ppm) of every pair (upstream, downstream)."""
        shares: dict[tuple[str, str], int] = {}
        for edge in self.edges:
            pair = (edge.upstream, edge.downstream)
            effective_ppm = edge.transfer_ppm * edge.machine_ppm // 1_000_000
            shares[pair] = shares.get(pair, 0) + effective_ppm
        return shares
