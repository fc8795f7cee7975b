"""Staging a file: stored, recognised, and read once to tell what recording it would bring.

Nothing here records labour. The file lies below `settings.HUISU_DATA` with what was read out of
it beside it; both are removed when the import is committed or discarded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping, Field, read_mapping, write_mapping
from contributions.imports.normal_form import RowFault
from contributions.imports.report import Preview, preview_from_document, preview_to_document
from contributions.imports.requests import (
    look_from_document,
    look_to_document,
    plan_from_document,
    plan_to_document,
)
from contributions.imports.sandbox import ImportRun, look_at
from contributions.imports.walk import Look, Plan
from contributions.models import Organisation, Product, Source, TaskType, User
from contributions.models.imports import ImportJob, SavedMapping, StagedImport
from contributions.services.importing_files import (
    kept_only_if_all_goes_well,
    look_path,
    path_of,
    preview_path,
    remove_files,
    store,
    write,
)
from contributions.services.importing_rows import Effect, Sorter
from contributions.services.pseudonyms import Doorkeeper

LARGEST_UPLOAD_BYTES: Final = 50 * 1024 * 1024
_LONGEST_NAME: Final = 200


class ImportNotStaged(ContributionError):
    """The import is committed or discarded already."""

    code = "import_not_staged"


class ImportNotCommitted(ContributionError):
    """Nothing of the import is recorded, so there is nothing to take back."""

    code = "import_not_committed"


class ImportInProgress(ContributionError):
    """A worker records the file, or is about to."""

    code = "import_in_progress"


class ImportNotPlanned(ContributionError):
    """It was not said yet how the file is to be read or where its rows belong."""

    code = "import_not_planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user chose for a file.

    Attributes:
        plan: How to read it.
        product: What the work was for.
        task_type: What kind of work it is.
        review_task_type: What kind of work its reviews are; None if the same.
        worker_status: How workers are engaged who are met for the first time.
        evidence_grade: How well the records are supported.
    """

    plan: Plan
    product: Product
    task_type: TaskType
    review_task_type: TaskType | None
    worker_status: str
    evidence_grade: str


def stage(
    *,
    chunks: Iterable[bytes],
    file_name: str,
    organisation: Organisation,
    uploaded_by: User | None,
    largest_bytes: int = LARGEST_UPLOAD_BYTES,
) -> StagedImport:
    """Store a file and recognise it; a file that cannot be read leaves nothing behind.

    Raises:
        UploadTooLarge: It has more than `largest_bytes`.
        NoRoomForUpload: The disk is full.
        ImportRefused: The file cannot be read, and why.
    """
    name = Path(file_name).name[-_LONGEST_NAME:] or "upload"
    with transaction.atomic():
        staged = StagedImport.objects.create(
            organisation=organisation,
            uploaded_by=uploaded_by,
            file_name=name,
            file_sha256="",
            size_bytes=0,
        )
        with kept_only_if_all_goes_well(staged):
            staged.file_sha256, staged.size_bytes = store(chunks, staged, largest_bytes)
            look = look_at(path_of(staged), filename=name)
            write(look_path(staged), look_to_document(look))
            staged.save(update_fields=["file_sha256", "size_bytes"])
    return staged


def forget_content(staged: StagedImport) -> None:
    """Remove the file and all that was read out of it, once the transaction is through."""
    staged.plan = None
    staged.save()
    transaction.on_commit(lambda: remove_files(staged))


def look_of(staged: StagedImport) -> Look:
    """Return what the file seems to be."""
    return look_from_document(look_document_of(staged))


def look_document_of(staged: StagedImport) -> dict[str, Any]:
    """Return the same as plain values, as they are kept."""
    document: dict[str, Any] = json.loads(look_path(staged).read_text(encoding="utf-8"))
    return document


def plan_of(staged: StagedImport) -> Plan:
    """Return how the file is to be read.

    Raises:
        ImportNotPlanned: Nobody said yet.
    """
    if staged.plan is None:
        raise ImportNotPlanned(_("Say first how the file is to be read."))
    return plan_from_document(staged.plan)


@transaction.atomic
def choose(*, staged: StagedImport, choice: Choice) -> None:
    """Keep what the user chose; an earlier preview is no longer valid.

    Raises:
        ImportNotStaged: The import is committed or discarded.
    """
    locked = lock_staged(staged)
    locked.plan = plan_to_document(choice.plan)
    locked.product = choice.product
    locked.task_type = choice.task_type
    locked.review_task_type = choice.review_task_type
    locked.worker_status = choice.worker_status
    locked.evidence_grade = choice.evidence_grade
    locked.effect = None
    locked.save()
    staged.refresh_from_db()


@transaction.atomic
def change_plan(*, staged: StagedImport, plan: Plan) -> None:
    """Read the file in another way; an earlier preview is no longer valid.

    Raises:
        ImportNotStaged: The import is committed or discarded.
    """
    locked = lock_staged(staged)
    locked.plan = plan_to_document(plan)
    locked.effect = None
    locked.save(update_fields=["plan", "effect"])
    staged.refresh_from_db()


def preview(*, staged: StagedImport, today: date) -> Preview:
    """Read the whole file and tell what committing it would bring; nothing is recorded.

    Raises:
        ImportNotStaged: The import is committed or discarded.
        ImportNotPlanned: Nobody said yet how to read the file.
        ImportRefused: The file, the mapping or an answer cannot be used.
    """
    if staged.state != StagedImport.State.STAGED:
        raise not_staged()
    plan = plan_of(staged)
    run = reading(staged, plan, today=today)
    source = Source.objects.filter(
        organisation=staged.organisation, tool=tool_of(plan), instance=plan.answers.instance
    ).first()
    sorter = Sorter(source=source, door=doorkeeper(staged, source), admits=False)
    repeated: list[RowFault] = []
    for batch in run.batches():
        if batch.rows.num_rows:
            repeated.extend(sorter.sort(batch.rows).faults)
    found = with_faults(preview_read(run), repeated)
    write(preview_path(staged), preview_to_document(found))
    staged.effect = asdict(sorter.effect)
    staged.save(update_fields=["effect"])
    return found


def reading(staged: StagedImport, plan: Plan, *, today: date) -> ImportRun:
    """Prepare to read a staged file in a process of its own; future work is refused."""
    plan = replace(plan, answers=replace(plan.answers, received_on=today))
    return ImportRun(path=path_of(staged), filename=staged.file_name, plan=plan, limits=Limits())


def preview_read(run: ImportRun) -> Preview:
    """Return the preview of a file that was read to its end."""
    if run.preview is None:
        raise AssertionError("the file was not read to its end")
    return run.preview


def with_faults(found: Preview, more: list[RowFault]) -> Preview:
    """Add rows that were refused because of rows before them."""
    if not more:
        return found
    by_code = dict(found.faults_by_code)
    for fault in more:
        by_code[fault.code] = by_code.get(fault.code, 0) + 1
    faults = sorted((*found.faults, *more), key=lambda fault: fault.line)
    return replace(
        found,
        faults=tuple(faults),
        faults_by_code=by_code,
        rows_accepted=found.rows_accepted - len(more),
    )


def kept_preview(staged: StagedImport) -> Preview:
    """Return the preview that was made last.

    Raises:
        ImportNotPlanned: There is none since the last choice.
    """
    path = preview_path(staged)
    if staged.effect is None or not path.exists():
        raise ImportNotPlanned(_("Say first how the file is to be read."))
    return preview_from_document(json.loads(path.read_text(encoding="utf-8")))


def newest_preview(staged: StagedImport) -> Preview | None:
    """Return the preview that was made last; None without one, or once the import is over."""
    if staged.state != StagedImport.State.STAGED:
        return None
    try:
        return kept_preview(staged)
    except ImportNotPlanned:
        return None


def effect_of(staged: StagedImport) -> Effect:
    """Return what committing would bring, as counted with the last preview."""
    return Effect(**(staged.effect or {}))


def tool_of(plan: Plan) -> str:
    """Return the tool that records made by a plan name."""
    return plan.mapping.tool if plan.mapping is not None else plan.format or ""


def doorkeeper(staged: StagedImport, source: Source | None) -> Doorkeeper:
    """Return who tells workers apart while this file is read."""
    return Doorkeeper(source=source, organisation=staged.organisation, status=staged.worker_status)


def lock_staged(staged: StagedImport, *, by_worker: bool = False) -> StagedImport:
    """Lock an import, so that two who commit, change or discard it take turns.

    Raises:
        ImportNotStaged: The import is committed or discarded.
        ImportInProgress: A worker records it, and it is not that worker who asks.
    """
    # Asked before waiting for the lock, which a worker holds till it is through; and after it,
    # for a job can have come meanwhile.
    _require_idle(staged, by_worker=by_worker)
    locked = StagedImport.objects.select_for_update().get(pk=staged.pk)
    _require_idle(staged, by_worker=by_worker)
    if locked.state != StagedImport.State.STAGED:
        raise not_staged()
    return locked


def _require_idle(staged: StagedImport, *, by_worker: bool) -> None:
    if not by_worker and ImportJob.objects.active().filter(staged=staged).exists():
        raise ImportInProgress(_("This import is being recorded. Wait, or cancel it first."))


def not_staged() -> ImportNotStaged:
    """Return the refusal to touch an import that is over."""
    return ImportNotStaged(_("This import is committed or discarded already."))


def not_committed() -> ImportNotCommitted:
    """Return the refusal to take back what is not recorded."""
    return ImportNotCommitted(_("Nothing of this import is recorded."))


@transaction.atomic
def discard(*, staged: StagedImport) -> None:
    """Give up an import; the file is removed.

    Raises:
        ImportNotStaged: The import is committed or discarded.
    """
    locked = lock_staged(staged)
    locked.state = StagedImport.State.DISCARDED
    locked.effect = None
    forget_content(locked)
    staged.refresh_from_db()


@transaction.atomic
def save_mapping(
    *, organisation: Organisation, name: str, mapping: ColumnMapping, saved_by: User | None
) -> SavedMapping:
    """Keep a mapping under a name; an earlier one of that name is replaced."""
    toml = write_mapping(replace(without_worker(mapping), name=name))
    saved, _created = SavedMapping.objects.update_or_create(
        organisation=organisation, name=name, defaults={"toml": toml, "saved_by": saved_by}
    )
    return saved


def without_worker(mapping: ColumnMapping) -> ColumnMapping:
    """Leave out who was named as the worker of all rows: a mapping names nobody."""
    constants = dict(mapping.constants)
    constants.pop(Field.WORKER, None)
    return replace(mapping, constants=constants)


def mapping_of(saved: SavedMapping) -> ColumnMapping:
    """Return a mapping that was kept."""
    return read_mapping(saved.toml)
