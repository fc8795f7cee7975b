"""How wide text will be, without a font at hand: an estimate that errs on the wide side."""

from itertools import accumulate, takewhile
from unicodedata import category, east_asian_width

_NARROW = frozenset("iljtfrI.,:;|'!()[] ·")
_WIDE = frozenset("mwMW@%—→")


def text_width(text: str, *, size: float) -> float:
    """Width in the unit of `size`, for the sans-serif fonts of common systems.

    >>> text_width("标注", size=10)
    20.0
    """
    return size * sum(map(_advance, text))


def shortened(text: str, *, width: float, size: float) -> str:
    """The text, or as much of its start as fits with an ellipsis; empty if not even that does.

    >>> shortened("Reinforcement learning", width=60, size=10)
    'Reinforce…'
    """
    if text_width(text, size=size) <= width:
        return text
    room = width - text_width("…", size=size)
    ends = accumulate(size * _advance(character) for character in text)
    kept = text[: sum(1 for _ in takewhile(lambda end: end <= room, ends))].rstrip()
    return f"{kept}…" if kept else ""


def _advance(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE or east_asian_width(character) in "WF":
        return 1.0
    if category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    return 0.72 if character.isupper() else 0.61
