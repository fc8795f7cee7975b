"""Entering the figures of a period and computing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounting.models import Cost, Fact, LivingWage, Period, Revenue, Run
from contributions.models import Product, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def period() -> Period:
    return factories.period(factories.organisation("platform"))


@pytest.fixture
def product(period: Period) -> Product:
    return factories.product(period.operator)


@pytest.fixture
def client(period: Period) -> Client:
    return signed_in(factories.user(period.operator))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(client: Client, period: Period, of: str, **fields: Any) -> Any:
    return client.post(f"/periods/{period.public_id}/add/{of}/", fields)


def test_a_period_is_opened_by_form(client: Client, period: Period) -> None:
    given = {"operator": period.operator_id, "currency": "EUR"}
    response = client.post(
        "/periods/new/", given | {"starts_on": "2026-01-01", "ends_on": "2026-03-31"}
    )
    made = Period.objects.get(currency="EUR")
    assert response["Location"] == f"/periods/{made.public_id}/"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-02-01", "2026-01-01", "before the first"),
        ("2026-06-01", "2027-06-01", "belong to the period"),
        ("yesterday", "2026-06-01", "valid date"),
    ],
)
def test_a_period_that_cannot_be_keeps_the_form_and_says_why(
    client: Client, period: Period, first: str, last: str, said: str
) -> None:
    response = client.post(
        "/periods/new/",
        {
            "operator": period.operator_id,
            "currency": "CNY",
            "starts_on": first,
            "ends_on": last,
        },
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert f'value="{first}"' in page
    assert Period.objects.count() == 1


def test_revenue_is_kept_to_the_millionth(client: Client, period: Period, product: Product) -> None:
    add(client, period, "revenue", product=product.pk, channel="api", amount="1234.000001")
    assert Revenue.objects.get().amount_micro == 1_234_000_001


def test_a_refund_is_negative_revenue(client: Client, period: Period, product: Product) -> None:
    add(client, period, "revenue", product=product.pk, channel="api", amount="-5")
    assert Revenue.objects.get().amount_micro == -5_000_000


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "NaN",
        "1e5",
        "1_000",
        "1,000",
        " ",
        "\uff11\uff12",
        "0.1234567",
        "9999999999999",
        "--1",
        "+1",
    ],
)
def test_an_amount_that_is_no_plain_number_is_marked_and_kept(
    client: Client, period: Period, product: Product, amount: str
) -> None:
    response = add(client, period, "revenue", product=product.pk, channel="api", amount=amount)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'href="#id_amount"' in page
    assert f'value="{amount}"' in page or not amount.strip()
    assert not Revenue.objects.exists()


def test_revenue_of_nothing_and_of_two_things_is_refused(client: Client, period: Period) -> None:
    response = add(client, period, "revenue", channel="api", amount="5")
    assert "either a product or a bundle" in response.content.decode()


def test_a_product_of_somebody_else_is_no_choice(client: Client, period: Period) -> None:
    foreign = factories.product(factories.organisation("platform"))
    add(client, period, "revenue", product=foreign.pk, channel="api", amount="5")
    assert not Revenue.objects.exists()


def test_costs_facts_and_benchmarks_are_entered(client: Client, period: Period) -> None:
    add(client, period, "costs", kind="compute", amount="10.50", gpu_hours="1.5")
    add(client, period, "facts", name="capital_advanced", value="120000")
    add(
        client,
        period,
        "benchmarks",
        region="city",
        per_hour="40",
        valid_from="2026-01-01",
        source="Somebody 2026",
    )
    cost = Cost.objects.get()
    assert (cost.amount_micro, cost.gpu_milli_hours) == (10_500_000, 1_500)
    assert Fact.objects.get().weight == 1
    assert LivingWage.objects.get().micro_per_hour == 40_000_000


def test_a_figure_declared_twice_is_refused_with_a_reason(client: Client, period: Period) -> None:
    add(client, period, "facts", name="capital_advanced", value="1")
    response = add(client, period, "facts", name="capital_advanced", value="2")
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert Fact.objects.count() == 1


def test_a_closed_period_takes_no_figures(client: Client, period: Period) -> None:
    factories.closed(period)
    assert client.get(f"/periods/{period.public_id}/add/revenue/").status_code == 404


def test_a_period_without_revenue_says_so_and_queues_nothing(
    client: Client, period: Period
) -> None:
    factories.policy_in_force(period.operator)
    response = client.post(f"/periods/{period.public_id}/runs/", {})
    assert response.status_code == 422
    assert "Record revenue first" in response.content.decode()
    assert not Run.objects.exists()


def test_a_run_is_queued_and_its_page_follows_it() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    response = client.post(f"/periods/{period.public_id}/runs/", {})
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.public_id}/"
    page = client.get(f"/runs/{run.public_id}/").content.decode()
    assert f'hx-get="/runs/{run.public_id}/progress/"' in page
    assert "Cancel this run" in page


def test_a_second_run_of_the_period_waits_for_the_first() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    client.post(f"/periods/{period.public_id}/runs/", {})
    response = client.post(f"/periods/{period.public_id}/runs/", {})
    assert "being computed already" in response.content.decode()
    assert Run.objects.count() == 1


def test_a_cancelled_run_stops_polling_and_shows_the_way_back() -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    client.post(f"/periods/{period.public_id}/runs/", {})
    run = Run.objects.get()
    client.post(f"/runs/{run.public_id}/cancel/")
    fragment = client.get(f"/runs/{run.public_id}/progress/")
    assert fragment["HX-Refresh"] == "true"
    assert "hx-get" not in fragment.content.decode()
    page = client.get(f"/runs/{run.public_id}/").content.decode()
    assert "This run wrote nothing" in page
    assert f"/periods/{period.public_id}/" in page
