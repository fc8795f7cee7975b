"""Strict fields for figures: what a person typed, exactly, or an error on the field."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounting.models.money import LARGEST_MICRO

MICRO = 1_000_000
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


class FigureField(forms.CharField):
    """A plain decimal with at most six digits behind the point: no exponent, no NaN, no spaces."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(widget=widget, max_length=23, **options)

    def clean(self, value: Any) -> Any:
        """Return the figure in millionths.

        Raises:
            ValidationError: It is no plain decimal.
        """
        text = super().clean(value)
        if text == "":
            return None
        if not _PLAIN.fullmatch(text):
            raise ValidationError(
                _("Write a number like 1234.50, with a point and at most six digits behind it."),
                code="figure_malformed",
            )
        return int(Decimal(text) * MICRO)


class AmountField(FigureField):
    """A sum of money; it is cleaned to micro-units.

    Attributes:
        signed: Whether the sum may be negative, as a refund is.
    """

    def __init__(self, *, signed: bool = False, **options: Any) -> None:
        self.signed = signed
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """Return micro-units.

        Raises:
            ValidationError: It is malformed, negative where that means nothing, or too large.
        """
        micro = super().clean(value)
        if micro is None:
            return None
        if micro < 0 and not self.signed:
            raise ValidationError(_("This cannot be below zero."), code="amount_negative")
        if abs(micro) >= LARGEST_MICRO:
            raise ValidationError(_("This is more than the ledger takes."), code="amount_too_large")
        return micro


class PercentField(FigureField):
    """A percentage from 0 to 100; it is cleaned to parts per million."""

    def clean(self, value: Any) -> Any:
        """Return parts per million.

        Raises:
            ValidationError: It is malformed or outside 0 to 100.
        """
        micro = super().clean(value)
        if micro is None:
            return None
        if not 0 <= micro <= 100 * MICRO:
            raise ValidationError(_("Write a percentage from 0 to 100."), code="percent_outside")
        if micro % 100:
            raise ValidationError(
                _("At most four digits behind the point."), code="percent_too_fine"
            )
        return micro // 100
