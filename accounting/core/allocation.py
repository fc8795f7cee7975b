"""The engine: recorded labour and a policy go in, every share and its reasons come out.

The walk: observations → norms → labour content → weights → funds → flows → lines → statements.
Nothing here reads a clock, a database or a random number, and everything summed or shared is an
integer: the same inputs give the same allocation, byte for byte, on any machine.

Source: value-model.md, a to i.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from accounting.core.checks import check_inputs
from accounting.core.composite_index import product_revenue
from accounting.core.credit import published_norms
from accounting.core.flows import Flows, flow_along_lineage, flow_directly
from accounting.core.funds import Fund, find_funds
from accounting.core.grounds import Grounds, find_grounds
from accounting.core.grouping import group_rows, sums_by
from accounting.core.indicators import Outcome, find_indicators
from accounting.core.labour_content import ESCROW, labour_content, measure_work
from accounting.core.lineage import Lineage, build_lineage
from accounting.core.lines import Lines, share_lines
from accounting.core.observations import Observations
from accounting.core.policy import Policy, parse_policy
from accounting.core.sharing import FigureTooLarge
from accounting.core.statements import make_statements
from accounting.core.surplus import price_of
from accounting.core.tables import (
    MISSING,
    Allocation,
    Escrow,
    Flag,
    Inputs,
    Int,
    Labour,
    PoolShare,
)
from accounting.core.wage_floor import gaps_micro, received_micro, spread_gaps
from accounting.core.weights import entitled, weigh

ALGORITHM = "huisu-allocate/1"
"""Names the arithmetic; it changes whenever any result could."""


def allocate(inputs: Inputs) -> Allocation:
    """Compute a run.

    Raises:
        PolicyInvalid: The policy document breaks its own rules.
        AccountingError: The inputs contradict themselves; see `checks.py` for each fact, and
            `lineage.py`, `composite_index.py`, `sharing.py` for what only shows on the way.
    """
    return allocate_with_grounds(inputs)[0]


def allocate_with_grounds(inputs: Inputs) -> tuple[Allocation, Grounds]:
    """Compute a run, and the sums by which its lines can be explained one by one.

    Raises:
        PolicyInvalid, AccountingError: As `allocate`.
    """
    policy = parse_policy(inputs.policy_document)
    check_inputs(inputs)
    lineage = build_lineage(inputs.edges, len(inputs.products.id))
    measured = measure_work(inputs, policy.norm)
    labour = labour_content(inputs, policy, measured)
    revenue = product_revenue(inputs, policy.index)
    price = price_of(inputs, policy, labour.content_uh)
    funds, notes = find_funds(inputs, policy, revenue, price)
    sharing = _Sharing(
        inputs=inputs, policy=policy, seen=measured.seen, labour=labour, lineage=lineage
    )
    pools, escrow = sharing.share_out(funds)
    amounts = _amounts_by_worker(inputs, pools)
    outcome = Outcome(
        lineage=lineage,
        counted=measured.seen.counted,
        labour=labour,
        price=price,
        product_revenue=revenue,
        pools=pools,
        amount_by_worker=amounts,
    )
    allocation = Allocation(
        norms=published_norms(measured.norms, measured.producers, measured.credit),
        labour=labour,
        product_revenue_micro=revenue,
        price=price,
        pools=pools,
        escrow=escrow,
        statements=make_statements(inputs, amounts, policy.minimum_payout_minor),
        indicators=find_indicators(inputs, policy, outcome),
        notes=notes,
    )
    return allocation, find_grounds(inputs, policy, measured, labour, pools)


@dataclass(frozen=True, slots=True)
class _Weighted:
    """Who is entitled to a pool (positions of contributions) and every weight in it."""

    eligible: Flag
    weights: Int


@dataclass(frozen=True, slots=True)
class _Sharing:
    """Shares funds out one after another; later pools may depend on earlier ones."""

    inputs: Inputs
    policy: Policy
    seen: Observations
    labour: Labour
    lineage: Lineage

    def share_out(self, funds: list[Fund]) -> tuple[list[PoolShare], list[Escrow]]:
        """Share every fund out; a wage floor first takes its part of a later profit share."""
        funds = list(funds)
        pools: list[PoolShare] = []
        escrow: list[Escrow] = []
        for place, fund in enumerate(funds):
            if fund.pool.kind == "wage_floor":
                weighted = self._weigh_gaps(pools)
                self._take_floor(funds, place, weighted)
            else:
                weighted = self._weigh(fund)
            share, held = self._share(funds[place], weighted)
            pools.append(share)
            escrow += held
        return pools, escrow

    def _weigh(self, fund: Fund) -> _Weighted:
        product = self.inputs.contributions.product
        if fund.pool.kind == "commons":
            eligible = np.zeros(len(product), dtype=bool)
        elif fund.licensed != MISSING:
            # A licence is about one product of many, so the others' labour is not looked at.
            rows = np.flatnonzero(product == fund.licensed)
            eligible = np.zeros(len(product), dtype=bool)
            eligible[rows] = entitled(self.inputs, self.policy, fund.pool, self.seen, rows)
        else:
            eligible = entitled(self.inputs, self.policy, fund.pool, self.seen)
        weights = weigh(self.inputs, self.policy, fund.pool, eligible, self.labour.content_uh)
        return _Weighted(eligible=eligible, weights=weights)

    def _weigh_gaps(self, earlier: list[PoolShare]) -> _Weighted:
        received = received_micro(self.inputs, _amounts_by_worker(self.inputs, earlier))
        weights = spread_gaps(self.inputs, gaps_micro(self.inputs, received))
        return _Weighted(eligible=weights > 0, weights=weights)

    def _take_floor(self, funds: list[Fund], place: int, weighted: _Weighted) -> None:
        source = next(
            later
            for later in range(place + 1, len(funds))
            if funds[later].pool.kind == "profit_share"
        )
        available = funds[source].funded_micro
        taken = min(available, sum(weighted.weights[weighted.eligible].tolist()))
        funds[place] = replace(funds[place], formula_micro=taken, funded_micro=taken)
        funds[source] = replace(
            funds[source],
            formula_micro=funds[source].formula_micro - taken,
            funded_micro=available - taken,
        )

    def _share(self, fund: Fund, weighted: _Weighted) -> tuple[PoolShare, list[Escrow]]:
        if abs(fund.funded_micro) >= 2**62:
            raise FigureTooLarge("A pool's fund is larger than can be held.", pool=fund.id)
        work = self.inputs.contributions
        rows = np.flatnonzero(weighted.eligible)
        by_product = group_rows(work.product, rows)
        weight_by_product = np.zeros(len(self.inputs.products.id), dtype=np.int64)
        weight_by_product[by_product.label] = by_product.sums(weighted.weights)
        flows = self._flow(fund, rows, weight_by_product)
        lines = share_lines(flows.own_micro(), weighted.weights, by_product, work, self.labour)
        money = sorted(flows.money.items())
        share = PoolShare(
            id=fund.id,
            kind=fund.pool.kind,
            flow=fund.pool.flow,
            funded_micro=fund.funded_micro,
            scaled_from_micro=fund.formula_micro,
            weighted=rows,
            weight=weighted.weights[rows],
            embodied_uh=flows.embodied_uh,
            flow_product=_column([product for (product, _), _ in money]),
            flow_upstream=_column([upstream for (_, upstream), _ in money]),
            flow_micro=_column([amount for _, amount in money]),
            line_contribution=lines.contribution,
            line_micro=lines.amount_micro,
            line_gross_micro=lines.gross_micro,
            weight_by_product=weight_by_product,
        )
        return share, _escrow_rows(fund.id, flows, lines)

    def _flow(self, fund: Fund, rows: Int, weight_by_product: Int) -> Flows:
        if fund.pool.kind == "commons":
            flows = Flows(embodied_uh=weight_by_product)
            flows.escrow[MISSING, "commons"] = fund.funded_micro
            return flows
        waiting = rows[self.labour.basis[rows] == ESCROW]
        unmeasured = np.zeros(len(self.inputs.products.id), dtype=bool)
        unmeasured[self.inputs.contributions.product[waiting]] = True
        if fund.pool.flow == "lineage":
            public = self.inputs.products.public
            return flow_along_lineage(fund, self.lineage, weight_by_product, unmeasured, public)
        return flow_directly(fund.funded_micro, weight_by_product, unmeasured)


def _amounts_by_worker(inputs: Inputs, pools: list[PoolShare]) -> Int:
    """Add up the lines of pools per worker."""
    amounts = np.zeros(len(inputs.workers), dtype=np.int64)
    for pool in pools:
        worker = inputs.contributions.worker[pool.line_contribution]
        amounts += sums_by(worker, pool.line_micro, len(inputs.workers))
    return amounts


def _escrow_rows(pool: str, flows: Flows, lines: Lines) -> list[Escrow]:
    held: defaultdict[tuple[int, str], int] = defaultdict(int, flows.escrow)
    for reason, amounts in (
        ("disputed", lines.disputed_micro),
        ("unmeasured", lines.unmeasured_micro),
    ):
        for product in np.flatnonzero(amounts).tolist():
            held[product, reason] += int(amounts[product])
    return [
        Escrow(pool=pool, product=product, amount_micro=amount, reason=reason)
        for (product, reason), amount in sorted(held.items())
        if amount
    ]


def _column(values: list[int]) -> Int:
    return np.array(values, dtype=np.int64)
