"""How imports are written down for the API: what is said about a file, and what came of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _
from rest_framework import serializers

from contributions.api.documents import Input, Output, fail_field
from contributions.api.fields import (
    ChoiceField,
    DayField,
    IdField,
    IntegerField,
    RecordField,
    TextField,
    TimeField,
    YesNoField,
)
from contributions.api.parties import every_task_type
from contributions.identifiers import public_id
from contributions.imports.answers import Answers, HitTime, Question
from contributions.imports.durations import DurationForm
from contributions.imports.formats.registry import FORMATS
from contributions.imports.mapping import ColumnMapping, read_mapping
from contributions.imports.normal_form import Outcome, TimeBasis
from contributions.imports.refusals import ImportRefused
from contributions.imports.report import Preview
from contributions.imports.walk import Plan
from contributions.models import (
    Contribution,
    ImportBatch,
    ImportJob,
    Organisation,
    Product,
    StagedImport,
    TaskType,
    Worker,
)
from contributions.services import importing
from contributions.services.importing_words import told
from contributions.services.visibility import visible_products

_LONGEST_TOML = 64 * 1024
_MOST_IDLE_SECONDS = 366 * 24 * 3600
STATES = ("staged", "previewed", *ImportJob.State.values, "committed", "discarded", "undone")


class ImportPlanInput(Input):
    """How a file is read, what its work belongs to, and what it leaves unsaid."""

    format = ChoiceField(
        choices=sorted(FORMATS), required=False, help_text="A tool; or give `mapping`."
    )
    mapping = TextField(
        most=_LONGEST_TOML, required=False, help_text="What each column means, as TOML."
    )
    product = RecordField(Product, visible=visible_products)
    task_type = RecordField(TaskType, visible=every_task_type)
    review_task_type = RecordField(TaskType, visible=every_task_type, required=False)
    worker_status = ChoiceField(choices=Worker.Status.values, required=False)
    evidence_grade = ChoiceField(choices=Contribution.Evidence.values, required=False)
    instance = TextField(blank=True, required=False, help_text="Which installation of the tool.")
    zone = TextField(most=64, required=False, help_text="IANA zone of times that state none.")
    day_first = YesNoField(required=False, help_text="Whether 03/04/2026 is in April.")
    duration_unit = ChoiceField(choices=[form.value for form in DurationForm], required=False)
    worker = TextField(required=False, help_text="The worker, for files that name nobody.")
    occurred_on = DayField(required=False, help_text="The day of rows that state none.")
    unreviewed = ChoiceField(
        choices=[Outcome.ACCEPTED.value, Outcome.PENDING.value], required=False
    )
    idle_cap_seconds = IntegerField(least=1, most=_MOST_IDLE_SECONDS, required=False)
    hit_time = ChoiceField(choices=[treatment.value for treatment in HitTime], required=False)

    def validate_mapping(self, text: str) -> ColumnMapping:
        """Return the mapping that TOML says.

        Raises:
            ValidationError: It says none.
        """
        try:
            return read_mapping(text)
        except ImportRefused as error:
            raise serializers.ValidationError(told(error), code=error.code) from error

    def validate_zone(self, zone: str) -> str:
        """Return a zone there is.

        Raises:
            ValidationError: There is none of that name.
        """
        if zone not in available_timezones():
            raise serializers.ValidationError(_("There is no such time zone."), "zone_unknown")
        return zone

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the choice under `choice`."""
        if ("format" in attrs) == ("mapping" in attrs):
            raise fail_field(
                "format", "format_or_mapping", _("Name either the tool or a mapping of columns.")
            )
        plan = Plan(
            format=attrs.get("format"), mapping=attrs.get("mapping"), answers=_answers(attrs)
        )
        choice = importing.Choice(
            plan=plan,
            product=attrs["product"],
            task_type=attrs["task_type"],
            review_task_type=attrs.get("review_task_type"),
            worker_status=attrs.get("worker_status", Worker.Status.CROWD),
            evidence_grade=attrs.get("evidence_grade", Contribution.Evidence.B),
        )
        return {"choice": choice}


_ANSWERS = (
    "instance",
    "zone",
    "day_first",
    "duration_unit",
    "worker",
    "occurred_on",
    "unreviewed",
    "idle_cap_seconds",
    "hit_time",
)


def _answers(attrs: dict[str, Any]) -> Answers:
    kinds: dict[str, Any] = {
        "duration_unit": DurationForm,
        "unreviewed": Outcome,
        "hit_time": HitTime,
    }
    given = {
        name: kinds[name](attrs[name]) if name in kinds else attrs[name]
        for name in _ANSWERS
        if name in attrs
    }
    return Answers(**given)


class CandidateOutput(Output):
    """A tool that the file may come from."""

    format = TextField()
    name = TextField()
    matched = serializers.ListField(child=serializers.CharField())


class BasisOutput(Output):
    """Working time of one time basis."""

    time_basis = ChoiceField(choices=[basis.value for basis in TimeBasis])
    rows = IntegerField()
    milliseconds_in_file = IntegerField(help_text="As the file states them.")
    milliseconds_recorded = IntegerField(help_text="After idle cap and repeated times.")


class TotalsOutput(Output):
    """What is in the file."""

    rows_read = IntegerField()
    rows_accepted = IntegerField()
    rows_rejected = IntegerField()
    rejected_by_code = serializers.DictField(child=serializers.IntegerField())
    rows_by_outcome = serializers.DictField(child=serializers.IntegerField())
    control_rows = IntegerField()
    workers = IntegerField()
    time = BasisOutput(many=True)


class ImportOutput(Output):
    """A file on its way into the records."""

    id = IdField(StagedImport)
    organisation = IdField(Organisation)
    file_name = TextField()
    file_sha256 = TextField(most=64)
    size_bytes = IntegerField()
    uploaded_at = TimeField()
    state = ChoiceField(choices=STATES)
    product = IdField(Product, allow_null=True)
    task_type = IdField(TaskType, allow_null=True)
    rows_done = IntegerField(help_text="Source rows that the worker is through with.")
    rows_known = IntegerField(allow_null=True, help_text="Source rows of the file.")
    failure = TextField(most=64, blank=True, help_text="Stable code of why it failed.")
    failure_detail = serializers.CharField(allow_blank=True)
    batch = IdField(ImportBatch, allow_null=True)
    effect = serializers.DictField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Rows that are new, known, changed, withdrawn or repeated; and new workers.",
    )

    def to_representation(self, instance: StagedImport) -> dict[str, Any]:
        """Return what a list says of an import."""
        job: ImportJob | None = getattr(instance, "job", None)
        return {
            "id": instance.public_id,
            "organisation": public_id("org", instance.organisation_id),
            "file_name": instance.file_name,
            "file_sha256": instance.file_sha256,
            "size_bytes": instance.size_bytes,
            "uploaded_at": instance.uploaded_at.isoformat().replace("+00:00", "Z"),
            "state": state_of(instance),
            "product": _id("prd", instance.product_id),
            "task_type": _id("tsk", instance.task_type_id),
            "rows_done": job.rows_done if job else 0,
            "rows_known": job.rows_known if job else None,
            "failure": job.failure if job else "",
            "failure_detail": job.failure_text if job else "",
            "batch": _id("imp", instance.batch_id),
            "effect": instance.effect,
        }


class ImportDetailOutput(ImportOutput):
    """One import, with what is known of its file."""

    candidates = CandidateOutput(many=True)
    columns = serializers.ListField(child=serializers.CharField())
    guess = serializers.CharField(help_text="A mapping that the file suggests, as TOML.")
    questions = serializers.ListField(
        child=ChoiceField(choices=[question.value for question in Question]),
        help_text="What must be answered in the plan before the rows can be recorded.",
    )
    totals = TotalsOutput(allow_null=True)

    def to_representation(self, instance: StagedImport) -> dict[str, Any]:
        """Return all there is to say while the file is here, and its totals afterwards."""
        shown = super().to_representation(instance)
        shown |= {"candidates": [], "columns": [], "guess": "", "questions": []}
        if instance.state == StagedImport.State.STAGED:
            look = importing.look_document_of(instance)
            shown |= {
                "candidates": [
                    {name: one[name] for name in ("format", "name", "matched")}
                    for one in look["candidates"]
                ],
                "columns": look["columns"],
                "guess": look["guess"],
            }
        found = importing.newest_preview(instance)
        if found is not None:
            shown["questions"] = sorted(found.questions)
        return shown | {"totals": _totals(instance, found)}


class RowErrorOutput(Output):
    """Why one row of the file is rejected."""

    line = IntegerField(help_text="Line or record number in the file, from 1.")
    column = serializers.CharField(allow_blank=True)
    code = serializers.CharField(help_text="Stable; made for programs.")
    detail = serializers.CharField()


def state_of(staged: StagedImport) -> str:
    """Return where an import stands, its job's and its batch's state included."""
    job: ImportJob | None = getattr(staged, "job", None)
    if staged.batch is not None and staged.batch.state == ImportBatch.State.UNDONE:
        return "undone"
    if staged.state != StagedImport.State.STAGED:
        return staged.state
    # After a failure the plan may be changed; then the preview is what counts.
    if job is not None and (job.is_active or staged.effect is not None):
        return job.state
    return "staged" if staged.effect is None else "previewed"


def _totals(staged: StagedImport, found: Preview | None) -> dict[str, Any] | None:
    if found is not None:
        return asdict(found.totals())
    if staged.batch is not None:
        kept: dict[str, Any] | None = staged.batch.options.get("totals")
        return kept
    return None


def _id(prefix: str, number: int | None) -> str | None:
    return None if number is None else public_id(prefix, number)
