"""Confirming a record or objecting to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contributions.forms.fields import PlainTextField
from contributions.forms.speaking import VoiceForm
from contributions.models import Attestation

LONGEST_COMMENT = 1000


class AttestationForm(VoiceForm):
    """What a party says of a record, or of many."""

    stance = forms.ChoiceField(
        label=_("What you say"),
        choices=[
            (Attestation.Stance.CONFIRMS, _("The record is right")),
            (Attestation.Stance.OBJECTS, _("The record is wrong")),
            (Attestation.Stance.SILENT, _("I take back what I said")),
        ],
    )
    comment = PlainTextField(
        label=_("Comment"),
        required=False,
        longest=LONGEST_COMMENT,
        help_text=_("Needed if the record is wrong. It stays with the record."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where the record is called wrong."""
        cleaned = super().clean() or {}
        if cleaned.get("stance") == Attestation.Stance.OBJECTS and not cleaned.get("comment"):
            fault = _("Say what is wrong with the record.")
            self.add_error("comment", ValidationError(fault, code="unexplained"))
        return cleaned
