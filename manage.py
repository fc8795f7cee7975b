#!/usr/bin/env python
"""Run a command of Huisu.

Without DATABASE_URL and REDIS_URL in the environment, a command that needs a database
runs with PostgreSQL and Valkey of its own, started or joined for as long as it takes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# These commands never open the database, or must work without one.
NEED_NO_SERVERS = frozenset(
    {
        "collectstatic",
        "compilemessages",
        "findstatic",
        "help",
        "makemessages",
        "spectacular",
        "startapp",
        "startproject",
        "version",
    }
)
# These are for one person's machine, whichever servers they are pointed at.
LOCAL = frozenset({"demo", "make_world"})


def main(arguments: Sequence[str]) -> None:
    """Run one command, inside the embedded servers if it needs them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in LOCAL:
        os.environ.setdefault("HUISU_MODE", "local")
    if needs_embedded_servers(command, arguments):
        run_with_embedded_servers(arguments)
    else:
        run(arguments)


def needs_embedded_servers(command: str, arguments: Sequence[str]) -> bool:
    """Tell whether a command uses servers that nobody has named."""
    if {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        return False
    if os.environ.get("HUISU_MODE") == "production":
        return False
    if command in NEED_NO_SERVERS or {"--help", "-h", "--version"} & set(arguments):
        return False
    return command != "check" or "--database" in arguments


def run_with_embedded_servers(arguments: Sequence[str]) -> None:
    from config.embedded import EmbeddedServersFailed, services

    try:
        with services() as where:
            os.environ.setdefault("HUISU_MODE", "local")
            for name, value in where.environment().items():
                os.environ.setdefault(name, value)
            run(arguments)
    except EmbeddedServersFailed as error:
        sys.exit(
            f"{error}\nOr name your own servers: DATABASE_URL=postgresql://… REDIS_URL=redis://…"
        )


def run(arguments: Sequence[str]) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(list(arguments))


if __name__ == "__main__":
    main(sys.argv)
