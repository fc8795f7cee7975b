"""Two results as tables: what each pool, group, indicator and person gets on both sides."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounting.services import comparisons
from accounting.services.comparisons import Pair, Result
from accounting.services.indicator_catalogue import CATALOGUE, shown_value
from accounting.views import links
from accounting.views.words import POOL_NAMES, group_name, labour_name
from contributions.formatting import money
from contributions.identifiers import public_id
from contributions.models import Worker
from contributions.views.tables import ABSENT, Cell, Empty, Table, columns, number

_TOGETHER = comparisons.TOGETHER


def overview_table(before: Result, after: Result, names: tuple[str, str]) -> Table:
    """Return the sums of two results side by side."""
    held = [
        sum(pool.held_micro for pool in side.pools.values()) - side.commons_micro
        for side in (before, after)
    ]
    rows = [
        Pair((_("Revenue"),), before.price["revenue_micro"], after.price["revenue_micro"]),
        Pair((_("Paid to people"),), before.paid_micro, after.paid_micro),
        Pair((_("Held in escrow"),), *held),
        Pair((_("Commons fund"),), before.commons_micro, after.commons_micro),
        _rent(before, after),
    ]
    return _table(_("In all"), _("Sum"), names, after, [(Cell(row.key[0]), row) for row in rows])


def pools_table(before: Result, after: Result, names: tuple[str, str]) -> Table:
    """Return what each pool pays to people on both sides."""
    kinds = {code: pool.kind for side in (before, after) for code, pool in side.pools.items()}
    rows = [
        (Cell(POOL_NAMES.get(kinds[row.key[0]], row.key[0]), detail=row.key[0]), row)
        for row in comparisons.pools(before, after)
    ]
    return _table(_("Paid to people, by pool"), _("Pool"), names, after, rows)


def groups_table(before: Result, after: Result, names: tuple[str, str], *, fewest: int) -> Table:
    """Return what each group gets; small groups stand together, and none if all are small."""
    rows = [(_group_cell(row), row) for row in comparisons.groups(before, after, fewest=fewest)]
    return _table(_("Paid to people, by group"), _("Group"), names, after, rows)


def people_table(rows: list[Pair], after: Result, names: tuple[str, str]) -> Table:
    """Return what single people get, as far as they may be read."""
    numbers = [int(row.key[0]) for row in rows]
    pseudonyms = dict(Worker.objects.filter(pk__in=numbers).values_list("pk", "pseudonym"))
    told = [
        (
            Cell(
                pseudonyms.get(number_) or public_id(Worker.id_prefix, number_),
                href=links.worker_url(number_),
            ),
            row,
        )
        for number_, row in zip(numbers, rows, strict=True)
    ]
    return _table(_("People, the largest change first"), _("Person"), names, after, told)


def indicators_table(
    before: Result, after: Result, names: tuple[str, str], *, fewest: int
) -> Table:
    """Return each indicator on both sides with its formula, its caution and its source."""
    return Table(
        caption=_("Indicators"),
        columns=columns(
            _("Indicator"), *names, _("Formula"), _("Never"), _("Source"), numeric=(1, 2)
        ),
        rows=[
            [
                Cell(CATALOGUE[name].title, detail=CATALOGUE[name].reads),
                *(number(_shown(name, value)) for value in values),
                Cell(CATALOGUE[name].formula),
                Cell(CATALOGUE[name].never),
                Cell(CATALOGUE[name].source),
            ]
            for name, *values in comparisons.indicators(before, after, fewest=fewest)
        ],
        empty=Empty(_("No indicators")),
    )


def signed_money(micro: int, currency: str) -> str:
    """Write a change with its sign."""
    return f"{'+' if micro > 0 else ''}{money(micro, currency)}"


def _rent(before: Result, after: Result) -> Pair:
    name = "excess_profit_micro"
    return Pair((_("Knowledge rent, first estimate"),), before.price[name], after.price[name])


def _table(
    caption: str,
    first: str,
    names: tuple[str, str],
    after: Result,
    rows: list[tuple[Cell, Pair]],
) -> Table:
    currency = after.currency
    return Table(
        caption=f"{caption}, {currency}",
        columns=columns(first, *names, _("Change"), numeric=(1, 2, 3)),
        rows=[
            [
                cell,
                number(_amount(row.before, currency)),
                number(_amount(row.after, currency)),
                number(ABSENT if row.change is None else signed_money(row.change, currency)),
            ]
            for cell, row in rows
        ],
        empty=Empty(
            _("Nothing to show"),
            _("Too few people stand behind these figures, or you may not read them one by one."),
        ),
    )


def _group_cell(row: Pair) -> Cell:
    if row.key == _TOGETHER:
        return Cell(_("Small groups together"), detail=_("not shown one by one"))
    kind, status, country = row.key
    return Cell(group_name(status, country), detail=labour_name(kind))


def _amount(micro: int | None, currency: str) -> str:
    return ABSENT if micro is None else money(micro, currency)


def _shown(name: str, value: str) -> str:
    return shown_value(CATALOGUE[name], value) if value else ABSENT
