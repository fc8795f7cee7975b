"""A whole policy document, pasted or handed in as a file."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.models import Organisation

LARGEST_BYTES = 1_000_000


class DocumentForm(forms.Form):
    """A policy in JSON, or in TOML as the presets are written."""

    operator = forms.ModelChoiceField(label=_("Operator"), queryset=Organisation.objects.none())
    document = forms.CharField(
        label=_("The document"),
        required=False,
        max_length=LARGEST_BYTES,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        help_text=_("In JSON. What it leaves out has its default; unknown fields are refused."),
    )
    file = forms.FileField(
        label=_("or as a file"), required=False, help_text=_("In JSON or TOML, at most 1 MB.")
    )

    def __init__(self, *arguments: Any, operators: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.found: dict[str, Any] = {}
        operator = self.fields["operator"]
        if isinstance(operator, forms.ModelChoiceField):
            operator.queryset = operators

    def clean(self) -> dict[str, Any]:
        """Read the document from where it was given."""
        cleaned: dict[str, Any] = super().clean() or {}
        file: UploadedFile[Any] | None = cleaned.get("file")
        if bool(file) == bool(cleaned.get("document")):
            self.add_error("document", _("Paste a document or choose a file, and not both."))
        elif file is not None:
            self._read_file(file)
        else:
            self._read("document", cleaned["document"], toml=False)
        return cleaned

    def _read_file(self, file: UploadedFile[Any]) -> None:
        if (file.size or 0) > LARGEST_BYTES:
            self.add_error("file", _("At most 1 MB."))
            return
        try:
            text = file.read().decode("utf-8")
        except UnicodeDecodeError:
            self.add_error("file", _("This is no text in UTF-8."))
            return
        self._read("file", text, toml=str(file.name).endswith(".toml"))

    def _read(self, field: str, text: str, *, toml: bool) -> None:
        try:
            found = tomllib.loads(text) if toml else json.loads(text)
        except (ValueError, RecursionError) as error:
            self.add_error(field, ValidationError(str(error)[:300], code="document_unreadable"))
            return
        if isinstance(found, dict):
            self.found = found
        else:
            self.add_error(field, _("This must be a JSON object."))
