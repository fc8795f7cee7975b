"""Fields that read what people type strictly: no guess, no silent rounding, no hidden letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contributions.imports.numbers import parse_number
from contributions.imports.refusals import CellRefused
from contributions.imports.text import LONGEST_TEXT, parse_text
from contributions.models import Product
from contributions.models.identified import Identified
from contributions.models.products import PPM

_REASONS = {
    "text_has_control": _("This contains control characters. Type it again instead of pasting."),
    "text_has_bidi": _("This contains characters that reverse the reading direction."),
    "text_has_zero_width": _("This contains invisible characters. Type it instead of pasting."),
    "text_has_surrogate": _("This contains half a character. Type it again."),
    "text_too_long": _("This is too long."),
    "not_a_number": _("Leave this empty if it is not known."),
    "number_malformed": _("Write a plain number such as 12.5, without letters or exponents."),
    "number_negative": _("This cannot be below zero."),
    "digits_not_ascii": _("Use the digits 0 to 9."),
    "number_grouped": _("Write the number without thousands separators, with a decimal point."),
    "formula_not_a_number": _("Write the number itself, not a formula."),
    "number_too_large": _("This number is too large."),
}

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Any]
else:
    # Generic to the type checker alone.
    _ModelChoiceField = forms.ModelChoiceField

_M = TypeVar("_M", bound=Model)
_Read = TypeVar("_Read")


def _read(read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except CellRefused as refused:
        raise ValidationError(_REASONS[refused.code], code=refused.code) from refused


class PlainTextField(forms.CharField):
    """A name or identifier on one line, without letters that deceive the eye."""

    def __init__(self, *, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest
        self.widget.attrs["maxlength"] = str(longest)

    def to_python(self, value: Any) -> str:
        """Read the text; '' if there is none."""
        return _read(lambda: parse_text(str(value or ""), self.longest)) or ""


class DecimalTextField(forms.CharField):
    """A number >= 0 with at most `digits` decimals, read into an integer of `scale`.

    `DecimalTextField(scale=1_000_000, digits=6)` reads `0.5` as 500 000. Nothing typed is None:
    unknown is never zero.
    """

    def __init__(
        self, *, scale: int = 1, digits: int = 0, largest: int = 10**12, **options: Any
    ) -> None:
        super().__init__(**options)
        self.scale, self.digits, self.largest = scale, digits, largest
        self.widget.attrs |= {
            "inputmode": "decimal" if digits else "numeric",
            "autocomplete": "off",
            "size": "14",
        }

    def to_python(self, value: Any) -> Any:
        """Read the number.

        Raises:
            ValidationError: It is no plain number, too fine or too large.
        """
        text = str(value or "").strip()
        if not text:
            return None
        number = _read(lambda: parse_number(text))
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.digits:
            raise ValidationError(
                _("Write at most %(digits)d decimals.")
                if self.digits
                else _("Write a whole number."),
                params={"digits": self.digits},
                code="too_fine",
            )
        if number > self.largest:
            raise ValidationError(
                _("This cannot be above %(largest)s."),
                params={"largest": self.largest},
                code="too_large",
            )
        return int(number * self.scale)

    def prepare_value(self, value: Any) -> Any:
        """Write a stored integer as the number that was typed."""
        if not isinstance(value, int) or self.scale == 1:
            return value
        return f"{(Decimal(value) / self.scale).normalize():f}"


class ShareField(DecimalTextField):
    """A share between 0 and 1, read into parts per million."""

    def __init__(self, **options: Any) -> None:
        super().__init__(scale=PPM, digits=6, largest=1, **options)


class PercentField(DecimalTextField):
    """A percentage between 0 and 100, read into parts per million."""

    def __init__(self, **options: Any) -> None:
        super().__init__(scale=PPM // 100, digits=4, largest=100, **options)


class RecordField(_ModelChoiceField):
    """A choice of records, known outside by their public ids."""

    def __init__(self, queryset: QuerySet[_M], **options: Any) -> None:
        super().__init__(queryset, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the public id that stands in the page."""
        if isinstance(value, Identified):
            return value.public_id
        return value

    def to_python(self, value: Any) -> Any:
        """Find the record among those that may be chosen.

        Raises:
            ValidationError: It is none of them.
        """
        rows = self.queryset
        if value in self.empty_values or rows is None:
            return None
        if isinstance(value, Identified):
            return value
        model: Any = rows.model
        try:
            return rows.get(pk=model.number_of(str(value)))
        except model.DoesNotExist as error:
            raise ValidationError(
                self.error_messages["invalid_choice"],
                code="invalid_choice",
                params={"value": value},
            ) from error

    def label_from_instance(self, obj: Model) -> str:
        """Name a record as pages do."""
        return str(obj)


class ProductField(RecordField):
    """A choice of products, each with its kind."""

    def label_from_instance(self, obj: Model) -> str:
        """Name a product with its kind, since a data set and a model may share a name."""
        if isinstance(obj, Product):
            return f"{obj} ({obj.get_kind_display()})"
        return str(obj)


class DateField(forms.DateField):
    """A day, with the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
            **options,
        )


class CountryField(PlainTextField):
    """A country by the two letters of ISO 3166."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=2, **options)
        self.widget.attrs |= {"size": "4", "autocapitalize": "characters"}

    def to_python(self, value: Any) -> str:
        """Read the code in upper case.

        Raises:
            ValidationError: It is not two letters.
        """
        code = super().to_python(value).upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValidationError(_("Write two letters, such as CN or KE."), code="country")
        return code


def with_blank(choices: Iterable[tuple[Any, Any]], label: str | Promise) -> list[tuple[Any, Any]]:
    """Return choices headed by one that chooses nothing."""
    return [("", label), *choices]
