"""Importing a file: which file, how to read it, and what its columns mean."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.forms.fields import (
    DateField,
    DecimalTextField,
    PlainTextField,
    ProductField,
    RecordField,
    with_blank,
)
from contributions.forms.labour import GroupedTaskTypeField
from contributions.forms.names import capital
from contributions.imports.answers import Answers, HitTime
from contributions.imports.durations import DurationForm
from contributions.imports.formats.registry import FORMATS
from contributions.imports.mapping import ColumnMapping, read_mapping
from contributions.imports.normal_form import Outcome
from contributions.imports.refusals import ImportRefused
from contributions.imports.walk import Look, Plan
from contributions.models import Contribution, Organisation, Product, TaskType, Worker
from contributions.models.imports import SavedMapping, StagedImport
from contributions.services.importing import Choice, mapping_of, plan_of
from contributions.services.importing_words import told

BY_COLUMNS = "columns"
_FORMAT, _MAPPING = "format:", "mapping:"
_SECONDS_A_MINUTE = 60
_LONGEST_TOML = 64 * 1024
DURATION_FORMS = [
    (DurationForm.SECONDS, _("Seconds")),
    (DurationForm.MILLISECONDS, _("Milliseconds")),
    (DurationForm.MINUTES, _("Minutes")),
    (DurationForm.HOURS, _("Hours, such as 1.5")),
    (DurationForm.CLOCK, _("Hours and minutes, such as 1:30")),
    (DurationForm.MINUTE_CLOCK, _("Minutes and seconds, such as 1:30")),
    (DurationForm.HOURS_OR_CLOCK, _("Hours, with a point or a colon")),
]


class UploadForm(forms.Form):
    """A file, and for whom it is imported."""

    organisation = RecordField(
        Organisation.objects.none(),
        label=_("Recording for"),
        empty_label=_("Choose an organisation"),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "The export of a labelling tool, crowd platform or time tracker, or any table: CSV, "
            "TSV, XLSX, JSON, JSON Lines, Parquet, or a zip of such."
        ),
    )

    def __init__(
        self, *arguments: Any, organisations: QuerySet[Organisation], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        _offer(self, "organisation", organisations)
        if len(organisations) == 1:
            # Whoever records for one organisation has nothing to choose.
            self.initial["organisation"] = organisations[0]
            self.fields["organisation"].widget = forms.HiddenInput()


class ReadingForm(forms.Form):
    """How a file is read, what its work belongs to, and what it leaves unsaid."""

    reading = forms.ChoiceField(
        label=_("Read it as"),
        help_text=_("What Huisu recognised comes first. You may know better."),
    )
    product = ProductField(
        Product.objects.none(), label=_("Product"), empty_label=_("Choose a product")
    )
    task_type = GroupedTaskTypeField(
        TaskType.objects.none(), label=_("Task type"), empty_label=_("Choose a task type")
    )
    review_task_type = GroupedTaskTypeField(
        TaskType.objects.none(),
        label=_("Task type of reviews"),
        empty_label=_("The same"),
        required=False,
        help_text=_("For files that also show who reviewed the work."),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of times that do not state their own."),
    )
    occurred_on = DateField(
        label=_("Day of work"), required=False, help_text=_("For rows that state none.")
    )
    worker = PlainTextField(
        label=_("Worker"), required=False, help_text=_("For files that name nobody.")
    )
    day_first = forms.ChoiceField(label=_("03/04/2026 is"), required=False)
    duration_unit = forms.ChoiceField(
        label=_("Unit of durations"),
        required=False,
        help_text=_("For tools that do not state one."),
    )
    unreviewed = forms.ChoiceField(
        label=_("Outcome of work that the tool shows no review of"), required=False
    )
    idle_cap = DecimalTextField(
        label=_("Idle cap (minutes)"),
        required=False,
        scale=_SECONDS_A_MINUTE,
        digits=1,
        largest=10_000,
        help_text=_(
            "The longest time to count for a row, where a clock ran while a page was open or a "
            "task was held. The preview shows the hours before and after."
        ),
    )
    hit_time = forms.ChoiceField(
        label=_("Times repeated on the rows of an assignment"), required=False
    )
    worker_status = forms.ChoiceField(label=_("How new workers are engaged"))
    evidence_grade = forms.ChoiceField(label=_("Evidence"))
    instance = PlainTextField(
        label=_("Instance"),
        required=False,
        help_text=_("Which installation or account of the tool, if there are several."),
    )
    mapping_file = forms.FileField(
        label=_("Mapping file (TOML)"),
        required=False,
        help_text=_("A mapping of columns that somebody exported before."),
    )

    FIRST = ("reading", "product", "task_type")

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        staged: StagedImport,
        look: Look,
        products: QuerySet[Product],
    ) -> None:
        super().__init__(data, files, initial=_as_chosen(staged, look))
        self.look = look
        self.saved = {
            f"{_MAPPING}{row.public_id}": row for row in staged.organisation.saved_mappings.all()
        }
        self.base = None if staged.plan is None else plan_of(staged).mapping
        _offer(self, "product", products)
        for name in ("task_type", "review_task_type"):
            _offer(self, name, TaskType.objects.all())
        for name, choices in self._choices():
            _choose(self, name, choices)

    def _choices(self) -> list[tuple[str, list[Any]]]:
        unsaid = _("Not chosen")
        sides = [("day", _("3 April")), ("month", _("4 March"))]
        hit_times = [
            (HitTime.DIVIDED, _("Divide the time among the rows")),
            (HitTime.ONCE, _("Count the time once")),
            (HitTime.PER_ROW, _("They are not repeated: count every row")),
        ]
        outcomes = [
            (code, capital(label))
            for code, label in Contribution.Outcome.choices
            if code in {Outcome.ACCEPTED, Outcome.PENDING}
        ]
        return [
            ("reading", self._readings()),
            ("zone", with_blank([(zone, zone) for zone in _zones()], unsaid)),
            ("day_first", with_blank(sides, unsaid)),
            ("duration_unit", with_blank(DURATION_FORMS, unsaid)),
            ("unreviewed", outcomes),
            ("hit_time", with_blank(hit_times, _("Divide them if they are found"))),
            ("worker_status", [(code, capital(text)) for code, text in Worker.Status.choices]),
            (
                "evidence_grade",
                [(code, capital(text)) for code, text in Contribution.Evidence.choices],
            ),
        ]

    def _readings(self) -> list[Any]:
        found = [
            (f"{_FORMAT}{candidate.format}", candidate.name) for candidate in self.look.candidates
        ]
        named = {code for code, _name in found}
        others = [
            (f"{_FORMAT}{code}", format_.name)
            for code, format_ in FORMATS.items()
            if f"{_FORMAT}{code}" not in named
        ]
        saved = [(code, row.name) for code, row in self.saved.items()]
        groups = [
            (_("Recognised"), found),
            (_("Any table"), [(BY_COLUMNS, _("Say what each column means"))]),
            (_("Saved mappings"), saved),
            (_("Other tools"), others),
        ]
        return [(label, choices) for label, choices in groups if choices]

    def clean_mapping_file(self) -> ColumnMapping | None:
        """Read the mapping file.

        Raises:
            ValidationError: It is no mapping.
        """
        file = self.cleaned_data["mapping_file"]
        if file is None:
            return None
        try:
            return read_mapping(file.read(_LONGEST_TOML + 1).decode("utf-8", "replace"))
        except ImportRefused as error:
            raise ValidationError(told(error), code=error.code) from error

    @property
    def by_columns(self) -> bool:
        """Whether the columns are to be looked at next; call after `is_valid`."""
        typed = self.cleaned_data
        return bool(typed["mapping_file"]) or not typed["reading"].startswith(_FORMAT)

    def choice(self) -> Choice:
        """Return what was chosen; call after `is_valid`."""
        typed = self.cleaned_data
        return Choice(
            plan=self._plan(),
            product=typed["product"],
            task_type=typed["task_type"],
            review_task_type=typed["review_task_type"],
            worker_status=typed["worker_status"],
            evidence_grade=typed["evidence_grade"],
        )

    def _plan(self) -> Plan:
        typed = self.cleaned_data
        answers = Answers(
            instance=typed["instance"],
            zone=typed["zone"] or None,
            day_first={"day": True, "month": False}.get(typed["day_first"]),
            duration_unit=DurationForm(typed["duration_unit"]) if typed["duration_unit"] else None,
            worker=typed["worker"] or None,
            occurred_on=typed["occurred_on"],
            unreviewed=Outcome(typed["unreviewed"] or Outcome.ACCEPTED),
            idle_cap_seconds=typed["idle_cap"],
            hit_time=HitTime(typed["hit_time"]) if typed["hit_time"] else None,
        )
        reading = typed["reading"]
        if not self.by_columns:
            return Plan(format=reading.removeprefix(_FORMAT), answers=answers)
        mapping = typed["mapping_file"] or self._mapping(self.saved.get(reading))
        return Plan(mapping=mapping, answers=answers)

    def _mapping(self, saved: SavedMapping | None) -> ColumnMapping:
        return mapping_of(saved) if saved is not None else self.base or self.look.guess


def _as_chosen(staged: StagedImport, look: Look) -> dict[str, Any]:
    """What to show: what was chosen before, else what the file suggests."""
    reading = f"{_FORMAT}{look.candidates[0].format}" if look.candidates else BY_COLUMNS
    chosen: dict[str, Any] = {
        "reading": reading,
        "product": staged.product,
        "task_type": staged.task_type,
        "review_task_type": staged.review_task_type,
        "worker_status": staged.worker_status,
        "evidence_grade": staged.evidence_grade,
    }
    if staged.plan is None:
        return chosen
    plan = plan_of(staged)
    answers = plan.answers
    day_first = {True: "day", False: "month", None: ""}[answers.day_first]
    return chosen | {
        "reading": f"{_FORMAT}{plan.format}" if plan.format else BY_COLUMNS,
        "instance": answers.instance,
        "zone": answers.zone or "",
        "day_first": day_first,
        "duration_unit": answers.duration_unit or "",
        "worker": answers.worker or "",
        "occurred_on": answers.occurred_on,
        "unreviewed": answers.unreviewed,
        "idle_cap": answers.idle_cap_seconds,
        "hit_time": answers.hit_time or "",
    }


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def _offer(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    field: Any = form.fields[name]
    field.queryset = rows


def _choose(form: forms.Form, name: str, choices: list[Any]) -> None:
    field: Any = form.fields[name]
    field.choices = choices


def with_mapping(plan: Plan, mapping: ColumnMapping) -> Plan:
    """Return a plan that reads through another mapping."""
    return replace(plan, format=None, mapping=mapping)
