# ruff: noqa: RUF001 - formulas are written with the signs of mathematics
"""A policy document in plain words, field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounting.views.tables import Cell, Empty, Table, columns, number
from accounting.views.words import POOL_MEANINGS, POOL_NAMES
from contributions.formatting import factor, share
from contributions.formatting import number as figure

BETA_WARNING_PPM = 300_000

Words = str | Promise


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the document: where it stands, its name, what it decides, how it is written."""

    path: str
    name: Words
    meaning: Words
    written: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the agreement with its fields in words."""

    key: str
    title: Words
    table: Table


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    if value is None:
        return _now("none")
    if isinstance(value, int):
        return figure(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or _now("none")
    return str(value) or _now("none")


def _percent(value: Any) -> str:
    return share(value)


def _times(value: Any) -> str:
    return f"× {factor(value)}"


def _money(value: Any) -> str:
    return _now("none") if value is None else figure(Decimal(value).scaleb(-6))


_SECTIONS: list[tuple[str, Words, list[_Field]]] = [
    (
        "norm",
        _("How working time is credited (norm)"),
        [
            _Field(
                "norm.scope",
                _("Taken over"),
                _("Whose work makes the norm: the whole sector, one platform or one product."),
                _plain,
            ),
            _Field(
                "norm.method",
                _("Method"),
                _(
                    "Mean: in total exactly the hours worked are credited. Median and mode follow "
                    "the typical producer; individual credits everybody's own time."
                ),
                _plain,
            ),
            _Field(
                "norm.rescale",
                _("Rescaled"),
                _("Whether the credited total is brought back to the hours worked."),
                _plain,
            ),
            _Field(
                "norm.min_producers",
                _("Fewest producers"),
                _("With fewer, a norm leans on its parent task type's."),
                _plain,
            ),
            _Field(
                "norm.shrink_weight",
                _("Weight of the parent"),
                _("As if so many producers of the parent type were added."),
                _plain,
            ),
            _Field(
                "norm.cap_low_ppm",
                _("Lowest credit"),
                _("Nobody is credited less than this times their own hours."),
                _times,
            ),
            _Field(
                "norm.cap_high_ppm",
                _("Highest credit"),
                _("Nobody is credited more than this times their own hours."),
                _times,
            ),
            _Field(
                "norm.time_only_low_ppm",
                _("Lowest credit by quality"),
                _("For work that is timed and not counted, quality moves credit no lower."),
                _times,
            ),
            _Field(
                "norm.time_only_high_ppm",
                _("Highest credit by quality"),
                _("For work that is timed and not counted, quality moves credit no higher."),
                _times,
            ),
            _Field(
                "norm.counted_outcomes",
                _("Outcomes that count"),
                _("Other work earns from no pool, but its hours count for the wage floor."),
                _plain,
            ),
            _Field(
                "norm.assumed_seconds_per_unit",
                _("Assumed seconds per unit"),
                _(
                    "For task types whose time nobody measured; every figure that rests on them is "
                    "an assumption."
                ),
                lambda value: _plain([f"{key}: {seconds}" for key, seconds in value.items()]),
            ),
            _Field(
                "norm.unmeasured",
                _("Work without time and units"),
                _("What is held for it in escrow until one of them is known."),
                _plain,
            ),
        ],
    ),
    (
        "complexity",
        _("How complex labour counts (κ)"),
        [
            _Field(
                "complexity.wage_ratio_weight",
                _("Weight of the wage ratio"),
                _("Wages inside one country, compared with simple labour."),
                _plain,
            ),
            _Field(
                "complexity.training_cost_weight",
                _("Weight of training cost"),
                _("Hours of teaching and learning, spread over a working life."),
                _plain,
            ),
            _Field(
                "complexity.output_weight",
                _("Weight of output"),
                _("What measurably comes out of an hour."),
                _plain,
            ),
            _Field(
                "complexity.flat_weight",
                _("Weight of one for all"),
                _("Counts every hour the same."),
                _plain,
            ),
            _Field(
                "complexity.simple_wage_micro_per_hour",
                _("Wage of simple labour"),
                _("The hourly wage that wage ratios start from."),
                _money,
            ),
            _Field("complexity.cap_low_ppm", _("Lowest κ"), _("No labour counts less."), _times),
            _Field("complexity.cap_high_ppm", _("Highest κ"), _("No labour counts more."), _times),
            _Field(
                "complexity.decimals",
                _("Decimals of κ"),
                _("κ is rounded to so many digits before anything is multiplied."),
                _plain,
            ),
            _Field(
                "complexity.task_types",
                _("Task types with figures of their own"),
                _("All others count as simple labour."),
                lambda value: _plain(sorted(value)),
            ),
            _Field(
                "complexity.grades",
                _("Grades with figures of their own"),
                _("They apply to work that is timed and not counted."),
                lambda value: _plain(sorted(value)),
            ),
        ],
    ),
    (
        "value",
        _("Value, profit and rent"),
        [
            _Field(
                "value.value_approach",
                _("Value of copies"),
                _(
                    "Whether copies carry averaged creation cost, so that all labour to date makes "
                    "new value, or are valueless, so that only the period's own labour does and "
                    "the rest of revenue is rent. The theory is disputed here."
                ),
                _plain,
            ),
            _Field(
                "value.reference_profit_ppm",
                _("Reference profit rate r̄"),
                _("Profit up to this share of the capital advanced is average; beyond it is rent."),
                _percent,
            ),
            _Field(
                "value.melt_micro_per_hour",
                _("MELT"),
                _("Money that expresses an hour; it turns compute cost into dead labour."),
                _money,
            ),
        ],
    ),
    (
        "index",
        _("Composite technical index"),
        [
            _Field(
                "index.gpu_hours_ppm",
                _("Exponent of GPU hours"),
                _("The index splits bundles that no meter divides. It never pays people."),
                factor,
            ),
            _Field(
                "index.governance_hours_ppm",
                _("Exponent of data-governance hours"),
                _("The three exponents add up to one."),
                factor,
            ),
            _Field(
                "index.training_flop_ppm",
                _("Exponent of training FLOP"),
                _("Of its logarithm, as a measure of model complexity."),
                factor,
            ),
        ],
    ),
    (
        "sharing",
        _("Time, data value and payment"),
        [
            _Field(
                "half_life_days",
                _("Half-life of labour, days"),
                _("After so many days labour counts half. None: old labour counts like new."),
                _plain,
            ),
            _Field(
                "productive_business_labour",
                _("Business-model labour is productive"),
                _("If not, it circulates value and earns from no pool."),
                _plain,
            ),
            _Field(
                "blend_beta_ppm",
                _("Data value β"),
                _(
                    "How much of a scored contribution's labour share scores may move, before "
                    "their reliability reduces it. Labour sets the total; scores only move shares "
                    "inside."
                ),
                _percent,
            ),
            _Field(
                "minimum_payout_minor",
                _("Smallest payment, in coins"),
                _("Less is carried to the next payment, never lost."),
                _plain,
            ),
            _Field("negotiation.parties", _("Parties"), _("Who negotiated."), _plain),
            _Field("negotiation.minutes", _("Minutes"), _("Where the minutes lie."), _plain),
            _Field(
                "negotiation.yearly_round",
                _("Yearly round"),
                _("When the parties meet again."),
                _plain,
            ),
            _Field(
                "negotiation.public_body_signs",
                _("A public body signs too"),
                _("Then nothing is in force before a public body has signed as well."),
                _plain,
            ),
        ],
    ),
]


def sections(document: dict[str, Any]) -> list[Section]:
    """Return the parts of a policy document in words; pools stand apart."""
    return [
        Section(key, title, _table(str(title), fields, document))
        for key, title, fields in _SECTIONS
    ]


def named_paths() -> set[str]:
    """Return the paths of all fields that are explained."""
    return {field.path for _key, _title, fields in _SECTIONS for field in fields}


def pools_table(document: dict[str, Any]) -> Table:
    """Return the pools of a document in their order."""
    return Table(
        caption=_now("Pools, in the order in which they are filled"),
        columns=columns(
            _now("Pool"),
            _now("Rate"),
            _now("Who is entitled"),
            _now("Flow"),
            _now("Key"),
            _now("Solidarity"),
            numeric=(1, 5),
        ),
        rows=[_pool_row(pool) for pool in document["pools"]],
        empty=Empty(_now("No pools")),
    )


def _pool_row(pool: dict[str, Any]) -> list[Cell]:
    entitled = [*pool["labour_types"], *pool["task_types"]]
    flows = {"lineage": _("back along the lineage"), "direct": _("directly, by weight")}
    keys = {"labour": _("labour content"), "blend": _("labour content, moved by data value")}
    by_terms = pool["kind"] in {"licence", "wage_floor"}
    return [
        Cell(POOL_NAMES[pool["kind"]], detail=POOL_MEANINGS[pool["kind"]]),
        number(_("by its terms") if by_terms else share(pool["rate_ppm"])),
        Cell(", ".join(entitled) or _("all productive labour")),
        Cell(flows[pool["flow"]]),
        Cell(keys[pool["key"]]),
        number(share(pool["solidarity_ppm"])),
    ]


def _table(title: str, fields: list[_Field], document: dict[str, Any]) -> Table:
    return Table(
        caption=title,
        columns=columns(_now("Field"), _now("Value"), _now("What it decides")),
        rows=[
            [
                Cell(field.name, detail=field.path),
                Cell(field.written(_at(document, field.path))),
                Cell(field.meaning),
            ]
            for field in fields
        ],
        empty=Empty(_now("No fields")),
    )


def _at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value[name]
    return value
