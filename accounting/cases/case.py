"""The shape of one whole case, before it meets a database.

Rows point at each other by short local keys. Quantities carry their unit in their name: money in
micro-units of `Period.currency`, time in seconds, ratios in parts per million, decimals that must
not lose digits as text. `None` means unknown and is never the same as zero.

Source: records.md names the fields; value-model.md, "Units".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

OrganisationKind = Literal["labour_organisation", "platform", "regulator", "public_body"]
WorkerStatus = Literal["employee", "freelancer", "crowd", "agency", "intern", "volunteer", "user"]
LabourType = Literal["PROMPT", "DATA", "MODEL", "EVAL", "OPS", "INTEG", "COMPL", "BIZ"]
Phase = Literal["TRAIN", "INFER", "OPERATE"]
ProductKind = Literal["dataset", "model", "prompt_library", "evaluation", "deployment"]
Relation = Literal[
    "trained_on",
    "fine_tuned_from",
    "distilled_from",
    "merged_from",
    "quantised_from",
    "generated_by",
    "evaluated_on",
    "retrieves_from",
    "calls_tool",
    "deploys",
]
TimeBasis = Literal["active", "page_open", "held", "self_declared", "none"]
Outcome = Literal["accepted", "rejected", "expired", "skipped", "pending"]
EvidenceGrade = Literal["A", "B", "C", "D"]
Role = Literal["execute", "direct", "supervise"]
Channel = Literal["api", "subscription", "licence", "integration", "other"]
CostKind = Literal["compute", "energy", "licences", "data", "wages", "other"]
FactName = Literal[
    "capital_advanced",
    "unlogged_hours",
    "realised_share",
    "portability",
    "price",
    "marginal_cost",
    "expired_escrow",
]


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party to the case; `country` is ISO 3166-1 alpha-2, `ZZ` where it has none."""

    key: str
    name: str
    kind: OrganisationKind
    country: str


@dataclass(frozen=True, slots=True)
class Worker:
    """A person who worked; `region` is the key of the living-wage benchmark."""

    key: str
    status: WorkerStatus
    country: str
    region: str
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class TaskType:
    """A kind of task; a parent measures its output in the same unit."""

    code: str
    labour_type: LabourType
    phase: Phase
    unit: str
    name_en: str
    name_zh: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product version; `training_flop` is a decimal as text."""

    key: str
    kind: ProductKind
    name: str
    version: str
    operator: str
    released_on: date
    public: bool = False
    gpu_milli_hours: int | None = None
    governance_seconds: int | None = None
    training_flop: str | None = None
    external_refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a product with its share (decimal text); facts to show, not to pay by."""

    product: str
    name: str
    share: str


@dataclass(frozen=True, slots=True)
class Edge:
    """`upstream` went into `downstream`; `transfer_ppm` of its labour passes on."""

    upstream: str
    downstream: str
    relation: Relation
    transfer_ppm: int
    machine_ppm: int = 1_000_000
    evidence: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """Several products sold at one price; their `Usage` divides the revenue."""

    key: str
    name: str
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licensed data set: fund = fee + price x units + percentage of `base_micro`."""

    key: str
    product: str
    licensee: str
    scope: str
    starts_on: date
    expires_on: date | None = None
    fee_micro: int = 0
    price_micro: int = 0
    units: int = 0
    percentage_ppm: int = 0
    base_micro: int = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """One batch of recorded labour.

    Attributes:
        seconds: Time worked, `None` when nobody recorded it (`time_basis` is then `none`).
        units: Output in the task type's unit, `None` for work that has no countable output.
        grade: Key of the person's grade, which reduces time-only work to simple labour.
        wage_micro: Wage for the whole batch, 0 for unpaid work.
        assumption: Subject of the `Assumption` this row rests on, if any.
    """

    source_id: str
    worker: str
    product: str
    task_type: str
    phase: Phase
    occurred_on: date
    seconds: int | None
    time_basis: TimeBasis
    units: int | None
    quality_ppm: int | None
    outcome: Outcome
    grade: str | None
    wage_micro: int
    currency: str
    evidence_grade: EvidenceGrade
    role: Role = "execute"
    licence: str | None = None
    assumption: str | None = None


@dataclass(frozen=True, slots=True)
class Revenue:
    """Income of the period; exactly one of `product` and `bundle` is set."""

    key: str
    channel: Channel
    amount_micro: int
    product: str | None = None
    bundle: str | None = None
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a product was used in the period, counted within one bundle where it has one."""

    product: str
    unit: str
    quantity: int
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost of the period; `licences` is what the operator pays for licensed data."""

    key: str
    kind: CostKind
    amount_micro: int
    product: str | None = None
    gpu_milli_hours: int | None = None
    assumed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared figure no other table holds; `value` and `weight` are decimals as text."""

    name: FactName
    value: str
    product: str | None = None
    item: str = ""
    weight: str = "1"
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Living wage of a region, in the period's currency."""

    region: str
    living_wage_micro_per_hour: int
    source: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Valuation:
    """Where data-value scores came from and how far their ranking repeats."""

    key: str
    product: str
    method: str
    reliability_ppm: int


@dataclass(frozen=True, slots=True)
class Score:
    """Data value of one contribution, at most nine decimals as text; may be negative."""

    contribution: str
    score: str
    valuation: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """What nobody published, in a plain sentence to show wherever the figure is used.

    `subject` is the stable name of the figure, such as `seconds_per_unit:template-writing`.
    """

    subject: str
    text_en: str
    text_zh: str
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """The accounting period, both days included, and the ledger's currency (ISO 4217)."""

    start: date
    end: date
    currency: str
    minor_digits: int


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A preset policy and what the case changes in it.

    `overrides` merges into the preset's document: tables field by field, lists as a whole.
    """

    preset: str
    overrides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file of the case comes from and under which licence."""

    file: str
    origin: str
    licence: str


@dataclass(frozen=True, slots=True)
class Case:
    """One whole case. `operator` is the organisation whose accounts are shared out.

    Small cases list their `contributions`; a generated world leaves them empty here and hands
    them out in columns (`accounting.cases.columns`).
    """

    key: str
    title_en: str
    title_zh: str
    summary_en: str
    summary_zh: str
    synthetic: bool
    operator: str
    period: Period
    policy: PolicyChoice
    organisations: tuple[Organisation, ...]
    workers: tuple[Worker, ...]
    task_types: tuple[TaskType, ...]
    products: tuple[Product, ...]
    edges: tuple[Edge, ...]
    sources: tuple[Source, ...]
    contributions: tuple[Contribution, ...] = ()
    grades: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    licences: tuple[Licence, ...] = ()
    revenue: tuple[Revenue, ...] = ()
    usage: tuple[Usage, ...] = ()
    costs: tuple[Cost, ...] = ()
    facts: tuple[Fact, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    valuations: tuple[Valuation, ...] = ()
    scores: tuple[Score, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
