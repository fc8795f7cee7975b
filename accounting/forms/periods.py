"""Opening a period and asking for a run of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounting.models import Period, Policy
from contributions.currencies import MINOR_DIGITS
from contributions.models import Organisation

_DAY = forms.DateInput(attrs={"type": "date"})


class PeriodForm(forms.Form):
    """The first and last day and the currency of a period."""

    operator = forms.ModelChoiceField(label=_("Operator"), queryset=Organisation.objects.none())
    starts_on = forms.DateField(label=_("First day"), widget=_DAY)
    ends_on = forms.DateField(label=_("Last day"), widget=_DAY)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in sorted(MINOR_DIGITS)]
    )

    def __init__(self, *arguments: Any, operators: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["operator"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = operators

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned


class RunForm(forms.Form):
    """By which policy to compute, and whether only to try."""

    policy = forms.ModelChoiceField(
        label=_("Policy"),
        queryset=Policy.objects.none(),
        required=False,
        empty_label=_("the policy in force"),
        help_text=_("A policy that is not in force gives a simulation: nobody is owed its sums."),
    )
    simulation = forms.BooleanField(label=_("Only simulate"), required=False)

    def __init__(self, *arguments: Any, period: Period, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["policy"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Policy.objects.filter(operator=period.operator_id)
