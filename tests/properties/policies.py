"""Random policy documents: every method, key, flow and order of pools the policy allows."""

from __future__ import annotations

from random import Random
from typing import Any

TASK_TYPES = ("t0", "t1", "t2", "t3", "t4", "t5", "t6")
GRADES = ("junior", "senior")
ENTITLED: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("DATA", "EVAL"),
    ("DATA", "EVAL"),
    ("DATA", "EVAL", "MODEL"),
    ("BIZ", "PROMPT"),
    ("OPS",),
)
COUNTED = (("accepted",), ("accepted", "rejected"), ("accepted", "pending", "expired"))

Document = dict[str, Any]


def chance(rng: Random, percent: int) -> bool:
    """Say yes in so many cases of a hundred."""
    return rng.randrange(100) < percent


def ratio(rng: Random, low: int = 0, high: int = 1_000_000) -> int:
    """Return a ratio in ppm; one in five stands at an end of its range."""
    return rng.choice((low, high)) if chance(rng, 20) else rng.randint(low, high)


def _norm(rng: Random) -> Document:
    assumed = rng.sample(TASK_TYPES, rng.randint(0, 2))
    return {
        "scope": rng.choice(("sector", "sector", "platform", "project")),
        "method": rng.choice(("mean", "mean", "median", "mode", "individual")),
        "rescale": chance(rng, 30),
        "min_producers": rng.randint(0, 5),
        "shrink_weight": rng.randint(0, 6),
        "cap_low_ppm": ratio(rng, 0, 900_000),
        "cap_high_ppm": ratio(rng, 1_000_000, 3_000_000),
        "time_only_low_ppm": ratio(rng, 0, 1_000_000),
        "time_only_high_ppm": ratio(rng, 1_000_000, 2_000_000),
        "counted_outcomes": list(rng.choice(COUNTED)),
        "assumed_seconds_per_unit": {code: rng.randint(1, 5000) for code in assumed},
        "unmeasured": rng.choice(("hold_mean", "hold_mean", "hold_product")),
    }


def _skill(rng: Random) -> Document:
    """Return one skill; training stays below half a working life, so that trainers converge."""
    skill: Document = {}
    if chance(rng, 60):
        skill["wage_micro_per_hour"] = rng.randint(1_000_000, 200_000_000)
    if chance(rng, 60):
        skill["working_life_hours"] = rng.randint(40_000, 80_000)
        skill["training"] = [
            {"trainer": rng.choice(("", "t1", "senior")), "hours": rng.randint(0, 10_000)}
            for _ in range(rng.randint(0, 2))
        ]
    if chance(rng, 40):
        skill["output_ratio_ppm"] = rng.randint(100_000, 5_000_000)
    return skill


def _complexity(rng: Random) -> Document:
    names = ("wage_ratio_weight", "training_cost_weight", "output_weight", "flat_weight")
    document: Document = {name: rng.randint(0, 3) for name in names}
    if not any(document.values()):
        document["flat_weight"] = 1
    if chance(rng, 70):
        document["simple_wage_micro_per_hour"] = rng.randint(1_000_000, 50_000_000)
    document["cap_low_ppm"] = rng.choice((1_000_000, 1_000_000, 1, 1_100_000))
    document["cap_high_ppm"] = rng.choice((3_000_000, 3_000_000, 1_200_000, 10_000_000))
    document["decimals"] = rng.choice((2, 2, 0, 3, 6))
    # The two skills that may train others are always described.
    codes = {"t1", *rng.sample(TASK_TYPES, 3)}
    document["task_types"] = {code: _skill(rng) for code in sorted(codes)}
    document["grades"] = {"senior": _skill(rng)}
    return document


def _pool(rng: Random, kind: str, name: str) -> Document:
    document: Document = {"id": name, "kind": kind, "key": rng.choice(("labour", "blend"))}
    if kind not in ("licence", "wage_floor"):
        small = rng.randint(1, 150_000)
        document["rate_ppm"] = ratio(rng) if chance(rng, 25) else small
    if kind == "data_dividend" or chance(rng, 10):
        document["labour_types"] = list(rng.choice(ENTITLED))
        document["task_types"] = rng.sample(TASK_TYPES, rng.choice((0, 0, 0, 1, 2)))
    if kind == "data_dividend" and chance(rng, 75):
        document["flow"] = "lineage"
        document["solidarity_ppm"] = ratio(rng) if chance(rng, 40) else 0
    return document


def _pools(rng: Random) -> list[Document]:
    """Return an ordered list of pools; a floor always has a profit share after it.

    The commons and the licences draw on money that is there only once, so they stand once.
    """
    kinds = [kind for kind in ("commons", "licence") if chance(rng, 50)]
    kinds += ["data_dividend"] * rng.choice((0, 1, 1, 1, 2))
    kinds += ["wage_floor"] * rng.choice((0, 1, 1, 2))
    kinds += ["profit_share"] * rng.choice((0, 1, 1, 2))
    rng.shuffle(kinds)
    if "wage_floor" in kinds or not kinds:
        kinds.append("profit_share")
    return [_pool(rng, kind, f"{kind}{position}") for position, kind in enumerate(kinds)]


def policy(rng: Random) -> Document:
    """Return a whole policy document."""
    gpu_ppm = ratio(rng)
    governance_ppm = ratio(rng, 0, 1_000_000 - gpu_ppm)
    return {
        "format": "huisu-policy/1",
        "name": "random",
        "version": "1",
        "norm": _norm(rng) if chance(rng, 85) else {},
        "complexity": _complexity(rng) if chance(rng, 70) else {},
        "half_life_days": rng.randint(1, 2000) if chance(rng, 40) else None,
        "productive_business_labour": chance(rng, 30),
        "value": {
            "value_approach": rng.choice(("averaged_creation_cost", "copies_are_rent")),
            "reference_profit_ppm": ratio(rng, 0, 300_000),
            "melt_micro_per_hour": rng.randint(0, 200_000_000),
        },
        "index": {
            "gpu_hours_ppm": gpu_ppm,
            "governance_hours_ppm": governance_ppm,
            "training_flop_ppm": 1_000_000 - gpu_ppm - governance_ppm,
        },
        "blend_beta_ppm": ratio(rng),
        "pools": _pools(rng),
        "minimum_payout_minor": rng.choice((0, 1, rng.randint(0, 10_000))),
    }
