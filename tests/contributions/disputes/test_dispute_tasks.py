"""Open disputes stand on the home pages of both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contributions.models import User
from contributions.services.disputing import Case, Contested, open_dispute
from contributions.services.speaking import Voice
from tests import factories

pytestmark = pytest.mark.django_db


def home(user: User) -> str:
    """Somebody's home page."""
    client = Client()
    client.force_login(user)
    return client.get("/").content.decode()


def test_both_sides_and_the_worker_are_told_of_an_open_dispute() -> None:
    platform = factories.organisation()
    union = factories.organisation("labour_organisation")
    worker = factories.worker(consents_to=union, user=factories.user())
    record = factories.contribution(worker, factories.product(platform))
    officer, manager = factories.user(union), factories.user(platform)
    stranger = factories.user(factories.organisation())
    assert worker.user is not None
    today = timezone.localdate()
    open_dispute(
        record=record,
        voice=Voice(officer, organisation=union),
        case=Case(
            grounds="too short",
            contested=Contested(ppm=1),
            due_on=today + timedelta(days=1),
        ),
        today=today,
    )
    for user in (officer, manager, worker.user):
        assert "1 dispute is open" in home(user)
    assert "dispute is open" not in home(stranger)
