"""Pages of a long table by signed cursors: the next page starts after the last row shown.

Unlike page numbers, cursors neither skip nor repeat rows while others are being recorded, and the
thousandth page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import BadRequest
from django.db.models import Model, Q, QuerySet

from contributions.views.tables import Column, Pager, Text

PAGE_SIZE = 50
_SALT = "contributions.cursor"

_M = TypeVar("_M", bound=Model)


@dataclass(frozen=True, slots=True)
class Sort:
    """One way to order rows.

    Attributes:
        key: Its name in addresses; a leading `-` there turns it round.
        column: A column without nulls, of numbers, text or days; the row number breaks ties.
    """

    key: str
    column: str


@dataclass(frozen=True, slots=True)
class Order:
    """A sort and its direction."""

    sort: Sort
    descending: bool

    @property
    def name(self) -> str:
        """The order as addresses write it."""
        return f"{'-' if self.descending else ''}{self.sort.key}"


@dataclass(frozen=True, slots=True)
class Page(Generic[_M]):
    """Rows of one page, with cursors to its neighbours ('' where there is none)."""

    rows: Sequence[_M]
    before: str
    after: str


def order_of(text: str, sorts: Sequence[Sort], default: str) -> Order:
    """Read an order out of an address.

    Raises:
        BadRequest: There is no such order.
    """
    wanted = text or default
    found = next((row for row in sorts if row.key == wanted.removeprefix("-")), None)
    if found is None:
        raise BadRequest("unknown order")
    return Order(found, wanted.startswith("-"))


def page_of(rows: QuerySet[_M], *, order: Order, cursor: str, size: int = PAGE_SIZE) -> Page[_M]:
    """Cut one page out of ordered rows.

    Raises:
        BadRequest: The cursor was not made here, or for another order.
    """
    backwards, place = _place(cursor, order)
    ascending = order.descending == backwards
    if place is not None:
        rows = rows.filter(_beyond(order.sort.column, place, ascending=ascending))
    sign = "" if ascending else "-"
    found = list(rows.order_by(f"{sign}{order.sort.column}", f"{sign}pk")[: size + 1])
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    if not shown:
        return Page([], "", "")
    earlier, later = (more, True) if backwards else (place is not None, more)
    return Page(
        shown,
        _cursor(order, shown[0], backwards=True) if earlier else "",
        _cursor(order, shown[-1], backwards=False) if later else "",
    )


def pager(page: Page[Any], query: Mapping[str, str], summary: Text) -> Pager:
    """Return links to the neighbouring pages that keep everything else of the address."""
    kept = {key: value for key, value in query.items() if key != "cursor"}

    def url(cursor: str) -> str:
        return f"?{urlencode(kept | {'cursor': cursor})}" if cursor else ""

    return Pager(url(page.before), url(page.after), summary)


def sortable(column: Column, key: str, order: Order, query: Mapping[str, str]) -> Column:
    """Return the head of a column that sorts the table when followed, and says how it is now."""
    current = order.sort.key == key
    kept = {name: value for name, value in query.items() if name not in {"cursor", "sort"}}
    turned = f"-{key}" if current and not order.descending else key
    return Column(
        column.label,
        column.numeric,
        f"?{urlencode(kept | {'sort': turned})}",
        ("descending" if order.descending else "ascending") if current else "",
    )


def _place(cursor: str, order: Order) -> tuple[bool, tuple[Any, int] | None]:
    if not cursor:
        return False, None
    try:
        name, backwards, value, number = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise BadRequest("bad cursor") from error
    if name != order.name:
        raise BadRequest("the cursor belongs to another order")
    return bool(backwards), (value, int(number))


def _beyond(column: str, place: tuple[Any, int], *, ascending: bool) -> Q:
    value, number = place
    side = "gt" if ascending else "lt"
    return Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": number})


def _cursor(order: Order, row: Model, *, backwards: bool) -> str:
    value = row
    for part in order.sort.column.split("__"):
        value = getattr(value, part)
    stored: Any = value if isinstance(value, int) else str(value)
    return signing.dumps([order.name, backwards, stored, row.pk], salt=_SALT)
