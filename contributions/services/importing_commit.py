"""Committing an import: all of its rows are recorded in one transaction, or none.

The file is read again, so what was previewed is not trusted to be what is recorded; rows that
others recorded meanwhile are known by then and not recorded twice.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from contributions.errors import ContributionError
from contributions.imports.mapping import write_mapping
from contributions.imports.sandbox import ImportRun
from contributions.imports.walk import Plan
from contributions.models import Contribution, ImportBatch, Source, User
from contributions.models.imports import ImportedCorrection, StagedImport
from contributions.services import recording
from contributions.services.bulk_recording import LabourColumns, ReadFile, record_columns
from contributions.services.importing import (
    ImportNotPlanned,
    doorkeeper,
    forget_content,
    lock_staged,
    plan_of,
    preview_read,
    reading,
    tool_of,
    without_worker,
)
from contributions.services.importing_columns import Filing, columns_of
from contributions.services.importing_rows import Change, Effect, Sorter

# It is already tomorrow somewhere; readers give the same grace.
_GRACE = timedelta(days=1)


class QuestionsOpen(ContributionError):
    """The file leaves something unsaid that records need; facts: questions."""

    code = "import_questions_open"


class NothingNew(ContributionError):
    """All rows of the file are recorded as they are."""

    code = "nothing_new"


@dataclass(slots=True)
class _Stream:
    """The rows of a file on their way into the records."""

    run: ImportRun
    sorter: Sorter
    filing: Filing
    passed: Callable[[int], None]
    changes: list[Change] = dataclasses.field(default_factory=list)

    def chunks(self) -> Iterator[LabourColumns]:
        for batch in self.run.batches():
            if batch.rows.num_rows:
                yield from self._columns(batch.rows)
            # By now they are with the database, so this counts no row too early.
            self.passed(batch.rows_read)

    def _columns(self, rows: pa.RecordBatch) -> Iterator[LabourColumns]:
        if rows.column("occurred_on").null_count:
            raise open_questions(["day"])
        found = self.sorter.sort(rows)
        self.changes.extend(found.changes)
        yield from columns_of(found.rows, self.filing)


def _unwatched(_rows: int) -> None:
    """Let rows pass that nobody counts."""


@transaction.atomic
def commit(
    *,
    staged: StagedImport,
    committed_by: User | None,
    today: date,
    passed: Callable[[int], None] = _unwatched,
    by_worker: bool = False,
) -> ImportBatch:
    """Record what a staged file holds and is not recorded yet; correct what its source changed.

    Args:
        staged: The file, with what was chosen for it.
        committed_by: Who wants it recorded.
        today: The day it is, to refuse future work.
        passed: Told of every further source rows that are recorded; what it raises ends all.
        by_worker: Whether the worker of the import's job asks, and not somebody beside it.

    Raises:
        ImportNotStaged: The import is committed or discarded.
        ImportInProgress: A worker records it.
        ImportNotPlanned: Nobody said yet how to read the file.
        QuestionsOpen: Something is unsaid that records need.
        NothingNew: Everything is recorded as it is.
        ImportRefused: The file, the mapping or an answer cannot be used.
        AlreadyRecorded: Somebody recorded one of the rows by other means meanwhile.
        AlreadyCorrected: Somebody corrected one of the records meanwhile.
    """
    locked = lock_staged(staged, by_worker=by_worker)
    plan = plan_of(locked)
    source = recording.source_of(
        organisation=locked.organisation, tool=tool_of(plan), instance=plan.answers.instance
    )
    # Two imports of one source take turns, so that each sees what the other recorded.
    Source.objects.select_for_update().get(pk=source.pk)
    sorter = Sorter(source=source, door=doorkeeper(locked, source), admits=True)
    stream = _Stream(reading(locked, plan, today=today), sorter, _filing(locked), passed)
    file = ReadFile(name=locked.file_name, sha256=locked.file_sha256, options=_options(plan))
    batch = record_columns(
        chunks=stream.chunks(), source=source, file=file, committed_by=committed_by
    )
    found = preview_read(stream.run)
    if found.questions:
        raise open_questions(sorted(found.questions))
    if not batch.rows_recorded and not stream.changes:
        raise NothingNew(_("All rows of this file are recorded as they are."))
    _correct(stream.changes, batch=batch, today=today)
    batch.rows_read = found.rows_read
    batch.options = batch.options | {
        "effect": dataclasses.asdict(sorter.effect),
        "totals": dataclasses.asdict(found.totals()),
    }
    batch.save(update_fields=["rows_read", "options"])
    _close(locked, batch, sorter.effect)
    staged.refresh_from_db()
    return batch


def open_questions(questions: list[str]) -> QuestionsOpen:
    """Return the refusal to record a file that leaves something unsaid."""
    return QuestionsOpen(
        _("The file leaves something unsaid. Answer the questions of the preview first."),
        questions=questions,
    )


def _filing(staged: StagedImport) -> Filing:
    if staged.product_id is None or staged.task_type is None:
        raise ImportNotPlanned(_("Say first which product and task type the work belongs to."))
    return Filing(
        product_id=staged.product_id,
        task_type=staged.task_type,
        review_task_type=staged.review_task_type,
        evidence_grade=staged.evidence_grade,
        evidence_sha256=staged.file_sha256,
    )


def _correct(changes: list[Change], *, batch: ImportBatch, today: date) -> None:
    for change in changes:
        replaced = Contribution.objects.select_related("source").get(pk=change.contribution_id)
        entry = replace(recording.entry_of(replaced), **change.facts)
        corrected = recording.correct(
            replaced=replaced,
            entry=entry,
            reason=_("The source states it differently in %(file)s.") % {"file": batch.file_name},
            recorded_by=batch.committed_by,
            today=today + _GRACE,
        )
        ImportedCorrection.objects.create(batch=batch, contribution=corrected)


def _options(plan: Plan) -> dict[str, Any]:
    """Tell how the file was read, without whoever was named as its worker."""
    answers = json.loads(json.dumps(dataclasses.asdict(plan.answers), default=str))
    answers.pop("worker")
    mapping = plan.mapping
    return {
        "format": plan.format,
        "mapping": None if mapping is None else write_mapping(without_worker(mapping)),
        "answers": answers,
    }


def _close(staged: StagedImport, batch: ImportBatch, effect: Effect) -> None:
    staged.state = StagedImport.State.COMMITTED
    staged.batch = batch
    staged.effect = dataclasses.asdict(effect)
    forget_content(staged)
