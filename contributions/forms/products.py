"""Entering products, their lineage and the licences on them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contributions.currencies import MINOR_DIGITS
from contributions.forms.fields import (
    DateField,
    DecimalTextField,
    PercentField,
    PlainTextField,
    ProductField,
    RecordField,
    ShareField,
    with_blank,
)
from contributions.forms.names import capital
from contributions.models import Licence, LineageEdge, Organisation, Product

# Fewer than forty digits in all, which is what the column holds.
_FLOP = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,12}))?(?:[eE]([0-9]|[12][0-9]))?", re.ASCII)
_MICRO = 1_000_000


class ProductForm(forms.Form):
    """A version of a product and what is known of its making."""

    operator = RecordField(
        Organisation.objects.none(), label=_("Operator"), empty_label=_("Choose an organisation")
    )
    kind = forms.ChoiceField(label=_("Kind"))
    name = PlainTextField(label=_("Name"))
    version = PlainTextField(label=_("Version"), longest=64)
    released_on = DateField(label=_("Released on"), required=False)
    public = forms.BooleanField(
        label=_("Public"),
        required=False,
        help_text=_("The part of its money that is nobody's goes to the commons fund."),
    )
    gpu_milli_hours = DecimalTextField(
        label=_("GPU-hours"), required=False, scale=1_000, digits=3, largest=10**15
    )
    governance_seconds = DecimalTextField(
        label=_("Data-governance hours"), required=False, scale=3_600, digits=2, largest=10**12
    )
    training_flop = PlainTextField(
        label=_("Training FLOP"),
        required=False,
        longest=40,
        help_text=_("A whole number, or a power of ten such as 3.7e23."),
    )
    parameters = DecimalTextField(label=_("Parameters"), required=False, largest=10**15)
    link = forms.URLField(
        label=_("Page elsewhere"), required=False, max_length=500, assume_scheme="https"
    )

    def __init__(self, data: Any = None, *, operators: QuerySet[Organisation]) -> None:
        super().__init__(data)
        kind: Any = self.fields["kind"]
        kind.choices = [(code, capital(label)) for code, label in Product.Kind.choices]
        operator: Any = self.fields["operator"]
        operator.queryset = operators

    def clean_training_flop(self) -> Decimal | None:
        """Read a whole number of operations, also as a power of ten.

        Raises:
            ValidationError: It is neither.
        """
        text = self.cleaned_data["training_flop"]
        if not text:
            return None
        found = _FLOP.fullmatch(text)
        if found is None or int(found[3] or 0) < len(found[2] or ""):
            raise forms.ValidationError(_("Write a whole number such as 3.7e23."), code="flop")
        return Decimal(f"{found[1]}.{found[2] or 0}").scaleb(int(found[3] or 0)).quantize(1)

    def product(self) -> Product:
        """Return what was typed as a product; call after `is_valid`."""
        typed = dict(self.cleaned_data)
        link = typed.pop("link")
        return Product(**typed, external_refs={"links": [link]} if link else {})


class EdgeForm(forms.Form):
    """One product went into another, with how much of it was passed on."""

    upstream = ProductField(
        Product.objects.none(), label=_("This product"), empty_label=_("Choose a product")
    )
    downstream = ProductField(
        Product.objects.none(), label=_("went into this product"), empty_label=_("Choose a product")
    )
    relation = forms.ChoiceField(label=_("Relation"))
    transfer_ppm = ShareField(
        label=_("Transfer coefficient τ"),
        help_text=_(
            "The part of the first product's labour that passes into the second, from 0 to 1. "
            "All that leaves one product cannot be above 1."
        ),
    )
    machine_ppm = ShareField(
        label=_("Machine share"),
        help_text=_("1, unless a machine drafted what people then edited."),
    )
    evidence = PlainTextField(
        label=_("Evidence"),
        required=False,
        longest=500,
        help_text=_("Where this can be looked up, such as the page of a model card."),
    )
    assumed = forms.BooleanField(label=_("The coefficient is an assumption"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        products: QuerySet[Product],
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"machine_ppm": _MICRO} | (initial or {}))
        relation: Any = self.fields["relation"]
        relation.choices = [(code, capital(label)) for code, label in LineageEdge.Relation.choices]
        for name in ("upstream", "downstream"):
            field: Any = self.fields[name]
            field.queryset = products

    def fill(self, edge: LineageEdge) -> LineageEdge:
        """Write what was typed into an edge; call after `is_valid`."""
        for name, value in self.cleaned_data.items():
            setattr(edge, name, value)
        return edge


class EdgeChangeForm(EdgeForm):
    """How much one product passed on to another; between which ones is settled."""

    def __init__(self, data: Any = None, *, edge: LineageEdge) -> None:
        names = ("relation", "transfer_ppm", "machine_ppm", "evidence", "assumed")
        super().__init__(
            data,
            products=Product.objects.none(),
            initial={name: getattr(edge, name) for name in names},
        )
        del self.fields["upstream"]
        del self.fields["downstream"]


class LicenceForm(forms.Form):
    """A traceable licence: who may use a product, for what, at which price, how long."""

    licensee = RecordField(
        Organisation.objects.none(), label=_("Licensee"), empty_label=_("Choose an organisation")
    )
    scope = PlainTextField(label=_("Scope"), help_text=_("What the licensee may do with it."))
    currency = forms.ChoiceField(label=_("Currency"))
    fee_micro = DecimalTextField(
        label=_("Fee per period"), required=False, scale=_MICRO, digits=6, largest=10**12
    )
    price_micro = DecimalTextField(
        label=_("Price per unit"), required=False, scale=_MICRO, digits=6, largest=10**12
    )
    percentage_ppm = PercentField(label=_("Share of the base (%)"), required=False)
    starts_on = DateField(label=_("Starts on"))
    expires_on = DateField(label=_("Expires on"), required=False)

    def __init__(self, data: Any = None, *, licensees: QuerySet[Organisation]) -> None:
        super().__init__(data)
        licensee: Any = self.fields["licensee"]
        licensee.queryset = licensees
        currency: Any = self.fields["currency"]
        codes = [(code, code) for code in sorted(MINOR_DIGITS)]
        currency.choices = with_blank(codes, _("Choose a currency"))

    def clean(self) -> dict[str, Any]:
        """Refuse a licence that ends before it starts, and fees finer than a coin."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("starts_on"), cleaned.get("expires_on")
        if start and end and end < start:
            self.add_error("expires_on", _("This is before the first day."))
        fee, currency = cleaned.get("fee_micro"), cleaned.get("currency")
        if fee and currency and fee % 10 ** (6 - MINOR_DIGITS[currency]):
            self.add_error("fee_micro", _("The currency has no coins this small."))
        return cleaned

    def licence(self, product: Product) -> Licence:
        """Return what was typed as a licence on a product; call after `is_valid`."""
        typed = dict(self.cleaned_data)
        for name in ("fee_micro", "price_micro", "percentage_ppm"):
            typed[name] = typed[name] or 0
        return Licence(product=product, **typed)
