"""Every term of a policy: where it stands in the document, what it decides, and its bounds.

The form, the page and the comparison of policies all read this one list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise
Kind = Literal[
    "choice",
    "choices",
    "count",
    "days",
    "flag",
    "lines",
    "money",
    "percent",
    "ratio",
    "seconds",
    "skills",
    "text",
]

BETA_WARNING_PPM = 300_000
LARGEST_COUNT = 10**9


@dataclass(frozen=True, slots=True)
class Term:
    """A field of the document: where it stands, its name, what it decides, what it holds."""

    path: str
    name: Words
    meaning: Words
    kind: Kind

    @property
    def field_name(self) -> str:
        """How the form calls it."""
        return self.path.replace(".", "-")


CHOICES: dict[str, list[tuple[str, Words]]] = {
    "norm.scope": [
        ("sector", _("whole sector")),
        ("platform", _("one platform")),
        ("project", _("one product")),
    ],
    "norm.method": [
        ("mean", _("mean: total credited equals total worked")),
        ("median", _("median of the producers")),
        ("mode", _("half-sample mode of the producers")),
        ("individual", _("individual: everybody's own time")),
    ],
    "norm.counted_outcomes": [
        ("accepted", _("accepted")),
        ("rejected", _("rejected")),
        ("expired", _("expired")),
        ("skipped", _("skipped")),
        ("pending", _("pending")),
    ],
    "norm.unmeasured": [
        ("hold_mean", _("hold the mean of like work")),
        ("hold_product", _("hold nothing by itself")),
    ],
    "value.value_approach": [
        ("averaged_creation_cost", _("copies carry averaged creation cost")),
        ("copies_are_rent", _("copies are valueless: revenue from them is rent")),
    ],
}

SECTIONS: list[tuple[str, Words, list[Term]]] = [
    (
        "norm",
        _("How working time is credited (norm)"),
        [
            Term(
                "norm.scope",
                _("Taken over"),
                _("Whose work makes the norm: the whole sector, one platform or one product."),
                "choice",
            ),
            Term(
                "norm.method",
                _("Method"),
                _(
                    "Mean: in total exactly the hours worked are credited. Median and mode follow "
                    "the typical producer; individual credits everybody's own time."
                ),
                "choice",
            ),
            Term(
                "norm.rescale",
                _("Rescaled"),
                _("Whether the credited total is brought back to the hours worked."),
                "flag",
            ),
            Term(
                "norm.min_producers",
                _("Fewest producers"),
                _("With fewer, a norm leans on its parent task type's."),
                "count",
            ),
            Term(
                "norm.shrink_weight",
                _("Weight of the parent"),
                _("As if so many producers of the parent type were added."),
                "count",
            ),
            Term(
                "norm.cap_low_ppm",
                _("Lowest credit"),
                _("Nobody is credited less than this times their own hours."),
                "ratio",
            ),
            Term(
                "norm.cap_high_ppm",
                _("Highest credit"),
                _("Nobody is credited more than this times their own hours."),
                "ratio",
            ),
            Term(
                "norm.time_only_low_ppm",
                _("Lowest credit by quality"),
                _("For work that is timed and not counted, quality moves credit no lower."),
                "ratio",
            ),
            Term(
                "norm.time_only_high_ppm",
                _("Highest credit by quality"),
                _("For work that is timed and not counted, quality moves credit no higher."),
                "ratio",
            ),
            Term(
                "norm.counted_outcomes",
                _("Outcomes that count"),
                _("Other work earns from no pool, but its hours count for the wage floor."),
                "choices",
            ),
            Term(
                "norm.assumed_seconds_per_unit",
                _("Assumed seconds per unit"),
                _(
                    "For task types whose time nobody measured; every figure that rests on them is "
                    "an assumption."
                ),
                "seconds",
            ),
            Term(
                "norm.unmeasured",
                _("Work without time and units"),
                _("What is held for it in escrow until one of them is known."),
                "choice",
            ),
        ],
    ),
    (
        "complexity",
        _("How complex labour counts (κ)"),
        [
            Term(
                "complexity.wage_ratio_weight",
                _("Weight of the wage ratio"),
                _("Wages inside one country, compared with simple labour."),
                "count",
            ),
            Term(
                "complexity.training_cost_weight",
                _("Weight of training cost"),
                _("Hours of teaching and learning, spread over a working life."),
                "count",
            ),
            Term(
                "complexity.output_weight",
                _("Weight of output"),
                _("What measurably comes out of an hour."),
                "count",
            ),
            Term(
                "complexity.flat_weight",
                _("Weight of one for all"),
                _("Counts every hour the same."),
                "count",
            ),
            Term(
                "complexity.simple_wage_micro_per_hour",
                _("Wage of simple labour"),
                _("The hourly wage that wage ratios start from."),
                "money",
            ),
            Term("complexity.cap_low_ppm", _("Lowest κ"), _("No labour counts less."), "ratio"),
            Term("complexity.cap_high_ppm", _("Highest κ"), _("No labour counts more."), "ratio"),
            Term(
                "complexity.decimals",
                _("Decimals of κ"),
                _("κ is rounded to so many digits before anything is multiplied."),
                "count",
            ),
            Term(
                "complexity.task_types",
                _("Task types with figures of their own"),
                _("All others count as simple labour."),
                "skills",
            ),
            Term(
                "complexity.grades",
                _("Grades with figures of their own"),
                _("They apply to work that is timed and not counted."),
                "skills",
            ),
        ],
    ),
    (
        "value",
        _("Value, profit and rent"),
        [
            Term(
                "value.value_approach",
                _("Value of copies"),
                _(
                    "Whether copies carry averaged creation cost, so that all labour to date makes "
                    "new value, or are valueless, so that only the period's own labour does and "
                    "the rest of revenue is rent. The theory is disputed here."
                ),
                "choice",
            ),
            Term(
                "value.reference_profit_ppm",
                _("Reference profit rate r̄"),
                _("Profit up to this share of the capital advanced is average; beyond it is rent."),
                "percent",
            ),
            Term(
                "value.melt_micro_per_hour",
                _("MELT"),
                _("Money that expresses an hour; it turns compute cost into dead labour."),
                "money",
            ),
        ],
    ),
    (
        "index",
        _("Composite technical index"),
        [
            Term(
                "index.gpu_hours_ppm",
                _("Exponent of GPU hours"),
                _("The index splits bundles that no meter divides. It never pays people."),
                "percent",
            ),
            Term(
                "index.governance_hours_ppm",
                _("Exponent of data-governance hours"),
                _("The three exponents add up to one."),
                "percent",
            ),
            Term(
                "index.training_flop_ppm",
                _("Exponent of training FLOP"),
                _("Of its logarithm, as a measure of model complexity."),
                "percent",
            ),
        ],
    ),
    (
        "sharing",
        _("Time, data value and payment"),
        [
            Term(
                "half_life_days",
                _("Half-life of labour, days"),
                _("After so many days labour counts half. None: old labour counts like new."),
                "days",
            ),
            Term(
                "productive_business_labour",
                _("Business-model labour is productive"),
                _("If not, it circulates value and earns from no pool."),
                "flag",
            ),
            Term(
                "blend_beta_ppm",
                _("Data value β"),
                _(
                    "How much of a scored contribution's labour share scores may move, before "
                    "their reliability reduces it. Labour sets the total; scores only move shares "
                    "inside."
                ),
                "percent",
            ),
            Term(
                "minimum_payout_minor",
                _("Smallest payment, in coins"),
                _("Less is carried to the next payment, never lost."),
                "count",
            ),
            Term("negotiation.parties", _("Parties"), _("Who negotiated."), "lines"),
            Term(
                "negotiation.minutes",
                _("Minutes of the meeting"),
                _("Where the minutes lie."),
                "text",
            ),
            Term(
                "negotiation.yearly_round",
                _("Yearly round"),
                _("When the parties meet again."),
                "text",
            ),
            Term(
                "negotiation.public_body_signs",
                _("A public body signs too"),
                _("Then nothing is in force before a public body has signed as well."),
                "flag",
            ),
        ],
    ),
]

POOL_TERMS: list[Term] = [
    Term("kind", _("Kind"), _("What funds the pool and whom it is for."), "choice"),
    Term(
        "rate_ppm",
        _("Rate"),
        _(
            "Of revenue for a data dividend, of surplus value for a profit share, of knowledge "
            "rent for a commons fund. A licence yields what its terms say; a wage floor, what is "
            "missing."
        ),
        "percent",
    ),
    Term(
        "labour_types",
        _("Entitled labour types"),
        _("Without any type or task type, all productive labour is entitled."),
        "choices",
    ),
    Term("task_types", _("Entitled task types"), _("Beside the labour types."), "lines"),
    Term(
        "flow",
        _("Flow"),
        _(
            "Along the lineage, money goes back from the product that earned it to the products "
            "it was made with; directly, it goes by weight at once."
        ),
        "choice",
    ),
    Term(
        "key",
        _("Sharing key"),
        _("By labour content alone, or moved by data value as far as β allows."),
        "choice",
    ),
    Term(
        "solidarity_ppm",
        _("Solidarity ς"),
        _(
            "The part of the pool that ignores the lineage and goes to all entitled labour, so "
            "that luck in which data set succeeded weighs less."
        ),
        "percent",
    ),
]
POOL_CHOICES: dict[str, list[tuple[str, Words]]] = {
    "kind": [
        ("licence", _("Licence royalty")),
        ("data_dividend", _("Data dividend")),
        ("wage_floor", _("Wage floor")),
        ("profit_share", _("Profit share")),
        ("commons", _("Commons fund")),
    ],
    "flow": [
        ("direct", _("directly, by weight")),
        ("lineage", _("back along the lineage")),
    ],
    "key": [
        ("labour", _("labour content")),
        ("blend", _("labour content, moved by data value")),
    ],
}


def terms() -> list[Term]:
    """Return all terms but those of pools, in the order of the document."""
    return [term for _key, _title, found in SECTIONS for term in found]


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """Return what a complete document says at a path."""
    value: Any = document
    for name in path.split("."):
        value = value[name]
    return value
