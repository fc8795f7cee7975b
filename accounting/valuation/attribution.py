"""From the value of a point, or of a crew, to the contributions of the people who made it.

A point with an author, a labeller and a reviewer passes its value on to their contributions by
labour content, so nothing is created or lost on the way. At the owner level, the people who
made a point together are one player, a crew, and a crew's value is passed on likewise by the
labour content of all it made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray, IntArray
from accounting.valuation.sums import total_by


class MakersUnusable(ValuationError):
    """Who made what is not told for every point, or with impossible labour content."""

    code = "valuation_makers_unusable"


@dataclass(frozen=True, slots=True, eq=False)
class Makers:
    """Which contributions made each of P points or crews, and how much labour each put in.

    Attributes:
        starts: (P + 1,) where each point's entries begin.
        contributions: (E,) contribution of each entry, 0 … contribution_count - 1.
        content_uh: (E,) labour content of each entry, micro-hours, ≥ 0.
        contribution_count: C.
    """

    starts: IntArray
    contributions: IntArray
    content_uh: IntArray
    contribution_count: int

    @classmethod
    def of(cls, *, entries: Sequence[Sequence[tuple[int, int]]], contribution_count: int) -> Makers:
        """Collect (contribution, micro-hours) pairs, one sequence for each point.

        Raises:
            MakersUnusable: A point has no maker, a contribution is unknown or twice at one
                point, or content is negative.
        """
        for row, makers in enumerate(entries):
            known = {contribution for contribution, _ in makers}
            if not makers or len(known) < len(makers):
                raise MakersUnusable("a point needs makers, each named once", row=row)
            in_range = min(known) >= 0 and max(known) < contribution_count
            if not in_range or min(content for _, content in makers) < 0:
                raise MakersUnusable("a maker is unknown or has negative content", row=row)
        flat = np.array([entry for makers in entries for entry in makers], dtype=np.int64)
        counts = np.array([len(makers) for makers in entries], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return cls(starts, flat[:, 0].copy(), flat[:, 1].copy(), contribution_count)

    def shares(self) -> FloatArray:
        """(E,) part of its point's value that each entry gets; equal parts where no content."""
        counts = np.diff(self.starts)
        totals = np.add.reduceat(self.content_uh, self.starts[:-1])
        content = np.where(np.repeat(totals, counts) > 0, self.content_uh, 1)
        shares: FloatArray = content / np.repeat(np.where(totals > 0, totals, counts), counts)
        return shares


@dataclass(frozen=True, slots=True)
class ContributionValues:
    """(C,) values of contributions, and upper bounds of their standard errors."""

    values: FloatArray
    errors: FloatArray


def attribute(*, values: FloatArray, errors: FloatArray, makers: Makers) -> ContributionValues:
    """Pass values of points or crews on to contributions, by labour content.

    Args:
        values: (P,) values.
        errors: (P,) their standard errors.
        makers: Who made them.

    Returns:
        Values that add up to those given. Errors add up too, as if all were wrong the same
        way: an upper bound, since how they vary together is not kept.
    """
    shares = makers.shares()
    counts = np.diff(makers.starts)
    count = makers.contribution_count
    return ContributionValues(
        values=total_by(makers.contributions, shares * np.repeat(values, counts), count),
        errors=total_by(makers.contributions, shares * np.repeat(errors, counts), count),
    )


@dataclass(frozen=True, slots=True)
class Crews:
    """Players for the owner level when points are made by several people.

    Attributes:
        owners: (N,) crew of each point.
        members: Workers of each crew, ascending.
        makers: Contributions of each crew with the content of all its points.
    """

    owners: IntArray
    members: list[tuple[int, ...]]
    makers: Makers


def crews_of(*, makers: Makers, workers: IntArray) -> Crews:
    """Make one player of all points that the same people made.

    Args:
        makers: Of points.
        workers: (C,) worker of each contribution; aliases of one person already merged.
    """
    places: dict[tuple[int, ...], int] = {}
    owners = np.empty(len(makers.starts) - 1, dtype=np.int64)
    content: list[dict[int, int]] = []
    for row in range(len(owners)):
        part = slice(makers.starts[row], makers.starts[row + 1])
        contributions = makers.contributions[part].tolist()
        members = tuple(sorted(set(workers[contributions].tolist())))
        crew = places.setdefault(members, len(places))
        if crew == len(content):
            content.append({})
        for contribution, amount in zip(
            contributions, makers.content_uh[part].tolist(), strict=True
        ):
            content[crew][contribution] = content[crew].get(contribution, 0) + amount
        owners[row] = crew
    entries = [sorted(shares.items()) for shares in content]
    together = Makers.of(entries=entries, contribution_count=makers.contribution_count)
    return Crews(owners, list(places), together)
