"""Weights: who is entitled to a pool and how much each contribution counts in it.

A weight is labour content. Where the policy blends in data value, every scored contribution of a
product puts a part of its content into a pot that is shared out again by score: the product's
total stays exact, unscored work keeps its share, and a score never creates or destroys labour.

Source: value-model.md, f and g.
"""

from __future__ import annotations

import numpy as np

from accounting.core.grouping import group_rows
from accounting.core.labour_content import BUSINESS
from accounting.core.observations import Observations
from accounting.core.policy import PPM, Policy, Pool
from accounting.core.sharing import parts_per_million, share
from accounting.core.tables import LABOUR_TYPES, Flag, Inputs, Int


def entitled(
    inputs: Inputs, policy: Policy, pool: Pool, seen: Observations, rows: Int | None = None
) -> Flag:
    """Tell which contributions a pool is for: counted, productive, of a type it names.

    Args:
        rows: The contributions in question; all of them when left out.
    """
    types = inputs.task_types.labour_type
    wanted = _named_task_types(inputs, pool)
    if not policy.productive_business_labour:
        wanted = wanted & (types != BUSINESS)
    some = slice(None) if rows is None else rows
    eligible: Flag = seen.counted[some] & wanted[inputs.contributions.task_type[some]]
    return eligible


def weigh(inputs: Inputs, policy: Policy, pool: Pool, eligible: Flag, content_uh: Int) -> Int:
    """Weigh every contribution; those not eligible weigh nothing.

    Args:
        eligible, content_uh: Aligned with the contributions.
    """
    rows = np.flatnonzero(eligible)
    weights = np.zeros(len(content_uh), dtype=np.int64)
    weights[rows] = content_uh[rows]
    if pool.key == "blend":
        _blend(inputs, policy.blend_beta_ppm, eligible, weights)
    return weights


def effective_beta_ppm(beta_ppm: int, reliability_ppm: int) -> int:
    """Return what scores may move: less the more their ranking varies between runs.

    >>> effective_beta_ppm(200_000, 800_000)
    160000
    """
    return beta_ppm * max(0, reliability_ppm) // PPM


def given_up(content_uh: Int, beta_ppm: int) -> Int:
    """Return what each scored contribution puts into the pot of its product."""
    return parts_per_million(content_uh, np.int64(beta_ppm) * np.ones_like(content_uh))


def _named_task_types(inputs: Inputs, pool: Pool) -> Flag:
    types = inputs.task_types
    if not pool.labour_types and not pool.task_types:
        return np.ones(len(types.code), dtype=bool)
    labour_types = {LABOUR_TYPES.index(name) for name in pool.labour_types}
    return np.array(
        [
            labour_type in labour_types or code in pool.task_types
            for code, labour_type in zip(types.code, types.labour_type.tolist(), strict=True)
        ],
        dtype=bool,
    )


def _blend(inputs: Inputs, beta_ppm: int, eligible: Flag, weights: Int) -> None:
    """Move labour between scored contributions of one valuation, in place."""
    scores = inputs.scores
    kept = np.flatnonzero(eligible[scores.contribution])
    by_valuation = group_rows(scores.valuation, kept)
    for valuation, start, end in zip(
        by_valuation.label.tolist(),
        by_valuation.starts.tolist(),
        by_valuation.ends.tolist(),
        strict=True,
    ):
        rows = by_valuation.order[start:end]
        positive = np.maximum(scores.score_ppb[rows], 0)
        beta = effective_beta_ppm(beta_ppm, int(inputs.valuations.reliability_ppm[valuation]))
        if beta == 0 or not positive.any():
            continue
        scored = scores.contribution[rows]
        gifts = given_up(weights[scored], beta)
        weights[scored] += share(int(gifts.sum()), positive) - gifts
