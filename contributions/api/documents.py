"""Serializers that refuse what they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

if TYPE_CHECKING:
    _Serializer = serializers.Serializer[Any]
else:
    _Serializer = serializers.Serializer


class Input(_Serializer):
    """What a program may send: the named fields and no others."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the checked fields.

        Raises:
            ValidationError: By field, unknown ones included.
        """
        errors: dict[str, Any] = {}
        known = {name for name, field in self.fields.items() if not field.read_only}
        if isinstance(data, Mapping):
            for name in data.keys() - known:
                text = str(_("There is no such field."))
                errors[str(name)] = [ErrorDetail(text, "unknown_field")]
        try:
            checked: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                errors |= error.detail
            raise ValidationError(errors or error.detail) from error
        if errors:
            raise ValidationError(errors)
        return checked


class Output(_Serializer):
    """What the API answers."""


class FieldErrorOutput(Output):
    """What is wrong at one place of the body."""

    pointer = serializers.CharField(help_text="JSON pointer into the body; empty for the whole.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemOutput(Output):
    """An error, as RFC 9457 describes it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField(help_text="Stable; made for programs.")
    errors = FieldErrorOutput(many=True)  # type: ignore[assignment]


def fail_field(name: str, code: str, text: Any) -> ValidationError:
    """Return the error that one field is wrong, to raise."""
    return ValidationError({name: [ErrorDetail(str(text), code)]})
