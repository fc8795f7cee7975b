# ruff: noqa: RUF001, RUF002 - formulas are written with the signs of mathematics
"""The numbers and rules of a trace in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "age": _("age of the work"),
    "all_claims": _("all claims on surplus value"),
    "all_gaps": _("all gaps to a living wage"),
    "all_weights": _("weight of all entitled labour"),
    "average_profit": _("average profit"),
    "beta": _("data value β"),
    "cap": _("cap on credit"),
    "capital_advanced": _("capital advanced K"),
    "claim": _("what the formula asks for"),
    "complexity": _("complexity coefficient κ"),
    "constant_capital": _("constant capital c"),
    "content": _("labour content"),
    "credited": _("credited hours ℓ"),
    "decay": _("decay"),
    "disputed": _("held by a dispute"),
    "effective_beta": _("β after reliability"),
    "effective_output": _("effective output"),
    "embodied": _("embodied labour λ"),
    "embodied_part": _("embodied labour handed on"),
    "excess_profit": _("knowledge rent ρ₁"),
    "frozen": _("part under dispute"),
    "fund": _("fund"),
    "gap": _("gap to the living wage"),
    "given_up": _("given up to the pot of data value"),
    "granted": _("granted out of surplus value"),
    "gross": _("share before anything is held"),
    "half_life": _("half-life"),
    "highest_factor": _("highest factor"),
    "inflow": _("money that reached the product"),
    "licence_base": _("base of the percentage"),
    "licence_fee": _("licence fee"),
    "licence_percentage": _("licence percentage"),
    "licence_price": _("price per unit"),
    "licence_units": _("units used"),
    "line": _("this line"),
    "living_wage": _("living wage per hour"),
    "lowest_factor": _("lowest factor"),
    "needed": _("needed for a living wage"),
    "norm": _("norm σ"),
    "own_money": _("money for the product's own labour"),
    "own_part": _("own labour's part of what came along the lineage"),
    "passed_on": _("passed on to the upstream product"),
    "pool_rate": _("rate of the pool"),
    "positive_score": _("score, not below zero"),
    "positive_scores": _("all positive scores"),
    "positive_surplus": _("surplus value, not below zero"),
    "pot": _("pot of data value"),
    "product_claim": _("what the formula asks for at the product"),
    "product_fund": _("fund of the product"),
    "product_revenue": _("revenue of the product"),
    "product_weight": _("weight of the product's entitled labour"),
    "profit_share_available": _("profit share before the floor"),
    "provisional_content": _("provisional labour content"),
    "quality": _("quality"),
    "quality_x_time_of_all": _("quality × time of all such work"),
    "rated_time_of_all": _("rated time of all such work"),
    "received": _("received so far"),
    "reference_profit": _("reference profit rate r̄"),
    "reliability": _("reliability of the scores"),
    "rescaling": _("rescaling"),
    "revenue": _("revenue R"),
    "score": _("data-value score φ"),
    "share_of_pot": _("share of the pot"),
    "solidarity": _("solidarity part of the product"),
    "solidarity_in": _("from solidarity"),
    "solidarity_kept_apart": _("kept apart for solidarity"),
    "solidarity_out": _("to solidarity"),
    "solidarity_rate": _("solidarity rate ς"),
    "surplus": _("surplus value s"),
    "taken_by_floor": _("taken by the wage floor"),
    "time": _("time worked"),
    "transfer": _("transfer coefficient τ"),
    "units": _("units"),
    "unmeasured": _("held because nobody measured the work"),
    "variable_capital": _("variable capital v"),
    "weight": _("weight of this work"),
    "worker_output": _("the worker's output"),
    "worker_time": _("the worker's time"),
}
"""Name of a quantity in a trace to its words."""

FORMULAS: dict[str, str] = {
    "excess": "max(0, {difference})",
    "positive": "max(0, {0})",
    "smaller": "min({0}, {1})",
    "rate": "{0} × {1}",
    "licence": "{0} + {1} × {2} + {3} × {4}",
    "share": "{0} × {1} ÷ {2}",
    "mixed_share": "{0} × {1} ÷ {2}",
    "effective": "{0} × {1}",
    "credited_by_norm": "{0} × {1} × {2}",
    "credited_by_cap": "{0} ÷ {1} × {2} × {3} × {4}",
    "credited_by_time": "{0} × {1}",
    "credited_by_quality": "{0} × min(max({1} × {3} ÷ {2}, {4}), {5})",
    "decay": "2^(−{0} ÷ {1})",
    "content": "{0} × {1} × {2}",
    "beta": "{0} × max(0, {1})",
    "blend": "{0} − {1} + {2}",
    "living_wage": "{0} × {1}",
    "given": "{0}",
    "difference": "{difference}",
    "sum": "{sum}",
}
"""Rule of a step to its formula; operands stand in their places."""


def formula(rule: str, operands: list[str]) -> str:
    """Write a rule with its operands put in, as numbers or as words.

    >>> formula("excess", ["9", "4", "1"])
    'max(0, 9 − 4 − 1)'
    """
    return FORMULAS[rule].format(
        *operands, difference=" − ".join(operands), sum=" + ".join(operands)
    )
