"""Bundles are split by usage and index, or refused by name."""

from __future__ import annotations

import pytest

from accounting.core.composite_index import (
    BundleUnmetered,
    IndexInputsMissing,
    product_revenue,
    split_bundle,
)
from accounting.core.policy import Index
from accounting.core.sharing import FigureTooLarge
from accounting.core.tables import Inputs
from tests.accounting.core.changes import changed


def test_a_bundle_nobody_metered_is_refused(example: Inputs) -> None:
    for quantity in ([0, 0],):
        with pytest.raises(BundleUnmetered):
            product_revenue(changed(example, "usage", quantity=quantity), Index())


@pytest.mark.parametrize("flop", ["", "0.5", "NaN", "Infinity", "-1", "1_000", "one"])
def test_a_training_figure_that_is_none_is_refused(example: Inputs, flop: str) -> None:
    inputs = changed(example, "index_inputs", training_flop=["1e8", flop])
    with pytest.raises(IndexInputsMissing) as caught:
        product_revenue(inputs, Index())
    assert caught.value.facts["component"] == "training_flop"


def test_a_component_without_weight_may_be_unknown(example: Inputs) -> None:
    index = Index(gpu_hours_ppm=1_000_000, governance_hours_ppm=0, training_flop_ppm=0)
    inputs = changed(example, "index_inputs", training_flop=["", ""])
    # 0.25 x 12/15 against 0.75 x 3/15.
    assert split_bundle(inputs, index, 0).shares_ppm == [571_429, 428_571]


def test_a_component_that_is_zero_everywhere_tells_nothing_apart(example: Inputs) -> None:
    index = Index(gpu_hours_ppm=500_000, governance_hours_ppm=500_000, training_flop_ppm=0)
    inputs = changed(example, "index_inputs", gpu_milli_hours=[0, 0], governance_seconds=[9, 9])
    assert split_bundle(inputs, index, 0).shares_ppm == [250_000, 750_000]


def test_a_product_with_nothing_of_a_component_gets_nothing(example: Inputs) -> None:
    inputs = changed(example, "index_inputs", gpu_milli_hours=[0, 5])
    assert split_bundle(inputs, Index(), 0).shares_ppm == [0, 1_000_000]


def test_a_bundle_whose_products_all_lack_something_cannot_be_split(example: Inputs) -> None:
    inputs = changed(example, "index_inputs", gpu_milli_hours=[0, 5], governance_seconds=[5, 0])
    with pytest.raises(IndexInputsMissing):
        split_bundle(inputs, Index(), 0)


def test_revenue_is_split_to_the_micro_unit(example: Inputs) -> None:
    revenue = product_revenue(
        changed(example, "revenue", amount_micro=[90_000_000_001, 7]), Index()
    )
    assert int(revenue.sum()) == 90_000_000_008


def test_revenue_beyond_what_can_be_held_is_refused(example: Inputs) -> None:
    with pytest.raises(FigureTooLarge):
        product_revenue(changed(example, "revenue", amount_micro=[2**62, 2**62]), Index())
