"""Recording labour by hand as people do it: from a phone, with slips, and without scripts."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from contributions.models import Contribution, Organisation, Product
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def page(browser: BrowserContext) -> Page:
    """A phone whose owner records for a labour organisation with one member."""
    union: Organisation = factories.organisation("labour_organisation")
    factories.worker("Ana", consents_to=union)
    factories.product(factories.organisation(), name="Wren", public=True)
    factories.task_type("labelling-test", name="Labelling birds")
    user = factories.user(union, "recorder")
    page = browser.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"{reverse('login')}?next={reverse('contribution-new')}")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    return page


def fill_in(page: Page) -> None:
    """Type one and a half hours of work."""
    page.get_by_label("Worker", exact=True).fill("Ana")
    page.get_by_label(re.compile("^Product")).select_option(Product.objects.get().public_id)
    page.get_by_label(re.compile("^Task type")).select_option(label="Labelling birds")
    page.get_by_label(re.compile("^Day of work")).fill("2026-05-01")
    page.get_by_label(re.compile("^Hours")).fill("1")
    page.get_by_label(re.compile("^Minutes")).fill("30")


def test_work_is_recorded_and_corrected_from_a_phone(page: Page) -> None:
    fill_in(page)
    page.get_by_role("button", name="Record this work").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Work of Ana")
    page.get_by_role("link", name="Correct").click()
    page.get_by_label(re.compile("^Minutes")).fill("45")
    page.get_by_label("Why this is corrected").fill("The break was shorter.")
    page.get_by_role("button", name="Record the correction").click()
    expect(page.get_by_text("The break was shorter.")).to_be_visible()
    assert Contribution.objects.current().get().seconds == 6_300
    assert Contribution.objects.count() == 2


def test_the_page_is_never_wider_than_the_phone(page: Page) -> None:
    for name in ("contribution-new", "contributions", "workers", "products", "task-types"):
        page.goto(reverse(name))
        width: int = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], name


def test_a_slip_is_named_where_it_was_made_and_nothing_typed_is_lost(page: Page) -> None:
    fill_in(page)
    page.get_by_label(re.compile("^Units")).fill("a dozen")
    page.get_by_role("button", name="Record this work").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(page.get_by_label(re.compile("^Units"))).to_be_focused()
    expect(page.get_by_label(re.compile("^Units"))).to_have_value("a dozen")
    expect(page.get_by_label(re.compile("^Minutes"))).to_have_value("30")
    assert not Contribution.objects.exists()


def test_the_slash_key_leads_to_the_filters(page: Page) -> None:
    page.goto(reverse("contributions"))
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
