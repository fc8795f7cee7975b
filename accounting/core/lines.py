"""Lines: what each contribution earns from a pool, after holding back what is not free.

The part of a line that an open dispute freezes, and all of a line whose work nobody has
measured yet, waits in escrow.

Source: value-model.md, a and f; records.md, "Labour".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.core.grouping import Groups, sums_by
from accounting.core.labour_content import ESCROW
from accounting.core.sharing import parts_per_million, share_groups
from accounting.core.tables import Contributions, Int, Labour

SPARSE = 16


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one pool, ascending, none of them zero.

    Attributes:
        contribution, amount_micro: Whose line and what it pays.
        gross_micro: The same before an open dispute held anything back.
        disputed_micro, unmeasured_micro: Held back per product.
    """

    contribution: Int
    amount_micro: Int
    gross_micro: Int
    disputed_micro: Int
    unmeasured_micro: Int


def share_lines(
    own_micro: Int, weights: Int, weighted_by_product: Groups, work: Contributions, labour: Labour
) -> Lines:
    """Share each product's money over its contributions and hold back what is not free.

    Args:
        own_micro: Money that reaches each product's own labour.
        weights: Aligned with all contributions.
        weighted_by_product: The contributions with a weight, grouped by product.
    """
    earning, gross = _earned(own_micro, weights, weighted_by_product)
    disputes = bool(work.frozen_ppm.any())
    contested = np.flatnonzero(work.frozen_ppm[earning]) if disputes else earning[:0]
    paid = gross.copy()
    disputed = parts_per_million(paid[contested], work.frozen_ppm[earning[contested]])
    paid[contested] -= disputed
    unknown = np.flatnonzero(labour.basis[earning] == ESCROW)
    unmeasured = paid[unknown]
    paid[unknown] = 0
    kept = np.flatnonzero(paid)
    amount = paid[kept]
    products = len(own_micro)
    return Lines(
        contribution=earning[kept],
        amount_micro=amount,
        gross_micro=gross[kept] if len(contested) else amount,
        disputed_micro=sums_by(work.product[earning[contested]], disputed, products),
        unmeasured_micro=sums_by(work.product[earning[unknown]], unmeasured, products),
    )


def _earned(own_micro: Int, weights: Int, weighted_by_product: Groups) -> tuple[Int, Int]:
    """Return the contributions that earn anything, ascending, and what they earn."""
    rows = weighted_by_product.order
    shares = share_groups(
        own_micro[weighted_by_product.label], weights[rows], weighted_by_product.starts
    )
    if SPARSE * len(rows) < len(weights):
        paid = np.flatnonzero(shares)
        paid = paid[np.argsort(rows[paid])]
        return rows[paid], shares[paid]
    # Where many earn, putting each in its place is quicker than sorting.
    amounts = np.zeros(len(weights), dtype=np.int64)
    amounts[rows] = shares
    earning = np.flatnonzero(amounts)
    return earning, amounts[earning]
