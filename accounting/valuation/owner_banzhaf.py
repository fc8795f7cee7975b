"""Banzhaf values of owners under KNN utility, from the table of the Shapley values.

Game: as in `owner_shapley`; an owner's value is its mean marginal contribution over all
2^{M-1} coalitions of the others, each as likely. Values do not add up to v(all) - v(∅), but
are the most robust of all semivalues to noise in the utility.

Convention: `β(m, s) = 2^{1-m}`, whatever the size; everything else as for Shapley values. With
hundreds of owners almost every coalition has K points near every test point, so values of this
kind become very small; their proportions still mean something.

Cost: as `owner_shapley`.

Source: Banzhaf 1965; Wang & Jia 2023, *Data Banzhaf*; the polynomial count is ours.
"""

from __future__ import annotations

import numpy as np

from accounting.valuation.coalition_counts import table_scale
from accounting.valuation.points import FloatArray


def banzhaf_weights(owner_count: int, k: int) -> FloatArray:
    """Banzhaf's weight of a coalition of s others, scaled: `2^{-n}·scale^s`.

    Returns:
        (M, K + 1): row n for games of n other players, zero where s > n.
    """
    scale = table_scale(owner_count, k)
    others = np.arange(owner_count)[:, np.newaxis]
    sizes = np.arange(k + 1)[np.newaxis, :]
    # Powers of two are exact; below 2^-1074 they are rightly nothing.
    exponents = sizes * int(np.log2(scale)) - others
    return np.where(sizes <= others, np.ldexp(1.0, exponents), 0.0)
