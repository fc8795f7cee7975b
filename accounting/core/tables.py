"""The columns a run reads and writes.

Every table is a frozen set of equally long columns. Rows stand in ascending order of id, and
other tables refer to a row by its position; so ties go "to the lower id" by going to the lower
position, and no arithmetic ever looks at an id. `accounting.core.bundle` turns tables into the
files of a run bundle and back.

Source: records.md, "Run bundle"; value-model.md, "Units".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
Flag = NDArray[np.bool_]

MISSING = -1
"""Stands for an unknown integer (seconds, units, quality) or no row (grade, licence)."""

LABOUR_TYPES = ("PROMPT", "DATA", "MODEL", "EVAL", "OPS", "INTEG", "COMPL", "BIZ")
PHASES = ("TRAIN", "INFER", "OPERATE")
TIME_BASES = ("active", "page_open", "held", "self_declared", "none")
OUTCOMES = ("accepted", "rejected", "expired", "skipped", "pending")
EVIDENCE_GRADES = ("A", "B", "C", "D")
CONTENT_BASES = ("metered", "time_only", "imputed", "escrow")
ESCROW_REASONS = ("no_labour", "unmeasured", "disputed", "commons")


@dataclass(frozen=True, slots=True)
class Period:
    """The accounting period, both days included, and the currency of the ledger."""

    start: date
    end: date
    currency: str
    minor_digits: int


@dataclass(frozen=True, slots=True)
class Products:
    """Product versions (data sets, models, prompt libraries, evaluations, deployments)."""

    id: list[str]
    kind: list[str]
    name: list[str]
    version: list[str]
    operator: list[str]
    released_on: list[str]
    public: Flag


@dataclass(frozen=True, slots=True)
class Edges:
    """Lineage: product `upstream` went into product `downstream` (positions)."""

    upstream: Int
    downstream: Int
    relation: list[str]
    transfer_ppm: Int
    machine_ppm: Int


@dataclass(frozen=True, slots=True)
class TaskTypes:
    """The catalogue of task types that the contributions use."""

    code: list[str]
    labour_type: Int
    unit: list[str]
    parent: Int


@dataclass(frozen=True, slots=True)
class NumberedIds:
    """Ids that follow from ascending numbers, written out only where somebody reads them.

    Attributes:
        numbers: One a row, ascending as the ids are.
        write: Writes the ids of some numbers.
    """

    numbers: Int
    write: Callable[[Int], NDArray[np.str_]]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, row: int) -> str:
        return str(self.write(self.numbers[row : row + 1] if row >= 0 else self.numbers[row:])[0])

    def at(self, rows: Int) -> NDArray[np.str_]:
        """Return the ids of some rows."""
        return self.write(self.numbers[rows])


@dataclass(frozen=True, slots=True)
class Contributions:
    """Recorded labour, one row a contribution, in ascending order of id.

    Columns that are only looked up by may hold fewer than 64 bits (`checks.NARROW`).

    Attributes:
        id: Public ids, any sorted array of strings (may be empty text until export), or what
            they are written from.
        worker, product, task_type: Positions in `Inputs.workers`, products, task types.
        phase, time_basis, outcome, evidence: Positions in the tuples of this module.
        occurred_day: Days since 1970-01-01.
        seconds, units, quality_ppm: `MISSING` where unknown; never zero for unknown.
        grade: Position in `Inputs.grades`, or `MISSING`.
        wage_micro: Wage already paid for it, in the run's currency.
        licence: Position in licences, or `MISSING`.
        frozen_ppm: Share of its lines held back by an open dispute.
    """

    id: NDArray[np.str_] | NumberedIds
    worker: Int
    product: Int
    task_type: Int
    phase: Int
    occurred_day: Int
    seconds: Int
    time_basis: Int
    units: Int
    quality_ppm: Int
    outcome: Int
    grade: Int
    wage_micro: Int
    evidence: Int
    licence: Int
    frozen_ppm: Int


@dataclass(frozen=True, slots=True)
class Revenue:
    """Income of the operator; either `product` or `bundle` is set (the other `MISSING`)."""

    id: list[str]
    product: Int
    bundle: Int
    channel: list[str]
    amount_micro: Int


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a bundle's use fell on a product; any one unit within a bundle."""

    bundle: Int
    product: Int
    unit: list[str]
    quantity: Int


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of the period; kind compute, energy, licences, data, wages or other."""

    id: list[str]
    product: Int
    kind: list[str]
    amount_micro: Int
    gpu_milli_hours: Int


@dataclass(frozen=True, slots=True)
class Licences:
    """Licences in force in the period, with the money their terms yield in it.

    The fund is `fee + price x units + percentage of base`.
    """

    id: list[str]
    product: Int
    licensee: list[str]
    fee_micro: Int
    price_micro: Int
    units: Int
    percentage_ppm: Int
    base_micro: Int


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """Per worker: the living wage of the region and what earlier runs have paid."""

    worker: Int
    living_wage_micro_per_hour: Int
    received_micro: Int
    carried_in_micro: Int


@dataclass(frozen=True, slots=True)
class Scores:
    """Data-value scores in parts per billion; negative ones are kept and count as zero."""

    contribution: Int
    score_ppb: Int
    valuation: Int


@dataclass(frozen=True, slots=True)
class Valuations:
    """Where scores came from and how far their ranking repeats (parts per million)."""

    id: list[str]
    product: Int
    method: list[str]
    reliability_ppm: Int


@dataclass(frozen=True, slots=True)
class IndexInputs:
    """Inputs of the composite technical index per product (value-model.md e)."""

    product: Int
    gpu_milli_hours: Int
    governance_seconds: Int
    training_flop: list[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Declared figures of the period that no other table holds.

    Names in use: `capital_advanced` (money), `unlogged_hours` (hours nobody recorded),
    `realised_share` (per product, 0 to 1), `portability` (per item, with a weight), `price` and
    `marginal_cost` (per product or overall), `expired_escrow` (money released to the commons).
    Values are plain decimals; money is in units of the currency with up to six decimals.
    """

    name: list[str]
    product: Int
    item: list[str]
    value: list[str]
    weight: list[str]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All a run reads. The same inputs and policy give the same allocation, byte for byte."""

    period: Period
    operator: str
    policy_document: dict[str, object]
    products: Products
    edges: Edges
    task_types: TaskTypes
    workers: list[str]
    grades: list[str]
    bundles: list[str]
    contributions: Contributions
    revenue: Revenue
    usage: Usage
    costs: Costs
    licences: Licences
    benchmarks: Benchmarks
    scores: Scores
    valuations: Valuations
    index_inputs: IndexInputs
    facts: Facts


@dataclass(frozen=True, slots=True)
class NormRow:
    """One norm: seconds per effective unit is `seconds / effective_units`.

    `effective_micro_units` is units x quality in millionths. `scope` names the product or
    operator a narrower scope keeps apart, empty for the sector. `shrunk_toward` is the parent
    task type when too few producers made the norm uncertain. `rescale_ppb` is what all credit
    under the norm was multiplied by, so that total credited equals total worked time.
    """

    task_type: str
    scope: str
    method: str
    seconds: int
    effective_micro_units: int
    producers: int
    norm_nanoseconds: int
    shrunk_toward: str
    rescale_ppb: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Labour:
    """Labour content per contribution, aligned with `Contributions`."""

    credited_uh: Int
    complexity_ppm: Int
    decay_ppm: Int
    content_uh: Int
    basis: Int


@dataclass(frozen=True, slots=True)
class PoolShare:
    """One pool shared out.

    Attributes:
        id, kind, flow: As in the policy (a licence pool's id ends in its licence's id).
        funded_micro, scaled_from_micro: Fund after and before scaling down; negative mirrors.
            A wage floor is taken out of both figures of its profit share.
        weighted: Positions of contributions with a weight; `weight` stands beside it.
        embodied_uh: Labour embodied in each product for this pool (lineage pools; else own).
        flow_product, flow_upstream, flow_micro: Money through a product to its own labour
            (`MISSING` upstream) or to an upstream product.
        line_contribution, line_micro: What each contribution earns, after holding back.
        line_gross_micro: The same before a dispute held anything back.
        weight_by_product: The weights added up per product.
    """

    id: str
    kind: str
    flow: str
    funded_micro: int
    scaled_from_micro: int
    weighted: Int
    weight: Int
    embodied_uh: Int
    flow_product: Int
    flow_upstream: Int
    flow_micro: Int
    line_contribution: Int
    line_micro: Int
    line_gross_micro: Int
    weight_by_product: Int


@dataclass(frozen=True, slots=True)
class Escrow:
    """Money that is nobody's yet: pool, product (`MISSING` for none), amount, reason."""

    pool: str
    product: int
    amount_micro: int
    reason: str


@dataclass(frozen=True, slots=True)
class Statements:
    """Per worker, aligned with `Inputs.workers`: due, carry and what is paid now."""

    amount_micro: Int
    carried_in_micro: Int
    paid_minor: Int
    carried_out_micro: Int


@dataclass(frozen=True, slots=True)
class Price:
    """c + v + s of the period with both rents, in micro-units (value-model.md d)."""

    revenue_micro: int
    constant_capital_micro: int
    variable_capital_micro: int
    surplus_micro: int
    average_profit_micro: int
    excess_profit_micro: int
    new_value_micro: int
    transfer_micro: int
    compute_micro: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """All a run writes; see the tables for the meaning of each column."""

    norms: list[NormRow]
    labour: Labour
    product_revenue_micro: Int
    price: Price
    pools: list[PoolShare]
    escrow: list[Escrow]
    statements: Statements
    indicators: dict[str, str]
    notes: list[str] = field(default_factory=list)
