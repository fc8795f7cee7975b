"""Figures of a period: revenue, usage, costs, declared facts, licence uses, benchmarks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounting.forms.amounts import MICRO, AmountField, FigureField
from accounting.models import Bundle, Cost, Fact, LicenceUse, LivingWage, Period, Revenue, Usage
from contributions.models import Licence, Product


class EntryForm(forms.Form):
    """A form that makes one record of a period."""

    title: str | Promise
    fragment: str

    def __init__(self, *arguments: Any, period: Period, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.period = period
        for name, rows in {
            "product": Product.objects.filter(operator=period.operator_id),
            "bundle": Bundle.objects.filter(operator=period.operator_id),
            "licence": Licence.objects.filter(product__operator=period.operator_id),
        }.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows

    def record(self) -> Model:
        """Return the unsaved record that was entered."""
        raise NotImplementedError

    def save(self) -> bool:
        """Save the record; where its table refuses it, say so on the form and return False."""
        record = self.record()
        try:
            record.full_clean()
        except ValidationError as error:
            self.add_error(None, error.messages)
            return False
        record.save()
        return True


def _product(*, required: bool = True, **options: Any) -> forms.ModelChoiceField[Product]:
    return forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.none(), required=required, **options
    )


def _bundle(**options: Any) -> forms.ModelChoiceField[Bundle]:
    return forms.ModelChoiceField(
        label=_("Bundle"), queryset=Bundle.objects.none(), required=False, **options
    )


def _assumed() -> forms.BooleanField:
    return forms.BooleanField(label=_("Assumed: nobody published this figure"), required=False)


def _note() -> forms.CharField:
    return forms.CharField(label=_("Note"), max_length=500, required=False)


class RevenueForm(EntryForm):
    """Income from a product, or from a bundle that usage divides."""

    title = _("Add revenue")
    fragment = "revenue"

    product = _product(required=False)
    bundle = _bundle(help_text=_("Products sold together; their usage divides the sum."))
    channel = forms.ChoiceField(label=_("Channel"), choices=Revenue.Channel.choices)
    amount = AmountField(label=_("Amount"), signed=True, help_text=_("A refund is negative."))
    assumed = _assumed()
    note = _note()

    def clean(self) -> dict[str, Any]:
        """Ask for a product or a bundle, and not for both."""
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("product")) == bool(cleaned.get("bundle")):
            self.add_error("product", _("Choose either a product or a bundle."))
        return cleaned

    def record(self) -> Revenue:
        given = self.cleaned_data
        return Revenue(
            period=self.period,
            product=given["product"],
            bundle=given["bundle"],
            channel=given["channel"],
            amount_micro=given["amount"],
            assumed=given["assumed"],
            note=given["note"],
        )


class UsageForm(EntryForm):
    """How much a product was used."""

    title = _("Add usage")
    fragment = "usage"

    product = _product()
    bundle = _bundle(help_text=_("Within a bundle, usage divides the price."))
    unit = forms.CharField(label=_("Unit"), max_length=32)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=0, max_value=2**53)
    assumed = _assumed()
    note = _note()

    def record(self) -> Usage:
        return Usage(period=self.period, **self.cleaned_data)


class CostForm(EntryForm):
    """A cost: constant capital, except for wages."""

    title = _("Add a cost")
    fragment = "costs"

    kind = forms.ChoiceField(label=_("Kind"), choices=Cost.Kind.choices)
    product = _product(required=False)
    amount = AmountField(label=_("Amount"))
    gpu_hours = FigureField(label=_("GPU hours"), required=False)
    assumed = _assumed()
    note = _note()

    def clean_gpu_hours(self) -> int:
        """Return thousandths of an hour.

        Raises:
            ValidationError: Below zero.
        """
        micro = self.cleaned_data["gpu_hours"] or 0
        if micro < 0:
            raise ValidationError(_("This cannot be below zero."))
        return int(micro) // 1_000

    def record(self) -> Cost:
        given = self.cleaned_data
        return Cost(
            period=self.period,
            kind=given["kind"],
            product=given["product"],
            amount_micro=given["amount"],
            gpu_milli_hours=given["gpu_hours"],
            assumed=given["assumed"],
            note=given["note"],
        )


class FactForm(EntryForm):
    """A declared figure that no other table holds."""

    title = _("Declare a figure")
    fragment = "facts"

    name = forms.ChoiceField(label=_("Figure"), choices=Fact.Name.choices)
    product = _product(required=False)
    item = forms.CharField(label=_("Item"), max_length=100, required=False)
    value = FigureField(label=_("Value"), help_text=_("Shares are written from 0 to 1."))
    weight = FigureField(label=_("Weight"), required=False, help_text=_("1 if left empty."))
    assumed = _assumed()
    note = _note()

    def record(self) -> Fact:
        given = self.cleaned_data
        weight = given["weight"]
        return Fact(
            period=self.period,
            name=given["name"],
            product=given["product"],
            item=given["item"],
            value=Decimal(given["value"]) / MICRO,
            weight=Decimal(1) if weight is None else Decimal(weight) / MICRO,
            assumed=given["assumed"],
            note=given["note"],
        )


class LicenceUseForm(EntryForm):
    """What the terms of a licence apply to in this period."""

    title = _("Add a licence's use")
    fragment = "licences"

    licence = forms.ModelChoiceField(label=_("Licence"), queryset=Licence.objects.none())
    units = forms.IntegerField(label=_("Units used"), min_value=0, max_value=2**53, initial=0)
    base = AmountField(label=_("Base of the percentage"), required=False)

    def record(self) -> LicenceUse:
        given = self.cleaned_data
        return LicenceUse(
            period=self.period,
            licence=given["licence"],
            units=given["units"],
            base_micro=given["base"] or 0,
        )


class LivingWageForm(EntryForm):
    """A living-wage benchmark in the currency of the period."""

    title = _("Add a living-wage benchmark")
    fragment = "benchmarks"

    region = forms.CharField(label=_("Region"), max_length=64)
    per_hour = AmountField(label=_("Amount per hour"))
    valid_from = forms.DateField(
        label=_("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    source = forms.CharField(
        label=_("Source"), max_length=300, help_text=_("Who published the benchmark, and when.")
    )

    def record(self) -> LivingWage:
        given = self.cleaned_data
        return LivingWage(
            region=given["region"],
            currency=self.period.currency,
            micro_per_hour=given["per_hour"],
            valid_from=given["valid_from"],
            source=given["source"],
        )


ENTRY_FORMS: dict[str, type[EntryForm]] = {
    "revenue": RevenueForm,
    "usage": UsageForm,
    "costs": CostForm,
    "facts": FactForm,
    "licences": LicenceUseForm,
    "benchmarks": LivingWageForm,
}
"""Kind of figure, as it stands in addresses, to its form."""
