"""A dispute from the record to its decision, in a real browser, also on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from contributions.models import Contribution, User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(context: BrowserContext, user: User) -> Page:
    """A page of somebody who has signed in."""
    page = context.new_page()
    page.goto(reverse("login"))
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    return page


@pytest.fixture
def record() -> Contribution:
    union = factories.organisation("labour_organisation")
    worker = factories.worker("Ana", consents_to=union)
    made = factories.contribution(worker, factories.product(factories.organisation()))
    factories.user(union, username="officer")
    factories.user(made.product.operator, username="manager")
    return made


def test_a_union_contests_half_an_hour_and_the_platform_decides(
    browser: BrowserContext, chromium: Browser, live_server: LiveServer, record: Contribution
) -> None:
    page = signed_in(browser, User.objects.get(username="officer"))
    page.goto(f"/contributions/{record.public_id}/")
    page.get_by_role("link", name="Dispute", exact=True).click()
    page.get_by_label("What is wrong").fill("Half an hour was waiting.")
    page.get_by_label("Minutes").fill("30")
    page.get_by_role("button", name="Open the dispute").click()
    assert "50%" in page.locator("main").inner_text()
    case = page.url
    phone = chromium.new_context(
        base_url=live_server.url, viewport={"width": 360, "height": 740}, has_touch=True
    )
    other = signed_in(phone, User.objects.get(username="manager"))
    other.goto(case)
    other.get_by_label("Message").fill("The log agrees.")
    other.get_by_role("button", name="Add it").click()
    other.get_by_role("link", name="Decide", exact=True).click()
    other.get_by_label("Decision").select_option("partly")
    other.get_by_label("Why").fill("as the log shows")
    other.get_by_label("Minutes").fill("30")
    other.get_by_role("button", name="Decide the case").click()
    assert "upheld in part" in other.locator("main").inner_text()
    width: Any = other.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    phone.close()
    assert Contribution.objects.current().get().seconds == 5400


def test_a_worker_takes_the_signed_history_along(
    browser: BrowserContext, record: Contribution, tmp_path: Path
) -> None:
    user = factories.user(username="ana")
    record.worker.user = user
    record.worker.save()
    page = signed_in(browser, user)
    page.goto(f"/workers/{record.worker.public_id}/")
    page.get_by_role("link", name="Work history").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the signed file").click()
    file = tmp_path / "history.json"
    waiting.value.save_as(file)
    page.goto("/verify/")
    page.locator("input[name=file]").set_input_files(str(file))
    page.get_by_role("button", name="Check the receipt").click()
    assert "The work history holds" in page.locator("main").inner_text()
