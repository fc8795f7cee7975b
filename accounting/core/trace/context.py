"""A run whose lines are to be explained: its terms, found once, and its figures, looked up.

The terms follow from the small tables of a run. What is known of one contribution comes from
wherever a run is kept: `ComputedRun` has all columns in memory, an application has tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from accounting.core.composite_index import product_revenue
from accounting.core.errors import AccountingError
from accounting.core.funds import Fund, find_funds
from accounting.core.grounds import BlendSums
from accounting.core.lineage import Lineage, build_lineage
from accounting.core.observations import scopes_of
from accounting.core.policy import Policy, parse_policy
from accounting.core.tables import Inputs, Int, NormRow, Price
from accounting.core.trace.facts import BlendFacts, CapFacts, GapFacts, QualityFacts


class LineUnknown(AccountingError):
    """The pool does not exist or is not for this contribution."""

    code = "line_unknown"


@dataclass(frozen=True, slots=True)
class PoolOutline:
    """A pool at the level of products.

    Attributes:
        weights: Per product, the weights of its own entitled labour added up.
        flows: (product, upstream or `MISSING` for own labour) → µ.
    """

    id: str
    kind: str
    flow: str
    funded_micro: int
    scaled_from_micro: int
    weights: Int
    flows: dict[tuple[int, int], int]


@dataclass(frozen=True)
class RunTerms:
    """What a run's lines have in common.

    Attributes:
        inputs: The small tables; contributions are not looked at.
        pools: In the order of the run.
    """

    run_id: str
    inputs: Inputs
    price: Price
    revenue_micro: Int
    norms: list[NormRow]
    pools: list[PoolOutline]

    @cached_property
    def policy(self) -> Policy:
        """The policy of the run."""
        return parse_policy(self.inputs.policy_document)

    @cached_property
    def lineage(self) -> Lineage:
        """The graph of the products."""
        return build_lineage(self.inputs.edges, len(self.inputs.products.id))

    @cached_property
    def funds(self) -> list[Fund]:
        """The funds of all pools before any wage floor, aligned with the pools."""
        revenue = product_revenue(self.inputs, self.policy.index)
        funds, _ = find_funds(self.inputs, self.policy, revenue, self.price)
        return funds

    def norm_key(self, product: int, task_type: int) -> int:
        """Return under which norm work on a product falls."""
        _names, scope_of_product = scopes_of(self.inputs, self.policy.norm)
        return int(scope_of_product[product]) * len(self.inputs.task_types.code) + task_type

    def norm_of(self, key: int) -> NormRow | None:
        """Return a norm as published, if there is one."""
        scope, task_type = divmod(key, len(self.inputs.task_types.code))
        names, _scope_of_product = scopes_of(self.inputs, self.policy.norm)
        wanted = (self.inputs.task_types.code[task_type], names[scope])
        return next((row for row in self.norms if (row.task_type, row.scope) == wanted), None)

    def blend_facts(self, sums: BlendSums, valuation: int, score_ppb: int) -> BlendFacts:
        """Return what the pot of a valuation means to a contribution with this score."""
        return BlendFacts(
            beta_ppm=self.policy.blend_beta_ppm,
            reliability_ppm=int(self.inputs.valuations.reliability_ppm[valuation]),
            score_ppb=score_ppb,
            pot_uh=sums.pot_uh,
            positive_scores_ppb=sums.positive_scores_ppb,
        )

    def place_of(self, pool_id: str) -> int:
        """Return where a pool stands in the run.

        Raises:
            LineUnknown: There is no such pool.
        """
        for place, pool in enumerate(self.pools):
            if pool.id == pool_id:
                return place
        raise LineUnknown("The run has no such pool.", pool=pool_id)


@dataclass(frozen=True, slots=True)
class Work:
    """One contribution as a run saw it, and what it was credited.

    Attributes:
        number: By which the run's figures are looked up.
        product, task_type: Positions.
        grade: Its name, or empty.
        seconds, units, quality_ppm: `MISSING` where unknown.
        basis: metered, time_only, imputed or escrow.
    """

    number: int
    id: str
    worker_number: int
    worker: str
    product: int
    task_type: int
    occurred_day: int
    seconds: int
    units: int
    quality_ppm: int
    grade: str
    frozen_ppm: int
    credited_uh: int
    complexity_ppm: int
    decay_ppm: int
    content_uh: int
    basis: str


@dataclass(frozen=True, slots=True)
class Paid:
    """A contribution's weight in a pool and its share before and after holding back, in µ."""

    weight: int
    gross_micro: int
    amount_micro: int


class KnownRun(Protocol):
    """Where the figures of a run are looked up; contributions go by a number of its own."""

    @property
    def terms(self) -> RunTerms:
        """What all lines have in common."""

    def work(self, number: int) -> Work:
        """Return a contribution."""

    def paid(self, place: int, work: Work) -> Paid:
        """Return what a contribution earns from the pool at a place.

        Raises:
            LineUnknown: It is not entitled.
        """

    def cap(self, work: Work) -> CapFacts | None:
        """Return the cap that bound the worker under the work's norm, if one did."""

    def quality(self, work: Work) -> QualityFacts:
        """Return the mean quality that time-only work is compared with."""

    def blend(self, place: int, work: Work) -> BlendFacts | None:
        """Return what scores moved, if this contribution is scored and any score is positive."""

    def gap(self, place: int, work: Work) -> GapFacts:
        """Return the gap to the living wage that a wage floor weighs by."""
