"""Entering one batch of labour by hand, correcting and withdrawing it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contributions.currencies import MINOR_DIGITS
from contributions.forms.facets import named_workers
from contributions.forms.fields import (
    DateField,
    DecimalTextField,
    PercentField,
    PlainTextField,
    ProductField,
    RecordField,
    with_blank,
)
from contributions.forms.names import capital, labour_name
from contributions.models import Contribution, Organisation, Product, TaskType, Worker
from contributions.models.labour import LabourType, Phase
from contributions.services.recording import Entry

if TYPE_CHECKING:
    _ModelChoiceIterator = forms.models.ModelChoiceIterator[Any]
else:
    # Generic to the type checker alone.
    _ModelChoiceIterator = forms.models.ModelChoiceIterator

MINUTES_AN_HOUR = 60
_MOST_HOURS = 24 * 366
_MICRO_DIGITS = 6
_ENTERED = (
    "units",
    "quality_ppm",
    "outcome",
    "machine_share_ppm",
    "role",
    "grade",
    "wage_currency",
    "paid_through_ppm",
    "harmful_exposure",
    "evidence_grade",
    "occurred_on",
)


class GroupedTaskTypes(_ModelChoiceIterator):
    """Task types under headings of their labour types."""

    def __iter__(self) -> Any:
        yield ("", self.field.empty_label)
        by_type: dict[str, list[tuple[str, str]]] = {}
        for row in self.queryset:
            choices = by_type.setdefault(row.labour_type, [])
            choices.append((row.public_id, str(row)))
        for code in LabourType.values:
            if code in by_type:
                yield (labour_name(code), by_type[code])


class GroupedTaskTypeField(RecordField):
    """A choice of task types under headings of their labour types."""

    iterator = GroupedTaskTypes


def _capitals(choices: Any) -> list[tuple[str, str]]:
    return [(code, capital(label)) for code, label in choices]


class LabourForm(forms.Form):
    """One batch of labour. What is left empty is unknown, and is never taken for zero."""

    entry_id = forms.CharField(widget=forms.HiddenInput, max_length=36)
    organisation = RecordField(
        Organisation.objects.none(),
        label=_("Recording for"),
        empty_label=_("Choose an organisation"),
    )
    worker = PlainTextField(
        label=_("Worker"), help_text=_("The pseudonym, or the id that starts with wrk_.")
    )
    product = ProductField(
        Product.objects.none(), label=_("Product"), empty_label=_("Choose a product")
    )
    task_type = GroupedTaskTypeField(
        TaskType.objects.none(), label=_("Task type"), empty_label=_("Choose a task type")
    )
    phase = forms.ChoiceField(required=False, label=_("Phase"))
    occurred_on = DateField(label=_("Day of work"))
    hours = DecimalTextField(
        label=pgettext_lazy("typed duration", "Hours"), required=False, largest=_MOST_HOURS
    )
    minutes = DecimalTextField(label=_("Minutes"), required=False, largest=MINUTES_AN_HOUR - 1)
    time_basis = forms.ChoiceField(
        label=_("How the time is known"),
        help_text=_("If nobody knows the time, leave hours and minutes empty and say so here."),
    )
    units = DecimalTextField(
        label=_("Units"), required=False, help_text=_("How many items, prompts or commits.")
    )
    outcome = forms.ChoiceField(label=_("Outcome"))
    quality_ppm = PercentField(label=_("Quality (%)"), required=False)
    evidence_grade = forms.ChoiceField(label=_("Evidence"))
    wage = DecimalTextField(
        label=_("Wage already paid"),
        required=False,
        scale=1_000_000,
        digits=_MICRO_DIGITS,
        help_text=_("What the worker has received for this work. It is no share of revenue."),
    )
    wage_currency = forms.ChoiceField(label=_("Currency of the wage"), required=False)
    paid_through_ppm = PercentField(
        label=_("Paid through to the worker (%)"),
        required=False,
        help_text=_("How much of what the client paid reached the worker."),
    )
    machine_share_ppm = PercentField(
        label=_("Machine share (%)"),
        required=False,
        help_text=_("How much of a machine's draft was left unchanged."),
    )
    role = forms.ChoiceField(label=_("Role"))
    grade = PlainTextField(label=_("Grade or skill"), required=False, longest=64)
    harmful_exposure = forms.BooleanField(label=_("Exposure to harmful content"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        organisations: QuerySet[Organisation],
        workers: QuerySet[Worker],
        products: QuerySet[Product],
        initial: dict[str, Any] | None = None,
    ) -> None:
        # Whoever types from memory declares; anything better is for them to claim.
        usual = {
            "entry_id": str(uuid.uuid4()),
            "time_basis": Contribution.TimeBasis.SELF_DECLARED,
            "evidence_grade": Contribution.Evidence.D,
        }
        super().__init__(data, initial=usual | (initial or {}))
        self.workers = workers
        self._offer("organisation", organisations)
        self._offer("product", products)
        self._offer("task_type", TaskType.objects.all())
        for name, choices in (
            ("outcome", Contribution.Outcome.choices),
            ("role", Contribution.Role.choices),
            ("time_basis", Contribution.TimeBasis.choices),
            ("evidence_grade", Contribution.Evidence.choices),
        ):
            self._choose(name, _capitals(choices))
        self._choose("phase", with_blank(_capitals(Phase.choices), _("As usual for the task type")))
        currencies = [(code, code) for code in sorted(MINOR_DIGITS)]
        self._choose("wage_currency", with_blank(currencies, _("None")))
        if len(organisations) == 1:
            # Whoever records for one organisation has nothing to choose.
            self.initial["organisation"] = organisations[0]
            self.fields["organisation"].widget = forms.HiddenInput()

    def clean_worker(self) -> Worker:
        """Find the worker among those this recorder may see.

        Raises:
            ValidationError: Nobody, or several, are called this.
        """
        found = list(self.workers.filter(pk__in=named_workers(self.cleaned_data["worker"]))[:2])
        if not found:
            raise ValidationError(
                _("You keep no worker of this name. Add the worker first."), code="unknown"
            )
        if len(found) > 1:
            raise ValidationError(
                _("Several workers have this pseudonym. Use the id that starts with wrk_."),
                code="ambiguous",
            )
        return found[0]

    def clean(self) -> dict[str, Any]:
        """Hold time and its basis, wage and its currency together."""
        cleaned = super().clean() or {}
        if "hours" in cleaned and "minutes" in cleaned:
            cleaned["seconds"] = self.seconds(cleaned["hours"], cleaned["minutes"])
            self._check_time(cleaned)
        if cleaned.get("wage"):
            self._check_wage(cleaned["wage"], cleaned.get("wage_currency", ""))
        return cleaned

    def seconds(self, hours: int | None, minutes: int | None) -> int | None:
        """Return the working time that was typed; None if none was."""
        if hours is None and minutes is None:
            return None
        return ((hours or 0) * MINUTES_AN_HOUR + (minutes or 0)) * MINUTES_AN_HOUR

    def entry(self) -> Entry:
        """Return what was typed as an entry; call after `is_valid`."""
        typed = self.cleaned_data
        wage = typed["wage"] or 0
        given = {name: typed[name] for name in _ENTERED}
        if not wage:
            given["wage_currency"] = ""
        return Entry(
            worker_id=typed["worker"].pk,
            product_id=typed["product"].pk,
            task_type_id=typed["task_type"].pk,
            phase=typed["phase"] or typed["task_type"].phase,
            external_id=typed["entry_id"],
            seconds=typed["seconds"],
            time_basis=typed["time_basis"],
            wage_micro=wage,
            **given,
        )

    def _check_time(self, cleaned: dict[str, Any]) -> None:
        seconds, basis = cleaned["seconds"], cleaned.get("time_basis")
        none = Contribution.TimeBasis.NONE
        if seconds == 0:
            self.add_error("hours", _("Leave hours and minutes empty if the time is not known."))
        elif seconds is not None and basis == none:
            self.add_error("time_basis", _("Say how the hours and minutes are known."))
        elif seconds is None and basis and basis != none:
            self.add_error("hours", _("Give hours or minutes, or choose that no time is recorded."))

    def _check_wage(self, wage: int, currency: str) -> None:
        if not currency:
            self.add_error("wage_currency", _("Name the currency of the wage."))
        elif wage % 10 ** (_MICRO_DIGITS - MINOR_DIGITS[currency]):
            self.add_error("wage", _("The currency has no coins this small."))

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field: Any = self.fields[name]
        field.queryset = rows

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices


class CorrectionForm(LabourForm):
    """A corrected batch of labour, and why it is corrected."""

    reason = PlainTextField(
        label=_("Why this is corrected"),
        longest=500,
        help_text=_("It stays with the record, beside what was there before."),
    )

    def __init__(self, *arguments: Any, replaced: Contribution, **options: Any) -> None:
        super().__init__(*arguments, initial=as_typed(replaced), **options)
        self.order_fields(["reason"])
        del self.fields["organisation"]
        del self.fields["entry_id"]
        self.replaced = replaced

    def seconds(self, hours: int | None, minutes: int | None) -> int | None:
        """Return the working time; unchanged hours and minutes keep the seconds behind them."""
        if (hours, minutes) == (self.initial["hours"], self.initial["minutes"]):
            return self.replaced.seconds
        return super().seconds(hours, minutes)

    def _check_wage(self, wage: int, currency: str) -> None:
        # Tools record finer wages than anybody types; an untouched one is no fault.
        if (wage, currency) != (self.replaced.wage_micro, self.replaced.wage_currency):
            super()._check_wage(wage, currency)

    def entry(self) -> Entry:
        """Return the corrected entry, which keeps what the form does not show."""
        self.cleaned_data["entry_id"] = self.replaced.external_id
        corrected = super().entry()
        shown = {name: getattr(corrected, name) for name in Entry.__dataclass_fields__}
        hidden: dict[str, Any] = {
            "evidence_sha256": self.replaced.evidence_sha256,
            "reviewer_id": self.replaced.reviewer_id,
        }
        if corrected.occurred_on == self.replaced.occurred_on:
            hidden["occurred_at"] = self.replaced.occurred_at
        return Entry(**(shown | hidden))


class WithdrawalForm(forms.Form):
    """Why a record is withdrawn."""

    reason = PlainTextField(
        label=_("Why this is withdrawn"),
        longest=500,
        help_text=_("The record stays visible with this reason, and counts for nothing."),
    )


def as_typed(record: Contribution) -> dict[str, Any]:
    """Return a record as somebody would have typed it."""
    typed = {name: getattr(record, name) for name in _ENTERED}
    minutes = None if record.seconds is None else record.seconds // MINUTES_AN_HOUR
    return typed | {
        "worker": record.worker.public_id,
        "product": record.product,
        "task_type": record.task_type,
        "phase": record.phase,
        "hours": None if minutes is None else minutes // MINUTES_AN_HOUR,
        "minutes": None if minutes is None else minutes % MINUTES_AN_HOUR,
        "time_basis": record.time_basis,
        "wage": record.wage_micro or None,
    }
