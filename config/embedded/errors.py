"""What can keep the embedded servers from serving."""

from __future__ import annotations

from pathlib import Path


class EmbeddedServersFailed(Exception):
    """The embedded PostgreSQL or Valkey cannot be used."""

    code = "embedded_servers_failed"


class PlaceUnusable(EmbeddedServersFailed):
    """The folder for the servers' files cannot be made or belongs to somebody else."""

    code = "embedded_place_unusable"

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(f"The embedded servers cannot use {path}: {reason}.")
        self.path = path


class ServersNotInstalled(EmbeddedServersFailed):
    """The wheels that bring the server programs are not installed."""

    code = "embedded_servers_not_installed"

    def __init__(self, *, program: str) -> None:
        super().__init__(f"{program} is not installed here (requirements-embedded.txt).")


class ServerDied(EmbeddedServersFailed):
    """A server ended by itself before it answered, or again and again."""

    code = "embedded_server_died"

    def __init__(self, *, server: str, log: Path, last_words: str) -> None:
        super().__init__(f"{server} does not run. Its log {log} ends: {last_words}")
        self.server = server


class ServerStillRunning(EmbeddedServersFailed):
    """A server that an earlier supervisor left behind does not end."""

    code = "embedded_server_still_running"

    def __init__(self, *, server: str, seconds: float) -> None:
        super().__init__(f"An earlier {server} is still running after {seconds:.0f} seconds.")
        self.server = server


class OtherPostgreSQLVersion(EmbeddedServersFailed):
    """The stored database was made by another major version of PostgreSQL."""

    code = "embedded_other_postgresql_version"

    def __init__(self, *, stored: str, ours: str, path: Path) -> None:
        super().__init__(
            f"{path} holds a database of PostgreSQL {stored}, but this is PostgreSQL {ours}. "
            "Dump it with the older version, or move the folder away to start afresh."
        )
