"""Fields of the policy form that hold several values, one a line, and how values are written."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounting.forms.amounts import MICRO, FigureField
from accounting.forms.policies_terms import LARGEST_COUNT

_ENTRY = re.compile(r"\s*(.{0,64}?)\s*[:=]\s*([0-9]{1,12})\s*")
LARGEST_RATIO = 1_000 * MICRO


class RatioField(FigureField):
    """A factor such as 0.5 or 2; it is cleaned to parts per million."""

    def clean(self, value: Any) -> Any:
        """Return parts per million.

        Raises:
            ValidationError: It is malformed, below zero or above a thousand.
        """
        ppm = super().clean(value)
        if ppm is None:
            return None
        if not 0 <= ppm <= LARGEST_RATIO:
            raise ValidationError(_("Write a factor from 0 to 1000."), code="ratio_outside")
        return ppm


class LinesField(forms.CharField):
    """Texts, one a line; it is cleaned to a list."""

    def __init__(self, *, longest: int = 200, rows: int = 3, **options: Any) -> None:
        self.longest = longest
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **options)

    def clean(self, value: Any) -> Any:
        """Return the lines that are not empty.

        Raises:
            ValidationError: One is too long.
        """
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        for place, line in enumerate(lines, start=1):
            if len(line) > self.longest:
                raise ValidationError(
                    _("Line %(place)s is longer than %(longest)s characters."),
                    params={"place": place, "longest": self.longest},
                    code="line_too_long",
                )
        return lines


class EntriesField(LinesField):
    """Names with whole numbers, one a line: `labelling: 90`; it is cleaned to pairs.

    Attributes:
        nameless: Whether the name may be left out.
    """

    def __init__(self, *, nameless: bool = False, **options: Any) -> None:
        self.nameless = nameless
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """Return the names with their numbers.

        Raises:
            ValidationError: A line is not of that form, or a name comes twice.
        """
        pairs = []
        for place, line in enumerate(super().clean(value), start=1):
            found = _ENTRY.fullmatch(line)
            if found is None or not (found[1] or self.nameless):
                raise ValidationError(
                    _("Line %(place)s: write a name, a colon and a whole number."),
                    params={"place": place},
                    code="entry_malformed",
                )
            pairs.append((found[1], int(found[2])))
        if len({name for name, _number in pairs}) < len(pairs):
            raise ValidationError(_("A name comes twice."), code="entry_repeated")
        return pairs


def count_field(*, least: int = 0, most: int = LARGEST_COUNT, **options: Any) -> forms.IntegerField:
    """Return a field for a whole number within bounds."""
    return forms.IntegerField(min_value=least, max_value=most, **options)


def plain(value: int, *, digits: int) -> str:
    """Write a scaled integer as a field takes it.

    >>> plain(30_000, digits=4), plain(2_000_000, digits=6), plain(-5, digits=0)
    ('3', '2', '-5')
    """
    text = f"{Decimal(value).scaleb(-digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
