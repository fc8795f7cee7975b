# ruff: noqa: RUF001 - factors are written with the sign of multiplication
"""A policy document in plain words, and what one says otherwise than another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounting.core.policy import parse_policy, policy_document
from accounting.forms.policies_terms import (
    BETA_WARNING_PPM as BETA_WARNING_PPM,
)
from accounting.forms.policies_terms import (
    CHOICES,
    POOL_CHOICES,
    POOL_TERMS,
    SECTIONS,
    Term,
    Words,
    terms,
    value_at,
)
from accounting.services.policy_changes import ABSENT as NOT_THERE
from accounting.services.policy_changes import Change
from accounting.views.words import POOL_MEANINGS, POOL_NAMES
from contributions.formatting import factor, share
from contributions.formatting import number as figure
from contributions.views.tables import ABSENT, Cell, Empty, Table, columns, number


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the agreement with its fields in words."""

    key: str
    title: Words
    table: Table


def sections(document: dict[str, Any]) -> list[Section]:
    """Return the parts of a policy document in words; pools stand apart."""
    whole = complete(document)
    return [Section(key, title, _table(str(title), found, whole)) for key, title, found in SECTIONS]


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with every default written out, also of fields younger than it."""
    return policy_document(parse_policy(document))


def named_paths() -> set[str]:
    """Return the paths of all fields that are explained."""
    return {term.path for term in terms()}


def written(term: Term, value: Any, choices: Sequence[tuple[str, Words]] = ()) -> str:
    """Write what a field says as people read it."""
    if value is None:
        return _("none")
    write = _WRITTEN.get(term.kind)
    return write(value) if write else _texts(term, value, choices)


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "flag": lambda value: _("yes") if value else _("no"),
    "percent": lambda value: share(value, digits=2 if value % 1_000 else 1),
    "ratio": lambda value: f"× {factor(value)}",
    "money": lambda value: figure(Decimal(value).scaleb(-6)),
    "count": figure,
    "days": figure,
}


def pools_table(document: dict[str, Any]) -> Table:
    """Return the pools of a document in their order."""
    return Table(
        caption=_("Pools, in the order in which they are filled"),
        columns=columns(
            _("Pool"),
            _("Rate"),
            _("Who is entitled"),
            _("Flow"),
            _("Sharing key"),
            _("Solidarity"),
            numeric=(1, 5),
        ),
        rows=[_pool_row(pool) for pool in complete(document)["pools"]],
        empty=Empty(_("No pools")),
    )


def changes_table(changes: list[Change], *, before: str, after: str) -> Table:
    """Return what differs between two policies, side by side.

    Args:
        before, after: What the two are called.
    """
    by_path = {term.path: term for term in terms()}
    return Table(
        caption=_("What differs"),
        columns=columns(_("Term"), before, after, _("What it decides")),
        rows=[_change_row(change, by_path) for change in changes],
        empty=Empty(
            _("The two say the same"), _("Only their names or versions differ, if anything.")
        ),
    )


def _texts(term: Term, value: Any, choices: Sequence[tuple[str, Words]]) -> str:
    named = dict(choices or CHOICES.get(term.path, ()))
    if term.kind == "choice":
        return str(named.get(value, value))
    if term.kind == "seconds":
        return ", ".join(f"{code}: {figure(number)}" for code, number in value.items()) or _("none")
    if term.kind == "skills":
        return ", ".join(sorted(value)) or _("none")
    if isinstance(value, str):
        return value or _("none")
    return ", ".join(str(named.get(item, item)) for item in value) or _("none")


def _pool_row(pool: dict[str, Any]) -> list[Cell]:
    entitled = [*pool["labour_types"], *pool["task_types"]]
    by_terms = pool["kind"] in {"licence", "wage_floor"}
    return [
        Cell(POOL_NAMES[pool["kind"]], detail=POOL_MEANINGS[pool["kind"]]),
        number(_("by its terms") if by_terms else share(pool["rate_ppm"])),
        Cell(", ".join(entitled) or _("all productive labour")),
        Cell(dict(POOL_CHOICES["flow"])[pool["flow"]]),
        Cell(dict(POOL_CHOICES["key"])[pool["key"]]),
        number(share(pool["solidarity_ppm"])),
    ]


def _table(title: str, found: list[Term], document: dict[str, Any]) -> Table:
    return Table(
        caption=title,
        columns=columns(_("Field"), _("Value"), _("What it decides")),
        rows=[
            [
                Cell(term.name, detail=term.path),
                Cell(written(term, value_at(document, term.path))),
                Cell(term.meaning),
            ]
            for term in found
        ],
        empty=Empty(_("No fields")),
    )


def _change_row(change: Change, by_path: dict[str, Term]) -> list[Cell]:
    sides = (change.before, change.after)
    if change.path == "pools" and not change.entry:
        orders = [", ".join(side) for side in sides]
        return _row(_("Order of the pools"), change, orders, _("Pools are filled in order."))
    if change.path == "pools":
        name = _("Pool {}").format(change.entry)
        return _row(name, change, [_whole_pool(side) for side in sides], _("A pool as a whole."))
    if change.path.startswith("pools."):
        term = next(row for row in POOL_TERMS if f"pools.{row.path}" == change.path)
        told = [written(term, side, POOL_CHOICES.get(term.path, ())) for side in sides]
        name = _("Pool {}").format(change.entry)
        return _row(f"{name}: {term.name}", change, told, term.meaning)
    term = by_path[change.path]
    if change.entry:
        told = [_entry(side) for side in sides]
        return _row(f"{term.name}: {change.entry}", change, told, term.meaning)
    return _row(term.name, change, [written(term, side) for side in sides], term.meaning)


def _row(name: Words, change: Change, sides: list[str], meaning: Words) -> list[Cell]:
    return [Cell(name, detail=change.path), *map(Cell, sides), Cell(meaning)]


def _whole_pool(pool: Any) -> str:
    if pool is NOT_THERE:
        return ABSENT
    name = str(POOL_NAMES[pool["kind"]])
    return f"{name}, {share(pool['rate_ppm'])}" if pool["rate_ppm"] else name


def _entry(entry: Any) -> str:
    if entry is NOT_THERE:
        return ABSENT
    if isinstance(entry, int):
        return figure(entry)
    parts = []
    if entry["wage_micro_per_hour"] is not None:
        wage = figure(Decimal(entry["wage_micro_per_hour"]).scaleb(-6))
        parts.append(_("wage {}").format(wage))
    hours = sum(row["hours"] for row in entry["training"])
    if hours:
        parts.append(_("training {} h").format(figure(hours)))
    if entry["working_life_hours"]:
        parts.append(_("working life {} h").format(figure(entry["working_life_hours"])))
    if entry["output_ratio_ppm"] is not None:
        parts.append(_("output × {}").format(factor(entry["output_ratio_ppm"])))
    return ", ".join(parts) or _("none")
