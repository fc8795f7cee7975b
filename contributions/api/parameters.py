"""Reading the query of an address: only known parameters, each once, each well-formed.

Source: trust.md, bad inputs 11 to 19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from contributions.api.bodies import text_fault
from contributions.api.fields import DayField, id_schema
from contributions.models.identified import Identified

LARGEST_PAGE = 500
USUAL_PAGE = 100


class ParameterInvalid(APIException):
    """The query names an unknown parameter, one twice, or a value that means nothing."""

    status_code = 400
    default_code = "parameter_invalid"


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter by which a list can be narrowed.

    Attributes:
        lookup: The lookup that takes the value; '' if the list itself looks at it.
        read: Turns text into a value; raises ValueError.
    """

    lookup: str
    read: Callable[[str], Any]
    json_schema: Mapping[str, Any]
    description: str


def by_id(model: type[Identified], lookup: str, description: str) -> Filter:
    """Return a filter that takes a public id."""

    def read(text: str) -> int:
        try:
            return model.number_of(text)
        except ObjectDoesNotExist as error:
            raise ValueError(text) from error

    return Filter(lookup, read, id_schema(model), description)


def by_word(lookup: str, words: list[str], description: str) -> Filter:
    """Return a filter that takes one of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Filter(lookup, read, {"type": "string", "enum": words}, description)


def by_day(lookup: str, description: str) -> Filter:
    """Return a filter that takes a day."""

    def read(text: str) -> date:
        try:
            return DayField().to_internal_value(text)
        except ValidationError as error:
            raise ValueError(text) from error

    return Filter(lookup, read, {"type": "string", "format": "date"}, description)


def by_text(lookup: str, description: str) -> Filter:
    """Return a filter that takes a text as it is."""

    def read(text: str) -> str:
        if not 0 < len(text) <= 200:
            raise ValueError(text)
        return text

    return Filter(lookup, read, {"type": "string", "minLength": 1, "maxLength": 200}, description)


def read_query(request: Request, known: set[str]) -> dict[str, str]:
    """Return the parameters of a request.

    Raises:
        ParameterInvalid: One is unknown, comes twice, or is not text in UTF-8.
    """
    raw = request.META.get("QUERY_STRING", "")
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParameterInvalid(_("The query is not UTF-8.")) from error
    found: dict[str, str] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            raise ParameterInvalid(
                _("There is no parameter %(name)s here.") % {"name": ascii(name)[:80]},
                "parameter_unknown",
            )
        if len(values) > 1:
            raise ParameterInvalid(
                _("The parameter %(name)s comes twice.") % {"name": name}, "parameter_repeated"
            )
        if text_fault(values[0]):
            raise refused(name)
        found[name] = values[0]
    return found


def read_filters(query: Mapping[str, str], filters: Mapping[str, Filter]) -> dict[str, Any]:
    """Return the lookups of a query's filters with their values.

    Raises:
        ParameterInvalid: A value means nothing.
    """
    lookups = {}
    for name, one in filters.items():
        if name in query:
            try:
                lookups[one.lookup] = one.read(query[name])
            except ValueError as error:
                raise refused(name) from error
    lookups.pop("", None)
    return lookups


def read_page_size(query: Mapping[str, str]) -> int:
    """Return how many rows a page shall have.

    Raises:
        ParameterInvalid: It is no number from 1 to 500.
    """
    text = query.get("page_size", str(USUAL_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise refused("page_size")
    size = int(text)
    if not 1 <= size <= LARGEST_PAGE:
        raise refused("page_size")
    return size


def refused(name: str) -> ParameterInvalid:
    """Return the error that a parameter's value means nothing, to raise."""
    return ParameterInvalid(
        _("The value of the parameter %(name)s means nothing here.") % {"name": name}
    )
