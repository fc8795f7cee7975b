"""Creation spread over months: labour by the same part as its costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accounting.core.allocation import allocate
from accounting.core.amortisation import AmortisedShareOutside, amortised_total
from accounting.core.tables import Facts, Inputs, Int
from tests.accounting.core.worked_example_inputs import worked_example_inputs


def with_share(inputs: Inputs, product: int, share: str) -> Inputs:
    facts = inputs.facts
    added = Facts(
        name=["amortised_share", *facts.name],
        product=np.concatenate([[product], facts.product]).astype(np.int64),
        item=["", *facts.item],
        value=[share, *facts.value],
        weight=["1", *facts.weight],
    )
    return replace(inputs, facts=added)


def wages_of(inputs: Inputs, product: int) -> int:
    work = inputs.contributions
    column: Int = work.wage_micro[(work.product == product) & (work.phase == 0)]
    return int(column.sum())


def test_wages_and_content_of_creation_count_by_the_same_part() -> None:
    inputs = worked_example_inputs()
    whole = allocate(inputs)
    quarter = allocate(with_share(inputs, 0, "0.25"))
    missing = wages_of(inputs, 0) * 3 // 4
    assert missing > 0
    assert quarter.price.variable_capital_micro == whole.price.variable_capital_micro - missing
    content = whole.labour.content_uh[
        (inputs.contributions.product == 0) & (inputs.contributions.phase == 0)
    ]
    melt = 60
    lost = melt * (int(content.sum()) - int(content.sum()) // 4)
    assert abs(whole.price.new_value_micro - quarter.price.new_value_micro - lost) <= melt


def test_the_whole_share_changes_nothing() -> None:
    inputs = worked_example_inputs()
    assert allocate(with_share(inputs, 0, "1")).price == allocate(inputs).price


def test_pay_is_shared_by_all_labour_whenever_it_is_accounted_for() -> None:
    inputs = worked_example_inputs()
    none = allocate(with_share(inputs, 0, "0"))
    dividend = next(pool for pool in none.pools if pool.kind == "data_dividend")
    before = next(pool for pool in allocate(inputs).pools if pool.kind == "data_dividend")
    assert dividend.line_micro.tolist() == before.line_micro.tolist()


@pytest.mark.parametrize("share", ["1.1", "-0.1", "0.0000001"])
def test_what_is_no_share_is_refused(share: str) -> None:
    inputs = worked_example_inputs()
    with pytest.raises(AmortisedShareOutside):
        amortised_total(with_share(inputs, 0, share), inputs.contributions.wage_micro, "wage_micro")
