"""The policy: every contested choice of the value model, as one ratified document.

Nothing in the engine chooses; it reads a `Policy`. The document is JSON (presets are TOML under
`accounting/policies/`), hashed in its RFC 8785 form, and travels in every run bundle.

Source: value-model.md, sections a to i; records.md, "Policy".
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from accounting.core.errors import AccountingError

PPM = 1_000_000

Ppm = Annotated[int, msgspec.Meta(ge=0, le=PPM)]
Ratio = Annotated[int, msgspec.Meta(ge=0, le=1_000 * PPM)]
Micro = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Days = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

LabourType = Literal["PROMPT", "DATA", "MODEL", "EVAL", "OPS", "INTEG", "COMPL", "BIZ"]
Outcome = Literal["accepted", "rejected", "expired", "skipped", "pending"]
PoolKind = Literal["licence", "data_dividend", "wage_floor", "profit_share", "commons"]


class PolicyInvalid(AccountingError):
    """A policy document breaks its own rules; `pointer` names the field."""

    code = "policy_invalid"

    def __init__(self, message: str, *, pointer: str) -> None:
        super().__init__(message, pointer=pointer)
        self.pointer = pointer


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the policy: unknown fields are refused, so a misspelt rule cannot be ignored."""


class Norm(_Part, frozen=True, kw_only=True):
    """How socially necessary labour time is found (value-model.md a)."""

    scope: Literal["sector", "platform", "project"] = "sector"
    method: Literal["mean", "median", "mode", "individual"] = "mean"
    rescale: bool = False
    min_producers: Count = 5
    shrink_weight: Count = 5
    cap_low_ppm: Ratio = 500_000
    cap_high_ppm: Ratio = 2_000_000
    time_only_low_ppm: Ratio = 800_000
    time_only_high_ppm: Ratio = 1_200_000
    counted_outcomes: tuple[Outcome, ...] = ("accepted",)
    assumed_seconds_per_unit: dict[Code, Micro] = {}
    unmeasured: Literal["hold_mean", "hold_product"] = "hold_mean"


class Training(_Part, frozen=True, kw_only=True):
    """One kind of labour spent on training a skill; `trainer` empty means simple labour."""

    trainer: str = ""
    hours: Count


class Skill(_Part, frozen=True, kw_only=True):
    """What is known about the complexity of one task type or grade (value-model.md b)."""

    wage_micro_per_hour: Micro | None = None
    training: tuple[Training, ...] = ()
    working_life_hours: Count | None = None
    output_ratio_ppm: Ratio | None = None


class Complexity(_Part, frozen=True, kw_only=True):
    """How complex labour is reduced to simple labour (value-model.md b).

    The coefficient is the weighted geometric mean of the named methods, capped, then rounded to
    `decimals`. Task types and grades without an entry count as simple labour.
    """

    wage_ratio_weight: Count = 0
    training_cost_weight: Count = 0
    output_weight: Count = 0
    flat_weight: Count = 1
    simple_wage_micro_per_hour: Micro | None = None
    cap_low_ppm: Ratio = 1_000_000
    cap_high_ppm: Ratio = 3_000_000
    decimals: Annotated[int, msgspec.Meta(ge=0, le=6)] = 2
    task_types: dict[Code, Skill] = {}
    grades: dict[Code, Skill] = {}


class Value(_Part, frozen=True, kw_only=True):
    """Price categories and rent (value-model.md d)."""

    value_approach: Literal["averaged_creation_cost", "copies_are_rent"] = "averaged_creation_cost"
    reference_profit_ppm: Ppm = 80_000
    melt_micro_per_hour: Micro = 60_000_000


class Index(_Part, frozen=True, kw_only=True):
    """Exponents of the composite technical index, adding up to one (value-model.md e)."""

    gpu_hours_ppm: Ppm = 400_000
    governance_hours_ppm: Ppm = 400_000
    training_flop_ppm: Ppm = 200_000


class Pool(_Part, frozen=True, kw_only=True):
    """One pool: its fund, who is entitled, how money flows and by which key (value-model.md f).

    `rate_ppm` applies to revenue (data dividend), surplus (profit share) or rent (commons); a
    licence pool is funded by the licences' own terms and a wage floor by the pool it precedes.
    Empty `labour_types` and `task_types` together entitle all productive labour.
    """

    id: Code
    kind: PoolKind
    rate_ppm: Ppm = 0
    labour_types: tuple[LabourType, ...] = ()
    task_types: tuple[Code, ...] = ()
    flow: Literal["lineage", "direct"] = "direct"
    key: Literal["labour", "blend"] = "labour"
    solidarity_ppm: Ppm = 0


class Negotiation(_Part, frozen=True, kw_only=True):
    """Who agreed to the policy, when, where the minutes lie, and who else must sign."""

    parties: tuple[str, ...] = ()
    minutes: str = ""
    yearly_round: str = ""
    public_body_signs: bool = False


class Policy(_Part, frozen=True, kw_only=True):
    """A complete value-sharing policy; see the parts for what each field decides."""

    format: Literal["huisu-policy/1"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    norm: Norm = Norm()
    complexity: Complexity = Complexity()
    half_life_days: Days | None = None
    productive_business_labour: bool = False
    value: Value = Value()
    index: Index = Index()
    blend_beta_ppm: Ppm = 200_000
    pools: tuple[Pool, ...]
    minimum_payout_minor: Micro = 0
    negotiation: Negotiation = Negotiation()


def parse_policy(document: object) -> Policy:
    """Read and check a policy document.

    Args:
        document: The decoded JSON or TOML of a policy.

    Raises:
        PolicyInvalid: A field is missing, unknown, out of bounds or contradicts another.
    """
    try:
        policy = msgspec.convert(document, Policy, strict=True)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `")
        pointer = path.rstrip("`").removeprefix("$").replace(".", "/").replace("[", "/")
        raise PolicyInvalid(sentence, pointer=pointer.replace("]", "") or "/") from error
    _check_agreement_of_fields(policy)
    return policy


def policy_document(policy: Policy) -> dict[str, Any]:
    """Return the policy as plain JSON values with every default written out."""
    document: dict[str, Any] = msgspec.to_builtins(policy)
    return document


def _check_agreement_of_fields(policy: Policy) -> None:
    index = policy.index
    if index.gpu_hours_ppm + index.governance_hours_ppm + index.training_flop_ppm != PPM:
        raise PolicyInvalid(
            "The exponents of the index must add up to 1 000 000.", pointer="/index"
        )
    if policy.norm.cap_low_ppm > policy.norm.cap_high_ppm:
        raise PolicyInvalid("The lower cap is above the upper cap.", pointer="/norm/cap_low_ppm")
    if policy.norm.time_only_low_ppm > policy.norm.time_only_high_ppm:
        raise PolicyInvalid(
            "The lower bound is above the upper.", pointer="/norm/time_only_low_ppm"
        )
    _check_complexity(policy.complexity)
    _check_pools(policy.pools)
    _check_single_pools(policy.pools)


def _check_complexity(complexity: Complexity) -> None:
    if complexity.cap_low_ppm > complexity.cap_high_ppm or complexity.cap_low_ppm == 0:
        raise PolicyInvalid(
            "The caps must be positive and in order.", pointer="/complexity/cap_low_ppm"
        )
    weights = (
        complexity.wage_ratio_weight,
        complexity.training_cost_weight,
        complexity.output_weight,
        complexity.flat_weight,
    )
    if sum(weights) == 0:
        raise PolicyInvalid("Give at least one method a weight.", pointer="/complexity/flat_weight")
    known = set(complexity.task_types) | set(complexity.grades)
    for code, skill in (complexity.task_types | complexity.grades).items():
        for position, training in enumerate(skill.training):
            if training.trainer and training.trainer not in known:
                raise PolicyInvalid(
                    f"No skill is called {training.trainer!r}.",
                    pointer=f"/complexity/{code}/training/{position}/trainer",
                )


def _check_pools(pools: tuple[Pool, ...]) -> None:
    seen: set[str] = set()
    for position, pool in enumerate(pools):
        pointer = f"/pools/{position}"
        if pool.id in seen:
            raise PolicyInvalid(f"Two pools are called {pool.id!r}.", pointer=f"{pointer}/id")
        seen.add(pool.id)
        if pool.kind != "data_dividend" and pool.flow == "lineage":
            raise PolicyInvalid(
                "Only a data dividend flows along lineage.", pointer=f"{pointer}/flow"
            )
        if pool.kind in {"licence", "wage_floor"} and pool.rate_ppm:
            raise PolicyInvalid("This kind of pool takes no rate.", pointer=f"{pointer}/rate_ppm")
        if pool.kind == "wage_floor" and not any(
            later.kind == "profit_share" for later in pools[position + 1 :]
        ):
            raise PolicyInvalid(
                "A wage floor is paid out of a profit share that follows it.", pointer=pointer
            )


def _check_single_pools(pools: tuple[Pool, ...]) -> None:
    """A second licence pool would pay every licence twice, a second commons expired escrow."""
    for kind in ("licence", "commons"):
        places = [place for place, pool in enumerate(pools) if pool.kind == kind]
        if len(places) > 1:
            raise PolicyInvalid(
                f"A policy has at most one pool of kind {kind}.", pointer=f"/pools/{places[1]}"
            )
