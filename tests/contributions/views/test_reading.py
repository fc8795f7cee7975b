"""Who may read which page of records."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Membership, User
from tests import factories

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    """A browser of somebody who signed in."""
    client = Client()
    client.force_login(user)
    return client


def status_of(user: User, name: str, *arguments: object) -> int:
    """What a page answers to somebody."""
    return int(client_of(user).get(reverse(name, args=arguments)).status_code)


LISTS = ["contributions", "products", "workers", "task-types", "organisations"]


@pytest.mark.parametrize("name", LISTS)
def test_whoever_is_not_signed_in_is_sent_to_sign_in(name: str) -> None:
    response = Client().get(reverse(name))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", LISTS)
def test_lists_say_what_to_do_when_they_are_empty(name: str) -> None:
    user = factories.user(factories.organisation("labour_organisation"))
    assert status_of(user, name) == 200


def test_a_union_sees_consenting_members_and_no_others() -> None:
    union, platform = factories.organisation("labour_organisation"), factories.organisation()
    data_set = factories.product(platform)
    consenting, other = factories.worker(consents_to=union), factories.worker()
    seen = factories.contribution(consenting, data_set)
    hidden = factories.contribution(other, data_set)
    user = factories.user(union, "viewer")
    assert status_of(user, "contribution", seen.public_id) == 200
    assert status_of(user, "contribution", hidden.public_id) == 404
    assert status_of(user, "worker", consenting.public_id) == 200
    assert status_of(user, "worker", other.public_id) == 404
    page = client_of(user).get(reverse("contributions")).content.decode()
    assert consenting.pseudonym in page
    assert other.pseudonym not in page


def test_another_platform_sees_neither_product_nor_labour() -> None:
    one, other = factories.organisation(), factories.organisation()
    data_set = factories.product(one)
    work = factories.contribution(factories.worker(), data_set)
    stranger = factories.user(other)
    assert status_of(stranger, "product", data_set.public_id) == 404
    assert status_of(stranger, "contribution", work.public_id) == 404
    assert status_of(stranger, "worker", work.worker.public_id) == 404
    assert status_of(factories.user(one), "contribution", work.public_id) == 200


def test_later_products_are_seen_by_those_whose_data_went_in() -> None:
    one, other = factories.organisation(), factories.organisation()
    data_set, model = factories.product(one), factories.product(other, kind="model")
    factories.edge(data_set, model)
    page = client_of(factories.user(one)).get(reverse("product", args=[data_set.public_id]))
    assert str(model) in page.content.decode()
    assert status_of(factories.user(one), "product", model.public_id) == 200


def test_a_public_product_does_not_open_the_private_ones_built_on_it() -> None:
    other, stranger = factories.organisation(), factories.organisation()
    public = factories.product(factories.organisation(), public=True)
    private = factories.product(other, kind="model")
    factories.edge(public, private)
    user = factories.user(stranger)
    assert status_of(user, "product", public.public_id) == 200
    assert status_of(user, "product", private.public_id) == 404
    page = client_of(user).get(reverse("product", args=[public.public_id])).content.decode()
    assert str(private) not in page


def test_workers_see_their_own_work_alone() -> None:
    data_set = factories.product(factories.organisation())
    user = factories.user()
    own = factories.contribution(factories.worker(user=user), data_set)
    colleague = factories.contribution(factories.worker(), data_set)
    assert status_of(user, "contribution", own.public_id) == 200
    assert status_of(user, "contribution", colleague.public_id) == 404
    assert status_of(user, "contribution-new") == 404
    page = client_of(user).get(reverse("contributions")).content.decode()
    assert colleague.worker.pseudonym not in page


class TestRegulators:
    def test_no_single_record_or_person_is_shown(self) -> None:
        work = factories.contribution(
            factories.worker(), factories.product(factories.organisation())
        )
        regulator = factories.user(factories.organisation("regulator"), "viewer")
        Membership.objects.create(
            user=regulator, organisation=factories.organisation("regulator"), role="viewer"
        )
        assert status_of(regulator, "contributions") == 404
        assert status_of(regulator, "workers") == 404
        assert status_of(regulator, "workers-download", "csv") == 404
        assert status_of(regulator, "contributions-download", "csv") == 404
        assert status_of(regulator, "contribution", work.public_id) == 404
        assert status_of(regulator, "worker", work.worker.public_id) == 404

    def test_labour_of_few_is_suppressed_in_its_product(self) -> None:
        data_set = factories.product(factories.organisation())
        for _number in range(9):
            factories.contribution(factories.worker(), data_set)
        assert "suppressed" in self.labour_on(data_set.public_id)
        factories.contribution(factories.worker(), data_set)
        assert "suppressed" not in self.labour_on(data_set.public_id)

    def test_labour_that_one_person_dominates_is_suppressed(self) -> None:
        data_set = factories.product(factories.organisation())
        for _number in range(12):
            factories.contribution(factories.worker(), data_set)
        factories.contribution(factories.worker(), data_set, seconds=100 * 3600)
        assert "suppressed" in self.labour_on(data_set.public_id)

    def labour_on(self, product_id: str) -> str:
        regulator = factories.user(factories.organisation("regulator"), "viewer")
        page = client_of(regulator).get(reverse("product", args=[product_id])).content.decode()
        return page[page.index('id="labour"') : page.index('id="lineage"')]


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("recorder", "labour_organisation", 200),
        ("admin", "platform", 200),
        ("viewer", "labour_organisation", 404),
        ("approver", "platform", 404),
        ("admin", "regulator", 404),
    ],
)
def test_recorders_and_administrators_of_those_who_keep_records_enter_them(
    role: str, kind: str, status: int
) -> None:
    user = factories.user(factories.organisation(kind), role)
    for name in ("contribution-new", "product-new", "worker-new", "task-type-new"):
        assert status_of(user, name) == status
