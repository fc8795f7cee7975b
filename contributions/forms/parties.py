"""Entering workers, consent, organisations, their members, and task types."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.forms.fields import CountryField, PlainTextField, RecordField, with_blank
from contributions.forms.labour import GroupedTaskTypeField
from contributions.forms.names import capital, labour_name
from contributions.models import Membership, Organisation, TaskType, Worker
from contributions.models.labour import LabourType, Phase

_PLAIN_CODE = re.compile("[a-z0-9][a-z0-9_-]*", re.ASCII)


def _capitals(choices: Any) -> list[tuple[str, str]]:
    return [(code, capital(label)) for code, label in choices]


class WorkerForm(forms.Form):
    """A worker, known by a pseudonym only."""

    organisation = RecordField(
        Organisation.objects.none(), label=_("Kept by"), empty_label=_("Choose an organisation")
    )
    pseudonym = PlainTextField(
        label=_("Pseudonym"),
        longest=64,
        help_text=_("Not the name on the identity card: records are kept for ever."),
    )
    status = forms.ChoiceField(label=_("Status"))
    country = CountryField(
        label=_("Country"), required=False, help_text=_("Two letters, such as CN or KE.")
    )
    wage_region = PlainTextField(
        label=_("Living-wage region"),
        required=False,
        longest=64,
        help_text=_("The region whose living wage this person's pay is compared with."),
    )
    agreed = forms.BooleanField(
        label=_("This person agreed today that the organisation sees their records."),
        required=False,
    )

    def __init__(self, data: Any = None, *, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations
        status: Any = self.fields["status"]
        status.choices = _capitals(Worker.Status.choices)
        if len(organisations) == 1:
            self.initial["organisation"] = organisations[0]
            organisation.widget = forms.HiddenInput()

    def worker(self) -> Worker:
        """Return what was typed as a worker; call after `is_valid`."""
        names = ("pseudonym", "status", "country", "wage_region")
        return Worker(**{name: self.cleaned_data[name] for name in names})


class ConsentForm(forms.Form):
    """Which labour organisation a worker lets see their records."""

    organisation = RecordField(
        Organisation.objects.none(),
        label=_("Labour organisation"),
        empty_label=_("Choose an organisation"),
    )

    def __init__(self, data: Any = None, *, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations


class OrganisationForm(forms.Form):
    """A party to the records."""

    name = PlainTextField(label=_("Name"))
    kind = forms.ChoiceField(label=_("Kind"))
    country = CountryField(label=_("Country"), help_text=_("Two letters, such as CN or KE."))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        kind: Any = self.fields["kind"]
        kind.choices = _capitals(Organisation.Kind.choices)

    def organisation(self) -> Organisation:
        """Return what was typed as an organisation; call after `is_valid`."""
        return Organisation(**self.cleaned_data)


class MemberForm(forms.Form):
    """Who joins an organisation, and as what."""

    username = PlainTextField(label=_("User name"), longest=150)
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"role": Membership.Role.VIEWER})
        role: Any = self.fields["role"]
        role.choices = _capitals(Membership.Role.choices)


class TaskTypeForm(forms.Form):
    """A kind of task of one's own, under one of the eight labour types."""

    code = PlainTextField(
        label=_("Code"),
        longest=64,
        help_text=_("Small letters, digits and hyphens. It stands in files and bundles."),
    )
    name = PlainTextField(label=_("Name (English)"), longest=100)
    name_zh = PlainTextField(label=_("Name (Chinese)"), longest=100, required=False)
    labour_type = forms.ChoiceField(label=_("Labour type"))
    phase = forms.ChoiceField(label=_("Phase"))
    unit = PlainTextField(
        label=_("Unit"), longest=32, help_text=_("What is counted: item, prompt, commit.")
    )
    parent = GroupedTaskTypeField(
        TaskType.objects.none(),
        label=_("Wider task type"),
        required=False,
        empty_label=_("None"),
        help_text=_("While few people have done the task, its norm leans on this one's."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        labour_type: Any = self.fields["labour_type"]
        labour_type.choices = with_blank(
            [(code, labour_name(code)) for code in LabourType.values], _("Choose a labour type")
        )
        phase: Any = self.fields["phase"]
        phase.choices = _capitals(Phase.choices)
        parent: Any = self.fields["parent"]
        parent.queryset = TaskType.objects.all()

    def clean_code(self) -> str:
        """Refuse a code that files and bundles could not carry.

        Raises:
            ValidationError: It has other letters, or is taken.
        """
        code: str = self.cleaned_data["code"]
        if not _PLAIN_CODE.fullmatch(code):
            fault = _("Use small letters from a to z, digits, hyphens and underscores.")
            raise ValidationError(fault, code="not_plain")
        if TaskType.objects.filter(code=code).exists():
            raise ValidationError(_("There is a task type of this code already."), code="taken")
        return code

    def clean(self) -> dict[str, Any]:
        """Keep a task type under a parent of its own labour type and unit."""
        cleaned = super().clean() or {}
        parent = cleaned.get("parent")
        if parent and parent.labour_type != cleaned.get("labour_type"):
            fault = _("The wider task type belongs to another labour type.")
            self.add_error("parent", ValidationError(fault, code="other_labour_type"))
        elif parent and parent.unit != cleaned.get("unit"):
            fault = _("The wider task type counts another unit, so their norms do not compare.")
            self.add_error("parent", ValidationError(fault, code="other_unit"))
        return cleaned

    def task_type(self) -> TaskType:
        """Return what was typed as a task type; call after `is_valid`."""
        return TaskType(**self.cleaned_data)
