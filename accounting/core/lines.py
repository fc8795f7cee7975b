"""Lines: what each contribution earns from a pool, after holding back what is not free.

The part of a line that an open dispute freezes, and all of a line whose work nobody has
measured yet, waits in escrow.

Source: value-model.md, a and f; records.md, "Labour".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accounting.core.grouping import Groups
from accounting.core.labour_content import ESCROW
from accounting.core.sharing import parts_per_million, share_groups
from accounting.core.tables import Contributions, Int, Labour


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one pool, ascending, none of them zero.

    Attributes:
        contribution, amount_micro: Whose line and what it pays.
        disputed_micro, unmeasured_micro: Held back per product.
    """

    contribution: Int
    amount_micro: Int
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
    rows = weighted_by_product.order
    amounts = np.zeros(len(work.worker), dtype=np.int64)
    amounts[rows] = share_groups(
        own_micro[weighted_by_product.label], weights[rows], weighted_by_product.starts
    )
    earning = np.flatnonzero(amounts)
    earned = amounts[earning]
    disputed = parts_per_million(earned, work.frozen_ppm[earning])
    unmeasured = np.where(labour.basis[earning] == ESCROW, earned - disputed, 0)
    paid = earned - disputed - unmeasured
    product = work.product[earning]
    held = np.zeros((2, len(own_micro)), dtype=np.int64)
    np.add.at(held[0], product, disputed)
    np.add.at(held[1], product, unmeasured)
    kept = np.flatnonzero(paid)
    return Lines(
        contribution=earning[kept],
        amount_micro=paid[kept],
        disputed_micro=held[0],
        unmeasured_micro=held[1],
    )
