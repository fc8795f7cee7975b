"""Price as c + v + s, the average profit and both estimators of rent.

Source: value-model.md, d; Foley 1982.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from accounting.core.amortisation import amortised_total
from accounting.core.declared import amount_of
from accounting.core.policy import Policy
from accounting.core.sharing import part_per_million, total_of
from accounting.core.tables import Inputs, Int, Price


def price_of(inputs: Inputs, policy: Policy, content_uh: Int) -> Price:
    """Break revenue down into constant and variable capital and surplus value.

    Wages recorded with contributions and costs of kind `wages` are variable capital, all other
    costs constant capital. The first rent estimate is what surplus exceeds the average profit
    on the capital advanced by; the second what value added exceeds new value by, at the
    policy's monetary expression of labour time.

    What counts as new value is disputed (Teixeira & Rotta 2012; Foley 2013): either every copy
    carries its share of what creation cost, so all labour to date is valorised, or copies are
    valueless and only the period's own labour is. `value.value_approach` says which.

    Where the creation of a product is spread over months, its costs stand in the inputs with the
    period's part, and the wages and content of its training phase count with the same part: both
    sides of every ratio stand on one base.

    Args:
        content_uh: Labour content per contribution.
    """
    costs = inputs.costs
    of_wages = np.array([kind == "wages" for kind in costs.kind], dtype=bool)
    of_compute = np.array([kind == "compute" for kind in costs.kind], dtype=bool)
    revenue = sum(inputs.revenue.amount_micro.tolist())
    constant = sum(costs.amount_micro[~of_wages].tolist())
    variable = amortised_total(inputs, inputs.contributions.wage_micro, "wage_micro")
    variable += sum(costs.amount_micro[of_wages].tolist())
    surplus = revenue - constant - variable
    capital = amount_of(inputs.facts, "capital_advanced")
    average = part_per_million(capital, policy.value.reference_profit_ppm)
    labour = _new_value_content(inputs, policy, content_uh)
    new_value = policy.value.melt_micro_per_hour * labour // 10**6
    return Price(
        revenue_micro=revenue,
        constant_capital_micro=constant,
        variable_capital_micro=variable,
        surplus_micro=surplus,
        average_profit_micro=average,
        excess_profit_micro=max(0, surplus - average),
        new_value_micro=new_value,
        transfer_micro=revenue - constant - new_value,
        compute_micro=sum(costs.amount_micro[of_compute].tolist()),
    )


def _new_value_content(inputs: Inputs, policy: Policy, content_uh: Int) -> int:
    if policy.value.value_approach != "copies_are_rent":
        return amortised_total(inputs, content_uh, "content_uh")
    # A copy carries nothing of its creation, so there is nothing to spread.
    first_day = (inputs.period.start - date(1970, 1, 1)).days
    return total_of(content_uh[inputs.contributions.occurred_day >= first_day], "content_uh")
