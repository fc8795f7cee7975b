"""In a real browser: each kind of user signs in and follows a number to its explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from accounting.models import Run
from accounting.services import policies, runs
from accounting.tasks import enqueue_run
from config.embedded.processes import Worker as WorkerProcess
from contributions.models import Organisation, User, Worker
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "correct horse"  # noqa: S105 - of users that live as long as a test
FINISHED_MS = 60_000
FIND_VIOLATIONS = "axe.run().then(found => found.violations.map(rule => rule.id))"


@pytest.fixture
def run() -> Run:
    return factories.computed_run()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A page; whatever it complains about in the console fails the test."""
    opened = browser.new_page()
    complaints: list[str] = []
    opened.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    yield opened
    assert complaints == []


def sign_in(page: Page, user: User) -> None:
    page.goto("/account/login/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_be_visible()


def member(kind: str) -> User:
    return factories.user(factories.organisation(kind))


def heading(page: Page, text: str) -> None:
    expect(page.locator("h1")).to_contain_text(text)


def test_an_auditor_follows_a_pool_to_its_policy(page: Page, run: Run) -> None:
    sign_in(page, factories.user(run.period.operator))
    page.get_by_role("link", name=run.public_id).first.click()
    page.locator("#pools").get_by_role("link", name="Data dividend").first.click()
    heading(page, "Data dividend")
    page.get_by_role("link", name="0.03").click()
    heading(page, str(run.policy))


def test_an_auditor_follows_revenue_to_the_records(page: Page, run: Run) -> None:
    sign_in(page, factories.user(run.period.operator))
    page.goto(f"/runs/{run.public_id}/")
    page.locator(".stat", has_text="Revenue").get_by_role("link").first.click()
    heading(page, "What revenue is made of")
    page.get_by_role("row", name="Revenue R").get_by_role("link").first.click()
    expect(page).to_have_url(f"/periods/{run.period.public_id}/#revenue")


def test_the_flow_chart_leads_to_a_product(page: Page, run: Run) -> None:
    sign_in(page, factories.user(run.period.operator))
    page.goto(f"/runs/{run.public_id}/")
    product = str(run.products.all()[0].product)
    node = page.locator(f".chart--sankey a.node[aria-label^='{product}:']")
    node.focus()
    page.keyboard.press("Enter")
    heading(page, product)


def test_a_worker_goes_from_home_to_why_a_cent(page: Page, run: Run) -> None:
    statement = run.statements.select_related("worker")[0]
    user = factories.user()
    Worker.objects.filter(pk=statement.worker_id).update(user=user)
    sign_in(page, user)
    heading(page, "My money")
    page.locator(".stat", has_text="Newest statement").get_by_role("link").click()
    expect(page.locator("#payment")).to_contain_text("Carried on")
    page.locator("#lines tbody tr").first.get_by_role("link").last.click()
    heading(page, "Why")
    trace = page.locator(".trace")
    expect(trace).to_contain_text("This line")
    expect(trace).to_contain_text("Source row")
    trace.get_by_role("link", name="Open the recorded work").first.click()
    expect(page).to_have_url(re.compile("/contributions/con_"))


def test_a_union_officer_signs_what_waits_for_them(page: Page, run: Run) -> None:
    union = factories.organisation("labour_organisation")
    proposed = factories.policy(run.period.operator, version="next")
    policies.propose(policy=proposed)
    sign_in(page, factories.user(union))
    page.get_by_role("link", name="Sign or refuse").click()
    page.get_by_role("button", name=f"Sign for {union}").click()
    expect(page.locator("#signatures")).to_contain_text(str(union))


def test_a_regulator_reads_that_few_people_are_suppressed(page: Page, run: Run) -> None:
    sign_in(page, member(Organisation.Kind.REGULATOR))
    expect(page.locator("#coverage")).to_contain_text("suppressed")
    page.goto(f"/runs/{run.public_id}/indicators/gini_payout/")
    expect(page.get_by_role("note", name="Suppressed")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Exact value")


def test_progress_goes_on_by_itself_and_survives_a_reload(
    page: Page, celery_worker_process: WorkerProcess
) -> None:
    del celery_worker_process
    period = factories.ready_period()
    sign_in(page, factories.user(period.operator))
    queued = runs.request_run(period=period, policy=None, requested_by=None)
    page.goto(f"/runs/{queued.public_id}/")
    page.reload()
    expect(page.locator("#run-progress")).to_be_visible()
    enqueue_run(queued.pk)
    expect(page.locator("#pools")).to_be_visible(timeout=FINISHED_MS)
    expect(page.locator("#run-progress")).to_have_count(0)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_are_accessible_and_fit_the_screen(
    page: Page, run: Run, theme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, factories.user(run.period.operator))
    base = f"/runs/{run.public_id}/"
    pool = run.pools.get(kind="profit_share").code
    for url in ("/", base, f"{base}pools/{pool}/", f"{base}price/", "/policies/new/"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        if AXE.exists():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            assert page.evaluate(FIND_VIOLATIONS) == [], url
