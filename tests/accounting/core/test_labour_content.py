"""Labour content follows what is known of each contribution."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from accounting.core.allocation import allocate
from accounting.core.labour_content import decay_ppm, labour_content, measure_work
from accounting.core.policy import parse_policy
from accounting.core.sharing import FigureTooLarge
from accounting.core.tables import CONTENT_BASES, MISSING, OUTCOMES, Inputs, Labour
from tests.accounting.core.changes import changed, with_cell, with_policy

BO, GAO, EVA = 2, 7, 5


def labour(inputs: Inputs) -> Labour:
    policy = parse_policy(inputs.policy_document)
    return labour_content(inputs, policy, measure_work(inputs, policy.norm))


def bases(found: Labour) -> list[str]:
    return [CONTENT_BASES[basis] for basis in found.basis]


def test_missing_time_is_imputed_from_output_and_norm(example: Inputs) -> None:
    found = labour(with_cell(example, "contributions", "seconds", BO, MISSING))
    seconds, output = (120 + 80) * 3600, 5700 + 3240
    assert bases(found)[BO] == "imputed"
    assert found.credited_uh[BO] == round(seconds / output * 4000 / 3600 * 10**6)


def test_unknown_work_is_held_at_the_content_of_a_mean_worker(example: Inputs) -> None:
    inputs = with_cell(example, "contributions", "seconds", BO, MISSING)
    found = labour(with_cell(inputs, "contributions", "units", BO, MISSING))
    assert bases(found)[BO] == "escrow"
    assert found.credited_uh[BO] == 0
    # Ana has two rows of labelling and Chen one: two workers.
    alike = [int(found.content_uh[row]) for row in (0, 1, 3)]
    assert found.content_uh[BO] == sum(alike) // 2


def test_what_one_worker_left_unmeasured_is_held_once(example: Inputs) -> None:
    inputs = example
    for row in (0, 1):
        for column in ("seconds", "units"):
            inputs = with_cell(inputs, "contributions", column, row, MISSING)
    found = labour(inputs)
    mean = (int(found.content_uh[BO]) + int(found.content_uh[3])) // 2
    assert found.content_uh[:2].tolist() == [mean - mean // 2, mean // 2]


def test_unknown_work_counts_nothing_where_the_product_holds_for_it(example: Inputs) -> None:
    norm = {"min_producers": 1, "unmeasured": "hold_product"}
    inputs = with_cell(with_policy(example, norm=norm), "contributions", "seconds", GAO, MISSING)
    found = labour(inputs)
    assert bases(found)[GAO] == "escrow"
    assert found.content_uh[GAO] == 0


def test_rejected_work_counts_nothing_though_its_basis_is_known(example: Inputs) -> None:
    rejected = OUTCOMES.index("rejected")
    found = labour(with_cell(example, "contributions", "outcome", BO, rejected))
    assert (found.credited_uh[BO], found.content_uh[BO]) == (0, 0)
    assert bases(found)[BO] == "metered"


def test_caps_bind_a_worker_and_not_a_batch(example: Inputs) -> None:
    # Ana is slow: her 120 hours would be credited far less than the lower cap allows.
    slow = example.contributions.units.copy()
    slow[0], slow[1] = 500, 100
    inputs = changed(example, "contributions", units=slow)
    found = labour(inputs)
    whole = with_cell(
        with_cell(inputs, "contributions", "units", 0, 300), "contributions", "units", 1, 300
    )
    credited = [int(found.credited_uh[:2].sum()), int(labour(whole).credited_uh[:2].sum())]
    assert abs(credited[0] - credited[1]) <= 2
    hours = found.credited_uh[[0, 1, 2, 3]].sum() / 10**6
    assert hours == pytest.approx(300, abs=1e-5)


def test_time_only_work_is_credited_by_relative_quality_within_bounds(example: Inputs) -> None:
    quality = example.contributions.quality_ppm.copy()
    quality[8], quality[9] = 200_000, 1_000_000
    found = labour(changed(example, "contributions", quality_ppm=quality))
    mean = (200 * 200_000 + 50 * 1_000_000) / 250
    assert mean == 360_000
    assert found.credited_uh[8] == round(200 * 0.8 * 10**6)
    assert found.credited_uh[9] == round(50 * 1.2 * 10**6)


def test_own_time_is_credited_where_the_policy_says_individual(example: Inputs) -> None:
    norm = {"method": "individual", "min_producers": 1}
    found = labour(with_policy(example, norm=norm))
    seconds = example.contributions.seconds
    assert (np.abs(found.credited_uh - seconds * 10**6 / 3600) <= 1).all()


def test_labour_halves_with_every_half_life() -> None:
    days = np.array([0, -365, -730, -100])
    assert decay_ppm(days, date(1970, 1, 1), 365).tolist() == [1_000_000, 500_000, 250_000, 827_039]
    assert decay_ppm(days, date(1970, 1, 1), None).tolist() == [1_000_000] * 4


def test_a_listed_grade_counts_only_where_output_is_not_metered(example: Inputs) -> None:
    engineer = example.grades.index("engineer")
    inputs = with_cell(example, "contributions", "grade", GAO, engineer)
    found = labour(with_cell(inputs, "contributions", "grade", EVA, engineer))
    assert found.complexity_ppm[GAO] == 1_910_000
    assert found.complexity_ppm[EVA] == 1_300_000


def test_business_labour_is_listed_but_makes_no_value_unless_agreed(example: Inputs) -> None:
    business = example.task_types.labour_type.copy()
    business[example.task_types.code.index("engineering")] = 7
    inputs = changed(example, "task_types", labour_type=business)
    assert labour(inputs).content_uh[8] == 0
    assert labour(inputs).credited_uh[8] == 200_000_000
    agreed = with_policy(inputs, productive_business_labour=True)
    assert labour(agreed).content_uh[8] == 382_000_000


def test_labour_beyond_what_floats_hold_is_refused(example: Inputs) -> None:
    norm = {"assumed_seconds_per_unit": {"review": 2**40}}
    inputs = with_cell(with_policy(example, norm=norm), "contributions", "seconds", 4, MISSING)
    with pytest.raises(FigureTooLarge):
        allocate(with_cell(inputs, "contributions", "units", 4, 2**40))
