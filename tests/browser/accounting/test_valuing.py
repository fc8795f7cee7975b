"""In a real browser, on scikit-learn's digits: upload, run, watch, read, use, and see pay move."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounting.cases.digits import COPIES, digit_points, digits
from accounting.models import Valuation
from accounting.services import cases, runs
from accounting.services.digits import archive
from contributions.models import Membership
from tests import factories
from tests.browser.accounting.test_following_numbers import heading, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

FINISHED_MS = 120_000


@pytest.mark.usefixtures("celery_worker_process")
def test_digits_are_valued_and_move_a_workers_pay(browser: BrowserContext, tmp_path: Path) -> None:
    period = cases.load_case(case=digits())
    keeper = factories.user(period.operator, role=Membership.Role.ADMIN)
    points = digit_points()
    data, validation = tmp_path / "digits.npz", tmp_path / "validation.npz"
    data.write_bytes(archive(points.training))
    validation.write_bytes(archive(points.validation))

    page = browser.new_page()
    sign_in(page, keeper)
    _ask(page, validation)
    expect(page.locator("#utility")).to_contain_text("Frozen")
    page.get_by_label("Data", exact=True).set_input_files(data)
    page.get_by_role("button", name="Upload and look for copies").click()
    expect(page.locator("#duplicates")).to_contain_text(f"points: {COPIES}.", timeout=FINISHED_MS)
    page.get_by_role("button", name="Compute this valuation").click()
    expect(page.locator("#valuation-progress")).to_contain_text("/")
    expect(page.locator("#stability")).to_be_visible(timeout=FINISHED_MS)
    expect(page.locator("#people tbody tr").last).to_contain_text("Goran")
    expect(page.locator(".chart")).to_have_count(2)
    page.get_by_role("button", name="Use in the next runs").click()
    expect(page.locator("#pay")).to_contain_text("use this valuation")

    run = runs.request_run(period=period, policy=None, requested_by=keeper)
    runs.compute_run(run_id=run.pk)
    run.refresh_from_db()
    pool = run.pools.get(code="data-dividend")
    line = pool.lines.select_related("contribution__worker").order_by("amount_micro")[0]
    assert line.contribution.worker.pseudonym.startswith("Goran")
    page.goto(f"/lines/{line.public_id}/")
    heading(page, "Why")
    expect(page.locator(".trace")).to_contain_text("data value")
    page.goto(f"/valuations/{Valuation.objects.get().public_id}/what-if/")
    expect(page.locator("table").last).to_contain_text("Everybody in the run")


def _ask(page: Page, validation: Path) -> None:
    page.get_by_role("link", name="Valuations", exact=True).first.click()
    page.get_by_role("link", name="Ask for a valuation").first.click()
    page.get_by_role("link", name="Value data points").click()
    page.get_by_label("Product").select_option(index=1)
    page.get_by_label("Title").fill("Digits")
    page.get_by_label("Method").select_option("owner_shapley")
    page.get_by_label("Validation set").set_input_files(validation)
    page.get_by_label("What the features are").fill("grey values")
    page.get_by_label("Neighbours K").fill("5")
    page.get_by_role("button", name="Freeze and continue").click()
    heading(page, "Digits")
