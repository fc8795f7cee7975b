from __future__ import annotations

import numpy as np
import pytest

from accounting.valuation.levels import compare_levels, paid_shares


def test_levels_are_compared_by_gap_money_and_order() -> None:
    found = compare_levels(
        owners=np.array([0.3, 0.1, -0.1]), point_sums=np.array([0.15, 0.15, 0.0])
    )

    assert found.gaps == pytest.approx([0.15, -0.05, -0.1])
    assert found.moved == pytest.approx(0.25)
    assert found.correlation == pytest.approx(0.866, abs=1e-3)


def test_negative_values_lead_to_no_money_and_claw_nothing_back() -> None:
    assert paid_shares(np.array([3.0, -5.0, 1.0])).tolist() == [0.75, 0.0, 0.25]
    assert paid_shares(np.array([-1.0, 0.0])).tolist() == [0.0, 0.0]
