"""Sums over many contributions that the explanation of a single line has to name.

They are by-products of a run; an application keeps them beside its lines, so that explaining
one line never means computing the run again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from accounting.core.grouping import sums_by
from accounting.core.labour_content import TIME_ONLY, Measured
from accounting.core.policy import Policy, Pool
from accounting.core.tables import Inputs, Int, Labour, PoolShare
from accounting.core.wage_floor import received_micro, worked_seconds
from accounting.core.weights import effective_beta_ppm, entitled, given_up


@dataclass(frozen=True, slots=True)
class Capped:
    """Producers whose credit a cap bounds, ascending by norm key and worker."""

    norm_key: Int
    worker: Int
    cap_ppm: Int
    seconds: Int
    effective: Int


@dataclass(frozen=True, slots=True)
class BlendSums:
    """Of one valuation in one pool: the pot of given-up content, and all positive scores."""

    pot_uh: int
    positive_scores_ppb: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """What lines rest on beyond their own rows.

    Attributes:
        quality: Per norm key Σ seconds x quality and Σ seconds of rated work known by time only.
        blends: Per place of a pool and valuation, where scores moved anything.
        received_micro: Per place of a wage floor, what workers had received before it.
        worked_seconds: Per worker, all seconds on record; empty without a wage floor.
    """

    capped: Capped
    quality: dict[int, tuple[int, int]]
    blends: dict[tuple[int, int], BlendSums]
    received_micro: dict[int, Int]
    worked_seconds: Int


def find_grounds(
    inputs: Inputs, policy: Policy, measured: Measured, labour: Labour, pools: list[PoolShare]
) -> Grounds:
    """Find the sums behind the lines of a run."""
    floors = [place for place, pool in enumerate(pools) if pool.kind == "wage_floor"]
    terms = [_terms_of(policy, pool) for pool in pools]
    blended = [(place, pool) for place, pool in enumerate(terms) if pool.key == "blend"]
    return Grounds(
        capped=_capped(measured),
        quality=quality_sums(inputs, measured, labour),
        blends=blend_sums(inputs, policy, measured, labour, blended),
        received_micro={place: received_before(inputs, pools[:place]) for place in floors},
        worked_seconds=worked_seconds(inputs) if floors else np.zeros(0, dtype=np.int64),
    )


def received_before(inputs: Inputs, earlier: list[PoolShare]) -> Int:
    """Return per worker what wages, earlier runs and some pools have paid."""
    worker, workers = inputs.contributions.worker, len(inputs.workers)
    amounts = np.zeros(workers, dtype=np.int64)
    for pool in earlier:
        amounts += sums_by(worker[pool.line_contribution], pool.line_micro, workers)
    return received_micro(inputs, amounts)


def blend_sums(
    inputs: Inputs,
    policy: Policy,
    measured: Measured,
    labour: Labour,
    blended: Iterable[tuple[int, Pool]],
) -> dict[tuple[int, int], BlendSums]:
    """Return the sums of every (place of a pool, valuation) in which scores moved anything."""
    scores = inputs.scores
    sums: dict[tuple[int, int], BlendSums] = {}
    for place, pool in blended if len(scores.contribution) else ():
        eligible = entitled(inputs, policy, pool, measured.seen)
        for valuation in range(len(inputs.valuations.id)):
            alike = (scores.valuation == valuation) & eligible[scores.contribution]
            positive = np.maximum(scores.score_ppb[alike], 0)
            reliability = int(inputs.valuations.reliability_ppm[valuation])
            beta = effective_beta_ppm(policy.blend_beta_ppm, reliability)
            if beta == 0 or not positive.any():
                continue
            gifts = given_up(labour.content_uh[scores.contribution[alike]], beta)
            sums[place, valuation] = BlendSums(int(gifts.sum()), sum(positive.tolist()))
    return sums


def quality_sums(inputs: Inputs, measured: Measured, labour: Labour) -> dict[int, tuple[int, int]]:
    """Return the sums that the mean quality of time-only work is made of, per norm key."""
    work, seen = inputs.contributions, measured.seen
    rows = np.flatnonzero(seen.counted & (labour.basis == TIME_ONLY) & (work.quality_ppm >= 0))
    keys = seen.norm_key[rows]
    size = int(keys.max()) + 1 if len(keys) else 0
    weighted = sums_by(keys, work.seconds[rows] * work.quality_ppm[rows], size)
    seconds = sums_by(keys, work.seconds[rows], size)
    return {
        key: (int(weighted[key]), int(seconds[key])) for key in np.flatnonzero(seconds).tolist()
    }


def _terms_of(policy: Policy, share: PoolShare) -> Pool:
    """Return the policy's pool behind a pool that was shared out; many licences are one."""
    return next(
        pool
        for pool in policy.pools
        if share.id == pool.id or (pool.kind == "licence" and share.id.startswith(f"{pool.id}-"))
    )


def _capped(measured: Measured) -> Capped:
    producers, cap = measured.producers, measured.credit.cap_ppm
    rows = np.flatnonzero(cap)
    return Capped(
        norm_key=producers.norm_key[rows],
        worker=producers.worker[rows],
        cap_ppm=cap[rows],
        seconds=producers.seconds[rows],
        effective=producers.effective[rows],
    )
