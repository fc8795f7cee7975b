"""Index measures, plans of amortisation and rates: entered on pages and by programs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounting.cases.worked_example import worked_example
from accounting.models import AmortisationPlan, AmortisedCost, FxRate, IndexMeasure, Period
from accounting.services import cases
from contributions.models import Membership, Product, User
from tests import factories
from tests.api.client import Program, assert_problem

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))


def product_of(period: Period) -> Product:
    return Product.objects.filter(operator=period.operator).earliest("pk")


def test_the_worked_examples_bundle_is_split_as_the_value_model_says() -> None:
    period = cases.load_case(case=worked_example())
    user = factories.user()
    Membership.objects.create(user=user, organisation=period.operator, role="recorder")
    page = words(signed_in(user).get(f"/periods/{period.public_id}/bases/"))
    for figure in ("0.6661", "0.3026", "42.3239%", "57.6761%"):
        assert figure in page


def test_each_base_is_entered_on_its_form_and_told_with_its_source() -> None:
    period = factories.ready_period()
    product = product_of(period)
    client = signed_in(factories.user(period.operator))
    url = f"/periods/{period.public_id}/bases/"
    measure = {
        "product": product.pk,
        "measured_on": "2026-02-01",
        "gpu_hours": "1200.5",
        "governance_hours": "30",
        "training_flop": "3.1e23",
        "source": "meter reading",
    }
    plan = {"product": product.pk, "starts_on": "2026-01-15", "months": "24", "reason": "agreed"}
    rate = {"base": "USD", "quote": "CNY", "rate": "7.1", "valid_on": "2026-01-01", "source": "CB"}
    for kind, sent in (("measure", measure), ("plan", plan), ("rate", rate)):
        response = client.post(f"{url}{kind}/", sent)
        assert response.status_code == 302, words(response)
    made = AmortisationPlan.objects.get()
    cost = {"plan": made.pk, "kind": "compute", "amount": "2400", "note": "cluster"}
    assert client.post(f"{url}cost/", cost).status_code == 302
    stored = IndexMeasure.objects.get()
    assert (stored.gpu_milli_hours, stored.governance_seconds) == (1_200_500, 108_000)
    assert stored.training_flop == Decimal(310 * 10**21)
    assert made.starts_on.day == 1
    told = words(client.get(url))
    for text in ("meter reading", "3.100e23", "50.00%", "1,200.00", "7.1", "operator&#x27;s own"):
        assert text in told, text
    assert client.post(f"{url}plan/", plan).status_code == 422
    assert FxRate.objects.get().organisation == period.operator


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("measure", "training_flop", "many"),
        ("measure", "gpu_hours", "-1"),
        ("plan", "months", "0"),
        ("plan", "months", "601"),
        ("rate", "rate", "0"),
        ("rate", "base", "XXX1"),
    ],
)
def test_what_is_out_of_bounds_marks_its_field(kind: str, field: str, value: str) -> None:
    period = factories.ready_period()
    client = signed_in(factories.user(period.operator))
    response = client.post(f"/periods/{period.public_id}/bases/{kind}/", {field: value})
    assert response.status_code == 422
    assert f'href="#id_{field}"' in response.content.decode()


def test_a_stranger_reads_and_enters_nothing() -> None:
    period = factories.ready_period()
    for user in (
        factories.user(factories.organisation()),
        factories.user(factories.organisation("labour_organisation")),
    ):
        client = signed_in(user)
        assert client.get(f"/periods/{period.public_id}/bases/").status_code == 404
        assert client.post(f"/periods/{period.public_id}/bases/rate/").status_code == 404
    viewer = signed_in(factories.user(period.operator, role="viewer"))
    assert viewer.get(f"/periods/{period.public_id}/bases/").status_code == 200
    assert viewer.get(f"/periods/{period.public_id}/bases/rate/").status_code == 404


def test_programs_enter_bases_too() -> None:
    period = factories.ready_period()
    product = product_of(period)
    program = Program(factories.user(period.operator))
    rate = {
        "operator": period.operator.public_id,
        "base": "USD",
        "quote": "CNY",
        "rate": "7.15",
        "valid_on": "2026-01-01",
        "source": "central bank",
    }
    assert program.post("fx-rates", rate).json()["rate"] == "7.15"
    assert_problem(program.post("fx-rates", rate), 409, "fx_rate_known")
    assert_problem(program.post("fx-rates", rate | {"quote": "USD"}), 422, "currencies_alike")
    plan = {
        "product": product.public_id,
        "starts_on": "2026-01-01",
        "months": 12,
        "reason": "agreed",
    }
    made = program.post("amortisations", plan)
    assert made.status_code == 201, made.content
    assert_problem(program.post("amortisations", plan), 409, "amortisation_known")
    assert_problem(
        program.post("amortisations", plan | {"starts_on": "2026-01-02"}),
        422,
        "not_first_of_month",
    )
    cost = {
        "plan": made.json()["id"],
        "kind": "compute",
        "amount": {"amount": "12.50", "currency": "CNY"},
    }
    assert program.post("amortised-costs", cost).json()["amount"]["amount"] == "12.50"
    assert AmortisedCost.objects.get().amount_micro == 12_500_000
    measure = {
        "product": product.public_id,
        "measured_on": "2026-01-01",
        "gpu_milli_hours": 5,
        "governance_seconds": 7,
        "training_flop": "1" + "0" * 21,
        "source": "meter",
    }
    assert program.post("index-measures", measure).status_code == 201
    assert_problem(program.post("index-measures", measure), 409, "index_measure_known")
    assert len(program.get("index-measures").json()["items"]) == 1


def test_a_strangers_program_finds_no_product_and_adds_no_rate() -> None:
    period = factories.ready_period()
    program = Program(factories.user(factories.organisation()))
    plan = {
        "product": product_of(period).public_id,
        "starts_on": "2026-01-01",
        "months": 12,
        "reason": "x",
    }
    assert_problem(program.post("amortisations", plan), 422, "unknown_id")
    assert program.get("amortisations").json()["items"] == []
