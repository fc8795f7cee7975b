"""What figures of a period stand on: index measures, plans of amortisation, rates of exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounting.forms.amounts import AmountField, FigureField
from accounting.forms.policies_fields import count_field
from accounting.models import (
    AmortisationPlan,
    AmortisedCost,
    Cost,
    FxRate,
    IndexMeasure,
    Period,
)
from accounting.models.creation import MOST_MONTHS
from accounting.services import amortising, exchange, index_inputs
from contributions.currencies import MINOR_DIGITS
from contributions.models import Product, User

_DAY = forms.DateInput(attrs={"type": "date"})
_CURRENCIES = [(code, code) for code in sorted(MINOR_DIGITS)]


class BaseForm(forms.Form):
    """A form that makes one record of an operator; `period` says whose and in which currency."""

    title: str | Promise
    meaning: str | Promise
    fragment: str

    def __init__(self, *arguments: Any, period: Period, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.period = period
        for name, rows in {
            "product": Product.objects.filter(operator=period.operator_id),
            "plan": AmortisationPlan.objects.filter(product__operator=period.operator_id),
        }.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows

    def save(self, *, recorded_by: User) -> Model:
        """Store the record.

        Raises:
            AccountingError: It is at odds with what is there.
            ValidationError: A field is out of bounds.
        """
        raise NotImplementedError


class MeasureForm(BaseForm):
    """What the composite index reads of a product, as of a day."""

    title = _("Measure a product for the index")
    meaning = _(
        "GPU hours, data-governance hours and training FLOP. The index splits bundles that no "
        "meter divides; it is never a key for people."
    )
    fragment = "index"

    product = forms.ModelChoiceField(label=_("Product"), queryset=Product.objects.none())
    measured_on = forms.DateField(label=_("Day"), widget=_DAY)
    gpu_hours = FigureField(label=_("GPU hours"), help_text=_("At most three digits are kept."))
    governance_hours = FigureField(label=_("Data-governance hours"))
    training_flop = forms.RegexField(
        label=_("Training FLOP"),
        regex=r"^[0-9]{1,3}(\.[0-9]{1,3})?[eE][0-9]{1,2}$|^[1-9][0-9]{0,39}$",
        help_text=_("A whole number, or like 3.1e23."),
    )
    source = forms.CharField(label=_("Source"), max_length=300)
    assumed = forms.BooleanField(label=_("Assumed: nobody published this figure"), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse hours below zero."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("gpu_hours", "governance_hours"):
            if (cleaned.get(name) or 0) < 0:
                self.add_error(name, _("This cannot be below zero."))
        return cleaned

    def clean_training_flop(self) -> Decimal:
        """Return a whole number.

        Raises:
            ValidationError: It is below one or has a fraction.
        """
        flop = Decimal(self.cleaned_data["training_flop"])
        if flop < 1 or flop != flop.to_integral_value() or flop >= 10**40:
            raise ValidationError(_("Write a whole number from 1 below 10^40."))
        return flop

    def save(self, *, recorded_by: User) -> IndexMeasure:
        given = self.cleaned_data
        return index_inputs.add_measure(
            measure=IndexMeasure(
                product=given["product"],
                measured_on=given["measured_on"],
                gpu_milli_hours=given["gpu_hours"] // 1_000,
                governance_seconds=given["governance_hours"] * 3_600 // 1_000_000,
                training_flop=Decimal(f"{given['training_flop']:f}"),
                source=given["source"],
                assumed=given["assumed"],
                recorded_by=recorded_by,
            )
        )


class PlanForm(BaseForm):
    """Over which months a product's creation is spread."""

    title = _("Spread the creation of a product over months")
    meaning = _(
        "In a straight line. Costs that are added to the plan and the labour of the product's "
        "training phase count by the same months, so that both sides of a ratio stand on one "
        "base. What people are paid does not change by it."
    )
    fragment = "amortisation"

    product = forms.ModelChoiceField(label=_("Product"), queryset=Product.objects.none())
    starts_on = forms.DateField(
        label=_("First month"), widget=_DAY, help_text=_("Any day of it; the month counts whole.")
    )
    months = count_field(label=_("Months"), least=1, most=MOST_MONTHS)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, help_text=_("Why so many months; a plan never changes.")
    )

    def save(self, *, recorded_by: User) -> AmortisationPlan:
        given = self.cleaned_data
        return amortising.plan_amortisation(
            plan=AmortisationPlan(
                product=given["product"],
                starts_on=given["starts_on"].replace(day=1),
                months=given["months"],
                reason=given["reason"],
                recorded_by=recorded_by,
            )
        )


class SpreadCostForm(BaseForm):
    """A cost of making a product, spread by its plan."""

    title = _("Add a cost that is spread")
    meaning = _("Each period bears the part of its months; all periods together the whole cost.")
    fragment = "amortisation"

    plan = forms.ModelChoiceField(label=_("Plan"), queryset=AmortisationPlan.objects.none())
    kind = forms.ChoiceField(label=_("Kind"), choices=Cost.Kind.choices)
    amount = AmountField(label=_("Amount"))
    assumed = forms.BooleanField(label=_("Assumed: nobody published this figure"), required=False)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def save(self, *, recorded_by: User) -> AmortisedCost:
        given = self.cleaned_data
        return amortising.add_cost(
            cost=AmortisedCost(
                plan=given["plan"],
                kind=given["kind"],
                amount_micro=given["amount"],
                currency=self.period.currency,
                assumed=given["assumed"],
                note=given["note"],
                recorded_by=recorded_by,
            )
        )


class RateForm(BaseForm):
    """A rate of exchange for the operator's own periods."""

    title = _("Add a rate of exchange")
    meaning = _(
        "Each ledger is kept in one currency. Wages in another enter it at the newest rate by "
        "the period's last day."
    )
    fragment = "rates"

    base = forms.ChoiceField(label=_("From"), choices=_CURRENCIES)
    quote = forms.ChoiceField(label=_("Into"), choices=_CURRENCIES)
    rate = forms.DecimalField(
        label=_("Rate"),
        max_digits=20,
        decimal_places=10,
        min_value=Decimal("0.0000000001"),
        help_text=_("How many of the second one of the first is worth."),
    )
    valid_on = forms.DateField(label=_("Day"), widget=_DAY)
    source = forms.CharField(
        label=_("Source"), max_length=300, help_text=_("Who published the rate.")
    )

    def save(self, *, recorded_by: User) -> FxRate:
        return exchange.add_rate(
            rate=FxRate(
                organisation=self.period.operator, recorded_by=recorded_by, **self.cleaned_data
            )
        )


BASE_FORMS: dict[str, type[BaseForm]] = {
    "measure": MeasureForm,
    "plan": PlanForm,
    "cost": SpreadCostForm,
    "rate": RateForm,
}
"""Kind of record, as it stands in addresses, to its form."""
