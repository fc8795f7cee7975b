from __future__ import annotations

from pathlib import Path

import numpy as np

from accounting.valuation.compiled import code_folder, compiled


def test_a_change_in_any_module_leads_to_another_folder(tmp_path: Path) -> None:
    (tmp_path / "called.py").write_text("one")
    (tmp_path / "calling.py").write_text("two")
    before = code_folder(tmp_path, "")

    assert code_folder(tmp_path, "") == before
    (tmp_path / "called.py").write_text("three")
    assert code_folder(tmp_path, "") != before
    assert before.parent == tmp_path / "__pycache__"


def test_the_environment_may_name_another_place(tmp_path: Path) -> None:
    assert code_folder(tmp_path, "/elsewhere").parent == Path("/elsewhere")


@compiled
def _sum_in_order(numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    total = 0.0
    for i in range(numbers.shape[0]):
        total += numbers[i]
    return total


def test_sums_keep_their_written_order() -> None:
    # Any other order of additions would find the one.
    assert _sum_in_order(np.array([1.0, 1e100, -1e100])) == 0.0
