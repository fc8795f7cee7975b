"""Workers with their consent, organisations with their members, and task types."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Consent, Membership, TaskType, User, Worker
from tests import factories

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    """A browser of somebody who signed in."""
    client = Client()
    client.force_login(user)
    return client


class TestWorkers:
    def test_a_worker_is_added_once_and_seen_at_once(self) -> None:
        union = factories.organisation("labour_organisation")
        client = client_of(factories.user(union, "recorder"))
        typed = {
            "organisation": union.public_id,
            "pseudonym": "Ana",
            "status": "crowd",
            "country": "ke",
            "agreed": "on",
        }
        assert client.post(reverse("worker-new"), typed).status_code == 302
        ana = Worker.objects.get()
        assert ana.country == "KE"
        assert ana.consents.get().organisation == union
        assert "Ana" in client.get(reverse("workers")).content.decode()
        response = client.post(reverse("worker-new"), typed)
        assert set(response.context["form"].errors) == {"pseudonym"}
        assert Worker.objects.count() == 1

    def test_another_organisation_does_not_see_them(self) -> None:
        one, other = (factories.organisation("labour_organisation") for _number in range(2))
        typed = {"organisation": one.public_id, "pseudonym": "Ana", "status": "crowd"}
        client_of(factories.user(one)).post(reverse("worker-new"), typed)
        ana = Worker.objects.get()
        url = reverse("worker", args=[ana.public_id])
        assert client_of(factories.user(one)).get(url).status_code == 200
        assert client_of(factories.user(other)).get(url).status_code == 404

    def test_hours_without_time_are_counted_as_records_only(self) -> None:
        platform = factories.organisation()
        worker = factories.worker()
        factories.contribution(worker, factories.product(platform), seconds=None, time_basis="none")
        client = client_of(factories.user(platform))
        cells = client.get(reverse("workers")).context["table"].rows[0]
        assert [cell.text for cell in cells[3:]] == ["1", "1", "—"]

    def test_later_models_are_named_on_a_workers_page(self) -> None:
        platform = factories.organisation()
        data_set, model = factories.product(platform), factories.product(platform)
        factories.edge(data_set, model)
        worker = factories.worker(user=factories.user())
        factories.contribution(worker, data_set)
        assert worker.user is not None
        response = client_of(worker.user).get(reverse("worker", args=[worker.public_id]))
        assert [row[0].text for row in response.context["later"].rows] == [str(model)]


class TestConsent:
    def test_only_the_worker_gives_it_and_takes_it_back(self) -> None:
        union = factories.organisation("labour_organisation")
        worker = factories.worker(user=factories.user())
        factories.contribution(worker, factories.product(factories.organisation()))
        assert worker.user is not None
        own, member = client_of(worker.user), client_of(factories.user(union))
        url = reverse("worker-consent", args=[worker.public_id])
        page = reverse("worker", args=[worker.public_id])
        assert member.get(page).status_code == 404
        own.post(url, {"organisation": union.public_id})
        assert member.get(page).status_code == 200
        assert member.post(url, {"organisation": union.public_id}).status_code == 404
        own.post(url, {"organisation": union.public_id, "withdraw": "yes"})
        assert member.get(page).status_code == 404
        assert Consent.objects.get().withdrawn_at is not None

    def test_platforms_cannot_be_let_in(self) -> None:
        worker = factories.worker(user=factories.user())
        assert worker.user is not None
        platform = factories.organisation()
        url = reverse("worker-consent", args=[worker.public_id])
        client_of(worker.user).post(url, {"organisation": platform.public_id})
        assert not Consent.objects.exists()


class TestOrganisations:
    def test_an_administrator_adds_and_removes_members(self) -> None:
        union = factories.organisation("labour_organisation")
        client = client_of(factories.user(union))
        joining = factories.user()
        url = reverse("organisation", args=[union.public_id])
        typed = {"username": joining.username, "role": "viewer"}
        assert client.post(url, typed).status_code == 302
        assert set(client.post(url, typed).context["form"].errors) == {"username"}
        membership = Membership.objects.get(user=joining)
        client.post(reverse("member-remove", args=[union.public_id, membership.pk]))
        assert not Membership.objects.filter(user=joining).exists()

    def test_the_last_administrator_cannot_leave(self) -> None:
        union = factories.organisation("labour_organisation")
        user = factories.user(union)
        own = Membership.objects.get(user=user)
        client_of(user).post(reverse("member-remove", args=[union.public_id, own.pk]))
        assert Membership.objects.filter(pk=own.pk).exists()

    def test_others_change_nothing(self) -> None:
        union = factories.organisation("labour_organisation")
        viewer = client_of(factories.user(union, "viewer"))
        stranger = client_of(factories.user(factories.organisation()))
        url = reverse("organisation", args=[union.public_id])
        typed = {"username": factories.user().username, "role": "admin"}
        assert viewer.get(url).status_code == 200
        assert viewer.post(url, typed).status_code == 404
        assert stranger.get(url).status_code == 404
        assert viewer.get(reverse("organisation-new")).status_code == 404

    def test_a_superuser_adds_organisations(self) -> None:
        client = client_of(factories.user(is_superuser=True))
        typed = {"name": "Union of annotators", "kind": "labour_organisation", "country": "ke"}
        assert client.post(reverse("organisation-new"), typed).status_code == 302
        refused = client.post(reverse("organisation-new"), typed | {"country": "Kenya"})
        assert set(refused.context["form"].errors) == {"country"}


class TestTaskTypes:
    def post(self, **fields: str) -> set[str]:
        client = client_of(factories.user(factories.organisation(), "recorder"))
        typed = {
            "code": "dialect-check",
            "name": "Checking dialects",
            "name_zh": "方言核对",
            "labour_type": "DATA",
            "phase": "TRAIN",
            "unit": "item",
        }
        response = client.post(reverse("task-type-new"), typed | fields)
        return set(response.context["form"].errors) if response.status_code == 200 else set()

    def test_one_of_ones_own_is_shown_in_the_language_of_the_page(self) -> None:
        parent = factories.task_type()
        assert self.post(parent=parent.public_id) == set()
        assert TaskType.objects.get(code="dialect-check").parent == parent
        client = client_of(factories.user(factories.organisation()))
        assert "Checking dialects" in client.get(reverse("task-types")).content.decode()
        chinese = client.get(reverse("task-types"), headers={"accept-language": "zh-hans"})
        assert "方言核对" in chinese.content.decode()

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"code": "Dialect Check"}, "code"),
            ({"labour_type": "MAGIC"}, "labour_type"),
            ({"unit": ""}, "unit"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, fields: dict[str, str], field: str) -> None:
        assert field in self.post(**fields)

    def test_a_parent_of_another_labour_type_or_unit_is_refused(self) -> None:
        other = factories.task_type("red-test", labour_type="EVAL")
        assert self.post(parent=other.public_id) == {"parent"}
        assert self.post(parent=factories.task_type().public_id, unit="page") == {"parent"}
