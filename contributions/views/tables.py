"""What `components/table.html` and its neighbours take, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

Text = str | Promise

ABSENT = "\N{EN DASH}"
"""Stands where there is no figure; never for zero."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, or a tag (`state`), a labour type (`kind`) or a digest (`hash`)."""

    text: Text
    numeric: bool = False
    href: str = ""
    detail: Text = ""
    state: str = ""
    kind: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column; `sorted` is `ascending` or `descending`."""

    label: Text
    numeric: bool = False
    sort_url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands in place of a table without rows: it names the next act."""

    title: Text
    text: Text = ""
    action_url: str = ""
    action_label: Text = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to the neighbouring pages of a table."""

    previous_url: str = ""
    next_url: str = ""
    summary: Text = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address with its words: an action, a download, a breadcrumb or a tab."""

    label: Text
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; totals stand below the rows."""

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: Empty
    totals: Sequence[Cell] = ()
    pager: Pager | None = None
    downloads: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A headline number with the address of its explanation."""

    label: Text
    value: Text
    href: str
    unit: Text = ""
    text: Text = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of `components/facts.html`."""

    label: Text
    value: Text = ""
    href: str = ""
    detail: Text = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A banner above the page."""

    kind: str
    text: Text = ""
    title: Text = ""
    href: str = ""
    link: Text = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sum worked out: what stands on the left, and the figure."""

    label: Text
    value: str
    href: str = ""
    detail: Text = ""
    children: Sequence[Step] = field(default=())


def number(text: Text, href: str = "", *, detail: Text = "") -> Cell:
    """Return a right-aligned cell."""
    return Cell(text, numeric=True, href=href, detail=detail)


def columns(*labels: Text, numeric: Sequence[int] = ()) -> list[Column]:
    """Return heads of columns; `numeric` names the places of right-aligned ones."""
    return [Column(label, numeric=place in numeric) for place, label in enumerate(labels)]
