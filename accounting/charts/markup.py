"""Writing SVG safely: text is escaped, links stay on this site, numbers are short.

Only `Svg` passes as a child of an element. Text becomes `Svg` through `escaped` alone, so the
type checker finds any place where a name from outside would reach the page unescaped.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Final

from accounting.charts.errors import ChartError

# Characters that XML 1.0 forbids even as references; one in a worker's alias would
# otherwise make the whole drawing unreadable.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOCAL_HREF = re.compile(r"(/(?![/\\])|[?#])[^\s\\]*")

Attributes = Mapping[str, "str | float"]


class LinkLeavesSite(ChartError):
    """A mark would link to another site or run a script."""

    code = "chart_link_leaves_site"

    def __init__(self, href: str) -> None:
        super().__init__(f"A chart links only within this site, not to {href!r}.")
        self.href = href


class Svg(str):
    """Finished markup; template engines that ask for `__html__` do not escape it again."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


NOTHING: Final = Svg("")
"""No markup at all."""


def escaped(text: str) -> Svg:
    """Text of any origin as character data, fit for attributes too."""
    return Svg(escape(_FORBIDDEN.sub("\ufffd", text), quote=True))


def number(value: float) -> str:
    """A coordinate to two decimals, without trailing zeros and without minus zero.

    >>> number(12.0), number(0.126), number(-0.001)
    ('12', '0.13', '0')
    """
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def element(name: str, attributes: Attributes, *children: Svg) -> Svg:
    """One element; attribute values are escaped, children are markup already."""
    written = "".join(
        f' {key}="{escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return Svg(
        f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"
    )


def join(parts: list[Svg]) -> Svg:
    """Several elements, one after the other."""
    return Svg("".join(parts))


def mark(attributes: Attributes, *, label: str, href: str | None, children: list[Svg]) -> Svg:
    """A group of shapes that says what it is: a link when there is somewhere to go.

    Args:
        attributes: Of the group itself.
        label: Name for screen readers, and the tooltip.
        href: Where the explanation of this number is: a path, query or fragment of this site.
        children: The shapes.

    Raises:
        LinkLeavesSite: The href is absolute or has a scheme.
    """
    title = element("title", {}, escaped(label))
    if href is None:
        return element("g", attributes, title, *children)
    if not _LOCAL_HREF.fullmatch(href):
        raise LinkLeavesSite(href)
    return element("a", {**attributes, "href": href, "aria-label": label}, title, *children)


def touch(*, x: float, y: float, width: float, height: float) -> Svg:
    """An unseen area that answers the pointer: words lie above all marks and do not."""
    place = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", {**place, "fill": "none", "pointer-events": "all"})


def text(content: str, *, x: float, y: float, attributes: Attributes | None = None) -> Svg:
    """A line of text in ink; `class="soft-text"` with its colour makes it quieter."""
    return element("text", {"x": x, "y": y, "fill": INK, **(attributes or {})}, escaped(content))


INK = "#14191f"
INK_SOFT = "#4c5560"
PAPER = "#ffffff"
LINE = "#dcd9d1"
AXIS = "#7c8189"

SOFT: Attributes = {"class": "soft-text", "fill": INK_SOFT}
"""Attributes of quieter text."""


def haloed(content: str, *, x: float, y: float, attributes: Attributes | None = None) -> Svg:
    """Text over marks: a copy in the paper's colour below keeps it readable.

    Two elements and not `paint-order`, which PDF engines ignore.
    """
    given = dict(attributes or {})
    classes = f"{given.pop('class', '')} halo".strip()
    under = {
        **given,
        "class": classes,
        "fill": PAPER,
        "stroke": PAPER,
        "stroke-width": 3,
        "stroke-linejoin": "round",
    }
    return join(
        [text(content, x=x, y=y, attributes=under), text(content, x=x, y=y, attributes=attributes)]
    )
