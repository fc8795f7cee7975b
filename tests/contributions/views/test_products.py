"""Products, their lineage and licences, entered and read in the browser."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Licence, LineageEdge, Organisation, Product
from tests import factories

pytestmark = pytest.mark.django_db


class Shop:
    """A platform's recorder at work on products."""

    def __init__(self) -> None:
        self.platform: Organisation = factories.organisation()
        self.client = Client()
        self.client.force_login(factories.user(self.platform, "recorder"))

    def page(self, product: Product) -> str:
        """A product's page."""
        return self.client.get(reverse("product", args=[product.public_id])).content.decode()

    def add(self, **fields: str) -> Any:
        """Post the form for a new product."""
        typed = {
            "operator": self.platform.public_id,
            "kind": "model",
            "name": "Oriole",
            "version": "2",
        }
        return self.client.post(reverse("product-new"), typed | fields)

    def join(self, upstream: Product, downstream: Product, transfer: str = "0.5") -> Any:
        """Post the form for new lineage."""
        typed = {
            "upstream": upstream.public_id,
            "downstream": downstream.public_id,
            "relation": "trained_on",
            "transfer_ppm": transfer,
            "machine_ppm": "1",
        }
        return self.client.post(reverse("edge-new", args=[downstream.public_id]), typed)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_measures_are_kept_exactly(shop: Shop) -> None:
    response = shop.add(
        gpu_milli_hours="1078272.5",
        governance_seconds="12.5",
        training_flop="3.7e23",
        parameters="176000000000",
        link="https://example.org/oriole",
    )
    assert response.status_code == 302
    made = Product.objects.get()
    assert made.gpu_milli_hours == 1_078_272_500
    assert made.governance_seconds == 45_000
    assert made.training_flop == Decimal("3.7e23")
    page = shop.page(made)
    assert "1,078,272.5" in page
    assert 'href="https://example.org/oriole"' in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Ori\u200bole"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": ""}, "name"),
        ({"training_flop": "1e99"}, "training_flop"),
        ({"training_flop": "1.25e1"}, "training_flop"),
        ({"gpu_milli_hours": "-1"}, "gpu_milli_hours"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"operator": "org_0000000000000"}, "operator"),
    ],
)
def test_a_product_that_cannot_be_is_refused_at_its_field(
    shop: Shop, fields: dict[str, str], field: str
) -> None:
    response = shop.add(**fields)
    assert set(response.context["form"].errors) == {field}
    assert not Product.objects.exists()


def test_a_version_is_added_once(shop: Shop) -> None:
    shop.add()
    response = shop.add()
    assert set(response.context["form"].errors) == {"version"}


def test_lineage_is_drawn_and_listed_both_ways(shop: Shop) -> None:
    data_set, model, tuned = (factories.product(shop.platform) for _number in range(3))
    assert shop.join(data_set, model).status_code == 302
    assert shop.join(model, tuned).status_code == 302
    page = shop.page(model)
    assert "<svg" in page
    assert "no evidence" in page
    for other in (data_set, tuned):
        assert reverse("product", args=[other.public_id]) in page


def test_a_product_that_stands_alone_has_no_picture(shop: Shop) -> None:
    assert 'class="figure"' not in shop.page(factories.product(shop.platform))


def test_a_circle_is_refused_at_the_field(shop: Shop) -> None:
    data_set, model = factories.product(shop.platform), factories.product(shop.platform)
    shop.join(data_set, model)
    for response in (shop.join(model, data_set), shop.join(model, model)):
        assert set(response.context["form"].errors) == {"downstream"}
    assert LineageEdge.objects.count() == 1


def test_no_more_than_the_whole_of_a_product_is_passed_on(shop: Shop) -> None:
    data_set, one, other = (factories.product(shop.platform) for _number in range(3))
    assert set(shop.join(data_set, one, "1.1").context["form"].errors) == {"transfer_ppm"}
    shop.join(data_set, one, "0.7")
    response = shop.join(data_set, other, "0.4")
    assert set(response.context["form"].errors) == {"transfer_ppm"}
    assert LineageEdge.objects.count() == 1


def test_a_transfer_is_changed_within_the_whole(shop: Shop) -> None:
    data_set, one, other = (factories.product(shop.platform) for _number in range(3))
    shop.join(data_set, one, "0.7")
    shop.join(data_set, other, "0.3")
    edge = LineageEdge.objects.get(downstream=one)
    url = reverse("edge", args=[edge.public_id])
    typed = {"relation": "distilled_from", "machine_ppm": "1", "evidence": "model card"}
    refused = shop.client.post(url, typed | {"transfer_ppm": "0.8"})
    assert set(refused.context["form"].errors) == {"transfer_ppm"}
    assert shop.client.post(url, typed | {"transfer_ppm": "0.25"}).status_code == 302
    edge.refresh_from_db()
    assert (edge.transfer_ppm, edge.evidence) == (250_000, "model card")


def test_a_coefficient_leads_to_its_form_only_for_whoever_may_change_it(shop: Shop) -> None:
    data_set, model = factories.product(shop.platform), factories.product(shop.platform)
    url = reverse("edge", args=[factories.edge(data_set, model).public_id])
    assert url in shop.page(model)
    viewer = Client()
    viewer.force_login(factories.user(shop.platform, "viewer"))
    page = viewer.get(reverse("product", args=[model.public_id])).content.decode()
    assert "0.50" in page
    assert url not in page
    assert viewer.get(url).status_code == 404


def test_nobody_joins_two_products_of_somebody_else(shop: Shop) -> None:
    own = factories.product(shop.platform)
    elsewhere = [factories.product(factories.organisation(), public=True) for _number in range(2)]
    typed = {
        "upstream": elsewhere[0].public_id,
        "downstream": elsewhere[1].public_id,
        "relation": "trained_on",
        "transfer_ppm": "0.5",
        "machine_ppm": "1",
    }
    shop.client.post(reverse("edge-new", args=[own.public_id]), typed)
    url = reverse("edge-new", args=[elsewhere[0].public_id])
    assert shop.client.post(url, typed).status_code == 404
    assert not LineageEdge.objects.exists()


class TestLicences:
    def grant(self, shop: Shop, product: Product, **fields: str) -> Any:
        typed = {
            "licensee": factories.organisation().public_id,
            "scope": "training",
            "currency": "CNY",
            "fee_micro": "100.50",
            "starts_on": "2026-01-01",
        }
        return shop.client.post(reverse("licence-new", args=[product.public_id]), typed | fields)

    def test_a_licence_is_shown_with_its_terms_and_revoked_once(self, shop: Shop) -> None:
        product = factories.product(shop.platform)
        assert self.grant(shop, product, percentage_ppm="2.5").status_code == 302
        licence = Licence.objects.get()
        assert (licence.fee_micro, licence.percentage_ppm) == (100_500_000, 25_000)
        page = shop.page(product)
        assert "100.50 CNY per period" in page
        assert "2.5% of the base" in page
        url = reverse("licence-revoke", args=[licence.public_id])
        shop.client.post(url)
        licence.refresh_from_db()
        first = licence.revoked_on
        assert first is not None
        assert b"revoked already" in shop.client.post(url, follow=True).content

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"expires_on": "2025-12-31"}, "expires_on"),
            ({"currency": "XXX"}, "currency"),
            ({"fee_micro": "1,234.5"}, "fee_micro"),
            ({"fee_micro": "0.001"}, "fee_micro"),
            ({"percentage_ppm": "100.1"}, "percentage_ppm"),
        ],
    )
    def test_terms_that_cannot_be_are_refused(
        self, shop: Shop, fields: dict[str, str], field: str
    ) -> None:
        response = self.grant(shop, factories.product(shop.platform), **fields)
        assert set(response.context["form"].errors) == {field}
        assert not Licence.objects.exists()
