"""Databases to measure in: each contender finds the same tables, equally empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management import call_command
from django.db import connection

_PREFIX: Final = "bench_ingest_"


def make_template() -> str:
    """Make a database with all tables, and return its name."""
    name = f"{_PREFIX}empty"
    _recreate(name, "template1")
    with connected(name):
        call_command("migrate", verbosity=0)
    return name


def copy_of(template: str, name: str) -> str:
    """Make a database as another one is, and return its name."""
    copied = f"{_PREFIX}{name}"
    _recreate(copied, template)
    return copied


def drop_all() -> None:
    """Leave nothing behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def connected(name: str) -> Iterator[None]:
    """Be connected to another database for a while."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _recreate(name: str, template: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        # What the copying left to be written must not be written under the clock.
        cursor.execute("CHECKPOINT")
