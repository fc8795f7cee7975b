"""The root of every anticipated outcome in the accounts."""

from __future__ import annotations


class AccountingError(Exception):
    """An anticipated outcome: a named fact with a stable code.

    Subclasses stand beside the code that raises them and set `code`, the word other programs
    react to. `facts` are the figures that make the sentence checkable.
    """

    code = "accounting_error"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts
