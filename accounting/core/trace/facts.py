"""What a trace is told from: plain values, wherever they come from.

`accounting.core.trace.gathering` fills them from the inputs and the allocation of a run; an
application fills them from its own tables. What an application does not keep may be left out
where a field has a default: the trace then shows the recorded figure without its derivation.

Money is in µ, labour in µh, time in seconds, ratios in ppm.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The price categories of a run (value-model.md d)."""

    id: str
    revenue_micro: int
    constant_micro: int
    variable_micro: int
    capital_micro: int
    reference_profit_ppm: int


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """The terms of the licence that a licence pool rests on."""

    id: str
    fee_micro: int
    price_micro: int
    units: int
    percentage_ppm: int
    base_micro: int


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A pool as funded.

    Attributes:
        unscaled_micro: Its fund before scaling down, without what a wage floor took.
        floor_micro: Of a profit share, what wage floors took out of it.
        gaps_micro: Of a wage floor, all gaps to the living wage together.
        available_micro: Of a wage floor, what the profit share had.
        claims_micro: All claims on surplus value together, if they were scaled down, else 0.
    """

    id: str
    kind: str
    flow: str
    rate_ppm: int
    solidarity_ppm: int
    funded_micro: int
    unscaled_micro: int
    floor_micro: int = 0
    gaps_micro: int = 0
    available_micro: int = 0
    claims_micro: int = 0
    licence: LicenceFacts | None = None

    @property
    def weight_unit(self) -> str:
        """What its weights measure: labour, or in a wage floor the money that is missing."""
        return "micro" if self.kind == "wage_floor" else "uh"


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """Money leaving a product: to its own labour (`upstream` empty) or to an upstream product.

    Attributes:
        weight: Own labour, or what the upstream product passed on: `transfer x its λ`.
        transfer_ppm: The effective transfer of the edge, machine share included.
    """

    upstream: str
    weight: int
    amount_micro: int
    transfer_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product that a pool's money passes through.

    Attributes:
        revenue_micro: Its revenue; 0 unless the pool is a data dividend.
        fund_micro: What of the pool starts here.
        solidarity_out_micro: What of that ignores lineage.
        arrived: What comes from downstream products: (product id, µ).
        splits: What leaves along lineage, in proportion to embodied labour: at least to the
            products further on the path, and at the last product to own labour. In direct
            pools the one split to own labour.
        embodied_uh: All labour embodied in the product for this pool: λ.
        solidarity_in_micro: What own labour gets of all that ignores lineage.
        weight: Total weight of the product's own entitled labour.
    """

    id: str
    revenue_micro: int
    fund_micro: int
    solidarity_out_micro: int
    arrived: tuple[tuple[str, int], ...]
    splits: tuple[SplitFacts, ...]
    solidarity_in_micro: int
    weight: int
    embodied_uh: int


@dataclass(frozen=True, slots=True)
class NormFacts:
    """The norm a contribution falls under, as published."""

    task_type: str
    scope: str
    method: str
    seconds: int
    effective_micro_units: int
    producers: int
    norm_nanoseconds: int
    rescale_ppb: int
    shrunk_toward: str


@dataclass(frozen=True, slots=True)
class CapFacts:
    """A cap that bound the worker's work under a norm, and the work it was taken over."""

    cap_ppm: int
    worker_seconds: int
    worker_effective: int


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """Time-only work: the mean quality it is compared with, as a sum over seconds."""

    weighted_quality: int
    seconds: int
    low_ppm: int
    high_ppm: int


@dataclass(frozen=True, slots=True)
class BlendFacts:
    """Data value inside one product: what a score moved (value-model.md g)."""

    beta_ppm: int
    reliability_ppm: int
    score_ppb: int
    pot_uh: int
    positive_scores_ppb: int


@dataclass(frozen=True, slots=True)
class GapFacts:
    """A worker's gap to the living wage, which weighs contributions in a wage floor."""

    living_wage_micro_per_hour: int
    worker_seconds: int
    received_micro: int


@dataclass(frozen=True, slots=True)
class ContributionFacts:
    """Recorded labour and what it counts.

    Attributes:
        seconds, units, quality_ppm: `None` where unknown.
        basis: metered, time_only, imputed or escrow.
        complexity_of: The task type or grade whose complexity counts.
        own_time: Whether the policy credits everybody's own time instead of a norm.
        norm, cap, quality: The derivation of `credited_uh`, as far as known.
    """

    id: str
    worker: str
    task_type: str
    seconds: int | None
    units: int | None
    quality_ppm: int | None
    basis: str
    credited_uh: int
    complexity_ppm: int
    complexity_of: str
    decay_ppm: int
    age_days: int
    half_life_days: int | None
    content_uh: int
    own_time: bool = False
    norm: NormFacts | None = None
    cap: CapFacts | None = None
    quality: QualityFacts | None = None
    blend: BlendFacts | None = None
    gap: GapFacts | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What a contribution earns from a pool, before and after holding back.

    Attributes:
        gross_micro: Its share of its product's money.
        frozen_ppm: Share of that an open dispute holds back.
        unmeasured_micro: Held back because nobody has measured the work yet.
        amount_micro: The line.
    """

    weight: int
    gross_micro: int
    frozen_ppm: int
    unmeasured_micro: int
    amount_micro: int


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """All that one line is explained from.

    Attributes:
        path: Every product between revenue and the contribution's product, downstream first;
            the contribution's own product is the last.
        weight_total: Of a direct pool, the weight of all its products together; of a lineage
            pool with solidarity likewise.
        solidarity_micro: Everything of the pool that ignores lineage.
        mixed_signs: Whether income and refunds of the pool met on the way.
    """

    run: RunFacts
    pool: PoolFacts
    path: tuple[ProductFacts, ...]
    contribution: ContributionFacts
    line: LineFacts
    weight_total: int
    solidarity_micro: int = 0
    mixed_signs: bool = False
