"""Lists page by page, by key and not by number: the last page is as fast as the first.

A cursor says where the page before ended and belongs to one list with its filters. It is signed,
so nobody can make one up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from contributions.api.parameters import ParameterInvalid

_SALT = "huisu.api.cursor"


class CursorInvalid(ParameterInvalid):
    """The cursor was not made here for this list."""

    default_code = "cursor_invalid"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the cursor of the next page or ''."""

    rows: list[Any]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Place:
    """One list in one order: what cursors are bound to.

    Attributes:
        column: The column of the order, descending with a minus before it.
    """

    path: str
    column: str
    query: Mapping[str, str]

    @property
    def signer(self) -> signing.Signer:
        """What signs the cursors of this list, and of no other."""
        bound = json.dumps([self.path, self.column, sorted(self.query.items())])
        return signing.Signer(salt=f"{_SALT}.{hashlib.sha256(bound.encode()).hexdigest()}")

    @property
    def order(self) -> list[str]:
        """The columns to sort by; the row's number breaks ties."""
        sign = "-" if self.column.startswith("-") else ""
        name = self.column.removeprefix("-")
        return [self.column] if name == "pk" else [self.column, f"{sign}pk"]


def page_of(rows: QuerySet[Any], place: Place, *, cursor: str, size: int) -> Page:
    """Return a page of a list.

    Raises:
        CursorInvalid: The cursor is garbage, or another list's.
    """
    if cursor:
        rows = rows.filter(_after(place, _keys(place, cursor)))
    found = list(rows.order_by(*place.order)[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    last = found[size - 1]
    name = place.column.removeprefix("-")
    value = getattr(last, name)
    keys = [last.pk] if name == "pk" else [last.pk, _plain(value)]
    return Page(found[:size], place.signer.sign_object(keys))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else value.isoformat()


def _keys(place: Place, cursor: str) -> list[Any]:
    try:
        keys: list[Any] = place.signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise CursorInvalid(_("This cursor was not made for this list.")) from error
    return keys


def _after(place: Place, keys: list[Any]) -> Q:
    name = place.column.removeprefix("-")
    beyond = "lt" if place.column.startswith("-") else "gt"
    if name == "pk":
        return Q(**{f"pk__{beyond}": keys[0]})
    return Q(**{f"{name}__{beyond}": keys[1]}) | Q(**{name: keys[1], f"pk__{beyond}": keys[0]})
