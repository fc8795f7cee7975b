"""Credit: caps on credited over worked time, and rescaling to the time worked.

Source: value-model.md, a.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accounting.core.norms import Norms
from accounting.core.observations import Producers
from accounting.core.policy import PPM, Norm
from accounting.core.tables import Int, NormRow

Float = NDArray[np.float64]

PPB = 10**9


@dataclass(frozen=True, slots=True)
class Credit:
    """What producers are credited under their norms, aligned with `Producers`.

    Attributes:
        rate: Credited seconds per micro-unit of effective output (per second worked where the
            policy credits everybody's own time), caps and rescaling included.
        cap_ppm: The cap that binds, credited over worked time; 0 where none does.
        rescale: By which all credit under the producer's norm is multiplied.
    """

    rate: Float
    cap_ppm: Int
    rescale: Float


def credit_producers(policy: Norm, producers: Producers, norms: Norms) -> Credit:
    """Cap credited over worked time per worker and task type, then rescale the task type.

    All of a worker's work under one norm is scaled alike, so splitting a batch gains nothing.
    Sums are taken over integers before any float is formed, so their order cannot matter.
    """
    base = credited_base(policy, producers.seconds, producers.effective)
    norm = _norm_rate(policy, producers, norms)
    worked = producers.seconds.astype(np.float64)
    low, high = policy.cap_low_ppm / PPM, policy.cap_high_ppm / PPM
    below = (norm * base < low * worked) & (base > 0)
    above = norm * base > high * worked
    rate = norm.copy()
    rate[below] = low * worked[below] / base[below]
    rate[above] = high * worked[above] / base[above]
    groups = producers.by_key
    total_base = groups.sums(np.where(below | above, 0, base))
    total_low = groups.sums(np.where(below, producers.seconds, 0))
    total_high = groups.sums(np.where(above, producers.seconds, 0))
    credited = norm[groups.starts] * total_base + low * total_low + high * total_high
    capped = groups.sums((below | above).astype(np.int64)) > 0
    shrunk = np.isin(groups.label, sorted(norms.shrunk))
    rescaled = (policy.method == "mean") & (capped | shrunk) | policy.rescale
    rescaled &= credited > 0
    factor = np.ones(len(groups.label))
    factor[rescaled] = groups.sums(producers.seconds)[rescaled] / credited[rescaled]
    rescale = np.repeat(factor, groups.ends - groups.starts)
    return Credit(
        rate=rate * rescale,
        cap_ppm=np.where(below, policy.cap_low_ppm, np.where(above, policy.cap_high_ppm, 0)),
        rescale=rescale,
    )


def published_norms(norms: Norms, producers: Producers, credit: Credit) -> list[NormRow]:
    """Return the norms with their rescaling, in ascending order of task type and scope."""
    groups = producers.by_key
    factors = dict(zip(groups.label.tolist(), credit.rescale[groups.starts].tolist(), strict=True))
    rows = [
        replace(row, rescale_ppb=round(factors.get(key, 1.0) * PPB))
        for key, row in norms.by_key.items()
    ]
    return sorted(rows, key=lambda row: (row.task_type, row.scope))


def credited_base(policy: Norm, seconds: Int, effective: Int) -> Int:
    """Return what a norm is multiplied by: effective output, or one's own time."""
    return seconds if policy.method == "individual" else effective


def _norm_rate(policy: Norm, producers: Producers, norms: Norms) -> Float:
    if policy.method == "individual":
        return np.ones(len(producers.norm_key))
    # A norm is unknown beside timed work only if all of that work has quality zero.
    return np.nan_to_num(norms.seconds_per_micro_unit[producers.norm_key])
