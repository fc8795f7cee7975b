"""The root of every anticipated outcome of the transparency log."""

from typing import ClassVar


class LogError(Exception):
    """A fact about the log that a caller can name and act on.

    Attributes:
        code: Stable identifier, the same in every release; the sentence may change.
    """

    code: ClassVar[str] = "log_error"
