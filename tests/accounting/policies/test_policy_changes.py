"""What two policies differ in."""

from __future__ import annotations

from typing import Any

from accounting.services.policies import merged, preset
from accounting.services.policy_changes import ABSENT, changes


def revised(**overrides: Any) -> dict[str, Any]:
    return merged(preset("value-model"), overrides)


def test_a_document_differs_from_itself_in_nothing() -> None:
    assert changes(preset("value-model"), preset("value-model")) == []


def test_defaults_that_are_written_out_are_no_difference() -> None:
    assert changes(preset("value-model"), revised(productive_business_labour=False)) == []


def test_a_changed_field_is_named_by_its_path() -> None:
    (change,) = changes(preset("value-model"), revised(norm={"method": "median"}))
    assert (change.path, change.before, change.after) == ("norm.method", "mean", "median")


def test_pools_are_compared_by_name_whatever_their_order() -> None:
    pools = preset("value-model")["pools"]
    dearer = [
        row | {"rate_ppm": 40_000} if row["kind"] == "data_dividend" else row for row in pools
    ]
    (change,) = changes(preset("value-model"), revised(pools=dearer))
    assert (change.path, change.entry) == ("pools.rate_ppm", "data-dividend")
    swapped = changes(preset("value-model"), revised(pools=[pools[1], pools[0], *pools[2:]]))
    assert [(change.path, change.entry) for change in swapped] == [("pools", "")]


def test_a_pool_that_is_gone_and_one_that_is_new_are_told_whole() -> None:
    pools = preset("value-model")["pools"]
    fresh = {"id": "review", "kind": "data_dividend", "rate_ppm": 1}
    found = {
        change.entry: change
        for change in changes(preset("value-model"), revised(pools=[*pools[:-1], fresh]))
    }
    assert found["commons"].after is ABSENT
    assert found["review"].before is ABSENT


def test_skills_are_compared_by_name() -> None:
    skill = {"wage_micro_per_hour": 30_000_000}
    (change,) = changes(
        preset("value-model"), revised(complexity={"task_types": {"alignment": skill}})
    )
    assert (change.path, change.entry) == ("complexity.task_types", "alignment")
    assert change.before is ABSENT
