"""Sampled semivalues of owners under any utility of coalitions, such as retraining a model.

Game: the players are the M owners; `v(S)` is what `measure` answers for a coalition. A
semivalue is a mean marginal contribution `v(S with i) - v(S)`, weighted by the size of S.

Schemes:
- Data Banzhaf: every coalition as likely. Coalitions are drawn by tossing a coin for each
  owner, and each measurement serves all owners at once: the value of i is the mean utility of
  coalitions with i less that of coalitions without (maximum sample reuse).
- Beta-Shapley(a, b): owners join in random order; a gain at size s counts
  `M·C(M - 1, s)·B(s + b, M - 1 - s + a)/B(a, b)` times. a = b = 1 is the Shapley value, large
  a looks at small coalitions. Once the utility is within `truncation` of v(all), those still
  to join get nothing in that order (TMC); with 0 every gain is measured.
- With `stages`, orders respect them, as labelling comes before review (asymmetric Shapley).

Cost: Data Banzhaf one fit per coalition; the others at most M + 1 fits per order. Standard
errors are those of the sample means and fall with the square root of the samples.

Every block of samples has its own seed, so blocks can be measured anywhere, in any order; they
are merged in theirs.

Source: Wang & Jia 2023, *Data Banzhaf*; Kwon & Zou 2022, *Beta Shapley*; Ghorbani & Zou 2019,
*Data Shapley* (TMC); Frye et al. 2020, *Asymmetric Shapley values*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from accounting.valuation.convergence import (
    LEAST_RUNS,
    Precision,
    Stability,
    half_widths,
    run_agreement,
)
from accounting.valuation.points import BoolArray, FloatArray, IntArray
from accounting.valuation.sampling import SampleSums, Sampling, Scheme

Measure = Callable[[BoolArray], float]


@dataclass(frozen=True, slots=True)
class SampledValues:
    """A sampled valuation.

    Attributes:
        values: (M,) NaN where an owner has not been sampled yet.
        errors: (M,) standard errors; NaN where there are too few samples to tell.
        samples: Fewest samples behind any value.
        cut: Part of all gains that truncation took for nothing.
    """

    values: FloatArray
    errors: FloatArray
    samples: int
    cut: float


def sample_block(*, measure: Measure, sampling: Sampling, index: int) -> SampleSums:
    """Draw and measure one block of samples."""
    random = np.random.default_rng([sampling.seed, index])
    if sampling.scheme is Scheme.BANZHAF:
        return _sample_coalitions(measure, sampling, index, random)
    return _sample_orders(measure, sampling, index, random)


def merge_samples(*, sampling: Sampling, blocks: Iterable[SampleSums]) -> SampledValues:
    """Add up blocks, in the order of their index whatever order they come in."""
    joined, absent = np.zeros((3, sampling.players)), np.zeros((3, sampling.players))
    cut = 0
    for block in sorted(blocks, key=lambda block: block.index):
        joined += block.joined
        absent += block.absent
        cut += block.cut
    mean, variance = _mean_and_variance(joined)
    samples = joined[0]
    if sampling.scheme is Scheme.BANZHAF:
        other_mean, other_variance = _mean_and_variance(absent)
        mean, variance = mean - other_mean, variance + other_variance
        samples = np.minimum(samples, absent[0])
    part = cut / max(float(joined[0].sum()), 1.0)
    return SampledValues(mean, np.sqrt(variance), int(samples.min()), part)


def sample_until(
    *,
    measure: Measure,
    sampling: Sampling,
    precision: Precision,
    most_blocks: int,
    done: Iterable[SampleSums] = (),
) -> Iterator[tuple[SampleSums, Stability]]:
    """Measure blocks until the asked precision is met, telling where things stand after each.

    Stop iterating to stop; call again with what is done to go on.

    Args:
        measure: Utility of a coalition.
        sampling: What is drawn.
        precision: When to stop.
        most_blocks: Where to stop at the latest.
        done: Blocks already measured.
    """
    blocks = {block.index: block for block in done}
    met = _stability(sampling, blocks, precision).meets(precision)
    for index in range(most_blocks):
        if met:
            return
        if index not in blocks:
            blocks[index] = sample_block(measure=measure, sampling=sampling, index=index)
            state = _stability(sampling, blocks, precision)
            met = state.meets(precision)
            yield blocks[index], state


def stability(*, sampling: Sampling, blocks: Iterable[SampleSums], confidence: float) -> Stability:
    """Compare three runs, each of every third block, and find the widest interval."""
    ordered = sorted(blocks, key=lambda block: block.index)
    merged = merge_samples(sampling=sampling, blocks=ordered)
    widths = half_widths(merged.errors, samples=merged.samples, confidence=confidence)
    runs = [
        merge_samples(sampling=sampling, blocks=ordered[run::LEAST_RUNS]).values
        for run in range(LEAST_RUNS)
    ]
    valued = not any(np.isnan(run).any() for run in runs)
    return Stability(run_agreement(runs) if valued else None, float(widths.max()))


def omission_values(*, measure: Measure, players: int) -> FloatArray:
    """What the utility loses when each owner in turn is left out, (M,): M + 1 fits."""
    everyone = np.ones(players, dtype=np.bool_)
    whole = measure(everyone)
    return np.array([whole - measure(np.arange(players) != player) for player in range(players)])


def size_weights(sampling: Sampling) -> FloatArray:
    """(M,) how much a gain counts by the size of the coalition joined, mean 1.

    Source: Kwon & Zou 2022, equation 5.
    """
    count = sampling.players
    alpha, beta = sampling.alpha, sampling.beta
    if alpha == beta == 1.0:
        return np.ones(count)
    logs = [
        math.log(count)
        + _log_choose(count - 1, s)
        + _log_beta(s + beta, count - 1 - s + alpha)
        - _log_beta(alpha, beta)
        for s in range(count)
    ]
    return np.exp(logs)


def _stability(
    sampling: Sampling, blocks: Mapping[int, SampleSums], precision: Precision
) -> Stability:
    return stability(sampling=sampling, blocks=blocks.values(), confidence=precision.confidence)


def _sample_coalitions(
    measure: Measure, sampling: Sampling, index: int, random: np.random.Generator
) -> SampleSums:
    coalitions = random.integers(0, 2, (sampling.block_size, sampling.players)) == 1
    utilities = np.array([measure(members) for members in coalitions])
    powers = np.stack([np.ones_like(utilities), utilities, utilities * utilities])
    return SampleSums(index, powers @ coalitions, powers @ ~coalitions, 0)


def _sample_orders(
    measure: Measure, sampling: Sampling, index: int, random: np.random.Generator
) -> SampleSums:
    weights = size_weights(sampling)
    joined = np.zeros((3, sampling.players))
    joined[0] = sampling.block_size
    cut = 0
    whole = measure(np.ones(sampling.players, dtype=np.bool_))
    for _ in range(sampling.block_size):
        members = np.zeros(sampling.players, dtype=np.bool_)
        before = measure(members)
        for size, player in enumerate(_draw_order(sampling, random)):
            if size and sampling.truncation and abs(whole - before) <= sampling.truncation:
                cut += sampling.players - size
                break
            members[player] = True
            after = whole if size == sampling.players - 1 else measure(members)
            gain = weights[size] * (after - before)
            joined[1:, player] += gain, gain * gain
            before = after
    return SampleSums(index, joined, np.zeros_like(joined), cut)


def _draw_order(sampling: Sampling, random: np.random.Generator) -> IntArray:
    order = random.permutation(sampling.players)
    if sampling.stages:
        stages = np.array(sampling.stages)
        return order[np.argsort(stages[order], kind="stable")]
    return order


def _mean_and_variance(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the mean from (3, M) counts, sums and sums of squares."""
    count, total, squares = sums
    # Nothing divided by nothing is NaN: not known yet.
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count
        spread = np.maximum(squares - count * mean * mean, 0.0)
        variance = np.where(count > 1, spread / (count - 1) / count, math.nan)
    return mean, variance


def _log_choose(count: int, chosen: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
