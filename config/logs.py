"""How log records look."""

from __future__ import annotations

import structlog


def formatter(*, as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    """One line per record: JSON for machines, aligned text for people.

    Records carry only what the program put there: no request bodies, no names.
    """
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    ending = [structlog.processors.format_exc_info] if as_json else []
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending, last],
    )
