"""The pages of an import, as their forms are sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contributions.models import Contribution, ImportBatch, Organisation, SavedMapping, StagedImport
from tests import factories
from tests.contributions.importing.staging import ANN, BEA, table

pytestmark = pytest.mark.django_db


class Desk:
    """A recorder of a labour organisation with a browser."""

    def __init__(self, role: str = "recorder") -> None:
        self.union: Organisation = factories.organisation("labour_organisation")
        self.product = factories.product(factories.organisation(), public=True)
        self.task_type = factories.task_type()
        self.client = Client()
        self.client.force_login(factories.user(self.union, role))

    def upload(self, content: bytes, name: str = "work.csv") -> Any:
        """Send a file."""
        return self.client.post(
            reverse("import-new"),
            {
                "organisation": self.union.public_id,
                "file": SimpleUploadedFile(name, content),
            },
        )

    def read(self, staged: StagedImport, **fields: Any) -> Any:
        """Say how it is read."""
        typed = {
            "reading": "columns",
            "product": self.product.public_id,
            "task_type": self.task_type.public_id,
            "worker_status": "crowd",
            "evidence_grade": "B",
            "zone": "Asia/Manila",
        }
        return self.client.post(reverse("import-reading", args=[staged.public_id]), typed | fields)

    def map(self, staged: StagedImport, **fields: Any) -> Any:
        """Say what the columns mean."""
        url = reverse("import-columns", args=[staged.public_id])
        form = self.client.get(url).context["form"]
        typed = {name: form[name].initial or "" for name in form.fields}
        return self.client.post(url, typed | fields)

    def staged(self, content: bytes) -> StagedImport:
        """Upload a file that can be read."""
        response = self.upload(content)
        assert response.status_code == 302, response.content.decode()
        return StagedImport.objects.latest("pk")

    def previewed(self, content: bytes, **fields: Any) -> StagedImport:
        """Go as far as the preview."""
        staged = self.staged(content)
        assert self.read(staged).status_code == 302
        pay = {"wage": "pay", "all_currency": "PHP", "duration_form": "minutes"}
        response = self.map(staged, **(pay | fields))
        assert response.status_code == 302, response.context["form"].errors
        return staged

    def commit(self, staged: StagedImport) -> ImportBatch:
        """Record what was previewed."""
        url = reverse("import-preview", args=[staged.public_id])
        response = self.client.post(url)
        batch = ImportBatch.objects.latest("pk")
        assert response["Location"] == reverse("import-batch", args=[batch.public_id])
        return batch


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_unseen_table_is_mapped_previewed_recorded_and_undone(desk: Desk) -> None:
    staged = desk.previewed(table(ANN, BEA))
    url = reverse("import-preview", args=[staged.public_id])
    page = desk.client.get(url).content.decode()
    assert "1.5" in page
    assert "ann@example.org" not in page
    assert not Contribution.objects.exists()
    batch = desk.commit(staged)
    assert Contribution.objects.current().count() == 2
    recorded = desk.client.get(reverse("import-batch", args=[batch.public_id]))
    assert "Hours by time basis" in recorded.content.decode()
    undo = reverse("import-undo", args=[batch.public_id])
    assert desk.client.get(undo).status_code == 200
    assert desk.client.post(undo).status_code == 302
    assert Contribution.objects.current().count() == 0
    assert desk.client.get(reverse("imports")).status_code == 200


def test_a_known_format_is_recognised_and_can_be_overruled(desk: Desk) -> None:
    content = b"Project,Client,Description,Task,User,Email,Tags,Billable,Start date,Start time,"
    content += b"End date,End time,Duration\nP,C,D,,Ann,a@example.org,,No,2026-05-01,09:00:00,"
    content += b"2026-05-01,10:00:00,01:00:00\n"
    staged = desk.staged(content)
    page = desk.client.get(reverse("import-reading", args=[staged.public_id]))
    assert page.context["form"]["reading"].initial == "format:toggl"
    response = desk.read(staged, reading="format:toggl")
    assert response["Location"] == reverse("import-preview", args=[staged.public_id])
    response = desk.read(staged, reading="columns")
    assert response["Location"] == reverse("import-columns", args=[staged.public_id])


def test_a_hostile_file_is_refused_on_the_field_of_the_file(desk: Desk) -> None:
    response = desk.upload(b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "picture.csv")
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not StagedImport.objects.exists()


def test_rejected_rows_come_as_a_file_without_formulas(desk: Desk) -> None:
    staged = desk.previewed(table(ANN, "=1+1,eve,2026-02-30,1,1,"))
    page = desk.client.get(reverse("import-preview", args=[staged.public_id])).content.decode()
    assert "There is no such day or time of day." in page
    answer = desk.client.get(reverse("import-rejected", args=[staged.public_id]))
    line = answer.content.decode().splitlines()[1]
    assert line.startswith("3,day,day_does_not_exist,")
    assert "'=1+1,eve" in line


def test_columns_are_saved_under_a_name_and_chosen_by_it(desk: Desk) -> None:
    desk.previewed(table(ANN), name="Piece work", tool="piece-work")
    saved = SavedMapping.objects.get()
    staged = desk.staged(table(BEA))
    response = desk.read(staged, reading=f"mapping:{saved.public_id}")
    assert response["Location"] == reverse("import-columns", args=[staged.public_id])
    form = desk.client.get(response["Location"]).context["form"]
    assert form["tool"].initial == "piece-work"
    assert form["wage"].initial == "pay"


def test_a_mapping_goes_out_as_toml_and_comes_back(desk: Desk) -> None:
    staged = desk.previewed(table(ANN), tool="piece-work")
    toml = desk.client.get(reverse("import-mapping", args=[staged.public_id])).content
    assert b'tool = "piece-work"' in toml
    other = desk.staged(table(BEA))
    desk.read(other, mapping_file=SimpleUploadedFile("m.toml", toml))
    url = reverse("import-columns", args=[other.public_id])
    assert desk.client.get(url).context["form"]["tool"].initial == "piece-work"


def test_one_worker_can_be_named_for_a_file_that_names_nobody(desk: Desk) -> None:
    staged = desk.staged(b"day,hours\n2026-05-01,2\n")
    desk.read(staged, worker="ann@example.org")
    assert desk.map(staged, name="Mine", duration_form="hours").status_code == 302
    assert "ann@example.org" not in SavedMapping.objects.get().toml
    desk.commit(staged)
    assert Contribution.objects.get().seconds == 7200


def test_without_any_worker_the_question_is_marked(desk: Desk) -> None:
    staged = desk.staged(b"day,hours\n2026-05-01,2\n")
    desk.read(staged)
    response = desk.map(staged)
    assert "worker" in response.context["form"].errors


def test_an_open_question_stands_in_the_way_of_recording(desk: Desk) -> None:
    staged = desk.previewed(table("1,ann,,5,1,"))
    page = desk.client.get(reverse("import-preview", args=[staged.public_id])).content.decode()
    assert "Give the day for them." in page
    assert "Record these rows" not in page
    response = desk.client.post(reverse("import-preview", args=[staged.public_id]), follow=True)
    assert "Answer the questions" in response.content.decode()
    assert not Contribution.objects.exists()


def test_giving_up_removes_the_file(
    desk: Desk, data_folder: Any, django_capture_on_commit_callbacks: Any
) -> None:
    staged = desk.previewed(table(ANN))
    with django_capture_on_commit_callbacks(execute=True):
        desk.client.post(reverse("import-discard", args=[staged.public_id]))
    assert [path for path in (data_folder / "imports").rglob("*") if path.is_file()] == []
    assert desk.client.get(reverse("import-preview", args=[staged.public_id])).status_code == 404


def test_strangers_and_viewers_find_no_import(desk: Desk) -> None:
    staged = desk.previewed(table(ANN))
    batch = desk.commit(desk.previewed(table(BEA)))
    addresses = [
        reverse(name, args=[staged.public_id])
        for name in (
            "import-reading",
            "import-columns",
            "import-preview",
            "import-rejected",
            "import-mapping",
            "import-discard",
        )
    ]
    addresses += [reverse(name, args=[batch.public_id]) for name in ("import-batch", "import-undo")]
    stranger = Desk()
    for url in addresses:
        assert stranger.client.get(url).status_code == 404, url
        assert Client().get(url).status_code == 302, url
    assert Desk("viewer").client.get(reverse("imports")).status_code == 404
