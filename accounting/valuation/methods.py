"""The methods that value test point by test point, by name, ready to run in blocks.

A door (a task, a command) needs this module and `blocks` only:

    game = prepare(method=Method.OWNER_SHAPLEY, training=…, tests=…, utility=…)
    for sums in value_blocks(game, done=stored): …   # store sums.pack(), report progress
    valuation = merge(game, …)                        # when all blocks are stored
"""

from __future__ import annotations

from typing import Any, Final

from accounting.valuation.blocks import LANE, TestGame, TestKernel
from accounting.valuation.distances import kernel_rows
from accounting.valuation.errors import ValuationError
from accounting.valuation.leave_one_out import leave_one_out
from accounting.valuation.names import Method as Method
from accounting.valuation.owner_shapley import owner_banzhaf, owner_shapley
from accounting.valuation.point_shapley import point_shapley
from accounting.valuation.points import TestPoints, TrainingPoints, require_same_dimensions
from accounting.valuation.threshold import threshold_shapley
from accounting.valuation.utility import Agreement, Kind, Utility

LARGEST_BLOCK: Final = 128
LEAST_RUNS: Final = 3
"""A valuation is cut into at least so many blocks, so that its stability can be measured."""


class MethodUnsuited(ValuationError):
    """The method cannot value under this kind of utility."""

    code = "valuation_method_unsuited"


def prepare(
    *, method: Method, training: TrainingPoints, tests: TestPoints, utility: Utility
) -> TestGame[Any]:
    """Check that everything fits together and make a game of it.

    Args:
        method: What to compute.
        training: The points to be valued.
        tests: The validation set the utility was frozen with.
        utility: The frozen utility.

    Raises:
        DimensionsDisagree: Training and validation rows have different numbers of features.
        ValidationSetChanged: The validation set is not the frozen one.
        MethodUnsuited: The method cannot value under this kind of utility.
        TooManyCoalitions: Owners and K are too many for the owner level.
    """
    require_same_dimensions(training, tests)
    utility.require_validation(tests)
    threshold = utility.neighbourhood.kind is Kind.THRESHOLD
    if threshold != (method is Method.THRESHOLD_SHAPLEY):
        raise MethodUnsuited(
            f"{method} cannot value under a {utility.neighbourhood.kind} utility",
            method=method.value,
            kind=utility.neighbourhood.kind.value,
        )
    return TestGame(
        training=training,
        tests=tests,
        rows=kernel_rows(training, matches=utility.agreement is Agreement.LABEL),
        kernel=_kernel(method, training, utility),
        baseline=utility.baseline,
        block_size=block_size(tests.count),
    )


def block_size(test_count: int) -> int:
    """Test points per block: 128, or fewer where that makes less than three blocks.

    Whole lanes where they fit; a function of the validation set alone, so that every worker
    cuts the same blocks.
    """
    size = min(LARGEST_BLOCK, -(-test_count // LEAST_RUNS))
    return size - size % LANE if size > LANE else size


def _kernel(method: Method, training: TrainingPoints, utility: Utility) -> TestKernel[Any]:
    match method:
        case Method.POINT_SHAPLEY:
            return point_shapley(training=training, utility=utility)
        case Method.OWNER_SHAPLEY:
            return owner_shapley(training=training, utility=utility)
        case Method.OWNER_BANZHAF:
            return owner_banzhaf(training=training, utility=utility)
        case Method.LEAVE_ONE_OUT:
            return leave_one_out(utility=utility)
        case Method.THRESHOLD_SHAPLEY:
            return threshold_shapley(training=training, utility=utility)
