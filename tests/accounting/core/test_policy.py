"""Policies are read strictly, and the presets are policies."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

from accounting.core.canonical import sha256_of_json
from accounting.core.policy import PolicyInvalid, parse_policy, policy_document
from tests.accounting.core.worked_example_inputs import POLICIES

PRESETS = ("data-value-first", "pure-labour-time", "value-model")


def preset(name: str) -> dict[str, Any]:
    return tomllib.loads((POLICIES / f"{name}.toml").read_text(encoding="utf-8"))


def test_all_presets_are_named_here() -> None:
    assert sorted(path.stem for path in POLICIES.glob("*.toml")) == sorted(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_being_written_out(name: str) -> None:
    policy = parse_policy(preset(name))
    document = policy_document(policy)
    assert parse_policy(document) == policy
    assert len(sha256_of_json(document)) == 64


def test_the_presets_differ_where_their_names_say() -> None:
    model, labour, data = (
        parse_policy(preset(name))
        for name in ("value-model", "pure-labour-time", "data-value-first")
    )
    assert labour.blend_beta_ppm == 0 < model.blend_beta_ppm < data.blend_beta_ppm
    assert labour.complexity.wage_ratio_weight == 0
    assert {pool.key for pool in labour.pools} == {"labour"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"alpha": 1}, "/"),
        ({"blend_beta_ppm": 1_000_001}, "/blend_beta_ppm"),
        ({"half_life_days": 0}, "/half_life_days"),
        ({"blend_beta_ppm": 0.2}, "/blend_beta_ppm"),
        ({"index": {"gpu_hours_ppm": 1}}, "/index"),
        ({"norm": {"cap_low_ppm": 3_000_000}}, "/norm/cap_low_ppm"),
        ({"norm": {"time_only_low_ppm": 3_000_000}}, "/norm/time_only_low_ppm"),
        ({"complexity": {"cap_low_ppm": 0}}, "/complexity/cap_low_ppm"),
        ({"complexity": {"flat_weight": 0}}, "/complexity/flat_weight"),
        ({"pools": [{"id": "x", "kind": "profit_share", "flow": "lineage"}]}, "/pools/0/flow"),
        ({"pools": [{"id": "x", "kind": "licence", "rate_ppm": 1}]}, "/pools/0/rate_ppm"),
        ({"pools": [{"id": "x", "kind": "wage_floor"}]}, "/pools/0"),
        (
            {"pools": [{"id": "x", "kind": "commons"}, {"id": "x", "kind": "licence"}]},
            "/pools/1/id",
        ),
        ({"pools": [{"id": "x", "kind": "commons"}, {"id": "y", "kind": "commons"}]}, "/pools/1"),
        ({"pools": [{"id": "x", "kind": "gift"}]}, "/pools/0/kind"),
    ],
)
def test_a_broken_policy_names_the_field(change: dict[str, Any], pointer: str) -> None:
    document = copy.deepcopy(preset("value-model")) | change
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(document)
    assert caught.value.pointer == pointer


def test_a_trainer_must_be_a_skill() -> None:
    skill = {"training": [{"trainer": "nobody", "hours": 1}], "working_life_hours": 10}
    document = preset("value-model") | {"complexity": {"task_types": {"review": skill}}}
    with pytest.raises(PolicyInvalid, match="nobody"):
        parse_policy(document)
