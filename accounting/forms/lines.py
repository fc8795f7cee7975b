"""The filter of a run's lines, kept in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounting.models import Line, Run
from contributions.models import Product, Worker
from contributions.models.labour import LabourType

_EVERY = [("", _("all"))]


class LineFilter(forms.Form):
    """Narrow a run's lines; a value that means nothing narrows nothing."""

    pool = forms.ChoiceField(label=_("Pool"), required=False)
    product = forms.ChoiceField(label=_("Product"), required=False)
    labour_type = forms.ChoiceField(
        label=_("Type of labour"), required=False, choices=[*_EVERY, *LabourType.choices]
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[*_EVERY, *Worker.Status.choices]
    )
    country = forms.CharField(label=_("Country"), required=False, max_length=2)
    worker = forms.CharField(label=_("Worker"), required=False, max_length=64)

    _columns = {
        "pool": "pool__code",
        "labour_type": "contribution__task_type__labour_type",
        "status": "contribution__worker__status",
        "worker": "contribution__worker__pseudonym",
    }

    def __init__(self, *arguments: Any, run: Run, **options: Any) -> None:
        super().__init__(*arguments, **options)
        pools = run.pools.order_by("position").values_list("code", "code")
        products = Product.objects.filter(run_products__run=run)
        choices: dict[str, list[tuple[Any, Any]]] = {
            "pool": [*_EVERY, *pools],
            "product": [*_EVERY, *((row.public_id, str(row)) for row in products)],
        }
        for name, options_of_field in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = options_of_field

    def filtered(self, lines: QuerySet[Line]) -> QuerySet[Line]:
        """Return the lines that the filter leaves."""
        wanted = self._wanted()
        for name, column in self._columns.items():
            if wanted.get(name):
                lines = lines.filter(**{column: wanted[name]})
        if wanted.get("country"):
            lines = lines.filter(contribution__worker__country=wanted["country"].upper())
        if wanted.get("product"):
            number = Product.number_of(wanted["product"])
            lines = lines.filter(contribution__product=number)
        return lines

    def after(self) -> int:
        """Return the number of the line the page starts behind."""
        try:
            return Line.number_of(self.data.get("after", ""))
        except Line.DoesNotExist:
            return 0

    def _wanted(self) -> dict[str, str]:
        if not self.is_bound:
            return {}
        self.is_valid()
        wanted: dict[str, str] = self.cleaned_data
        return wanted
