"""Indicators by group and over time for programs, under the same rule as the pages."""

from __future__ import annotations

import pytest

from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


def test_groups_of_a_run_come_with_exact_indicators() -> None:
    run = factories.computed_run()
    told = Program(factories.user(run.period.operator)).get(f"runs/{run.public_id}/cells/phase")
    (group,) = told.json()["groups"]
    assert (group["key"], group["workers"], group["seconds"]) == ("TRAIN", 3, 14_400)
    assert group["indicators"]["unpaid_share"] == "1.000000000"


def test_whoever_only_oversees_gets_no_small_group_and_no_small_figure() -> None:
    run = factories.computed_run()
    program = Program(factories.user(factories.organisation("regulator")))
    told = program.get(f"runs/{run.public_id}/cells/phase").json()
    assert (told["groups"], told["suppressed"], told["fewest_in_group"]) == ([], 1, 10)
    names = {row["name"] for row in program.get(f"runs/{run.public_id}/indicators").json()["items"]}
    assert "gini_payout" not in names
    assert "HHI_revenue" in names
    path = f"indicator-trends?operator={run.period.operator.public_id}&currency=CNY"
    trends = {row["name"]: row for row in program.get(path).json()["trends"]}
    assert trends["gini_payout"]["points"][0]["value"] is None
    assert trends["HHI_revenue"]["points"][0]["value"] == "1.000000000"


def test_every_indicator_says_how_to_read_it() -> None:
    run = factories.computed_run()
    program = Program(factories.user(run.period.operator))
    for row in program.get(f"runs/{run.public_id}/indicators").json()["items"]:
        assert row["formula"], row
        assert row["caution"], row
        assert row["source"], row


def test_no_cube_but_the_fixed_ones_is_answered() -> None:
    run = factories.computed_run()
    program = Program(factories.user(run.period.operator))
    assert_problem(program.get(f"runs/{run.public_id}/cells/worker"), 404, "not_found")
    stranger = Program(factories.user(factories.organisation()))
    assert_problem(stranger.get(f"runs/{run.public_id}/cells/phase"), 404, "not_found")
