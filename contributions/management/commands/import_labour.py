"""`manage.py import_labour FILE`: the import of the browser, for scripts and large files."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model, QuerySet
from django.utils import timezone

from contributions import formatting
from contributions.errors import ContributionError
from contributions.imports.answers import Answers, HitTime
from contributions.imports.limits import Limits
from contributions.imports.mapping import ColumnMapping, Field, read_mapping, write_mapping
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.report import Preview
from contributions.imports.walk import Plan
from contributions.models import (
    Contribution,
    Organisation,
    Product,
    StagedImport,
    TaskType,
    Worker,
)
from contributions.services import importing, importing_commit, importing_files
from contributions.services.importing_words import told, told_fault

_SHOWN_FAULTS = 20


class Command(BaseCommand):
    """Import a file of labour; nothing is recorded unless all of it can be."""

    help = "Import the export of a tool, or any table of work through a mapping of its columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organisation", required=True, help="who records: id or name")
        parser.add_argument("--product", required=True, help="id, or name if there is only one")
        parser.add_argument("--task-type", required=True, help="code of the task type")
        parser.add_argument("--review-task-type", help="code of the task type of reviews")
        parser.add_argument("--format", help="code of the tool; recognised if left out")
        parser.add_argument("--mapping", type=Path, help="mapping of columns (TOML)")
        parser.add_argument("--dry-run", action="store_true", help="record nothing")
        parser.add_argument("--instance", default="", help="which installation of the tool")
        parser.add_argument("--zone", help="time zone of times that state none: Asia/Manila")
        parser.add_argument("--dates", choices=["day-first", "month-first"])
        parser.add_argument("--day", type=date.fromisoformat, help="day of rows that state none")
        parser.add_argument("--worker", help="the worker, for files that name nobody")
        parser.add_argument("--idle-cap", type=int, metavar="SECONDS")
        parser.add_argument("--repeated-times", choices=list(HitTime), type=HitTime)
        parser.add_argument(
            "--unreviewed",
            choices=[Outcome.ACCEPTED, Outcome.PENDING],
            type=Outcome,
            default=Outcome.ACCEPTED,
        )
        parser.add_argument(
            "--worker-status", choices=Worker.Status.values, default=Worker.Status.CROWD
        )
        parser.add_argument(
            "--evidence", choices=Contribution.Evidence.values, default=Contribution.Evidence.B
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._import(options)
        except ContributionError as error:
            raise CommandError(told(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _import(self, options: dict[str, Any]) -> None:
        today = timezone.localdate()
        staged = self._staged(options)
        committed = False
        try:
            importing.choose(staged=staged, choice=self._choice(staged, options))
            self._tell(staged, importing.preview(staged=staged, today=today))
            if options["dry_run"]:
                self.stdout.write("Nothing is recorded: this was a dry run.")
                return
            batch = importing_commit.commit(staged=staged, committed_by=None, today=today)
            committed = True
        finally:
            if not committed:
                importing.discard(staged=staged)
        self.stdout.write(f"Recorded as {batch.public_id}.")

    def _staged(self, options: dict[str, Any]) -> StagedImport:
        path: Path = options["file"]
        organisation = _named(Organisation.objects.all(), options["organisation"])
        try:
            return importing.stage(
                chunks=importing_files.chunks_of(path),
                file_name=path.name,
                organisation=organisation,
                uploaded_by=None,
                largest_bytes=Limits().file_bytes,
            )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error

    def _choice(self, staged: StagedImport, options: dict[str, Any]) -> importing.Choice:
        reviews = options["review_task_type"]
        return importing.Choice(
            plan=self._plan(staged, options),
            product=_named(Product.objects.all(), options["product"]),
            task_type=_task_type(options["task_type"]),
            review_task_type=_task_type(reviews) if reviews else None,
            worker_status=options["worker_status"],
            evidence_grade=options["evidence"],
        )

    def _plan(self, staged: StagedImport, options: dict[str, Any]) -> Plan:
        answers = Answers(
            instance=options["instance"],
            zone=options["zone"],
            day_first=None if options["dates"] is None else options["dates"] == "day-first",
            worker=options["worker"],
            occurred_on=options["day"],
            unreviewed=options["unreviewed"],
            idle_cap_seconds=options["idle_cap"],
            hit_time=options["repeated_times"],
        )
        if options["mapping"] is not None:
            return Plan(mapping=_mapping(options["mapping"], options["worker"]), answers=answers)
        return Plan(format=options["format"] or self._recognised(staged), answers=answers)

    def _recognised(self, staged: StagedImport) -> str:
        look = importing.look_of(staged)
        if look.candidates:
            return look.candidates[0].format
        self.stdout.write(write_mapping(look.guess))
        raise CommandError(
            "No tool is known that writes such files. Above is a mapping guessed from the file: "
            "correct it, save it, and give it as --mapping."
        )

    def _tell(self, staged: StagedImport, found: Preview) -> None:
        effect = importing.effect_of(staged)
        tool = importing.tool_of(importing.plan_of(staged))
        self.stdout.write(f"{staged.file_name}: {found.rows_read} rows, read as {tool}")
        self.stdout.write(
            f"new {effect.new}, known {effect.known}, changed {effect.changed}, "
            f"withdrawn {effect.withdrawn}, repeated {effect.repeated}, "
            f"rejected {found.rows_rejected}; new workers {effect.new_workers}"
        )
        for basis in TimeBasis:
            if found.milliseconds_before.get(basis):
                before = found.milliseconds_before[basis] // 1000
                after = found.milliseconds_after.get(basis, 0) // 1000
                self.stdout.write(
                    f"{basis}: {formatting.hours_of_seconds(before)} h in the file, "
                    f"{formatting.hours_of_seconds(after)} h recorded"
                )
        for fault in found.faults[:_SHOWN_FAULTS]:
            self.stderr.write(f"line {fault.line} {fault.column}: {told_fault(fault)}")
        if found.rows_rejected > _SHOWN_FAULTS:
            self.stderr.write(f"and {found.rows_rejected - _SHOWN_FAULTS} more rejected rows")
        for question in sorted(found.questions):
            self.stderr.write(f"unanswered: {question}")


def _mapping(path: Path, worker: str | None) -> ColumnMapping:
    try:
        mapping = read_mapping(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read.") from error
    if worker:
        mapping = replace(mapping, constants={**mapping.constants, Field.WORKER: worker})
    return mapping


def _named(rows: QuerySet[Any], text: str) -> Any:
    """Find a record by public id, or by a name that only one has."""
    model: type[Model] = rows.model
    try:
        return rows.get(pk=rows.model.number_of(text))
    except rows.model.DoesNotExist:
        found = list(rows.filter(name=text)[:2])
    if len(found) != 1:
        what = model._meta.verbose_name
        number = "no" if not found else "more than one"
        raise CommandError(f"There is {number} {what} called {text}.")
    return found[0]


def _task_type(code: str) -> TaskType:
    try:
        return TaskType.objects.get(code=code)
    except TaskType.DoesNotExist as error:
        raise CommandError(f"There is no task type of the code {code}.") from error
