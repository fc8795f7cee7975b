"""Two results side by side: by pool, group, indicator and person.

A result is either a stored run or one computed live. What is small is hidden on both sides
alike, and persons appear only to whoever may read their statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from django.db.models import F, Q, Sum
from django.db.models.functions import Abs, Coalesce
from numpy.typing import NDArray

from accounting.core.tables import LABOUR_TYPES, Allocation
from accounting.models import EscrowEntry, Run, Statement
from accounting.services.indicator_catalogue import CATALOGUE
from accounting.services.run_cells import GROUP, groups_of, kept
from accounting.services.simulations import World
from accounting.services.suppression import Cell, is_hidden, too_small
from contributions.models import User, Worker

_Key = TypeVar("_Key")
MOST_PEOPLE = 100
GroupKey = tuple[str, str, str]
TOGETHER: GroupKey = ("", "", "")
"""Stands for the groups that are too small to be shown by themselves."""


@dataclass(frozen=True, slots=True)
class PoolAmount:
    """A pool: its fund, what people get of it and what is held, in µ."""

    kind: str
    funded_micro: int
    paid_micro: int

    @property
    def held_micro(self) -> int:
        """What is in escrow or the commons."""
        return self.funded_micro - self.paid_micro


@dataclass(frozen=True, slots=True)
class Result:
    """What a policy makes of a period, as far as it is compared.

    Attributes:
        pools: By their code, in order.
        groups: Labour type, status and country.
        people: Worker number to amount in µ; empty where they are read from statements.
        commons_micro: What of the held money is the commons'.
    """

    currency: str
    pools: dict[str, PoolAmount]
    groups: dict[GroupKey, Cell]
    people: dict[int, int]
    indicators: dict[str, str]
    price: dict[str, int]
    commons_micro: int
    payees: int

    @property
    def paid_micro(self) -> int:
        """What people get in all."""
        return sum(pool.paid_micro for pool in self.pools.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure on both sides; None where a side has none, or hides it."""

    key: tuple[str, ...]
    before: int | None
    after: int | None

    @property
    def change(self) -> int | None:
        """What came on top, if both sides are known."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


def of_run(run: Run) -> Result:
    """Return a stored run's result; people are left to `people_of_runs`."""
    return kept(run, "compared", lambda: _of_run(run))


def of_allocation(world: World, allocation: Allocation) -> Result:
    """Return a result that was computed live."""
    people = _people(world, allocation)
    price = allocation.price
    return Result(
        currency=world.period.currency,
        pools={
            pool.id: PoolAmount(pool.kind, pool.funded_micro, int(pool.line_micro.sum()))
            for pool in allocation.pools
        },
        groups=_groups(world, allocation),
        people=people,
        indicators=allocation.indicators,
        price={name: getattr(price, name) for name in price.__dataclass_fields__},
        commons_micro=sum(row.amount_micro for row in allocation.escrow if row.reason == "commons"),
        payees=sum(1 for amount in people.values() if amount),
    )


def pools(before: Result, after: Result) -> list[Pair]:
    """Return what each pool pays to people on both sides."""
    return [
        Pair((code,), *(_paid(side, code) for side in (before, after)))
        for code in _in_order(before.pools, after.pools)
    ]


def groups(before: Result, after: Result, *, fewest: int) -> list[Pair]:
    """Return what each group gets on both sides; small ones on either side together.

    Args:
        fewest: Workers a shown group needs; 0 shows all. Without enough people: nothing.
    """
    if any(is_hidden(side.groups, fewest) for side in (before, after)):
        return []
    small = too_small(before.groups, fewest) | too_small(after.groups, fewest)
    shown = [key for key in _in_order(before.groups, after.groups) if key not in small]
    rows = [Pair(key, _amount(before, key), _amount(after, key)) for key in shown]
    if small:
        sums = [sum(_amount(side, key) for key in small) for side in (before, after)]
        rows.append(Pair(TOGETHER, *sums))
    return rows


def indicators(before: Result, after: Result, *, fewest: int) -> list[tuple[str, str, str]]:
    """Return name and both values of each indicator; '' where a side has none or hides it."""
    return [
        (name, _indicator(before, name, fewest), _indicator(after, name, fewest))
        for name in CATALOGUE
        if name in before.indicators or name in after.indicators
    ]


def people(before: Result, after: Result, *, seen: set[int]) -> list[Pair]:
    """Return what those people get whom the reader may see, the largest change first."""
    rows = [
        Pair((str(worker),), before.people.get(worker, 0), after.people.get(worker, 0))
        for worker in sorted({*before.people, *after.people} & seen)
    ]
    rows.sort(key=lambda row: -abs(row.change or 0))
    return rows[:MOST_PEOPLE]


def people_of_runs(before: Run, after: Run, *, user: User) -> list[Pair]:
    """Return the same of two stored runs, from the statements that a user may read."""
    amount = {
        name: Coalesce(Sum("amount_micro", filter=Q(run=run)), 0)
        for name, run in (("before", before), ("after", after))
    }
    rows: Iterable[Any] = (
        Statement.objects.visible_to(user)
        .filter(run__in=[before, after])
        .order_by()
        .values("worker_id")
        .annotate(**amount)
        .annotate(moved=Abs(F("after") - F("before")))
        .order_by("-moved", "worker_id")[:MOST_PEOPLE]
    )
    return [Pair((str(row["worker_id"]),), row["before"], row["after"]) for row in rows]


def moved_micro(before: Result, after: Result) -> int:
    """Return how much would change hands: the larger of all gains and all losses, in µ."""
    changes = [
        after.people.get(worker, 0) - before.people.get(worker, 0)
        for worker in {*before.people, *after.people}
    ]
    return max(sum(c for c in changes if c > 0), -sum(c for c in changes if c < 0), 0)


def gainers_and_losers(before: Result, after: Result) -> tuple[int, int]:
    """Return how many people would get more, and how many less."""
    changes = [
        after.people.get(worker, 0) - before.people.get(worker, 0)
        for worker in {*before.people, *after.people}
    ]
    return sum(1 for c in changes if c > 0), sum(1 for c in changes if c < 0)


def _of_run(run: Run) -> Result:
    # Every pool is its lines and its escrow: `run_sums_exact` saw to it.
    held = dict(
        EscrowEntry.objects.filter(pool__run=run)
        .order_by()
        .values_list("pool__code")
        .annotate(Sum("amount_micro"))
    )
    commons = EscrowEntry.objects.filter(pool__run=run, reason=EscrowEntry.Reason.COMMONS)
    return Result(
        currency=run.period.currency,
        pools={
            pool.code: PoolAmount(
                pool.kind, pool.funded_micro, pool.funded_micro - held.get(pool.code, 0)
            )
            for pool in run.pools.all()
        },
        groups={
            (group.key[0], group.key[1], group.key[2]): group.cell
            for group in groups_of(run, GROUP)
            if group.cell.amount_micro
        },
        people={},
        indicators=dict(run.indicators.values_list("name", "value")),
        price=dict(run.price),
        commons_micro=commons.aggregate(sum=Sum("amount_micro"))["sum"] or 0,
        payees=run.payees_count or 0,
    )


def _people(world: World, allocation: Allocation) -> dict[int, int]:
    numbers = world.pinned.worker_ids.tolist()
    amounts = allocation.statements.amount_micro.tolist()
    return {number: amount for number, amount in zip(numbers, amounts, strict=True) if amount}


def _groups(world: World, allocation: Allocation) -> dict[GroupKey, Cell]:
    work = world.pinned.inputs.contributions
    kinds = _labour_types(world)
    people = dict(_attributes(world.pinned.worker_ids.tolist()))
    amounts: defaultdict[tuple[GroupKey, int], int] = defaultdict(int)
    for pool in allocation.pools:
        for row, amount in zip(
            pool.line_contribution.tolist(), pool.line_micro.tolist(), strict=True
        ):
            worker = int(world.pinned.worker_ids[work.worker[row]])
            key = (kinds[int(work.task_type[row])], *people[worker])
            amounts[key, worker] += amount
    cells: dict[GroupKey, Cell] = {}
    for (key, _worker), amount in amounts.items():
        cell = cells.get(key, Cell(0, 0, 0))
        cells[key] = Cell(
            cell.workers + 1, cell.amount_micro + amount, max(cell.largest_micro, abs(amount))
        )
    return cells


def _labour_types(world: World) -> list[str]:
    types: NDArray[np.int64] = world.pinned.inputs.task_types.labour_type
    return [LABOUR_TYPES[int(code)] for code in types]


def _attributes(numbers: list[int]) -> Iterable[tuple[int, tuple[str, str]]]:
    rows = Worker.objects.filter(pk__in=numbers).values_list("pk", "status", "country")
    return ((number, (status, country)) for number, status, country in rows)


def _paid(side: Result, code: str) -> int | None:
    return side.pools[code].paid_micro if code in side.pools else None


def _amount(side: Result, key: GroupKey) -> int:
    return side.groups[key].amount_micro if key in side.groups else 0


def _indicator(side: Result, name: str, fewest: int) -> str:
    if fewest and side.payees < CATALOGUE[name].fewest:
        return ""
    return side.indicators.get(name, "")


def _in_order(before: Iterable[_Key], after: Iterable[_Key]) -> list[_Key]:
    return list(dict.fromkeys([*before, *after]))
