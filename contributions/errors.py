"""The root of every anticipated outcome in the records."""

from __future__ import annotations


class ContributionError(Exception):
    """An anticipated outcome: a named fact with a stable `code` and the facts that show it.

    `pointer` names the field at fault, as a JSON pointer, when there is one.
    """

    code = "contribution_error"

    def __init__(self, message: str, *, pointer: str = "", **facts: object) -> None:
        super().__init__(message)
        self.pointer = pointer
        self.facts = facts
