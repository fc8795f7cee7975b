"""Gathering all that one line is explained from, out of the figures of a run."""

from __future__ import annotations

from accounting.core.sharing import part_per_million
from accounting.core.tables import Allocation, Inputs
from accounting.core.trace.computed import ComputedRun
from accounting.core.trace.context import KnownRun, Work
from accounting.core.trace.facts import LineFacts, TraceFacts
from accounting.core.trace.gathering_labour import contribution_facts
from accounting.core.trace.gathering_path import gather_path
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


def gather(run: KnownRun, pool_id: str, contribution: int) -> TraceFacts:
    """Gather what one line is explained from.

    Args:
        contribution: The number by which the run knows it.

    Raises:
        LineUnknown: There is no such pool, or the contribution has no weight in it.
    """
    place = run.terms.place_of(pool_id)
    work = run.work(contribution)
    path = gather_path(run.terms, place, work.product)
    return TraceFacts(
        run=run_facts(run.terms),
        pool=pool_facts(run.terms, place),
        path=path.products,
        contribution=contribution_facts(run, place, work),
        line=_line(run, place, work),
        weight_total=path.weight_total,
        solidarity_micro=path.solidarity_micro,
        mixed_signs=path.mixed_signs,
    )


def _line(run: KnownRun, place: int, work: Work) -> LineFacts:
    paid = run.paid(place, work)
    free = paid.gross_micro - part_per_million(paid.gross_micro, work.frozen_ppm)
    return LineFacts(
        weight=paid.weight,
        gross_micro=paid.gross_micro,
        frozen_ppm=work.frozen_ppm,
        unmeasured_micro=free if work.basis == "escrow" else 0,
        amount_micro=paid.amount_micro,
    )
