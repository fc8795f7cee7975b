"""The administration site opens every table and changes no recorded labour."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from contributions.models import LineageEdge
from tests import factories

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label == "contributions"]


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_opens(client: Client, model: type) -> None:
    name = model.__name__.lower()
    factories.contribution(factories.worker(), factories.product(factories.organisation()))
    assert client.get(reverse(f"admin:contributions_{name}_changelist")).status_code == 200


def test_recorded_labour_is_only_looked_at(client: Client) -> None:
    work = factories.contribution(factories.worker(), factories.product(factories.organisation()))
    url = reverse("admin:contributions_contribution_change", args=[work.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"units": "999"}).status_code == 403
    assert client.get(reverse("admin:contributions_contribution_add")).status_code == 403
    delete = reverse("admin:contributions_contribution_delete", args=[work.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    work.refresh_from_db()
    assert work.units == 10


def test_a_circle_is_refused_at_the_field(client: Client) -> None:
    platform = factories.organisation()
    one, other = factories.product(platform), factories.product(platform)
    edge = factories.edge(one, other)
    typed = {
        "upstream": other.pk,
        "downstream": one.pk,
        "relation": "trained_on",
        "transfer_ppm": 500_000,
        "machine_ppm": 1_000_000,
        "evidence": "",
    }
    response = client.post(reverse("admin:contributions_lineageedge_add"), typed)
    assert set(response.context["adminform"].form.errors) == {"downstream"}
    change = reverse("admin:contributions_lineageedge_change", args=[edge.pk])
    turned = typed | {"upstream": one.pk, "downstream": other.pk, "transfer_ppm": 250_000}
    assert client.post(change, turned).status_code == 302
    assert LineageEdge.objects.get().transfer_ppm == 250_000
