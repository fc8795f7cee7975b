"""In a browser: a table that nobody foresaw is imported by saying what its columns mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from contributions.models import Contribution, ImportBatch
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

UNSEEN = (
    "Kode;Pekerja;Tanggal;Lama (menit);Hasil\n"
    "K-1;sari@example.org;2026-05-01;45;selesai\n"
    "K-2;budi@example.org;2026-05-02;30;ditolak\n"
    "K-3;sari@example.org;2026-02-30;30;selesai\n"
)


def test_an_unseen_table_is_mapped_recorded_and_undone(
    browser: BrowserContext, tmp_path: Path
) -> None:
    union = factories.organisation("labour_organisation")
    product = factories.product(factories.organisation(), public=True)
    task_type = factories.task_type()
    officer = factories.user(union, "recorder")
    file = tmp_path / "kerja.csv"
    file.write_text(UNSEEN, encoding="utf-8")

    page = browser.new_page()
    page.goto("/imports/new/")
    page.get_by_label("User").fill(officer.username)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button").click()

    page.get_by_label("File").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Product").select_option(product.public_id)
    page.get_by_label("Task type", exact=True).select_option(task_type.public_id)
    page.get_by_role("button", name="Continue").click()

    page.locator("#id_worker").select_option("Pekerja")
    page.locator("#id_source_id").select_option("Kode")
    page.locator("#id_occurred_at").select_option("Tanggal")
    page.locator("#id_duration").select_option("Lama (menit)")
    page.locator("#id_duration_form").select_option("minutes")
    page.locator("#id_outcome").select_option("Hasil")
    page.locator("#id_outcomes").fill("selesai = accepted\nditolak = rejected")
    page.locator("#id_tool").fill("kerja")
    page.get_by_role("button", name="Show what would be recorded").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("What would be recorded")
    expect(page.get_by_text("There is no such day or time of day.")).to_be_visible()
    assert "example.org" not in page.content()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "K-3;sari" in download.value.path().read_text().replace(",", ";")
    assert not Contribution.objects.exists()

    page.get_by_role("button", name="Record these rows").click()
    expect(page.get_by_text("The file is imported.")).to_be_visible()
    rows = Contribution.objects.order_by("external_id")
    assert list(rows.values_list("external_id", "seconds", "outcome", "source__tool")) == [
        ("K-1", 2700, "accepted", "kerja"),
        ("K-2", 1800, "rejected", "kerja"),
    ]

    page.get_by_role("link", name="Undo this import").click()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("The import is undone.")).to_be_visible()
    assert ImportBatch.objects.get().state == ImportBatch.State.UNDONE
    assert not Contribution.objects.current().exists()
