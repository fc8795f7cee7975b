from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext


@pytest.mark.django_db
def test_health_says_that_database_and_queue_answer(client: Client) -> None:
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json() == {"database": True, "queue": True}


def test_a_browser_may_not_run_inline_code_or_load_from_elsewhere(browser: BrowserContext) -> None:
    page = browser.new_page()
    answer = page.goto("/account/login/")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.locator("input[name=password]").count() == 1
