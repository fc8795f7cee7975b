"""Names of methods and models, apart from the arithmetic, which takes seconds to load."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Method(StrEnum):
    """Exact methods under a KNN utility."""

    OWNER_SHAPLEY = "owner_shapley"
    POINT_SHAPLEY = "point_shapley"
    OWNER_BANZHAF = "owner_banzhaf"
    LEAVE_ONE_OUT = "leave_one_out"
    THRESHOLD_SHAPLEY = "threshold_shapley"


class ModelKind(StrEnum):
    """Models that can be retrained on embeddings."""

    LOGISTIC_REGRESSION = "logistic_regression"
    RIDGE = "ridge"
    NAIVE_BAYES = "naive_bayes"
    NEAREST_NEIGHBOURS = "nearest_neighbours"
    DECISION_TREE = "decision_tree"


class TableMethod(StrEnum):
    """What a table of coalitions can be asked."""

    TABLE_SHAPLEY = "table_shapley"
    TABLE_BANZHAF = "table_banzhaf"
    LEAST_CORE = "least_core"
    TABLE_LEAVE_ONE_OUT = "table_leave_one_out"


PAYS_POINTS: Final = frozenset({Method.POINT_SHAPLEY, Method.THRESHOLD_SHAPLEY})
"""Methods that pay by the sum of points; the others pay by the game of owners."""
