"""A computed run whose lines are to be explained; what all of them share is found once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from accounting.core.composite_index import product_revenue
from accounting.core.errors import AccountingError
from accounting.core.funds import Fund, find_funds
from accounting.core.labour_content import Measured, measure_work
from accounting.core.lineage import Lineage, build_lineage
from accounting.core.policy import Policy, parse_policy
from accounting.core.tables import Allocation, Inputs, PoolShare


class LineUnknown(AccountingError):
    """The pool does not exist or is not for this contribution."""

    code = "line_unknown"


@dataclass(frozen=True)
class ComputedRun:
    """Inputs and allocation of a run."""

    inputs: Inputs
    allocation: Allocation
    run_id: str = ""

    @cached_property
    def policy(self) -> Policy:
        """The policy of the run."""
        return parse_policy(self.inputs.policy_document)

    @cached_property
    def lineage(self) -> Lineage:
        """The graph of the products."""
        return build_lineage(self.inputs.edges, len(self.inputs.products.id))

    @cached_property
    def measured(self) -> Measured:
        """What is known of the contributions, and their norms."""
        return measure_work(self.inputs, self.policy.norm)

    @cached_property
    def funds(self) -> list[Fund]:
        """The funds of all pools before any wage floor, aligned with the allocation's pools."""
        revenue = product_revenue(self.inputs, self.policy.index)
        funds, _ = find_funds(self.inputs, self.policy, revenue, self.allocation.price)
        return funds

    def place_of(self, pool_id: str) -> int:
        """Return where a pool stands in the run.

        Raises:
            LineUnknown: There is no such pool.
        """
        for place, pool in enumerate(self.allocation.pools):
            if pool.id == pool_id:
                return place
        raise LineUnknown("The run has no such pool.", pool=pool_id)

    def share_at(self, place: int) -> PoolShare:
        """Return a pool as it was shared out."""
        return self.allocation.pools[place]
