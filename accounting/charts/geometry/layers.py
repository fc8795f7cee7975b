"""Columns and orders for graphs drawn from left to right, after Sugiyama et al. 1981."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from accounting.charts.errors import ChartError

SWEEPS = 8


class CycleInChart(ChartError):
    """The arrows of a chart go round in a circle, so nothing can stand left of anything."""

    code = "chart_cycle"


class ArrowRunsBackwards(ChartError):
    """An arrow leads from a later stage to an earlier one."""

    code = "chart_arrow_runs_backwards"


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one vertex to another, by index, with a weight >= 0 that pulls them together."""

    source: int
    target: int
    weight: float


@dataclass(frozen=True, slots=True)
class Routes:
    """A layered graph in which every step goes to the next column.

    Vertices are the given ones first, then the bends of arrows that skip columns.

    Attributes:
        columns: Vertex to column.
        chains: Arrow to the vertices it visits, in order, ends included.
        steps: Neighbouring pairs of all chains.
    """

    columns: tuple[int, ...]
    chains: tuple[tuple[int, ...], ...]
    steps: tuple[Arrow, ...]


def columns_of(stages: Sequence[int], arrows: Sequence[Arrow]) -> list[int]:
    """The leftmost column of each vertex: right of what leads to it and of all earlier stages.

    Raises:
        CycleInChart: The arrows form a circle.
        ArrowRunsBackwards: An arrow leads to an earlier stage.
    """
    waiting = [0] * len(stages)
    following: list[list[int]] = [[] for _ in stages]
    for arrow in arrows:
        if stages[arrow.source] > stages[arrow.target]:
            raise ArrowRunsBackwards(f"From stage {stages[arrow.source]} back to an earlier one.")
        waiting[arrow.target] += 1
        following[arrow.source].append(arrow.target)
    depth = _depths_within_stage(stages, waiting, following)

    columns = [0] * len(stages)
    first = 0
    for stage in sorted(set(stages)):
        members = [vertex for vertex, its in enumerate(stages) if its == stage]
        for vertex in members:
            columns[vertex] = first + depth[vertex]
        first = max(columns[vertex] for vertex in members) + 1
    return columns


def _depths_within_stage(
    stages: Sequence[int], waiting: list[int], following: list[list[int]]
) -> list[int]:
    depth = [0] * len(stages)
    ready = [vertex for vertex, count in enumerate(waiting) if count == 0]
    # The list grows while it is walked: this is Kahn's topological order.
    for vertex in ready:
        for after in following[vertex]:
            if stages[after] == stages[vertex]:
                depth[after] = max(depth[after], depth[vertex] + 1)
            waiting[after] -= 1
            if waiting[after] == 0:
                ready.append(after)
    if len(ready) < len(stages):
        raise CycleInChart("Arrows of this chart form a circle.")
    return depth


def routed(columns: Sequence[int], arrows: Sequence[Arrow]) -> Routes:
    """Give arrows that skip columns a bend in each column they pass."""
    all_columns = list(columns)
    chains: list[tuple[int, ...]] = []
    steps: list[Arrow] = []
    for arrow in arrows:
        chain = [arrow.source]
        for column in range(columns[arrow.source] + 1, columns[arrow.target]):
            chain.append(len(all_columns))
            all_columns.append(column)
        chain.append(arrow.target)
        chains.append(tuple(chain))
        steps += [Arrow(here, there, arrow.weight) for here, there in itertools.pairwise(chain)]
    return Routes(tuple(all_columns), tuple(chains), tuple(steps))


def ordered(routes: Routes) -> list[list[int]]:
    """Vertices of each column from top to bottom, neighbours close to each other.

    Sweeps left and right, sorting each column by the mean place of its neighbours, and keeps the
    order with the least weighted travel. Ties keep their place, so the answer is always the same.
    """
    order: list[list[int]] = [[] for _ in range(max(routes.columns, default=-1) + 1)]
    for vertex, column in enumerate(routes.columns):
        order[column].append(vertex)
    before, after = neighbours(routes)
    best, best_travel = order, _travel(routes, order)
    for sweep in range(SWEEPS):
        order = _sweep(order, before if sweep % 2 == 0 else after, backwards=sweep % 2 == 1)
        travel = _travel(routes, order)
        if travel < best_travel:
            best, best_travel = order, travel
    return best


Neighbours = list[list[tuple[int, float]]]


def neighbours(routes: Routes) -> tuple[Neighbours, Neighbours]:
    """For each vertex, those in the column before and those after, with weights."""
    before: Neighbours = [[] for _ in routes.columns]
    after: Neighbours = [[] for _ in routes.columns]
    for step in routes.steps:
        before[step.target].append((step.source, step.weight))
        after[step.source].append((step.target, step.weight))
    return before, after


def _places(order: list[list[int]]) -> dict[int, float]:
    return {
        vertex: (place + 0.5) / len(column)
        for column in order
        for place, vertex in enumerate(column)
    }


def _sweep(order: list[list[int]], fixed: Neighbours, *, backwards: bool) -> list[list[int]]:
    places = _places(order)
    result = list(order)
    indices = range(len(order))
    for index in reversed(indices) if backwards else indices:
        wanted = {vertex: weighted_mean(fixed[vertex], places) for vertex in order[index]}
        column = sorted(
            order[index],
            key=lambda vertex, wanted=wanted: (  # type: ignore[misc]
                places[vertex] if wanted[vertex] is None else wanted[vertex]
            ),
        )
        result[index] = column
        places.update(_places([column]))
    return result


def weighted_mean(ends: list[tuple[int, float]], places: dict[int, float]) -> float | None:
    """Mean place of the ends by weight, or nothing without any; weightless ends count alike."""
    if not ends:
        return None
    total = sum(weight for _, weight in ends)
    if total == 0:
        return sum(places[end] for end, _ in ends) / len(ends)
    return sum(places[end] * weight for end, weight in ends) / total


def _travel(routes: Routes, order: list[list[int]]) -> float:
    places = _places(order)
    return sum(
        step.weight * abs(places[step.source] - places[step.target]) for step in routes.steps
    )
