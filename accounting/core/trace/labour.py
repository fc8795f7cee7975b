"""From recorded labour to a line: the factors of one contribution."""

from __future__ import annotations

from accounting.core.trace.facts import ContributionFacts, TraceFacts
from accounting.core.trace.steps import SECONDS_PER_HOUR, Quantity, Step

FULL_QUALITY_PPM = 10**6
NOT_RESCALED = 10**9


def contribution_steps(facts: TraceFacts) -> tuple[Step, ...]:
    """Credit, content, weight, share and what is held back, in this order."""
    work = facts.contribution
    weight = Quantity("weight", facts.line.weight, facts.pool.weight_unit, work.id)
    if work.gap is not None:
        return (*_gap(work, weight), *_line(facts, weight))
    return (*_credit(work), *_content(work), *_weight(work, weight), *_line(facts, weight))


def _credit(work: ContributionFacts) -> tuple[Step, ...]:
    credited = _uh(work, "credited", work.credited_uh)
    if work.basis == "time_only":
        return (_by_time(work, credited),)
    rescale = work.norm.rescale_ppb if work.norm else NOT_RESCALED
    if work.own_time and work.basis == "metered":
        return (_by_own_time(work, credited, rescale),)
    if work.norm is None or work.basis == "escrow":
        return ()
    effective = Quantity("effective_output", _effective(work), "micro_units", work.id)
    quality = FULL_QUALITY_PPM if work.quality_ppm is None else work.quality_ppm
    output = Step(
        "effective",
        (
            Quantity("units", work.units or 0, "units", work.id),
            Quantity("quality", quality, "ppm", work.id),
        ),
        effective,
    )
    if work.cap is not None:
        return (output, _by_cap(work, effective, credited, rescale))
    norm = Quantity("norm", work.norm.norm_nanoseconds, "nanoseconds", work.norm.task_type)
    # Imputed work takes the norm as it is: only work with known time is capped and rescaled.
    factor = rescale if work.basis == "metered" else NOT_RESCALED
    operands = (effective, norm, Quantity("rescaling", factor, "ppb", work.id))
    return (output, Step("credited_by_norm", operands, credited))


def _by_cap(work: ContributionFacts, base: Quantity, credited: Quantity, rescale: int) -> Step:
    cap = work.cap
    if cap is None:
        raise ValueError(work.id)
    whole = cap.worker_seconds if work.own_time else cap.worker_effective
    operands = (
        base,
        Quantity("worker_output", whole, base.unit, work.worker),
        Quantity("worker_time", cap.worker_seconds, "seconds", work.worker),
        Quantity("cap", cap.cap_ppm, "ppm", work.worker),
        Quantity("rescaling", rescale, "ppb", work.id),
    )
    return Step("credited_by_cap", operands, credited)


def _by_own_time(work: ContributionFacts, credited: Quantity, rescale: int) -> Step:
    seconds = Quantity("time", work.seconds or 0, "seconds", work.id)
    if work.cap is not None:
        return _by_cap(work, seconds, credited, rescale)
    return Step(
        "credited_by_time", (seconds, Quantity("rescaling", rescale, "ppb", work.id)), credited
    )


def _by_time(work: ContributionFacts, credited: Quantity) -> Step:
    seconds = Quantity("time", work.seconds or 0, "seconds", work.id)
    if work.quality is None or work.quality_ppm is None or work.quality.weighted_quality == 0:
        return Step(
            "credited_by_time",
            (seconds, Quantity("rescaling", NOT_RESCALED, "ppb", work.id)),
            credited,
        )
    mean = work.quality
    operands = (
        seconds,
        Quantity("quality", work.quality_ppm, "ppm", work.id),
        Quantity("quality_x_time_of_all", mean.weighted_quality, "count", work.task_type),
        Quantity("rated_time_of_all", mean.seconds, "seconds", work.task_type),
        Quantity("lowest_factor", mean.low_ppm, "ppm"),
        Quantity("highest_factor", mean.high_ppm, "ppm"),
    )
    return Step("credited_by_quality", operands, credited)


def _content(work: ContributionFacts) -> tuple[Step, ...]:
    content = _uh(work, "content", work.content_uh)
    if work.basis == "escrow":
        held = _uh(work, "provisional_content", work.content_uh)
        return (Step("given", (held,), content),)
    decay = Quantity("decay", work.decay_ppm, "ppm", work.id)
    complexity = Quantity("complexity", work.complexity_ppm, "ppm", work.complexity_of)
    step = Step("content", (_uh(work, "credited", work.credited_uh), complexity, decay), content)
    if work.half_life_days is None:
        return (step,)
    age = Quantity("age", work.age_days, "days", work.id)
    half_life = Quantity("half_life", work.half_life_days, "days")
    return (Step("decay", (age, half_life), decay), step)


def _weight(work: ContributionFacts, weight: Quantity) -> tuple[Step, ...]:
    """Labour content is the weight, unless scores moved some of it."""
    content = _uh(work, "content", work.content_uh)
    if work.blend is None:
        return (Step("given", (content,), weight),)
    blend = work.blend
    effective = blend.beta_ppm * max(0, blend.reliability_ppm) // 10**6
    given = work.content_uh * effective // 10**6
    beta = Quantity("effective_beta", effective, "ppm", work.id)
    gift = _uh(work, "given_up", given)
    positive = Quantity("positive_score", max(0, blend.score_ppb), "ppb", work.id)
    share = _uh(work, "share_of_pot", weight.value - work.content_uh + given)
    return (
        Step(
            "beta",
            (
                Quantity("beta", blend.beta_ppm, "ppm"),
                Quantity("reliability", blend.reliability_ppm, "ppm"),
            ),
            beta,
        ),
        Step("rate", (content, beta), gift),
        Step("positive", (Quantity("score", blend.score_ppb, "ppb", work.id),), positive),
        Step(
            "share",
            (
                Quantity("pot", blend.pot_uh, "uh"),
                positive,
                Quantity("positive_scores", blend.positive_scores_ppb, "ppb"),
            ),
            share,
        ),
        Step("blend", (content, gift, share), weight),
    )


def _gap(work: ContributionFacts, weight: Quantity) -> tuple[Step, ...]:
    """A wage floor weighs the gap to the living wage, spread over all hours on record."""
    gap = work.gap
    if gap is None:
        raise ValueError(work.id)
    wage = Quantity("living_wage", gap.living_wage_micro_per_hour, "micro", work.worker)
    worked = Quantity("worker_time", gap.worker_seconds, "seconds", work.worker)
    amount = -(-gap.living_wage_micro_per_hour * gap.worker_seconds // SECONDS_PER_HOUR)
    needed = Quantity("needed", amount, "micro", work.worker)
    received = Quantity("received", gap.received_micro, "micro", work.worker)
    missing = Quantity("gap", max(0, amount - gap.received_micro), "micro", work.worker)
    seconds = Quantity("time", work.seconds or 0, "seconds", work.id)
    return (
        Step("living_wage", (wage, worked), needed),
        Step("excess", (needed, received), missing),
        Step("share", (missing, seconds, worked), weight),
    )


def _line(facts: TraceFacts, weight: Quantity) -> tuple[Step, ...]:
    pool, product, line = facts.pool.id, facts.path[-1], facts.line
    work = facts.contribution.id
    part = next((split.amount_micro for split in product.splits if not split.upstream), 0)
    own_money = part + product.solidarity_in_micro
    own = Quantity("own_money", own_money, "micro", f"{pool}/{product.id}")
    total = Quantity("product_weight", product.weight, facts.pool.weight_unit, product.id)
    gross = Quantity("gross", line.gross_micro, "micro", work)
    frozen = abs(line.gross_micro) * line.frozen_ppm // 10**6
    disputed = Quantity("disputed", -frozen if line.gross_micro < 0 else frozen, "micro", work)
    unmeasured = Quantity("unmeasured", line.unmeasured_micro, "micro", work)
    amount = Quantity("line", line.amount_micro, "micro", work)
    share = Step("share", (own, weight, total), gross)
    if not line.frozen_ppm and not line.unmeasured_micro:
        return (share, Step("given", (gross,), amount))
    return (
        share,
        Step("rate", (gross, Quantity("frozen", line.frozen_ppm, "ppm", work)), disputed),
        Step("difference", (gross, disputed, unmeasured), amount),
    )


def _effective(work: ContributionFacts) -> int:
    quality = FULL_QUALITY_PPM if work.quality_ppm is None else work.quality_ppm
    return (work.units or 0) * quality


def _uh(work: ContributionFacts, name: str, value: int) -> Quantity:
    return Quantity(name, value, "uh", work.id)
