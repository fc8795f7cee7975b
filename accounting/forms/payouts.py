"""What is asked when a run is rejected, a period closed, or people are paid."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounting.services.payout_accounts import AccountDetails, clean_details

_DAY = forms.DateInput(attrs={"type": "date"})
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class ReasonForm(forms.Form):
    """Why something is refused."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class NoteForm(forms.Form):
    """A remark on a step of closing."""

    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        help_text=_("Needed if points of the checklist are open: say why it is closed anyway."),
    )


class BatchForm(forms.Form):
    """When a batch is to be paid, and whether failed payments are tried again."""

    execute_on = forms.DateField(label=_("Day of payment"), widget=_DAY)
    retry = forms.BooleanField(
        label=_("Try payments again that came back or were refused"), required=False
    )


class PaidForm(forms.Form):
    """When the bank paid."""

    paid_on = forms.DateField(label=_("Day on which the bank paid"), widget=_DAY)


class FailureForm(forms.Form):
    """When and why the bank refused a payment or sent it back."""

    happened_on = forms.DateField(label=_("Day"), widget=_DAY)
    reason = forms.CharField(label=_("What the bank gave as the reason"), max_length=200)


class PayoutAccountForm(forms.Form):
    """Where money goes: holder, account, bank."""

    name = forms.CharField(
        label=_("Name of the account's holder"), max_length=140, widget=forms.TextInput(_PLAIN)
    )
    number = forms.CharField(
        label=_("IBAN or account number"), max_length=60, widget=forms.TextInput(_PLAIN)
    )
    bic = forms.CharField(
        label=_("BIC of the bank"),
        max_length=20,
        required=False,
        help_text=_("Only if your bank asks for it."),
        widget=forms.TextInput(_PLAIN),
    )
    details: AccountDetails

    def clean(self) -> dict[str, Any]:
        """Check the account; errors stand at their fields."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.details = clean_details(**cleaned)
            except ValidationError as error:
                for name, texts in error.message_dict.items():
                    self.add_error(name, texts)
        return cleaned
