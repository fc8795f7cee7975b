"""Names and personal data in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Erasure, IdentityAccess, Organisation, User, Worker
from tests import factories

pytestmark = pytest.mark.django_db


class Member:
    """A worker with a log-in, who lets a union see their records."""

    def __init__(self) -> None:
        self.union: Organisation = factories.organisation("labour_organisation")
        self.user: User = factories.user()
        self.worker: Worker = factories.worker(consents_to=self.union, user=self.user)
        self.client = self.browser(self.user)

    def browser(self, user: User) -> Client:
        """Somebody's browser."""
        client = Client()
        client.force_login(user)
        return client

    def url(self, name: str) -> str:
        """An address about the worker."""
        return reverse(name, args=[self.worker.public_id])

    def write(self) -> None:
        """Write the name down."""
        form = {"name": "Ana Wanjiru", "contact": "ana@example.org"}
        assert self.client.post(self.url("worker-identity"), form).status_code == 302


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> None:
    settings.HUISU_IDENTITY_KEY_FILE = str(tmp_path / "identity-key")


@pytest.fixture
def member() -> Member:
    return Member()


def test_a_name_is_shown_to_whoever_says_what_for_and_the_person_sees_that(
    member: Member,
) -> None:
    member.write()
    officer = member.browser(factories.user(member.union))
    url = member.url("worker-identity-read")
    assert "Ana" not in officer.get(url).content.decode()
    assert "Ana" not in officer.post(url, {"purpose": ""}).content.decode()
    page = officer.post(url, {"purpose": "strike pay"})
    assert "Ana Wanjiru" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    own = member.client.get(member.url("worker")).content.decode()
    assert "strike pay" in own
    assert "Ana Wanjiru" not in own


def test_all_data_is_taken_along_by_the_person_alone(member: Member) -> None:
    answer = member.client.post(member.url("worker-data"))
    assert answer["Content-Type"] == "application/zip"
    officer = member.browser(factories.user(member.union))
    assert officer.post(member.url("worker-data")).status_code == 404


def test_a_person_is_erased_on_their_own_word(member: Member) -> None:
    member.write()
    url = member.url("worker-erase")
    assert member.client.post(url, {}).status_code == 200
    assert not Erasure.objects.exists()
    assert member.client.post(url, {"understood": "on"}).status_code == 302
    assert Erasure.objects.get().worker == member.worker
    assert member.client.get(member.url("worker")).status_code == 404


def test_platforms_and_strangers_get_at_no_name(member: Member) -> None:
    platform = factories.organisation()
    factories.contribution(member.worker, factories.product(platform))
    member.write()
    for user in (factories.user(platform), factories.user(factories.organisation())):
        client = member.browser(user)
        for name in ("worker-identity", "worker-identity-read", "worker-erase"):
            assert client.get(member.url(name)).status_code == 404
    assert IdentityAccess.objects.count() == 1


def test_without_the_key_file_nothing_is_kept_and_the_page_says_why(
    member: Member, settings: Any
) -> None:
    settings.HUISU_IDENTITY_KEY_FILE = ""
    page = member.client.post(member.url("worker-identity"), {"name": "Ana"})
    assert page.status_code == 200
    assert "HUISU_IDENTITY_KEY_FILE" in page.content.decode()
