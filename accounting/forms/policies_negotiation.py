"""An entry of a negotiation's record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounting.forms.policies_fields import LinesField
from accounting.models import NegotiationStep, Policy
from accounting.services.negotiation import LARGEST_FILE_BYTES, Minutes
from contributions.models import Organisation


class StepForm(forms.Form):
    """What happened, when, who was there, and the minutes."""

    organisation = forms.ChoiceField(label=_("Recorded for"))
    kind = forms.ChoiceField(label=_("What happened"), choices=NegotiationStep.Kind.choices)
    held_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}), help_text=_("Of the event.")
    )
    parties = LinesField(
        label=_("Parties"), required=False, help_text=_("Who was there, one a line.")
    )
    text = forms.CharField(
        label=_("In short"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    url = forms.URLField(
        label=_("Address"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("Where it is published."),
    )
    file = forms.FileField(
        label=_("Minutes of the meeting"),
        required=False,
        help_text=_("Any file of at most 20 MB. It is kept under its SHA-256, which is logged."),
    )

    def __init__(self, *arguments: Any, organisations: list[Organisation], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._organisations = {row.public_id: row for row in organisations}
        field = self.fields["organisation"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, str(row)) for key, row in self._organisations.items()]

    def clean_file(self) -> UploadedFile[Any] | None:
        """Refuse a file that is too large, before it is read.

        Raises:
            ValidationError: It is.
        """
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST_FILE_BYTES:
            raise ValidationError(_("A file of minutes has at most 20 MB."))
        return file

    def step(self, policy: Policy) -> NegotiationStep:
        """Return the unsaved entry."""
        given = self.cleaned_data
        return NegotiationStep(
            policy=policy,
            organisation=self._organisations[given["organisation"]],
            **{name: given[name] for name in ("kind", "held_on", "parties", "text", "url")},
        )

    def minutes(self) -> Minutes | None:
        """Return the file that was handed in."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return None if file is None else Minutes(str(file.name), file.read())

    def refuse(self, error: ValidationError) -> None:
        """Mark the fields that the record does not take."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, found in error.error_dict.items():
            self.add_error(name if name in self.fields else None, found)
