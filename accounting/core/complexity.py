"""Reduction of complex to simple labour: the coefficient κ of each skill.

A skill is a task type, or a person's grade where output is not metered. Logarithms and powers
are taken in 40 decimal digits, so the rounded coefficient is the same on every machine.

Source: value-model.md, b; Hilferding 1904; Okishio 1963.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from accounting.core.policy import PPM, Complexity, Skill

EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
SWEEPS = 200
SIMPLE = Skill()
"""A skill of which nothing is known: simple labour."""
LARGEST = 1e12
"""Skills that train one another without end stop here, far above any cap."""


def task_type_coefficients_ppm(policy: Complexity, codes: list[str]) -> list[int]:
    """Return κ of each task type in parts per million; unlisted ones are simple labour."""
    training = training_coefficients(policy)["task_types"]
    return [
        _coefficient_ppm(policy, policy.task_types.get(code, SIMPLE), training.get(code))
        for code in codes
    ]


def grade_coefficients_ppm(policy: Complexity, grades: list[str]) -> list[int | None]:
    """Return κ of each grade in parts per million; nothing for grades the policy leaves out."""
    training = training_coefficients(policy)["grades"]
    return [
        _coefficient_ppm(policy, policy.grades[grade], training.get(grade))
        if grade in policy.grades
        else None
        for grade in grades
    ]


def training_coefficients(policy: Complexity) -> dict[str, dict[str, float]]:
    """Solve `κ_s = 1 + Σ κ_r t_rs / H_s` for every skill whose working life is known.

    Skills may train one another in a circle; a fixed number of sweeps in the order of their
    codes then gives the same coefficients everywhere. A trainer's code is looked up among task
    types, then among grades.

    Returns:
        Coefficients by code, under `task_types` and `grades`.
    """
    skills = {"task_types": policy.task_types, "grades": policy.grades}
    solved: dict[str, dict[str, float]] = {
        kind: {code: 1.0 for code, skill in sorted(listed.items()) if skill.working_life_hours}
        for kind, listed in skills.items()
    }

    def coefficient_of(trainer: str) -> float:
        kind = "task_types" if trainer in policy.task_types else "grades"
        return solved[kind].get(trainer, 1.0)

    for _ in range(SWEEPS):
        for kind, coefficients in solved.items():
            for code in coefficients:
                skill = skills[kind][code]
                spent = sum(coefficient_of(part.trainer) * part.hours for part in skill.training)
                coefficients[code] = min(1.0 + spent / (skill.working_life_hours or 1), LARGEST)
    return solved


def _coefficient_ppm(policy: Complexity, skill: Skill, taught: float | None) -> int:
    ratios = [
        (weight, ratio)
        for weight, ratio in _ratios(policy, skill, taught)
        if weight and ratio is not None
    ]
    low, high = Fraction(policy.cap_low_ppm, PPM), Fraction(policy.cap_high_ppm, PPM)
    capped = min(max(_geometric_mean(ratios), low), high)
    return int(round(capped, policy.decimals) * PPM)


def _ratios(
    policy: Complexity, skill: Skill, taught: float | None
) -> list[tuple[int, Fraction | None]]:
    wage, simple = skill.wage_micro_per_hour, policy.simple_wage_micro_per_hour
    output = skill.output_ratio_ppm
    return [
        (policy.wage_ratio_weight, Fraction(wage, simple) if wage is not None and simple else None),
        (policy.training_cost_weight, None if taught is None else Fraction(taught)),
        (policy.output_weight, None if output is None else Fraction(output, PPM)),
        (policy.flat_weight, Fraction(1)),
    ]


def _geometric_mean(ratios: list[tuple[int, Fraction]]) -> Fraction:
    """Return `exp(Σ w ln k / Σ w)`; exactly the ratio itself when all agree."""
    distinct = {ratio for _, ratio in ratios}
    if len(distinct) <= 1:
        return distinct.pop() if distinct else Fraction(1)
    if min(distinct) == 0:
        return Fraction(0)
    logarithms = Decimal(0)
    for weight, ratio in ratios:
        decimal = EXACT.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
        logarithms = EXACT.add(logarithms, EXACT.multiply(Decimal(weight), EXACT.ln(decimal)))
    total = Decimal(sum(weight for weight, _ in ratios))
    return Fraction(EXACT.exp(EXACT.divide(logarithms, total)))
