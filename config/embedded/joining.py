"""How a command starts the embedded servers, or joins those that already run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from config.embedded.errors import EmbeddedServersFailed
from config.embedded.place import BASE_DIR, Account, Addresses, addresses, default_home, prepare

START_SECONDS = 150.0
STOP_SECONDS = 60.0


@contextlib.contextmanager
def services(home: Path | None = None, *, durable: bool = True) -> Iterator[Addresses]:
    """Keep PostgreSQL and Valkey running for the length of a block.

    Any number of processes may be inside such a block on the same home at once: they
    share the same servers, which stop when the last of them leaves or dies. The last one
    leaves only after the servers have stopped.

    Args:
        home: The folder for everything; HUISU_HOME or `.huisu` unless given.
        durable: False trades survival of a power cut for speed, for tests. The first
            process on a home decides.

    Yields:
        Where the servers listen.

    Raises:
        EmbeddedServersFailed: They cannot be started; the sentence says why.
    """
    home = (home or default_home()).absolute()
    place = prepare(home)
    with shared_use(home, place.account):
        where = addresses(home)
        wait_until_both_answer(where, home, place.account, durable=durable)
        yield where


@contextlib.contextmanager
def shared_use(home: Path, account: Account) -> Iterator[None]:
    """Count this process among the users of the servers, by a shared lock on a file."""
    users = open_lock(home / "users.lock", account)
    try:
        # Waits while a supervisor is stopping its servers.
        fcntl.flock(users, fcntl.LOCK_SH)
        yield
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)
        wait_if_last(users, home, account)
        os.close(users)


def open_lock(path: Path, account: Account) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    account.own(path)
    return descriptor


def supervised(home: Path, account: Account) -> bool:
    """Tell whether a supervisor runs on this home."""
    lock = open_lock(home / "supervisor.lock", account)
    try:
        return not obtainable(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def obtainable(lock: int, kind: int) -> bool:
    """Tell whether a lock could be had right now; it is not kept."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(lock, fcntl.LOCK_UN)
    return True


def spawn_supervisor(home: Path, *, durable: bool) -> int:
    """Start a supervisor that outlives this process if others need it.

    Returns:
        Its process id. Should another one be quicker, this one ends at once.
    """
    log = os.open(home / "log" / "supervisor.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    arguments = [sys.executable, "-m", "config.embedded.supervisor", str(home)]
    if not durable:
        arguments.append("--not-durable")
    try:
        return os.posix_spawn(
            sys.executable,
            arguments,
            {**os.environ, "PYTHONPATH": str(BASE_DIR)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            # Ctrl-C is for the command; the supervisor notices when the command has gone.
            setsid=True,
        )
    finally:
        os.close(log)


def wait_until_both_answer(
    where: Addresses, home: Path, account: Account, *, durable: bool
) -> None:
    """Block until a real connection to each server works, starting them if nobody does."""
    deadline = time.monotonic() + START_SECONDS
    supervisor: int | None = None
    while not (postgresql_answers(where) and valkey_answers(where)):
        if supervisor is None and not supervised(home, account):
            supervisor = spawn_supervisor(home, durable=durable)
        status = exit_status(supervisor) if supervisor else None
        if status == 0:
            # It found another supervisor at work, or was asked to stop: look again.
            supervisor = None
        elif status is not None or time.monotonic() > deadline:
            log = home / "log" / "supervisor.log"
            reason = log.read_text().splitlines()[-1:] or ["no answer in time"]
            raise EmbeddedServersFailed(f"{reason[0]} (more in {log})")
        time.sleep(0.03)


def exit_status(process_id: int) -> int | None:
    """The exit status of our child if it has ended."""
    try:
        ended, status = os.waitpid(process_id, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


def postgresql_answers(where: Addresses) -> bool:
    try:
        psycopg.connect(where.database_url).close()
    except psycopg.OperationalError:
        return False
    return True


def valkey_answers(where: Addresses) -> bool:
    client = redis.Redis.from_url(where.redis_url, socket_timeout=5)
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    finally:
        client.close()


def wait_if_last(users: int, home: Path, account: Account) -> None:
    """After leaving, wait for the servers to stop unless others still use them."""
    deadline = time.monotonic() + STOP_SECONDS
    while supervised(home, account) and time.monotonic() < deadline:
        nobody_else = obtainable(users, fcntl.LOCK_EX)
        stopping = not obtainable(users, fcntl.LOCK_SH)
        if not (nobody_else or stopping):
            return
        time.sleep(0.05)
