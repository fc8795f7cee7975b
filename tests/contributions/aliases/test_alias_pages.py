"""Merging and parting workers in the browser."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contributions.models import Alias, Organisation, User, Worker
from contributions.services import recording
from tests import factories

pytestmark = pytest.mark.django_db


def known(platform: Organisation, worker: Worker, tool: str) -> Worker:
    """Let a tool know a worker by the name that all of them use."""
    source = recording.source_of(organisation=platform, tool=tool)
    Alias.objects.create(worker=worker, source=source, reference_hmac="a" * 64)
    return worker


def browser(user: User) -> Client:
    """Somebody's browser."""
    client = Client()
    client.force_login(user)
    return client


def test_a_likely_duplicate_is_found_merged_and_parted() -> None:
    platform = factories.organisation()
    client = browser(factories.user(platform, role="recorder"))
    first = known(platform, factories.worker(), "cvat")
    second = known(platform, factories.worker(), "argilla")
    page = client.get(reverse("duplicates"))
    (row,) = page.context["table"].rows
    merge = row[3].href
    assert merge.startswith(reverse("worker-merge", args=[second.public_id]))
    form = {"organisation": platform.public_id, "into": first.public_id, "reason": "one badge"}
    assert client.post(merge, form).status_code == 302
    second.refresh_from_db()
    assert second.merged_into == first
    page = client.get(reverse("duplicates"))
    assert not page.context["table"].rows
    assert page.context["merged"].rows[0][3].text == "one badge"
    assert "another name of one person" in (
        client.get(reverse("worker", args=[second.public_id])).content.decode()
    )
    part = {"organisation": platform.public_id, "reason": "two badges"}
    url = reverse("worker-part", args=[second.public_id])
    assert client.post(url, part).status_code == 302
    second.refresh_from_db()
    assert second.merged_into is None


def test_work_under_both_names_stands_on_one_page() -> None:
    platform = factories.organisation()
    client = browser(factories.user(platform))
    first, second = factories.worker(), factories.worker()
    product = factories.product(platform)
    for worker in (first, second):
        factories.contribution(worker, product)
    second.merged_into = first
    second.save()
    page = client.get(reverse("worker", args=[first.public_id]))
    assert page.context["hours"].totals[2].text == "2.00"
    listed = client.get(reverse("contributions"), {"worker": first.public_id}).context["table"]
    assert len(listed.rows) == 2


def test_who_keeps_no_records_merges_nobody() -> None:
    platform = factories.organisation()
    worker = known(platform, factories.worker(), "cvat")
    viewer = browser(factories.user(platform, role="viewer"))
    stranger = browser(factories.user(factories.organisation()))
    for client in (viewer, stranger):
        url = reverse("worker-merge", args=[worker.public_id])
        assert client.get(url).status_code == 404
    assert viewer.get(reverse("duplicates")).status_code == 404


def test_a_refusal_stands_on_the_form() -> None:
    platform = factories.organisation()
    client = browser(factories.user(platform))
    worker = known(platform, factories.worker(), "cvat")
    form = {"organisation": platform.public_id, "into": worker.public_id, "reason": "one badge"}
    answer = client.post(reverse("worker-merge", args=[worker.public_id]), form)
    assert "into" in answer.context["form"].errors
