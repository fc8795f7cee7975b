"""From an uploaded file to records: staged, previewed, committed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from bench.valuation.memory import peak, reset_peak
from contributions.imports.normal_form import TimeBasis
from contributions.imports.refusals import ImportRefused
from contributions.imports.rejected import write_rejected
from contributions.models import (
    Alias,
    Contribution,
    ImportBatch,
    SavedMapping,
    Source,
    StagedImport,
    Worker,
)
from contributions.services import (
    importing,
    importing_commit,
    importing_files,
    importing_undo,
    recording,
)
from contributions.services.importing_words import told_fault
from tests import factories
from tests.contributions.importing.staging import (
    ANN,
    BEA,
    CAY,
    MAPPING,
    TODAY,
    Office,
    counted,
    table,
)

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).resolve().parents[1] / "imports" / "fixtures"


@pytest.fixture
def office() -> Office:
    return Office()


def files_kept(data_folder: Path) -> list[Path]:
    return [path for path in (data_folder / "imports").rglob("*") if path.is_file()]


class TestPreview:
    def test_it_tells_hours_by_basis_and_records_nothing(self, office: Office) -> None:
        staged, found = office.preview(table(ANN, BEA, CAY))
        assert found.hours_after(TimeBasis.SELF_DECLARED) == 1.5
        assert found.rows_by_basis[TimeBasis.NONE] == 1
        assert importing.effect_of(staged).new == 3
        assert importing.effect_of(staged).new_workers == 3
        assert not Contribution.objects.exists()
        assert not Worker.objects.exists()
        assert not Source.objects.exists()

    def test_rejected_rows_are_named_by_line_and_reason(self, office: Office) -> None:
        bad = "4,dan@example.org,2026-02-30,10,1,"
        _staged, found = office.preview(table(ANN, bad, BEA))
        assert [(fault.line, fault.code) for fault in found.faults] == [(3, "day_does_not_exist")]
        assert found.rows_accepted == 2

    def test_two_rows_of_one_id_are_refused_unless_they_are_the_same(self, office: Office) -> None:
        staged, found = office.preview(table(ANN, ANN, ANN.replace("60", "61"), BEA))
        assert [(fault.line, fault.code) for fault in found.faults] == [(4, "source_id_repeated")]
        assert importing.effect_of(staged).repeated == 1
        assert importing.effect_of(staged).new == 2

    def test_an_idle_cap_shows_hours_before_and_after(self, office: Office) -> None:
        content = (FIXTURES / "mturk.csv").read_bytes()
        _staged, uncapped = office.preview(content, name="mturk.csv", format_code="mturk")
        _staged, capped = office.preview(
            content, name="mturk.csv", format_code="mturk", idle_cap_seconds=60
        )
        assert capped.milliseconds_before == uncapped.milliseconds_before
        assert capped.hours_after(TimeBasis.HELD) < uncapped.hours_after(TimeBasis.HELD)

    def test_a_new_choice_makes_the_old_preview_void(self, office: Office) -> None:
        staged, _found = office.preview(table(ANN))
        office.choose(staged)
        with pytest.raises(importing.ImportNotPlanned):
            importing.kept_preview(staged)


class TestCommit:
    def test_every_row_is_recorded_as_the_file_states_it(self, office: Office) -> None:
        batch = office.commit(table(ANN, BEA, CAY))
        assert counted() == [("1", 3600, 10), ("2", 1800, 5), ("3", None, 7)]
        ann = Contribution.objects.get(external_id="1")
        assert (ann.wage_micro, ann.wage_currency) == (120_500_000, "PHP")
        assert ann.time_basis == "self_declared"
        assert ann.product == office.product
        assert ann.batch == batch
        assert Contribution.objects.get(external_id="3").time_basis == "none"
        assert (batch.rows_read, batch.rows_recorded) == (3, 3)

    def test_no_name_of_a_worker_stays_behind(self, office: Office) -> None:
        batch = office.commit(table(ANN, BEA), worker="zoe@example.org")
        kept = f"{batch.options}{list(StagedImport.objects.values())}"
        kept += f"{list(Worker.objects.values())}{list(Alias.objects.values())}"
        kept += f"{list(Contribution.objects.values())}"
        assert "example.org" not in kept
        assert Worker.objects.count() == 2

    def test_the_file_is_removed_with_all_that_was_read_out_of_it(
        self,
        office: Office,
        data_folder: Path,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        staged, _found = office.preview(table(ANN))
        assert len(files_kept(data_folder)) == 3
        with django_capture_on_commit_callbacks(execute=True):
            importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
        assert files_kept(data_folder) == []

    def test_two_organisations_keep_the_same_person_under_different_digests(self) -> None:
        Office().commit(table(ANN))
        Office().commit(table(ANN))
        digests = set(Alias.objects.values_list("reference_hmac", flat=True))
        assert len(digests) == 2

    def test_stand_ins_for_workers_in_ids_are_keyed(self, office: Office) -> None:
        content = (FIXTURES / "toggl.csv").read_bytes()
        office.commit(content, name="toggl.csv", format_code="toggl", day_first=True)
        ids = list(Contribution.objects.values_list("external_id", flat=True))
        digests = {one[:12] for one in Alias.objects.values_list("reference_hmac", flat=True)}
        assert ids
        assert {one.split("/")[1] for one in ids} <= digests

    def test_reviews_go_to_the_task_type_chosen_for_them(self, office: Office) -> None:
        reviewing = factories.task_type("reviewing-test", labour_type="EVAL")
        content = (FIXTURES / "label_studio.json").read_bytes()
        office.commit(
            content,
            name="export.json",
            format_code="label_studio",
            review_task_type=reviewing,
        )
        kinds = set(Contribution.objects.values_list("task_type__code", flat=True))
        assert kinds == {"labelling-test", "reviewing-test"}

    def test_an_unanswered_question_leaves_nothing_recorded(self, office: Office) -> None:
        undated = "5,eva@example.org,,10,1,"
        with pytest.raises(importing_commit.QuestionsOpen):
            office.commit(table(ANN, undated))
        assert not Contribution.objects.exists()
        assert not Worker.objects.exists()
        assert not ImportBatch.objects.exists()

    def test_a_commit_cannot_be_repeated(self, office: Office) -> None:
        staged = office.stage(table(ANN))
        importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
        with pytest.raises(importing.ImportNotStaged):
            importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
        assert Contribution.objects.count() == 1

    def test_wages_in_two_currencies_keep_theirs(self, office: Office) -> None:
        content = "entry,who,day,pay\n1,a,2026-05-01,3.00 USD\n2,b,2026-05-01,20 KES\n"
        columns = {
            key: names
            for key, names in MAPPING.columns.items()
            if names[0] in {"entry", "who", "day", "pay"}
        }
        mapping = type(MAPPING)(tool="two", columns=columns)
        office.commit(content.encode(), mapping=mapping)
        paid = set(Contribution.objects.values_list("wage_micro", "wage_currency"))
        assert paid == {(3_000_000, "USD"), (20_000_000, "KES")}


class TestImportingAgain:
    def test_the_same_file_brings_nothing(self, office: Office) -> None:
        office.commit(table(ANN, BEA))
        with pytest.raises(importing_commit.NothingNew):
            office.commit(table(ANN, BEA))
        assert len(counted()) == 2
        assert ImportBatch.objects.count() == 1

    def test_a_later_export_adds_only_what_is_new(self, office: Office) -> None:
        office.commit(table(ANN, BEA))
        batch = office.commit(table(ANN, BEA, CAY))
        assert batch.rows_recorded == 1
        assert counted() == [("1", 3600, 10), ("2", 1800, 5), ("3", None, 7)]
        assert Worker.objects.count() == 3

    def test_a_changed_row_becomes_a_correction_with_a_reason(self, office: Office) -> None:
        office.commit(table(ANN, BEA))
        staged, _found = office.preview(table(ANN.replace("60", "90"), BEA))
        assert importing.effect_of(staged).changed == 1
        importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
        assert counted() == [("1", 5400, 10), ("2", 1800, 5)]
        corrected = Contribution.objects.get(external_id="1", revision=1)
        assert "work.csv" in corrected.reason
        assert corrected.supersedes is not None

    def test_what_people_corrected_is_not_changed_back(self, office: Office) -> None:
        office.commit(table(ANN))
        self.correct_by_hand("1", units=8)
        with pytest.raises(importing_commit.NothingNew):
            office.commit(table(ANN))
        office.commit(table(ANN.replace("60", "90")))
        assert counted() == [("1", 5400, 8)]

    def test_a_change_taken_back_by_the_source_is_taken_back_here(self, office: Office) -> None:
        office.commit(table(ANN))
        office.commit(table(ANN.replace("60", "90")))
        office.commit(table(ANN))
        assert counted() == [("1", 3600, 10)]

    def test_a_withdrawn_record_stays_withdrawn(self, office: Office) -> None:
        office.commit(table(ANN))
        recording.withdraw(
            replaced=Contribution.objects.get(), reason="twice", recorded_by=None, today=TODAY
        )
        staged, _found = office.preview(table(ANN.replace("60", "90"), BEA))
        assert importing.effect_of(staged).withdrawn == 1
        importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
        assert counted() == [("2", 1800, 5)]

    def correct_by_hand(self, external_id: str, **facts: Any) -> None:
        replaced = Contribution.objects.current().get(external_id=external_id)
        entry = recording.Entry(
            **{name: getattr(replaced, name) for name in recording.Entry.__dataclass_fields__}
            | facts
        )
        recording.correct(
            replaced=replaced, entry=entry, reason="counted again", recorded_by=None, today=TODAY
        )


class TestUndo:
    def test_an_undone_import_counts_for_nothing(self, office: Office) -> None:
        batch = office.commit(table(ANN, BEA))
        office.undo(batch)
        assert counted() == []
        assert Contribution.objects.count() == 2

    def test_what_was_undone_can_be_imported_again_and_undone_again(self, office: Office) -> None:
        other = factories.product(office.product.operator)
        office.undo(office.commit(table(ANN, BEA)))
        again = office.commit(table(ANN, BEA), product=other)
        assert again.rows_recorded == 2
        assert set(Contribution.objects.current().values_list("product", flat=True)) == {other.pk}
        with pytest.raises(importing_commit.NothingNew):
            office.commit(table(ANN, BEA))
        office.undo(again)
        assert counted() == []
        office.commit(table(ANN))
        assert [row[1:] for row in counted()] == [(3600, 10)]

    def test_corrections_of_other_imports_are_taken_back(self, office: Office) -> None:
        office.commit(table(ANN))
        office.undo(office.commit(table(ANN.replace("60", "90"), BEA)))
        assert counted() == [("1", 3600, 10)]
        office.commit(table(ANN.replace("60", "90")))
        assert counted() == [("1", 5400, 10)]

    def test_what_people_corrected_in_it_goes_with_it(self, office: Office) -> None:
        batch = office.commit(table(ANN))
        TestImportingAgain().correct_by_hand("1", units=8)
        office.undo(batch)
        assert counted() == []

    def test_it_cannot_be_undone_twice(self, office: Office) -> None:
        batch = office.commit(table(ANN))
        office.undo(batch)
        with pytest.raises(importing_undo.ImportUndone):
            office.undo(batch)


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"worker,id\nJos\xe9,1\n", "not_utf8"),
            (b'worker,id\n"ann,1\nbea,2\n', "quote_unclosed"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "file_no_table"),
            (b"", "file_empty"),
        ],
    )
    def test_a_file_that_cannot_be_read_leaves_nothing(
        self, office: Office, content: bytes, code: str
    ) -> None:
        with pytest.raises(ImportRefused) as refusal:
            office.preview(content)
        assert refusal.value.code == code
        assert not Contribution.objects.exists()

    def test_an_upload_above_the_limit_is_not_kept(self, office: Office, data_folder: Path) -> None:
        with pytest.raises(importing_files.UploadTooLarge):
            importing.stage(
                chunks=[b"x" * 600, b"y" * 600],
                file_name="large.csv",
                organisation=office.union,
                uploaded_by=None,
                largest_bytes=1_000,
            )
        assert files_kept(data_folder) == []
        assert not StagedImport.objects.exists()

    def test_an_upload_that_breaks_off_is_not_kept(self, office: Office, data_folder: Path) -> None:
        def broken() -> Any:
            yield b"worker,id\n"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            importing.stage(
                chunks=broken(), file_name="x.csv", organisation=office.union, uploaded_by=None
            )
        assert files_kept(data_folder) == []
        assert not StagedImport.objects.exists()


def test_a_mapping_is_kept_under_its_name_and_replaced(office: Office) -> None:
    for tool in ("first", "second"):
        importing.save_mapping(
            organisation=office.union,
            name="Ours",
            mapping=type(MAPPING)(tool=tool, columns=MAPPING.columns),
            saved_by=None,
        )
    saved = SavedMapping.objects.get()
    assert importing.mapping_of(saved).tool == "second"
    assert importing.mapping_of(saved).name == "Ours"


def test_a_hundred_thousand_rows_with_one_in_a_hundred_bad_give_a_thousand_faults(
    office: Office,
) -> None:
    rows = (
        f"{number},w{number % 50},2026-05-{number % 28 + 1:02},"
        f"{'x' if number % 100 == 0 else '12'},3,"
        for number in range(100_000)
    )
    content = table(*rows)
    before = reset_peak()
    staged, found = office.preview(content)
    assert found.rows_rejected == 1_000
    assert len(found.faults) == 1_000
    assert importing.effect_of(staged).new == 99_000
    download = io.StringIO(newline="")
    write_rejected(found, download, told_fault)
    assert len(download.getvalue().splitlines()) == 1 + 1_000
    batch = importing_commit.commit(staged=staged, committed_by=None, today=TODAY)
    assert batch.rows_recorded == 99_000
    # The reading process has a bound of its own.
    assert peak() - before < 300 * 1024 * 1024
