"""The form in which a receipt or a work history is handed in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

MOST_FILE_BYTES = 4_000_000
"""A work history names every record; a receipt is a few kilobytes."""
MOST_PASTED_BYTES = 100_000
MOST_RECORD_BYTES = 1_000_000


class ReceiptForm(forms.Form):
    """A receipt or work history as file or text, and a receipt's record if its holder likes."""

    file = forms.FileField(label=_("Receipt or work history (file)"), required=False)
    pasted = forms.CharField(
        label=_("Or its text"),
        required=False,
        max_length=MOST_PASTED_BYTES,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    record = forms.FileField(
        label=_("The record itself (file)"),
        required=False,
        help_text=_("Compared with what the receipt says was logged."),
    )

    def clean_file(self) -> str:
        """Read the receipt.

        Raises:
            ValidationError: It is too large or no text.
        """
        content = _read(self.cleaned_data["file"], MOST_FILE_BYTES)
        try:
            return (content or b"").decode()
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("This file is not a receipt.")) from error

    def clean_record(self) -> bytes | None:
        """Read the record.

        Raises:
            ValidationError: It is too large.
        """
        return _read(self.cleaned_data["record"], MOST_RECORD_BYTES)

    def clean(self) -> dict[str, Any]:
        """Ask for one receipt.

        Raises:
            ValidationError: There is none.
        """
        cleaned = self.cleaned_data
        if not self.errors and not self.text():
            raise forms.ValidationError(_("Choose the receipt's file or paste its text."))
        return cleaned

    def text(self) -> str:
        """Return the receipt's text."""
        return self.cleaned_data.get("file") or self.cleaned_data.get("pasted") or ""


def _read(upload: UploadedFile[bytes] | None, most_bytes: int) -> bytes | None:
    if not upload:
        return None
    if upload.size is None or upload.size > most_bytes:
        raise forms.ValidationError(_("This file is too large to be what it should be."))
    content: bytes = upload.read()
    return content
