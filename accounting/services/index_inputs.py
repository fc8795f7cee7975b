"""What the composite technical index reads of products, as of a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounting.core.composite_index import BundleSplit, split_bundle
from accounting.core.errors import AccountingError
from accounting.core.policy import Index
from accounting.core.tables import IndexInputs, Products, Usage
from accounting.models import IndexMeasure, Period
from accounting.services.money_inputs import read_money
from contributions.models import Product
from contributions.services.lineage import violated_constraint


class IndexMeasureKnown(AccountingError):
    """The product was measured for this day already."""

    code = "index_measure_known"
    pointer = "/measured_on"


@dataclass(frozen=True, slots=True)
class Measured:
    """The inputs of one product; `since` is None where the product itself states them."""

    gpu_milli_hours: int
    governance_seconds: int
    training_flop: str
    since: date | None
    source: str
    assumed: bool


def read_index_inputs(products: list[Product], *, until: date) -> IndexInputs:
    """Read the inputs of those products that have all three, by position."""
    found = measured(products, until=until)
    rows = [
        (position, found[product.pk])
        for position, product in enumerate(products)
        if product.pk in found
    ]
    return IndexInputs(
        product=np.array([position for position, _row in rows], dtype=np.int64),
        gpu_milli_hours=np.array([row.gpu_milli_hours for _at, row in rows], dtype=np.int64),
        governance_seconds=np.array([row.governance_seconds for _at, row in rows], dtype=np.int64),
        training_flop=[row.training_flop for _at, row in rows],
    )


def measured(products: Iterable[Product], *, until: date) -> dict[int, Measured]:
    """Return the newest measure of each product by a day, by its number.

    What a product itself states serves where nobody measured it; a product that lacks one of
    the three figures is left out.
    """
    products = list(products)
    stated = {
        product.pk: Measured(
            product.gpu_milli_hours,
            product.governance_seconds,
            str(product.training_flop),
            None,
            "",
            assumed=False,
        )
        for product in products
        if product.gpu_milli_hours is not None
        and product.governance_seconds is not None
        and product.training_flop is not None
    }
    rows = IndexMeasure.objects.filter(
        product__in=[product.pk for product in products], measured_on__lte=until
    ).order_by("measured_on", "pk")
    return stated | {
        row.product_id: Measured(
            row.gpu_milli_hours,
            row.governance_seconds,
            str(row.training_flop),
            row.measured_on,
            row.source,
            row.assumed,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _Bundled:
    products: Products
    bundles: list[str]
    usage: Usage
    index_inputs: IndexInputs


@dataclass(frozen=True, slots=True)
class Split:
    """How one bundle's money is split, or `obstacle`: why it cannot be."""

    bundle: str
    parts: BundleSplit | None
    obstacle: str = ""


def bundle_splits(*, period: Period, products: list[Product], index: Index) -> list[Split]:
    """Return how a run would split each bundle of a period; parts name products by position."""
    numbers = np.array([product.pk for product in products], dtype=np.int64)
    money = read_money(period, numbers)
    inputs = _Bundled(
        Products(
            id=[product.public_id for product in products],
            kind=[],
            name=[],
            version=[],
            operator=[],
            released_on=[],
            public=np.zeros(0, dtype=np.bool_),
        ),
        money.bundles,
        money.usage,
        read_index_inputs(products, until=period.ends_on),
    )
    found = []
    for place, bundle in enumerate(money.bundles):
        try:
            found.append(Split(bundle, split_bundle(inputs, index, place)))
        except AccountingError as error:
            found.append(Split(bundle, None, str(error)))
    return found


@transaction.atomic
def add_measure(*, measure: IndexMeasure) -> IndexMeasure:
    """Add what was measured of a product for a day; it is never changed.

    Raises:
        IndexMeasureKnown: There is one for this day.
        ValidationError: A field is out of bounds.
    """
    measure.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            measure.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) == "index_measure_once":
            raise IndexMeasureKnown(
                _("This product was measured for this day already. Choose a later day.")
            ) from error
        raise
    return measure
