"""Fields that take JSON at its word: a string is no number, a number no string.

Each field knows its own JSON Schema, so the published description and the check are one thing.

Source: trust.md, bad inputs 55 to 82.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override
from rest_framework import serializers

from contributions.currencies import MINOR_DIGITS
from contributions.identifiers import public_id
from contributions.models.identified import Identified

if TYPE_CHECKING:
    _Field = serializers.Field[Any, Any, Any, Any]
    _Serializer = serializers.Serializer[Any]
else:
    _Field = serializers.Field
    _Serializer = serializers.Serializer

MICRO = 1_000_000
LARGEST_MICRO = 2**53
LARGEST_INTEGER = 2**53 - 1
EARLIEST = date(1950, 1, 1)
LATEST = date(2199, 12, 31)

_ID_DIGITS = "[0-9A-HJKMNP-TV-Z]{13}"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_AMOUNT = r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?"
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,16})(\.[0-9]{1,6})?", re.ASCII)


class StrictField(_Field):
    """A field with its JSON Schema, which also explains itself."""

    def __init__(self, *, json_schema: Any, **options: Any) -> None:
        super().__init__(**options)
        set_override(self, "field", json_schema)


class TextField(StrictField):
    """A string in Unicode's composed form, of at most so many characters."""

    default_error_messages = {
        "not_text": _("This must be a string."),
        "blank": _("This may not be empty."),
        "too_long": _("At most {most} characters."),
        "not_shaped": _("This does not have the form it must have."),
    }

    def __init__(
        self, *, most: int = 200, blank: bool = False, shape: str = "", **options: Any
    ) -> None:
        self.most, self.blank, self.shape = most, blank, shape
        schema: dict[str, Any] = {"type": "string", "maxLength": most}
        if not blank:
            schema["minLength"] = 1
        if shape:
            schema["pattern"] = f"^{shape}$"
        super().__init__(json_schema=schema, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the text, composed (NFC) and without blanks around it."""
        if not isinstance(data, str):
            self.fail("not_text")
        text = unicodedata.normalize("NFC", data).strip()
        if not text and not self.blank:
            self.fail("blank")
        if len(text) > self.most:
            self.fail("too_long", most=self.most)
        if self.shape and text and not re.fullmatch(self.shape, text, re.ASCII):
            self.fail("not_shaped")
        return text

    def to_representation(self, value: Any) -> str:
        """Return the text."""
        return str(value)


class ChoiceField(StrictField):
    """One word out of a list."""

    default_error_messages = {"not_a_choice": _("This word means nothing here.")}

    def __init__(self, *, choices: Sequence[str], **options: Any) -> None:
        self.choices = tuple(choices)
        schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
        super().__init__(json_schema=schema, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the word."""
        if not isinstance(data, str) or data not in self.choices:
            self.fail("not_a_choice")
        return data

    def to_representation(self, value: Any) -> str:
        """Return the word."""
        return str(value)


class IntegerField(StrictField):
    """A JSON integer within bounds; neither `"5"`, `5.0` nor `true` is one."""

    default_error_messages = {
        "not_an_integer": _("This must be an integer."),
        "out_of_range": _("This must lie between {least} and {most}."),
    }

    def __init__(self, *, least: int = 0, most: int = LARGEST_INTEGER, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(
            json_schema={"type": "integer", "minimum": least, "maximum": most}, **options
        )

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if type(data) is not int:
            self.fail("not_an_integer")
        if not self.least <= data <= self.most:
            self.fail("out_of_range", least=self.least, most=self.most)
        return data

    def to_representation(self, value: Any) -> int:
        """Return the number."""
        return int(value)


class YesNoField(StrictField):
    """`true` or `false`, nothing else."""

    default_error_messages = {"not_a_boolean": _("This must be true or false.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(json_schema={"type": "boolean"}, **options)

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value."""
        if not isinstance(data, bool):
            self.fail("not_a_boolean")
        return data

    def to_representation(self, value: Any) -> bool:
        """Return the truth value."""
        return bool(value)


class DayField(StrictField):
    """A day that exists, as `2026-11-23`, between 1950 and 2199."""

    default_error_messages = {
        "not_a_day": _("Write a day that exists, like 2026-11-23."),
        "day_out_of_range": _("Write a day between 1950 and 2199."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(json_schema={"type": "string", "format": "date"}, **options)

    def to_internal_value(self, data: Any) -> date:
        """Return the day."""
        if not isinstance(data, str) or not _DATE.fullmatch(data):
            self.fail("not_a_day")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("not_a_day")
        if not EARLIEST <= day <= LATEST:
            self.fail("day_out_of_range")
        return day

    def to_representation(self, value: date) -> str:
        """Return the day as ISO 8601 writes it."""
        return value.isoformat()


class TimeField(StrictField):
    """A moment with its zone, as RFC 3339 writes it."""

    default_error_messages = {
        "not_a_time": _("Write a moment with its zone, like 2026-11-23T08:30:00Z."),
        "day_out_of_range": _("Write a day between 1950 and 2199."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(json_schema={"type": "string", "format": "date-time"}, **options)

    def to_internal_value(self, data: Any) -> datetime:
        """Return the moment."""
        if not isinstance(data, str) or not _TIME.fullmatch(data):
            self.fail("not_a_time")
        try:
            moment = datetime.fromisoformat(data)
        except ValueError:
            self.fail("not_a_time")
        if not EARLIEST <= moment.date() <= LATEST:
            self.fail("day_out_of_range")
        return moment

    def to_representation(self, value: datetime) -> str:
        """Return the moment in UTC."""
        return value.isoformat().replace("+00:00", "Z")


class FigureField(StrictField):
    """A plain decimal in a string, not negative, with at most six digits behind the point."""

    default_error_messages = {"not_a_figure": _('Write a plain number in a string, like "12.5".')}

    def __init__(self, **options: Any) -> None:
        schema = {"type": "string", "pattern": f"^{_DECIMAL.pattern}$"}
        super().__init__(json_schema=schema, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the exact number."""
        if not isinstance(data, str) or not _DECIMAL.fullmatch(data):
            self.fail("not_a_figure")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        """Return the number without exponent and without idle zeros."""
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


class Money(_Serializer):
    """An amount of money with its currency; a number would lose cents on the way."""

    amount = TextField(most=20, shape=_AMOUNT, help_text="A plain decimal, such as 12.34.")
    currency = TextField(most=3, shape="[A-Z]{3}", help_text="ISO 4217.")


class MoneyField(StrictField):
    """An amount with its currency: `{"amount": "12.34", "currency": "CNY"}`.

    It reads to `(micro, currency)`. Amounts have no more digits than the currency's minor unit,
    except prices per unit, which may have six.
    """

    default_error_messages = {
        "not_money": _('Write money like {{"amount": "12.34", "currency": "CNY"}}.'),
        "amount_malformed": _('Write the amount as a plain number in a string, like "12.34".'),
        "amount_negative": _("This amount cannot be negative."),
        "amount_too_fine": _("{currency} has {digits} digits behind the point."),
        "amount_too_large": _("This is more than the ledger takes."),
        "currency_unknown": _("This is no currency code of ISO 4217."),
    }

    def __init__(
        self,
        *,
        signed: bool = False,
        fine: bool = False,
        currency: str = "currency",
        **options: Any,
    ) -> None:
        self.signed, self.fine, self.currency = signed, fine, currency
        super().__init__(json_schema=Money, **options)

    def to_internal_value(self, data: Any) -> tuple[int, str]:
        """Return micro-units and the currency."""
        if not isinstance(data, dict) or data.keys() != {"amount", "currency"}:
            self.fail("not_money")
        amount, currency = data["amount"], data["currency"]
        if not isinstance(currency, str) or currency not in MINOR_DIGITS:
            self.fail("currency_unknown")
        if not isinstance(amount, str) or not re.fullmatch(_AMOUNT, amount, re.ASCII):
            self.fail("amount_malformed")
        return self._micro(amount, currency), currency

    def _micro(self, amount: str, currency: str) -> int:
        value = Decimal(amount)
        digits = 6 if self.fine else MINOR_DIGITS[currency]
        # A minus before zero says that somebody subtracted and lost the rest.
        if amount.startswith("-") and (value == 0 or not self.signed):
            self.fail("amount_negative" if value else "amount_malformed")
        if len(amount.partition(".")[2]) > digits:
            self.fail("amount_too_fine", currency=currency, digits=digits)
        micro = int(value * MICRO)
        if abs(micro) >= LARGEST_MICRO:
            self.fail("amount_too_large")
        return micro

    def get_attribute(self, instance: Any) -> tuple[int, str]:
        """Return the amount and, from beside it, its currency."""
        currency = instance
        for name in self.currency.split("."):
            currency = getattr(currency, name)
        micro: Any = super().get_attribute(instance)
        return micro, str(currency)

    def to_representation(self, value: tuple[int, str]) -> dict[str, str]:
        """Return the amount exactly, with at least the digits of the minor unit."""
        return money(*value)


class IdField(StrictField):
    """A public id, written out; it takes a row number from its source."""

    def __init__(self, model: type[Identified], **options: Any) -> None:
        self.prefix = model.id_prefix
        options.setdefault("read_only", True)
        super().__init__(json_schema=id_schema(model), **options)

    def to_representation(self, value: int) -> str:
        """Return the id of the record with this number."""
        return public_id(self.prefix, value)


class RecordField(StrictField):
    """A public id, read to the record it names, among those that the asker may see.

    Args:
        visible: Returns what a user may see. Another tenant's id is as unknown as a wrong one.
    """

    default_error_messages = {"unknown_id": _("There is no such record, or it is not yours.")}

    def __init__(
        self, model: type[Identified], *, visible: Callable[[Any], QuerySet[Any]], **options: Any
    ) -> None:
        self.model, self.visible = model, visible
        super().__init__(json_schema=id_schema(model), **options)

    def to_internal_value(self, data: Any) -> Identified:
        """Return the record, from those found before in the same request if it is there."""
        if not isinstance(data, str):
            self.fail("unknown_id")
        found: dict[str, Identified] = self.context["found"]
        key = f"{self.visible.__name__}:{data}"
        if key not in found:
            try:
                number = self.model.number_of(data)
                found[key] = self.visible(self.context["request"].user).get(pk=number)
            except ObjectDoesNotExist:
                self.fail("unknown_id")
        return found[key]

    def to_representation(self, value: Identified) -> str:
        """Return the id of the record."""
        return value.public_id


def money(micro: int, currency: str) -> dict[str, str]:
    """Return an amount as the API writes it, exactly.

    >>> money(2_598_910_432, "CNY"), money(-5_000_000, "JPY")["amount"]
    ({'amount': '2598.910432', 'currency': 'CNY'}, '-5')
    """
    whole, fraction = divmod(abs(micro), MICRO)
    digits = f"{fraction:06d}".rstrip("0").ljust(MINOR_DIGITS.get(currency, 2), "0")
    sign = "-" if micro < 0 else ""
    return {"amount": f"{sign}{whole}" + (f".{digits}" if digits else ""), "currency": currency}


def id_schema(model: type[Identified]) -> dict[str, Any]:
    """Return the JSON Schema of the public ids of a model."""
    return {"type": "string", "pattern": f"^{model.id_prefix}_{_ID_DIGITS}$"}
