"""The root of what a chart can refuse; each refusal stands beside what raises it."""


class ChartError(Exception):
    """A chart was asked for that cannot be drawn honestly or safely.

    `code` is stable and names the fact in answers to machines.
    """

    code = "chart_error"
