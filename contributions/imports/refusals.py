"""The two ways in which an import can fail: the file, or one cell of it."""

from __future__ import annotations

from typing import ClassVar

from contributions.errors import ContributionError

Fact = str | int


class ImportRefused(ContributionError):
    """A whole file, mapping or option cannot be used.

    Its code is the key of its sentence in `sentences`; its facts are what the sentence mentions
    (a line, a limit), never the content of a cell.
    """

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code)
        self.facts = {**facts}


class CellRefused(ValueError):
    """One cell cannot be read; its row is rejected and the others go on.

    Attributes:
        code: Stable name of the fault, the key of its sentence.
    """

    code: ClassVar[str]

    def __init__(self, column: str = "") -> None:
        super().__init__(self.code)
        self.column = column
