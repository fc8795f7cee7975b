"""Names of records in the language of the page."""

from __future__ import annotations

from contributions.models.labour import LabourType


def capital(text: object) -> str:
    """Return a label as it stands at the head of a line."""
    words = str(text)
    return words[:1].upper() + words[1:]


def labour_name(code: str) -> str:
    """Return a labour type in words."""
    return capital(LabourType(code).label)
