"""Gathering all that one line is explained from, out of the inputs and allocation of a run."""

from __future__ import annotations

import numpy as np

from accounting.core.labour_content import ESCROW
from accounting.core.sharing import part_per_million, share
from accounting.core.tables import Allocation, Inputs
from accounting.core.trace.context import ComputedRun, LineUnknown
from accounting.core.trace.facts import LineFacts, ProductFacts, TraceFacts
from accounting.core.trace.gathering_labour import contribution_facts
from accounting.core.trace.gathering_path import gather_path, weights_at
from accounting.core.trace.gathering_pool import pool_facts, run_facts
from accounting.core.trace.steps import Trace
from accounting.core.trace.telling import tell


def explain(
    inputs: Inputs, allocation: Allocation, pool_id: str, contribution: int, *, run_id: str = ""
) -> Trace:
    """Tell the trace of one line. Of many lines of a run, gather from one `ComputedRun`.

    Args:
        contribution: Position among the contributions.

    Raises:
        LineUnknown: There is no such pool, or the contribution has no weight in it.
    """
    return tell(gather(ComputedRun(inputs, allocation, run_id), pool_id, contribution))


def gather(run: ComputedRun, pool_id: str, contribution: int) -> TraceFacts:
    """Gather what one line is explained from.

    Raises:
        LineUnknown: There is no such pool, or the contribution has no weight in it.
    """
    place = run.place_of(pool_id)
    product = int(run.inputs.contributions.product[contribution])
    path = gather_path(run, place, product)
    return TraceFacts(
        run=run_facts(run),
        pool=pool_facts(run, place),
        path=path.products,
        contribution=contribution_facts(run, place, contribution),
        line=_line(run, place, path.products[-1], contribution),
        weight_total=path.weight_total,
        solidarity_micro=path.solidarity_micro,
        mixed_signs=path.mixed_signs,
    )


def _line(run: ComputedRun, place: int, product: ProductFacts, contribution: int) -> LineFacts:
    rows, weights = weights_at(run, place, int(run.inputs.contributions.product[contribution]))
    at = int(np.searchsorted(rows, contribution))
    if at >= len(rows) or rows[at] != contribution:
        raise LineUnknown(
            "The pool is not for this contribution.",
            pool=run.share_at(place).id,
            row=contribution,
        )
    own = product.splits[0].amount_micro + product.solidarity_in_micro
    gross = int(share(own, weights)[at])
    frozen = int(run.inputs.contributions.frozen_ppm[contribution])
    free = gross - part_per_million(gross, frozen)
    held = free if run.allocation.labour.basis[contribution] == ESCROW else 0
    return LineFacts(
        weight=int(weights[at]),
        gross_micro=gross,
        frozen_ppm=frozen,
        unmeasured_micro=held,
        amount_micro=_recorded(run, place, contribution),
    )


def _recorded(run: ComputedRun, place: int, contribution: int) -> int:
    pool = run.share_at(place)
    at = int(np.searchsorted(pool.line_contribution, contribution))
    found = at < len(pool.line_contribution) and pool.line_contribution[at] == contribution
    return int(pool.line_micro[at]) if found else 0
