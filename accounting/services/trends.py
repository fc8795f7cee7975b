"""How an operator's figures went from period to period, and when labour was done and paid."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Sum, Value, When

from accounting.models import Run
from accounting.services.run_cells import QUARTER, Group, groups_of, kept
from accounting.services.suppression import Cell, is_hidden, too_small
from contributions.models import Organisation, User

MOST_PERIODS = 24
Quarter = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One quarter: hours worked in it by how many, and what periods that ended in it paid."""

    quarter: Quarter
    seconds: int
    workers: int
    largest_seconds: int
    paid_micro: int


def series(user: User, operator: Organisation, currency: str) -> list[Run]:
    """Return one run per period, oldest first: posted before approved before computed.

    Simulations are no part of it.
    """
    rank = Case(
        When(state=Run.State.POSTED, then=Value(0)),
        When(state=Run.State.APPROVED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = (
        Run.objects.visible_to(user)
        .filter(
            period__operator=operator,
            period__currency=currency,
            simulation=False,
            state__in=[Run.State.COMPUTED, Run.State.APPROVED, Run.State.POSTED],
        )
        .annotate(rank=rank)
        .select_related("period__operator", "policy")
        .order_by("period__starts_on", "rank", "-pk")
    )
    first: dict[int, Run] = {}
    for run in rows:
        first.setdefault(run.period_id, run)
    return list(first.values())[-MOST_PERIODS:]


def indicators_over_time(runs: list[Run]) -> dict[str, dict[int, str]]:
    """Return each indicator by name and run number."""
    found: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for run in runs:
        for name, value in run.indicators.values_list("name", "value"):
            found[name][run.pk] = value
    return dict(found)


def groups_over_time(runs: list[Run], dimension: str) -> dict[tuple[str, ...], dict[int, Group]]:
    """Return the cells of each run along a dimension, by key and run number."""
    found: defaultdict[tuple[str, ...], dict[int, Group]] = defaultdict(dict)
    for run in runs:
        for group in groups_of(run, dimension):
            found[group.key][run.pk] = group
    return dict(found)


def dislocation(runs: list[Run]) -> list[Stretch]:
    """Return labour by the quarter in which it was done, and pay by that in which it came."""
    if not runs:
        return []
    return kept(runs[-1], f"dislocation-{len(runs)}-{runs[0].pk}", lambda: _dislocation(runs))


def dislocation_is_small(stretches: list[Stretch], fewest: int) -> bool:
    """Return whether the labour of a quarter would tell too much about too few."""
    cells = {
        row.quarter: Cell(row.workers, row.seconds, row.largest_seconds)
        for row in stretches
        if row.seconds
    }
    return is_hidden(cells, fewest) or bool(too_small(cells, fewest))


def _dislocation(runs: list[Run]) -> list[Stretch]:
    paid: defaultdict[Quarter, int] = defaultdict(int)
    for run in runs:
        amount = run.statements.aggregate(sum=Sum("amount_micro"))["sum"] or 0
        end = run.period.ends_on
        paid[end.year, (end.month + 2) // 3] += amount
    done = {
        (int(group.key[0]) // 4, int(group.key[0]) % 4 + 1): group
        for group in groups_of(runs[-1], QUARTER)
        if group.seconds
    }
    quarters = sorted({*paid, *done})
    if not quarters:
        return []
    return [
        Stretch(
            quarter,
            done[quarter].seconds if quarter in done else 0,
            done[quarter].cell.workers if quarter in done else 0,
            done[quarter].largest_seconds if quarter in done else 0,
            paid[quarter],
        )
        for quarter in _without_gaps(quarters)
    ]


def _without_gaps(quarters: list[Quarter]) -> list[Quarter]:
    """Return every quarter from the first to the last."""
    first, last = (year * 4 + quarter - 1 for year, quarter in (quarters[0], quarters[-1]))
    return [(number // 4, number % 4 + 1) for number in range(first, last + 1)]
