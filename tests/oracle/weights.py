"""Who is entitled to a pool and by how much (value-model.md f, g)."""

from __future__ import annotations

from accounting.core.policy import Policy, Pool
from tests.oracle.credited import Labour, is_productive
from tests.oracle.sharing import share
from tests.oracle.world import Contribution, World

PPM = 1_000_000


def entitled(world: World, policy: Policy, pool: Pool) -> list[Contribution]:
    """Return the counted, productive contributions of the kinds that a pool names."""
    everyone = not pool.labour_types and not pool.task_types
    return [
        row
        for row in world.counted(policy.norm.counted_outcomes)
        if is_productive(world, policy, row)
        and (
            everyone
            or world.labour_type(row) in pool.labour_types
            or row.task_type in pool.task_types
        )
    ]


def weigh(
    world: World, policy: Policy, pool: Pool, rows: list[Contribution], labour: dict[str, Labour]
) -> dict[str, int]:
    """Return the weight of each entitled contribution, in micro-hours."""
    weights = {row.id: labour[row.id].content_uh for row in rows}
    if pool.key == "labour":
        return weights
    for valuation in world.valuations.values():
        beta_ppm = policy.blend_beta_ppm * max(0, valuation.reliability_ppm) // PPM
        scores = {
            score.contribution: max(0, score.score_ppb)
            for score in sorted(world.scores, key=lambda score: score.contribution)
            if score.valuation == valuation.id and score.contribution in weights
        }
        if sum(scores.values()):
            given = {key: beta_ppm * weights[key] // PPM for key in scores}
            for key, gained in share(sum(given.values()), scores).items():
                weights[key] += gained - given[key]
    return weights


def by_product(world: World, amounts: dict[str, int]) -> dict[str, int]:
    """Add amounts of contributions up to their products, in ascending order."""
    sums = dict.fromkeys(sorted(world.products), 0)
    for key, amount in amounts.items():
        sums[world.contributions[key].product] += amount
    return sums
