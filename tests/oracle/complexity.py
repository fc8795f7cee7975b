"""Reduction of complex to simple labour, and decay, to fifty digits (value-model.md b)."""

from __future__ import annotations

from decimal import Decimal, localcontext

from accounting.core.policy import Complexity, Policy, Skill
from tests.oracle.world import Contribution, World

PPM = 1_000_000


def complexity_of(policy: Policy, row: Contribution, basis: str) -> Decimal:
    """Return the capped, unrounded coefficient that applies to a contribution.

    Skill counts through the task type when output is metered, through the person's grade when
    only time is known.
    """
    skills = policy.complexity
    if basis == "time_only" and row.grade is not None and row.grade in skills.grades:
        return coefficient(skills, skills.grades[row.grade])
    return coefficient(skills, skills.task_types.get(row.task_type))


def coefficient(skills: Complexity, skill: Skill | None) -> Decimal:
    """Return the weighted geometric mean of the methods that have inputs, capped."""
    with localcontext(prec=50):
        low = Decimal(skills.cap_low_ppm) / PPM
        high = Decimal(skills.cap_high_ppm) / PPM
        logs = Decimal(0)
        weights = 0
        for weight, ratio in _methods(skills, skill):
            if weight:
                logs += weight * ratio.ln()
                weights += weight
        mean = (logs / weights).exp() if weights else Decimal(1)
        return min(high, max(low, mean))


def _methods(skills: Complexity, skill: Skill | None) -> list[tuple[int, Decimal]]:
    if skill is None:
        return [(skills.flat_weight, Decimal(1))]
    methods = [(skills.flat_weight, Decimal(1))]
    if skill.wage_micro_per_hour is not None and skills.simple_wage_micro_per_hour is not None:
        wage_ratio = Decimal(skill.wage_micro_per_hour) / skills.simple_wage_micro_per_hour
        methods.append((skills.wage_ratio_weight, wage_ratio))
    if skill.working_life_hours is not None:
        trained = _trained(skill, _trainers(skills))
        methods.append((skills.training_cost_weight, trained))
    if skill.output_ratio_ppm is not None:
        methods.append((skills.output_weight, Decimal(skill.output_ratio_ppm) / PPM))
    return methods


def _trained(skill: Skill, trainers: dict[str, Decimal]) -> Decimal:
    """Return 1 + the training spent on a skill per hour of its working life."""
    if skill.working_life_hours is None:
        return Decimal(1)
    spent = sum(
        (training.hours * trainers[training.trainer] for training in skill.training), Decimal(0)
    )
    return 1 + spent / skill.working_life_hours


def _trainers(skills: Complexity) -> dict[str, Decimal]:
    known = skills.task_types | skills.grades
    values = dict.fromkeys(known, Decimal(1)) | {"": Decimal(1)}
    # Trainers may be trained by each other; two hundred rounds settle far below fifty digits'
    # worth of what the six decimals of a coefficient can show.
    for _ in range(200):
        for code, skill in known.items():
            values[code] = _trained(skill, values)
    return values


def decay_of(policy: Policy, world: World, row: Contribution) -> Decimal:
    """Return the unrounded decay 2^(-age / half-life) at the end of the period."""
    if policy.half_life_days is None:
        return Decimal(1)
    with localcontext(prec=50):
        age_days = max(0, (world.end - row.occurred_on).days)
        return Decimal(2) ** (Decimal(-age_days) / policy.half_life_days)
