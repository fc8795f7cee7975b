"""Complex labour is reduced by the weighted geometric mean of the policy's methods."""

from __future__ import annotations

from fractions import Fraction

from accounting.core.complexity import (
    grade_coefficients_ppm,
    task_type_coefficients_ppm,
    training_coefficients,
)
from accounting.core.policy import Complexity, Skill, Training


def coefficient(policy: Complexity, code: str = "skill") -> int:
    return task_type_coefficients_ppm(policy, [code])[0]


def test_a_skill_nobody_described_is_simple_labour() -> None:
    assert coefficient(Complexity()) == 1_000_000
    assert grade_coefficients_ppm(Complexity(), ["senior"]) == [None]


def test_a_method_without_figures_is_left_out() -> None:
    policy = Complexity(
        wage_ratio_weight=1,
        training_cost_weight=1,
        flat_weight=0,
        simple_wage_micro_per_hour=20,
        task_types={"skill": Skill(wage_micro_per_hour=30)},
    )
    assert coefficient(policy) == 1_500_000


def test_weights_pull_the_geometric_mean() -> None:
    policy = Complexity(
        wage_ratio_weight=3,
        flat_weight=1,
        simple_wage_micro_per_hour=10,
        decimals=6,
        task_types={"skill": Skill(wage_micro_per_hour=16)},
    )
    assert coefficient(policy) == round(1.6**0.75 * 10**6)


def test_coefficients_are_rounded_half_to_even_and_exactly() -> None:
    policy = Complexity(output_weight=1, flat_weight=0, decimals=2)
    for ratio, rounded in ((1_165_000, 1_160_000), (1_175_000, 1_180_000), (1_165_001, 1_170_000)):
        skilled = {"skill": Skill(output_ratio_ppm=ratio)}
        listed = Complexity(output_weight=1, flat_weight=0, decimals=2, task_types=skilled)
        assert coefficient(listed) == rounded
    assert coefficient(policy) == 1_000_000


def test_caps_bind_before_rounding() -> None:
    policy = Complexity(
        output_weight=1,
        flat_weight=0,
        cap_high_ppm=1_234_567,
        decimals=6,
        task_types={"skill": Skill(output_ratio_ppm=9_000_000), "low": Skill(output_ratio_ppm=0)},
    )
    assert coefficient(policy) == 1_234_567
    assert coefficient(policy, "low") == 1_000_000


def test_trainers_pass_on_what_their_own_training_cost() -> None:
    policy = Complexity(
        task_types={
            "master": Skill(training=(Training(hours=500),), working_life_hours=1000),
            "pupil": Skill(
                training=(Training(trainer="master", hours=100),), working_life_hours=1000
            ),
        }
    )
    assert training_coefficients(policy)["task_types"] == {"master": 1.5, "pupil": 1.15}


def test_skills_that_train_one_another_settle() -> None:
    circle = {
        "a": Skill(training=(Training(trainer="b", hours=100),), working_life_hours=1000),
        "b": Skill(training=(Training(trainer="a", hours=100),), working_life_hours=1000),
    }
    solved = training_coefficients(Complexity(task_types=circle))["task_types"]
    assert abs(solved["a"] - float(Fraction(10, 9))) < 1e-12


def test_skills_that_train_one_another_without_end_stop_at_the_cap() -> None:
    endless = {
        "a": Skill(training=(Training(trainer="a", hours=2000),), working_life_hours=1000),
    }
    policy = Complexity(training_cost_weight=1, flat_weight=0, task_types=endless)
    assert coefficient(policy, "a") == 3_000_000
