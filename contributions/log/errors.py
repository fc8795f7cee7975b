"""The root of every anticipated outcome of the transparency log."""

from contributions.errors import ContributionError


class LogError(ContributionError):
    """A fact about the log that a caller can name and act on."""

    code = "log_error"
