"""Spreading the creation of a product over months: labour by the same part as its costs.

A declared `amortised_share` of a product says which part of its creation falls on the period, as
a share with at most six decimals. The costs of creation stand in the inputs with that part
already; here the labour of the training phase follows. Pay is not touched: pools share by all
labour, whenever it is accounted for.

Source: value-model.md, d ("bases must match").
"""

from __future__ import annotations

import numpy as np

from accounting.core.declared import of_products
from accounting.core.errors import AccountingError
from accounting.core.policy import PPM
from accounting.core.sharing import part_per_million, total_of
from accounting.core.tables import PHASES, Inputs, Int

SHARE = "amortised_share"
CREATION = PHASES.index("TRAIN")


class AmortisedShareOutside(AccountingError):
    """A part of a product's creation is no share between 0 and 1 with six decimals."""

    code = "amortised_share_outside"


def amortised_shares(inputs: Inputs) -> dict[int, int]:
    """Return the part of the creation of each product under a plan, in ppm, by position.

    Raises:
        AmortisedShareOutside: A share is below 0, above 1, finer than ppm, or of no product.
    """
    shares = {}
    for product, share in of_products(inputs.facts, SHARE).items():
        ppm = share * PPM
        if product < 0 or ppm.denominator != 1 or not 0 <= ppm <= PPM:
            raise AmortisedShareOutside("An amortised share must lie between 0 and 1.")
        shares[product] = int(ppm)
    return shares


def amortised_total(inputs: Inputs, values: Int, name: str) -> int:
    """Add up a column of contributions, creation under a plan by the period's part of it.

    Args:
        values: One integer per contribution, none negative.
        name: What the column is called, for the error.

    Raises:
        AmortisedShareOutside: A declared share is none.
        FigureTooLarge: The column adds up to more than 64 bits hold.
    """
    total = total_of(values, name)
    work = inputs.contributions
    for product, ppm in amortised_shares(inputs).items():
        created = np.flatnonzero((work.product == product) & (work.phase == CREATION))
        whole = int(values[created].sum())
        total += part_per_million(whole, ppm) - whole
    return total
