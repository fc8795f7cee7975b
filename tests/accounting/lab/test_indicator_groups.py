"""A run by groups and over time: exact where shown, and nothing small is shown."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounting.cases.worked_example import worked_example
from accounting.models import Run
from accounting.services import cases, trends
from accounting.services.indicator_catalogue import CATALOGUE, shown_value
from accounting.services.product_indicators import product_indicators
from accounting.services.run_cells import DIMENSIONS, GROUP, groups_of
from contributions.models import User, Worker
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "spec" / "worked-example.json"
OF_PEOPLE = (
    "credited_minus_worked_hours",
    "gini_hourly",
    "gini_income",
    "gini_payout",
    "lag_quarters",
    "lw_cov_hours_before",
    "lw_cov_workers_after",
    "lw_cov_workers_before",
    "top1_income_share",
    "unpaid_share",
)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def example_run(**workers: str) -> Run:
    period = cases.load_case(case=worked_example())
    if workers:
        Worker.objects.update(**workers)
    return factories.computed_run(period)


@pytest.fixture
def golden() -> dict[str, Any]:
    """The numbers that the specification prints."""
    if not GOLDEN.exists():
        pytest.skip("The shared golden numbers are not beside this checkout.")
    numbers: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return numbers


def test_every_indicator_of_the_application_is_the_golden_one(golden: dict[str, Any]) -> None:
    run = example_run()
    stored = dict(run.indicators.values_list("name", "value"))
    assert {name: round(float(stored[name]), 4) for name in golden["h"]} == golden["h"]
    told = words(signed_in(factories.user(run.period.operator)).get("/indicators/"))
    for name, value in golden["h"].items():
        shown = shown_value(CATALOGUE[name], stored[name])
        assert shown in told, (name, value)


def test_a_group_of_everybody_has_the_indicators_of_the_run() -> None:
    run = example_run(country="CN", status="crowd")
    whole = dict(run.indicators.values_list("name", "value"))
    for dimension in ("country", "status"):
        (group,) = groups_of(run, dimension)
        shown = {name: group.indicators[name] for name in OF_PEOPLE}
        assert shown == {name: whole[name] for name in OF_PEOPLE}


@pytest.mark.parametrize("dimension", [*DIMENSIONS, GROUP])
def test_groups_add_up_to_the_run(dimension: str) -> None:
    run = example_run()
    found = groups_of(run, dimension)
    assert sum(group.cell.amount_micro for group in found) == 11_045_000_000
    assert sum(group.wages_micro for group in found) == run.price["variable_capital_micro"]
    own = sum(run.products.values_list("own_content_uh", flat=True))
    assert sum(group.content_uh for group in found) == own


def test_products_have_indicators_where_figures_name_them() -> None:
    run = example_run()
    found = product_indicators(run)
    assert set(found) == {str(row.product_id) for row in run.products.exclude(own_content_uh=0)}
    assert any("unrealised_share" in figures for figures in found.values())


def test_each_dimension_has_its_page_with_formula_caution_and_source() -> None:
    run = example_run()
    client = signed_in(factories.user(run.period.operator))
    for dimension in DIMENSIONS:
        page = client.get(f"/runs/{run.public_id}/by/{dimension}/")
        assert page.status_code == 200
        assert "Never drop unpaid hours." in words(page)
        assert "Σ(2i − n − 1) xᵢ ÷ (n Σx)" in words(page)  # noqa: RUF001
    assert client.get(f"/runs/{run.public_id}/by/worker/").status_code == 404


def test_whoever_only_oversees_sees_no_small_group() -> None:
    run = example_run()
    client = signed_in(factories.user(factories.organisation("regulator")))
    page = words(client.get(f"/runs/{run.public_id}/by/status/"))
    assert "Suppressed" in page
    assert "Crowd" not in page


def test_indicators_run_from_period_to_period_and_simulations_are_no_part_of_it() -> None:
    first = factories.ready_period()
    run = factories.computed_run(first)
    second = factories.period(
        first.operator, starts_on=date(2027, 1, 1), ends_on=date(2027, 12, 31)
    )
    product = first.revenue.get().product
    assert product is not None
    factories.revenue(second, product, amount=3_000)
    later = factories.computed_run(second)
    factories.simulated_run(second, run.policy)
    user = factories.user(first.operator)
    assert trends.series(user, first.operator, "CNY") == [run, later]
    page = signed_in(user).get("/indicators/", {"by": "status", "name": "unpaid_share"})
    told = words(page)
    for text in ("2026-01", "2027-01", "Rent, second estimate", "Labour, and its pay", "Crowd"):
        assert text in told
    against = signed_in(user).get("/comparisons/", {"after": later.public_id})
    assert f'href="/runs/{run.public_id}/"' in against.content.decode()
    stretches = trends.dislocation([run, later])
    assert stretches[0].quarter == (2026, 2)
    assert [row.quarter for row in stretches if row.paid_micro] == [(2026, 4), (2027, 4)]
    assert sum(row.seconds for row in stretches) == 3600 + 7200 + 3600


def test_over_time_whoever_only_oversees_sees_no_small_group_either() -> None:
    run = factories.computed_run()
    client = signed_in(factories.user(factories.organisation("regulator")))
    ledger = f"{run.period.operator.public_id}:CNY"
    told = words(client.get("/indicators/", {"ledger": ledger, "by": "status"}))
    assert "suppressed" in told
    assert "would tell too much" in told
    assert "100.0%" not in told.split("How to read")[0].split("Indicators, period")[0]
