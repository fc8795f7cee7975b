from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import EmbeddedServersFailed, services
from config.embedded.errors import OtherPostgreSQLVersion, PlaceUnusable
from config.embedded.forgetting import StillInUse, forget
from config.embedded.place import BASE_DIR, Addresses, prepare
from config.embedded.postgresql import PostgreSQL

AS_ROOT = os.geteuid() == 0
MOST_SECONDS = 60.0

# A command that uses the servers until its input ends.
COMMAND = """
import pathlib, sys
from config.embedded import services
with services(pathlib.Path(sys.argv[1]), durable=False):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    # Not pytest's own folder: that one is closed to the account that runs the servers.
    with tempfile.TemporaryDirectory(prefix="huisu-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def other_command(home: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(home)],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "inside\n"
        yield command


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + MOST_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def all_stopped(home: Path) -> bool:
    """Ask the kernel whether the supervisor or any process of a server still lives."""
    locks = (home / "supervisor.lock", *(home / "servers").glob("*.lock"))
    for path in locks:
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
    return True


def server_process(home: Path) -> int:
    return int((home / "servers/postgresql/postmaster.pid").read_text().split("\n")[0])


def supervisor_process(home: Path) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_text().split("\0")
            if {"config.embedded.supervisor", str(home)} <= set(words):
                return int(folder.name)
    raise AssertionError("no supervisor runs")


def remember(where: Addresses, number: int) -> None:
    with psycopg.connect(where.database_url) as link:
        link.execute("CREATE TABLE IF NOT EXISTS remembered (number integer)")
        link.execute("INSERT INTO remembered VALUES (%s)", [number])


def remembered(where: Addresses) -> list[int]:
    with psycopg.connect(where.database_url) as link:
        return [row[0] for row in link.execute("SELECT number FROM remembered ORDER BY 1")]


def answers(where: Addresses) -> bool:
    try:
        psycopg.connect(where.database_url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_servers_run_inside_the_block_and_not_after_it(home: Path) -> None:
    with services(home, durable=False) as where:
        with psycopg.connect(where.database_url) as link:
            known = link.execute(
                "SELECT datlocale, pg_encoding_to_char(encoding), current_setting('timezone'),"
                " current_setting('listen_addresses') FROM pg_database WHERE datname = 'huisu'"
            ).fetchone()
        assert known == ("C.UTF-8", "UTF8", "UTC", "")
        with contextlib.closing(redis.Redis.from_url(where.redis_url)) as queue:
            assert queue.set("key", "value")
    assert all_stopped(home)
    assert not answers(where)


def test_nobody_else_may_enter_the_servers_folders(home: Path) -> None:
    place = prepare(home)
    for folder in (place.home, place.servers, place.run):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_two_commands_share_one_pair_of_servers_until_the_last_leaves(home: Path) -> None:
    with other_command(home) as command:
        shared = server_process(home)
        with services(home, durable=False) as where:
            assert server_process(home) == shared
            command.communicate()
            assert command.returncode == 0
            remember(where, 1)
            assert remembered(where) == [1]
    assert all_stopped(home)


def test_the_servers_stop_when_the_only_command_is_killed(home: Path) -> None:
    with other_command(home) as command:
        command.kill()
        assert eventually(lambda: all_stopped(home))


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_a_killed_supervisor_takes_its_servers_along_and_loses_nothing(home: Path) -> None:
    with other_command(home) as command, services(home) as where:
        remember(where, 1)
        os.kill(supervisor_process(home), signal.SIGKILL)
        assert eventually(lambda: all_stopped(home))
        command.communicate()
    with services(home) as where:
        remember(where, 2)
        assert remembered(where) == [1, 2]


def test_a_killed_server_is_started_again(home: Path) -> None:
    with services(home) as where:
        remember(where, 1)
        # A server that dies young is not revived, lest it only dies again.
        time.sleep(5.5)
        os.kill(server_process(home), signal.SIGKILL)
        assert eventually(lambda: answers(where) and remembered(where) == [1])


def test_remains_of_a_killed_server_do_not_hinder_the_next(home: Path) -> None:
    with services(home, durable=False) as where:
        remember(where, 1)
    stale = home / "servers/postgresql/postmaster.pid"
    # The process id now belongs to somebody else: to this test.
    stale.write_text(f"{os.getpid()}\n{home}\n0\n5432\n{home}\n\n0 0\nready\n")
    (home / "servers/run/.s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with services(home, durable=False) as where:
        assert remembered(where) == [1]


def test_a_database_of_another_version_is_left_alone(home: Path) -> None:
    postgresql = PostgreSQL(prepare(home), durable=False)
    postgresql.files.mkdir()
    version = postgresql.files / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(OtherPostgreSQLVersion, match="PostgreSQL 17"):
        postgresql.start()
    with pytest.raises(EmbeddedServersFailed, match="PostgreSQL 17"), services(home):
        pass
    assert version.read_text() == "17\n"


def test_sockets_of_a_long_path_lie_in_a_short_private_folder(home: Path) -> None:
    deep = home / ("long" * 20) / ("path" * 20)
    for folder in (deep.parent, deep):
        folder.mkdir()
    home.chmod(0o755)
    with services(deep, durable=False) as where:
        assert answers(where)
        run = (deep / "servers/run").readlink()
        assert len(str(run)) < 80
        assert run.stat().st_mode & 0o777 == 0o700
        with pytest.raises(StillInUse):
            forget(deep)
    forget(deep)
    assert not run.exists()
    assert not deep.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the servers as another account")
def test_files_lie_elsewhere_if_the_servers_account_cannot_reach_them(home: Path) -> None:
    home.chmod(0o700)
    closed = home / "closed"
    with services(closed, durable=False) as where:
        remember(where, 1)
        servers = (closed / "servers").readlink()
        assert not servers.is_relative_to(home)
        assert servers.stat().st_mode & 0o777 == 0o700
    with services(closed, durable=False) as where:
        assert remembered(where) == [1]
    forget(closed)
    assert not servers.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root can make a folder of another account")
def test_a_folder_of_another_account_is_refused(home: Path) -> None:
    os.chown(home, 54321, 54321)
    with pytest.raises(PlaceUnusable, match="54321"):
        prepare(home)
