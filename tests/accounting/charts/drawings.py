"""Reading a drawing back: what a parser sees, and frames to draw with."""

from xml.etree.ElementTree import Element, fromstring

from accounting.charts import Figure, Frame

SVG = "{http://www.w3.org/2000/svg}"


def parsed(figure: Figure) -> Element:
    """The drawing as a tree; fails unless it is well-formed XML."""
    return fromstring(figure.svg)  # noqa: S314


def frame(*columns: str, key: str = "sample") -> Frame:
    """A frame with words that cannot be mistaken for data."""
    return Frame(
        key=key,
        title="A title",
        description="A description",
        columns=columns,
        empty="Nothing to draw",
    )


def words(figure: Figure) -> list[str]:
    """All lines of text in the drawing."""
    return [element.text or "" for element in parsed(figure).iter(f"{SVG}text")]


def links(figure: Figure) -> list[Element]:
    """All links in the drawing."""
    return list(parsed(figure).iter(f"{SVG}a"))


def names(figure: Figure) -> list[str]:
    """Titles of all marks: what a pointer or a screen reader is told."""
    return [element.text or "" for element in parsed(figure).iter(f"{SVG}title")][1:]
