"""The process that owns the embedded servers of one home.

Run as `python -m config.embedded.supervisor HOME [--not-durable]`. It starts both servers,
restarts one that dies, and stops them when the last command that uses them has ended. If
it is killed, the kernel stops the servers for it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from config.embedded.errors import EmbeddedServersFailed, ServerDied
from config.embedded.place import prepare
from config.embedded.postgresql import PostgreSQL
from config.embedded.server import Server, locked
from config.embedded.valkey import Valkey

POLL_SECONDS = 0.1
TAKEN_SECONDS = 0.5
# Recovery after a crash took about a second for two million rows; be generous.
START_SECONDS = 120.0
# A server that dies this soon after its start would only die again.
SHORT_LIFE_SECONDS = 5.0


class StopRequested(Exception):
    """Somebody asked the supervisor to end."""

    code = "stop_requested"


def main(arguments: Sequence[str]) -> int:
    """Serve one home until nobody uses it.

    Returns:
        0 if the servers ran, or another supervisor runs them; 1 if they cannot.
    """
    parser = argparse.ArgumentParser(prog="python -m config.embedded.supervisor")
    parser.add_argument("home", type=Path)
    parser.add_argument("--not-durable", action="store_true")
    options = parser.parse_args(arguments)
    lock = os.open(options.home / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not locked_within(lock, TAKEN_SECONDS):
        return 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        serve(options.home, durable=not options.not_durable)
    except StopRequested:
        return 0
    except EmbeddedServersFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def locked_within(lock: int, seconds: float) -> bool:
    """Try to lock a file for some time, because commands look at the lock for an instant."""
    deadline = time.monotonic() + seconds
    while not locked(lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def request_stop(_number: int, _frame: FrameType | None) -> None:
    # Further signals must not interrupt the stopping.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested


def serve(home: Path, *, durable: bool) -> None:
    """Run both servers while any command holds the home's shared lock."""
    place = prepare(home)
    servers: list[Server] = [
        PostgreSQL(place, durable=durable),
        Valkey(place, durable=durable),
    ]
    users = os.open(home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_until_it_answers(START_SECONDS)
        # Holding the lock alone means that nobody uses the servers. It is kept to the end,
        # so that a newcomer waits until they are down and then starts its own.
        while not locked(users):
            time.sleep(POLL_SECONDS)
            revive(servers)
    finally:
        for server in servers:
            server.stop()
        fcntl.flock(users, fcntl.LOCK_UN)


def revive(servers: Sequence[Server]) -> None:
    """Start again whichever server has died.

    Raises:
        ServerDied: It had only just been started.
    """
    for server in servers:
        if server.has_died():
            if time.monotonic() - server.started_at < SHORT_LIFE_SECONDS:
                raise ServerDied(server=server.name, log=server.log, last_words=server.last_words())
            server.start()
            server.wait_until_it_answers(START_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
