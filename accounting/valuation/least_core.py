"""The least core of a utility table: values under which no coalition has much to complain of.

Game: as in `utility_table`. Values x add up to v(all) - v(∅); the complaint of a coalition is
`v(S) - v(∅) - Σ_{i in S} x_i`. The least core has the smallest possible largest complaint over
the coalitions measured; of its many points, the one with the least Σ x² is taken, so that the
answer is unique and equals get equal values. If the largest complaint is at most 0, it lies in
the core: nobody could do better by leaving.

Convention: coalitions never measured make no complaint; v(∅) and v(all) must be measured.

Cost: one linear program of M + 1 unknowns and one non-negative least squares, both with a row
for each coalition measured.

Source: Maschler, Peleg & Shapley 1979; Yan & Procaccia 2021, *If you like Shapley then you'll
love the core*; the least-distance step after Lawson & Hanson 1974, ch. 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog, nnls

from accounting.valuation.errors import ValuationError
from accounting.valuation.points import FloatArray
from accounting.valuation.utility_table import UtilityTable, members_of

SLACK: Final = 1e-9
"""How much more complaint the second step allows, relative to the utilities, for rounding."""


class TooManyComplaints(ValuationError):
    """More coalitions were measured than the solver can weigh in reasonable time."""

    code = "valuation_too_many_complaints"


class LeastCoreUnsolved(ValuationError):
    """The solver gave up on the table."""

    code = "valuation_least_core_unsolved"


MOST_COALITIONS: Final = 1 << 16
"""Every coalition of sixteen players: about a second."""


@dataclass(frozen=True, slots=True)
class LeastCore:
    """The least core's most equal point.

    Attributes:
        values: (M,) adding up to v(all) - v(∅).
        complaint: The largest complaint, the least possible; at most 0 if there is a core.
    """

    values: FloatArray
    complaint: float


def least_core(table: UtilityTable) -> LeastCore:
    """Find the most equal point of the least core.

    Raises:
        TableIncomplete: v(∅) or v(all) was never measured.
        TooManyComplaints: More than 2^16 coalitions were measured.
        LeastCoreUnsolved: The solver gave up.
    """
    everyone = 2**table.players - 1
    table.require(np.array([0, everyone]))
    gains = table.utilities - table.utilities[0]
    total = float(gains[everyone])
    if table.players == 1:
        return LeastCore(np.array([total]), 0.0)
    measured = np.isfinite(gains)
    if np.count_nonzero(measured) > MOST_COALITIONS:
        raise TooManyComplaints(
            f"the least core weighs at most {MOST_COALITIONS} coalitions",
            coalitions=int(np.count_nonzero(measured)),
        )
    measured[[0, everyone]] = False
    members, demands = members_of(table.players)[measured].astype(float), gains[measured]
    if not len(members):
        return LeastCore(np.full(table.players, total / table.players), 0.0)
    complaint = _least_complaint(members, demands, total)
    scale = max(1.0, float(np.abs(gains[measured]).max()), abs(total))
    floors = demands - complaint - SLACK * scale
    return LeastCore(_most_equal(members, floors, total), complaint)


def _least_complaint(members: FloatArray, demands: FloatArray, total: float) -> float:
    """Minimise e subject to `members·x + e ≥ demands` and `Σ x = total`."""
    rows, players = members.shape
    answer = linprog(
        c=np.append(np.zeros(players), 1.0),
        A_ub=-np.hstack([members, np.ones((rows, 1))]),
        b_ub=-demands,
        A_eq=np.append(np.ones(players), 0.0)[np.newaxis, :],
        b_eq=[total],
        bounds=(None, None),
        method="highs",
    )
    if answer.status != 0:
        raise LeastCoreUnsolved("the least core could not be found", status=int(answer.status))
    return float(answer.x[-1])


def _most_equal(members: FloatArray, floors: FloatArray, total: float) -> FloatArray:
    """The x of least length with `members·x ≥ floors` and `Σ x = total`.

    Away from equal shares x moves within the plane of that sum; the shortest such move that
    meets the floors is read off the residual of a non-negative least squares problem.
    """
    players = members.shape[1]
    plane = null_space(np.ones((1, players)))
    equal = np.full(players, total / players)
    slopes = members @ plane
    lacks = floors - members @ equal
    if (lacks <= 0.0).all():
        return equal
    target = np.zeros(players)
    target[-1] = 1.0
    system = np.vstack([slopes.T, lacks])
    multipliers, _ = nnls(system, target)
    residual = system @ multipliers - target
    move = -residual[:-1] / residual[-1]
    values: FloatArray = equal + plane @ move
    return values
