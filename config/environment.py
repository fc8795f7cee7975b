"""Typed readers of the environment that fail loudly.

Everything that differs between two installations is a variable. A variable that is
missing or cannot be read stops the start with a sentence that names it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


class EnvironmentUnusable(Exception):
    """A variable is missing or does not say what it must."""

    code = "environment_unusable"

    def __init__(self, *, variable: str, reason: str) -> None:
        super().__init__(f"The environment variable {variable} {reason}.")
        self.variable = variable


@dataclass(frozen=True)
class Environment:
    """Reads one set of variables; an empty variable counts as absent."""

    variables: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Tell whether the variable says anything."""
        return bool(self.variables.get(name, "").strip())

    def text(self, name: str, default: str | None = None) -> str:
        """Read a text.

        Raises:
            EnvironmentUnusable: It is absent and there is no default.
        """
        if self.has(name):
            return self.variables[name].strip()
        if default is None:
            raise EnvironmentUnusable(variable=name, reason="is missing")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Read yes or no.

        Raises:
            EnvironmentUnusable: It says neither.
        """
        value = self.text(name, "yes" if default else "no").lower()
        if value not in TRUE | FALSE:
            raise EnvironmentUnusable(variable=name, reason="must be yes or no")
        return value in TRUE

    def whole_number(self, name: str, default: int) -> int:
        """Read a whole number, at least 0.

        Raises:
            EnvironmentUnusable: It is something else.
        """
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()):
            raise EnvironmentUnusable(variable=name, reason="must be a whole number")
        return int(value)

    def names(self, name: str, default: str | None) -> list[str]:
        """Read a list separated by commas.

        Raises:
            EnvironmentUnusable: It is absent and there is no default.
        """
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Read one of a few words.

        Raises:
            EnvironmentUnusable: It is another word.
        """
        value = self.text(name, default)
        if value not in choices:
            raise EnvironmentUnusable(variable=name, reason=f"must be one of {', '.join(choices)}")
        return value

    def secret(self, name: str) -> str:
        """Read a secret from the file that `<name>_FILE` names.

        A secret is a file and never a variable: variables leak into process lists, crash
        reports and child processes.

        Raises:
            EnvironmentUnusable: The variable or the file is missing, or the file is empty.
        """
        variable = f"{name}_FILE"
        path = Path(self.text(variable))
        try:
            value = path.read_text().strip()
        except OSError as error:
            raise EnvironmentUnusable(
                variable=variable, reason=f"names a file that cannot be read: {error}"
            ) from error
        if not value:
            raise EnvironmentUnusable(variable=variable, reason="names an empty file")
        return value

    def database(self, name: str, default: str | None = None) -> dict[str, Any]:
        """Read a `postgresql://` address as one entry of Django's DATABASES.

        The host may be a query parameter, as libpq writes a Unix socket's folder. A
        password may be kept out of the address: `<NAME without _URL>_PASSWORD_FILE`.

        Raises:
            EnvironmentUnusable: It is absent, or no such address.
        """
        address = urlsplit(self.text(name, default))
        if address.scheme not in {"postgres", "postgresql"} or len(address.path) < 2:
            raise EnvironmentUnusable(
                variable=name, reason="must be postgresql://user@host:port/database"
            )
        options: dict[str, Any] = dict(parse_qsl(address.query))
        password = unquote(address.password or "")
        password_name = f"{name.removesuffix('_URL')}_PASSWORD"
        if self.has(f"{password_name}_FILE"):
            password = self.secret(password_name)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(address.path[1:]),
            "USER": unquote(address.username or ""),
            "PASSWORD": password,
            "HOST": options.pop("host", None) or unquote(address.hostname or ""),
            "PORT": options.pop("port", None) or str(address.port or ""),
            "OPTIONS": options,
        }


def local_secret(path: Path) -> str:
    """Read the secret key of one person's machine, making one the first time.

    Two processes that start together agree: the file appears complete or not at all.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as unfinished:
            unfinished.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(unfinished.name, path)
        Path(unfinished.name).unlink()
    return path.read_text()
