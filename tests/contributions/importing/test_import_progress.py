"""The pages of an import that a worker records."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contributions.models import Contribution, ImportBatch, ImportJob, StagedImport
from contributions.services import importing_job
from tests.contributions.importing.staging import TODAY, table
from tests.contributions.importing.test_import_pages import Desk

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = importing_job.ROWS_AT_ONCE + 1


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def queued(desk: Desk) -> StagedImport:
    """A file too large for one request, given to a worker."""
    rows = (f"{number},w{number % 9},2026-05-01,12,3," for number in range(ROWS))
    staged = desk.previewed(table(*rows))
    response = desk.client.post(reverse("import-preview", args=[staged.public_id]))
    assert response["Location"] == reverse("import-progress", args=[staged.public_id])
    return staged


def test_the_page_tells_rows_done_of_rows_known_also_after_a_reload(
    desk: Desk, queued: StagedImport
) -> None:
    job = ImportJob.objects.get()
    ImportJob.objects.update(rows_done=12_000)
    for _reload in range(2):
        page = desk.client.get(reverse("import-progress", args=[queued.public_id]))
        assert f'max="{ROWS}" value="12000"' in page.content.decode()
    bar = desk.client.get(reverse("import-progress-bar", args=[queued.public_id]))
    assert "every 2s" in bar.content.decode()
    assert "HX-Refresh" not in bar
    assert not Contribution.objects.exists()
    importing_job.record(job_id=job.pk, today=TODAY)
    bar = desk.client.get(reverse("import-progress-bar", args=[queued.public_id]))
    assert bar["HX-Refresh"] == "true"
    page = desk.client.get(reverse("import-progress", args=[queued.public_id]))
    batch = ImportBatch.objects.get()
    assert page["Location"] == reverse("import-batch", args=[batch.public_id])
    assert batch.rows_recorded == ROWS


@pytest.mark.parametrize("page", ["reading", "preview", "discard"])
def test_nobody_changes_what_is_being_recorded(desk: Desk, queued: StagedImport, page: str) -> None:
    response = desk.client.post(reverse(f"import-{page}", args=[queued.public_id]))
    assert response["Location"] == reverse("import-progress", args=[queued.public_id])
    assert StagedImport.objects.get().state == StagedImport.State.STAGED


def test_it_can_be_cancelled_and_asked_for_again(desk: Desk, queued: StagedImport) -> None:
    url = reverse("import-cancel", args=[queued.public_id])
    assert "cancelled" in desk.client.post(url, follow=True).content.decode()
    assert ImportJob.objects.get().state == ImportJob.State.CANCELLED
    desk.client.post(reverse("import-preview", args=[queued.public_id]))
    assert ImportJob.objects.get().state == ImportJob.State.QUEUED
    assert "queued" in desk.client.get(reverse("imports")).content.decode()


def test_others_see_nothing_of_it(queued: StagedImport) -> None:
    stranger = Desk()
    for name in ("import-progress", "import-progress-bar"):
        assert stranger.client.get(reverse(name, args=[queued.public_id])).status_code == 404
    url = reverse("import-cancel", args=[queued.public_id])
    assert stranger.client.post(url).status_code == 404
    assert ImportJob.objects.get().state == ImportJob.State.QUEUED
